"""Whom a blocker waits for."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from bot.reading import speakers
from bot.reading.durations import unit_pattern
from bot.reading.folding import fold
from bot.reading.hits import hits
from bot.reading.lexicon import any_of, by_position, either, mapping, words
from bot.reading.party_features import PhraseContext, phrases
from bot.reading.speakers import ARTICLES, function_name, is_edge
from bot.reading.weights import regression

_TOKEN: Final = re.compile(r"[a-z0-9&@'/+-]+|[^\sa-z0-9]")
_NAME: Final = r"[A-ZÄÖÜÉ][\w'-]{1,20}"
MOST_WORDS: Final = 4
SURE: Final = 0.3
"""Probability from which the model's phrase counts."""
PERHAPS: Final = 0.12
"""Probability from which it counts where no rule has one."""


def waits_for(text: str, clause: str = "") -> str | None:
    """Return whom or what function a sentence says it waits for, as said; None if nobody.

    The trained model has the first word where it is sure, then the rules, then the model again.

    Args:
        text: the sentence.
        clause: the part of it that gives a time; who acts there goes before who acts elsewhere.
    """
    phrase, probability = _likeliest(text)
    if probability > SURE:
        return phrase
    return _who_says(clause) or _by_rule(text) or (phrase if probability > PERHAPS else None)


@lru_cache(maxsize=4096)
def _likeliest(text: str) -> tuple[str | None, float]:
    sentence = PhraseContext(text)
    model = regression("party")
    judged = [
        (model.probability(sentence.features(first, last)), first, last)
        for first, last in phrases(sentence.words)
        if _may_be_party(sentence.words[last].folded)
        and not _is_nobody(sentence.folded, sentence.words[first].start, sentence.words[last].end)
        and not _access_before().search(fold(text[: sentence.words[first].start]))
        and not _access_kind().match(sentence.folded, sentence.words[last].end)
    ]
    if not judged:
        return None, 0.0
    probability, first, last = max(judged)
    phrase = text[sentence.words[first].start : sentence.words[last].end]
    return re.sub(r"['’]s$", "", phrase), probability


@lru_cache(maxsize=4096)
def _by_rule(text: str) -> str | None:
    folded = fold(text)
    for find in (
        _named_after_cue,
        _signature_of,
        _only_one,
        _behind_verb,
        _signer,
        _awaited,
        _function_that_acts,
        speakers.labelled,
        speakers.speaker,
        speakers.said_by,
        _one_who_is_away,
        _anything_after_cue,
        _function_mentioned,
        speakers.role,
    ):
        span = find(folded, text)
        if not span or _access_before().search(folded[: span[0]]):
            continue
        if _is_nobody(folded, *span):
            continue
        if find in (_function_mentioned, speakers.role) and hits("expires", folded):
            continue  # who quits or is switched off is not waited for
        if _may_be_party(folded[span[0] : span[1]].split()[-1]):
            return text[span[0] : span[1]].strip(" ,;:.'\"") or None
    return None


def _may_be_party(word: str) -> bool:
    """Whether a phrase that ends in a word can name somebody: "friday", "weeks" and "it" cannot."""
    return word not in words("no_party") and not _time_word().fullmatch(word)


def _is_nobody(folded: str, start: int, end: int) -> bool:
    """Whether a phrase is nobody: "none of us", or the team in "nobody in the team"."""
    nobody = any_of("no_person")
    if re.match(rf"{nobody}(?![a-z])", folded[start:end]):
        return True
    if not re.fullmatch(any_of("own_group"), folded[start:end]):
        return False
    return bool(re.search(rf"(?<![a-z]){nobody} (?:[a-z]+[ ']){{0,2}}$", folded[:start]))


@cache
def _time_word() -> re.Pattern[str]:
    of_calendar = rf"{any_of('weekdays')}|{either(by_position('months'))}|latest|evening"
    return re.compile(rf"(?=.{{4}})(?:{of_calendar}|{unit_pattern()})")


def _who_says(clause: str) -> str | None:
    """Return who acts in the clause that gives a time: "vendor waits, legal needs 2 weeks"."""
    folded = fold(clause)
    span = _function_that_acts(folded, clause) or speakers.speaker(folded, clause)
    return clause[span[0] : span[1]].strip(" ,;:.'\"") or None if span else None


@cache
def _titled() -> str:
    """Return a pattern for the title that may stand before a name."""
    return rf"(?:{any_of('titles')}\.? )?"


@cache
def _access_before() -> re.Pattern[str]:
    """Match what comes before something to get at, which is nobody to wait for."""
    return re.compile(rf"\b{any_of('access_before')}(?: {ARTICLES})?\s+$")


@cache
def _access_kind() -> re.Pattern[str]:
    """Match what says which access is missing: "read access"."""
    return re.compile(rf"\s+{any_of('access_kinds')}(?![a-z])")


@cache
def _function_behind_cue() -> re.Pattern[str]:
    between = rf"(?:\s*(?:{ARTICLES})(?:\s+|(?<=')))*(?:\s*(?:[a-z0-9-]+)\s+){{0,2}}?"
    return re.compile(
        rf"(?<![a-z])(?P<cue>{any_of('wait_cues')}):?\s+{between}(?P<who>{function_name()})(?![a-z0-9])"
    )


def _named_after_cue(folded: str, text: str) -> tuple[int, int] | None:
    for found in _function_behind_cue().finditer(folded):
        who = folded[found.start("who") : found.end("who")]
        if _is_pronoun(who, text[found.start("who") : found.end("who")]):
            continue
        if not re.search(r"[,.;:!?]", folded[found.end("cue") : found.start("who")].lstrip(":")):
            return _trimmed(folded, found.start("who"), found.end("who"))
    return None


@cache
def _of_somebody() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z])(?P<who>(?:[a-z]+\.? )?[a-z]{{3,20}})(?:'s|s'|s) "
        rf"{any_of('decision_nouns')}(?![a-z])"
    )


def _signature_of(folded: str, _: str) -> tuple[int, int] | None:
    """Find whose yes is needed: "need karls signoff"."""
    found = _of_somebody().search(folded)
    if not found:
        return None
    start = found.start("who")
    first = folded[start : found.end("who")].split()
    if len(first) == 2 and not first[0].endswith("."):
        start = found.end("who") - len(first[1])
    word = folded[start : found.end("who")]
    is_word = word in (*words("not_names"), *words("no_signer"))
    return None if is_word else (start, found.end("who"))


@cache
def _alone() -> re.Pattern[str]:
    """Match who alone may or can: "only Ines can", "seul le DSI peut", "nobody but the head"."""
    only, can = any_of("only_one"), any_of("can_act")
    return re.compile(
        rf"(?<![a-z]){only} (?:{ARTICLES}\s+)?(?P<who>{_titled()}[a-z][a-z'-]+"
        rf"(?: (?!{can} )[a-z'-]+){{0,3}}?) {can}(?![a-z])"
        rf"|{can} {only} (?:{ARTICLES}\s+)?(?P<behind>{_titled()}[a-z][a-z'-]+)"
        rf"|(?:^|[,.;:]\s*)(?:{ARTICLES}\s+)?(?P<lone>{_titled()}[a-z][a-z'-]+(?: [a-z'-]+)?) "
        rf"{any_of('sole_person')}(?![a-z])"
    )


@cache
def _verb_first() -> re.Pattern[str]:
    """Match who comes behind the verb: "lo firma el gerente", "das entscheidet der Vorstand"."""
    return re.compile(
        rf"(?<![a-z]){any_of('acts_before_name')} (?:{ARTICLES}\s*)?"
        rf"(?P<who>{_titled()}[a-z][a-z'-]+)"
    )


def _behind_verb(folded: str, text: str) -> tuple[int, int] | None:
    for found in _verb_first().finditer(folded):
        start, end = found.span("who")
        last = folded[start:end].rsplit(maxsplit=1)[-1]
        is_word = is_edge(last) or last in words("pronouns") or last in words("not_names")
        if not is_word and (
            text[start].isupper() or re.search(r" (?:el|la|le|l'|au) ?$", folded[:start])
        ):
            return start, end
    return None


def _only_one(folded: str, _: str) -> tuple[int, int] | None:
    for found in _alone().finditer(folded):
        span = found.span(str(found.lastgroup))
        last = folded[slice(*span)].rsplit(maxsplit=1)[-1]
        if not (last in words("pronouns") or is_edge(last) or last in words("not_names")):
            return span
    return None


@cache
def _signs() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z])(?P<who>{_titled()}[a-z][a-z'-]+(?: (?:of|de|der|des|du|del) (?:la )?[a-z]+)?)"
        rf"\s+{any_of('must_act')}\s+(?:first |d'abord )?{any_of('signs')}"
    )


def _signer(folded: str, _: str) -> tuple[int, int] | None:
    """Find who has to sign, whoever it is: "dr. meier must sign"."""
    for found in _signs().finditer(folded):
        who = found["who"]
        if who.split()[-1] in words("not_names") or is_edge(who):
            continue
        inside = re.search(rf"(?:[a-z&-]+ ){{0,2}}{function_name()}$", folded[: found.end("who")])
        if inside and inside.end() == found.end("who"):
            return _extended(folded, found.end("who") - len(who), found.end("who"))
        return found.start("who"), found.end("who")
    return None


@cache
def _function_anywhere() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9-])(?P<who>{function_name()})(?![a-z0-9])")


@cache
def _group() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?P<who>(?:[a-z0-9&-]+ ){{1,3}}{any_of('groups')})(?![a-z])")


def _extended(folded: str, start: int, end: int) -> tuple[int, int]:
    """Take the words before a function with it: "model review board", "external counsel"."""
    before = re.search(r"((?:[a-z0-9&-]+ ){1,2})$", folded[:start])
    if before:
        for word in reversed(before[1].split()):
            if (
                is_edge(word)
                or re.fullmatch(ARTICLES, word)
                or word in words("not_names")
                or word[0].isdigit()
            ):
                break
            if re.fullmatch(any_of("adjectives"), word) is None:
                break
            start -= len(word) + 1
    return start, end


def _function_mentioned(folded: str, text: str) -> tuple[int, int] | None:
    """Return the first function that a sentence names, where its name means nothing else."""
    for found in _group().finditer(folded):
        kept = found["who"].split()
        while kept and (
            is_edge(kept[0]) or re.fullmatch(ARTICLES, kept[0]) or kept[0] in words("acting_words")
        ):
            kept.pop(0)
        edges = [
            at for at, word in enumerate(kept) if is_edge(word) or word in words("acting_words")
        ]
        kept = kept[edges[-1] + 1 :] if edges else kept
        if len(kept) > 1 and kept[0] == "'s":
            kept.pop(0)
        if len(kept) > 1:
            return found.end() - len(" ".join(kept)), found.end()
    for found in _function_anywhere().finditer(folded):
        who = folded[found.start() : found.end()]
        if re.match(f" {any_of('legal_nouns')}", folded[found.end() :]):
            continue
        if re.fullmatch(any_of("loose_functions"), who) or _is_pronoun(
            who, text[found.start() : found.end()]
        ):
            continue
        return _trimmed(folded, *found.span())
    return None


def _is_pronoun(folded: str, written: str) -> bool:
    """Tell the word "it" from the department "IT"."""
    pronouns = ("it", "ti", "si", "br", "gf", "rh", "hr")
    written = re.sub("['’]s$", "", written)
    return folded.removesuffix("'s") in pronouns and not written.isupper()


def _trimmed(folded: str, start: int, end: int) -> tuple[int, int]:
    end -= 2 if folded[start:end].endswith("'s") else 0
    whose = folded.rfind("'s ", start, end)
    return start, whose if whose > start else end


@cache
def _acting_function() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z0-9])(?P<who>{function_name()})(?![a-z0-9])\s*(?:-|:|,|\(|\s)"
        rf"\s*(?:still |just |also |only |has |have |noch |erst |nous |nos )"
        rf"*{any_of('approves')}(?![a-z])"
    )


@cache
def _once_somebody() -> re.Pattern[str]:
    """Match "once Maria has signed", whoever Maria is."""
    once = any_of("once")
    return re.compile(
        rf"(?<![a-z]){once} (?:the |der |die |le |la |el )?(?P<who>{_titled()}[a-z][a-z'-]+) "
        rf"(?:no (?:lo |la )?)?{any_of('has_acted')}(?![a-z])"
        rf"|(?<![a-z]){once} (?:no )?{any_of('returns_or_acts')}n?t? (?:{ARTICLES} )?"
        rf"(?P<behind>{_titled()}[a-z'-]+)"
    )


def _awaited(folded: str, text: str) -> tuple[int, int] | None:
    for found in _once_somebody().finditer(folded):
        start, end = found.span("who" if found["who"] else "behind")
        who = folded[start:end]
        last = who.split()[-1]
        if _is_pronoun(who, text[start:end]) or last in words("things"):
            continue
        if last in words("not_names") or is_edge(last):
            continue
        return start, end
    return None


@cache
def _absent() -> re.Pattern[str]:
    return re.compile(
        r"(?<![a-z])(?:the |our |der |die |le |la |el )?(?P<who>[a-z][a-z-]{2,20}"
        r"(?: (?!(?:ist|est|esta) )[a-z]{3,12})?) ?(?:is |are |'s |ist |est |esta )?"
        r"(?:still |only |currently |gerade |noch |"
        rf"bis [^,;]{{1,12}} )?{any_of('absent')}"
    )


def _is_named(found: str, written: str) -> bool:
    """Whether a copula, an article or a capital shows that somebody is meant: not "come back"."""
    cue = re.search(r" (?:is|are|ist|est|esta) |'s ", found)
    return (
        bool(cue) or found.startswith(("the ", "our ", "le ", "la ", "el ")) or written[0].isupper()
    )


def _one_who_is_away(folded: str, text: str) -> tuple[int, int] | None:
    """Find whose absence holds the work up: "the data steward is away"."""
    for found in _absent().finditer(folded):
        start, end = found.span("who")
        words_ = folded[start:end].split()
        if len(words_) == 2 and (words_[0] in words("not_names") or is_edge(words_[0])):
            start, words_ = end - len(words_[1]), words_[1:]
        if words_[-1] in words("not_names") or is_edge(words_[-1]):
            continue
        if words_[-1] in ("he", "she", "who", "they") or not _is_named(found[0], text[start:end]):
            continue
        return start, end
    return None


def away(text: str) -> str | None:
    """Return who a sentence says is away, as said; None if nobody."""
    span = _one_who_is_away(fold(text), text)
    return text[slice(*span)] if span else None


def _function_that_acts(folded: str, text: str) -> tuple[int, int] | None:
    for found in _acting_function().finditer(folded):
        start, end = found.span("who")
        if not _is_pronoun(folded[start:end], text[start:end]):
            return _trimmed(folded, *_extended(folded, start, end))
    return None


@cache
def _any_cue() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z])(?P<cue>{any_of('wait_cues')}):?\s+(?:{ARTICLES}(?:\s+|(?<=')))*"
    )


def _anything_after_cue(folded: str, text: str) -> tuple[int, int] | None:
    """Return the few words behind "waiting for", whoever they are; a bare "from" needs a name."""
    for found in _any_cue().finditer(folded):
        weak = re.fullmatch(any_of("weak_wait_cues"), found["cue"])
        if weak and not re.match(_NAME, text[found.end() :]):
            continue
        span = _phrase(folded, found.end())
        if span:
            return span
    return None


def _phrase(folded: str, start: int) -> tuple[int, int] | None:
    end, count = start, 0
    first = re.match(r"[a-z']+", folded[start:])
    if first and (first[0] in words("no_party") or first[0] in mapping("numbers")):
        return None
    for token in _TOKEN.finditer(folded, start):
        word = token[0]
        stops = not re.match(r"[a-z0-9@]", word) or is_edge(word) or word[0].isdigit()
        if stops or count == MOST_WORDS or word in words("pronouns"):
            break
        end, count = token.end(), count + 1
        if word.endswith("'s"):
            return start, end - 2
    return (start, end) if count else None
