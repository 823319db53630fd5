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
from bot.reading.speakers import ARTICLES, EDGE_WORD, VERBS, function_name
from bot.reading.weights import regression

_TOKEN: Final = re.compile(r"[a-z0-9&@'/+-]+|[^\sa-z0-9]")
_NAME: Final = r"[A-ZÄÖÜÉ][\w'-]{1,20}"
MOST_WORDS: Final = 4
_TITLED: Final = (
    r"(?:(?:dr|mr|mrs|ms|prof|herr|herrn|frau|hr|fr|mme|m|mlle|madame|monsieur|sr|sra|don|dona)"
    r"\.? )?"
)


_ACCESS_TO: Final = re.compile(
    r"\b(?:access|zugriff|zugang|acces|acceso) (?:to|auf|zu[mr]?|aux?|al?)"
    r"(?: (?:the|our|die|den|das|de[mr]|la|les?|el|los))?\s+$"
)
"""Before what somebody wants to get at, which is nobody to wait for."""
_KIND_OF_ACCESS: Final = re.compile(r"\s+(?:access|rights|replica)(?![a-z])")
"""Behind what says which access is missing: "read access"."""
SURE: Final = 0.3
"""Probability from which the model's phrase counts."""
PERHAPS: Final = 0.12
"""Probability from which it counts where no rule has one."""


def waits_for(text: str, clause: str = "") -> str | None:
    """Return whom or what function a sentence says it waits for, as said; None if nobody.

    The model of `bot.reading.train` has the first word where it is sure, then the rules, then the
    model again.

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
        and not _ACCESS_TO.search(fold(text[: sentence.words[first].start]))
        and not _KIND_OF_ACCESS.match(sentence.folded, sentence.words[last].end)
    ]
    if not judged:
        return None, 0.0
    probability, first, last = max(judged)
    phrase = text[sentence.words[first].start : sentence.words[last].end]
    return re.sub(r"['’]s$", "", phrase), probability


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
        if not span or _ACCESS_TO.search(folded[: span[0]]):
            continue
        if find in (_function_mentioned, speakers.role) and hits("expires", folded):
            continue  # who quits or is switched off is not waited for
        if _may_be_party(folded[span[0] : span[1]].split()[-1]):
            return text[span[0] : span[1]].strip(" ,;:.'\"") or None
    return None


def _may_be_party(word: str) -> bool:
    """Whether a phrase that ends in a word can name somebody: "friday", "weeks" and "it" cannot."""
    return word not in words("no_party") and not _time_word().fullmatch(word)


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
def _cuedfunction_name() -> re.Pattern[str]:
    between = rf"(?:\s*(?:{ARTICLES})(?:\s+|(?<=')))*(?:\s*(?:[a-z0-9-]+)\s+){{0,2}}?"
    return re.compile(
        rf"(?<![a-z])(?P<cue>{any_of('wait_cues')}):?\s+{between}(?P<who>{function_name()})(?![a-z0-9])"
    )


def _named_after_cue(folded: str, text: str) -> tuple[int, int] | None:
    for found in _cuedfunction_name().finditer(folded):
        who = folded[found.start("who") : found.end("who")]
        if _is_pronoun(who, text[found.start("who") : found.end("who")]):
            continue
        if not re.search(r"[,.;:!?]", folded[found.end("cue") : found.start("who")].lstrip(":")):
            return _trimmed(folded, found.start("who"), found.end("who"))
    return None


@cache
def _of_somebody() -> re.Pattern[str]:
    return re.compile(
        r"(?<![a-z])(?P<who>(?:[a-z]+\.? )?[a-z]{3,20})(?:'s|s'|s) "
        r"(?:sign-?\s?off|signature|approval|ok(?:ay)?|yes|go|permission|green "
        r"light|blessing|review|decision|quote|estimate|offer|desk|court|inbox|hands|queue|plate|table)(?![a-z])"
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
    only = (
        r"(?:only|just|(?:nobody|no ?one|none) (?:but|except|other than)|nur|niemand ausser|ausser|"
        r"seule?s?|il n'y a que|personne sauf|solo|solamente|unicamente|nadie (?:mas que|salvo))"
    )
    can = (
        r"(?:can|may|could|has|have|knows?|holds?|owns?|is|kann|darf|konnen|durfen|hat|haben|kennt|"
        r"weiss|peut|peuvent|a|ont|sait|connait|qui|puede|pueden|tiene|tienen|sabe)"
    )
    return re.compile(
        rf"(?<![a-z]){only} (?:{ARTICLES}\s+)?(?P<who>{_TITLED}[a-z][a-z'-]+"
        rf"(?: (?!{can} )[a-z'-]+){{0,3}}?) {can}(?![a-z])"
        rf"|{can} {only} (?:{ARTICLES}\s+)?(?P<behind>{_TITLED}[a-z][a-z'-]+)"
        rf"|(?:^|[,.;:]\s*)(?:{ARTICLES}\s+)?(?P<lone>{_TITLED}[a-z][a-z'-]+(?: [a-z'-]+)?) "
        r"(?:is the only [a-z]+|ist der einzige|ist die einzige|est l[ae] seule?|"
        r"est le seul|es (?:el|la) unic[oa])(?![a-z])"
    )


@cache
def _verb_first() -> re.Pattern[str]:
    """Match who comes behind the verb: "lo firma el gerente", "das entscheidet der Vorstand"."""
    does = (
        r"(?:lo|la|los|las|eso) (?:firma|aprueba|decide|tiene|revisa|autoriza|valida|lleva|hace|"
        r"sabe|libera|ve|gestiona)n?|"
        r"(?:das|es|den|die|daruber|hier|da) (?:macht|machen|entscheidet|unterschreibt|"
        r"pruft|genehmigt|hat|"
        r"muss|mussen|erledigt|bearbeitet)(?: nur| erst| noch)?|"
        r"c'est (?:a|au|aux)|falta que (?:lo )?(?:firme|apruebe|valide|conteste|decida)|"
        r"il faut que"
    )
    return re.compile(rf"(?<![a-z])(?:{does}) (?:{ARTICLES}\s*)?(?P<who>{_TITLED}[a-z][a-z'-]+)")


def _behind_verb(folded: str, text: str) -> tuple[int, int] | None:
    for found in _verb_first().finditer(folded):
        start, end = found.span("who")
        last = folded[start:end].rsplit(maxsplit=1)[-1]
        is_word = EDGE_WORD.match(last) or last in words("pronouns") or last in words("not_names")
        if not is_word and (
            text[start].isupper() or re.search(r" (?:el|la|le|l'|au) ?$", folded[:start])
        ):
            return start, end
    return None


def _only_one(folded: str, _: str) -> tuple[int, int] | None:
    for found in _alone().finditer(folded):
        span = found.span(str(found.lastgroup))
        last = folded[slice(*span)].rsplit(maxsplit=1)[-1]
        if not (last in words("pronouns") or EDGE_WORD.match(last) or last in words("not_names")):
            return span
    return None


@cache
def _signs() -> re.Pattern[str]:
    must = (
        r"(?:must|has to|have to|needs to|need to|had to|muss|mussen|doit|doivent|"
        r"tiene que|tienen que|debe|deben|still has to|gotta)"
    )
    signs = (
        r"(?:counter-?sign|sign|approve|review|agree|ok|okay|decide|confirm|"
        r"release|grant|bless|nominate|clear|hand|deliver|provide|send|open|unlock|give|"
        r"(?:erst|noch) (?:\w+ ){0,4}?[a-z]+en(?![a-z])|"
        r"(?:nous |encore |d'abord |primero |antes )?(?!etre|ser)[a-z]{2,}(?:er|ir|re|ar)(?![a-z])|"
        r"(?:\w+ ){0,3}(?:unterschreiben|"
        r"freigeben|genehmigen|zustimmen|prufen|entscheiden)|(?:\w+ )?(?:signer|"
        r"valider|approuver|trancher|autoriser)|(?:\w+ )?(?:firmar|aprobar|"
        r"validar|autorizar|revisar|decidir))"
    )
    return re.compile(
        rf"(?<![a-z])(?P<who>(?:(?:dr|mr|mrs|ms|herr|frau|hr|fr|mme|m|sr|sra)\.? )"
        rf"?[a-z][a-z'-]+(?: (?:of|de|der|des|du|del) (?:la )?[a-z]+)?)"
        rf"\s+{must}\s+(?:first |d'abord )?{signs}"
    )


def _signer(folded: str, _: str) -> tuple[int, int] | None:
    """Find who has to sign, whoever it is: "dr. meier must sign"."""
    for found in _signs().finditer(folded):
        who = found["who"]
        if who.split()[-1] in words("not_names") or EDGE_WORD.match(who):
            continue
        inside = re.search(rf"(?:[a-z&-]+ ){{0,2}}{function_name()}$", folded[: found.end("who")])
        if inside and inside.end() == found.end("who"):
            return _extended(folded, found.end("who") - len(who), found.end("who"))
        return found.start("who"), found.end("who")
    return None


@cache
def _mention_offunction_name() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9-])(?P<who>{function_name()})(?![a-z0-9])")


@cache
def _body() -> re.Pattern[str]:
    return re.compile(
        r"(?<![a-z0-9])(?P<who>(?:[a-z0-9&-]+ ){1,3}(?:team|board|committee|"
        r"department|dept|office|council|unit|guys|desk|department|group|folks|"
        r"counsel))(?![a-z])"
    )


def _extended(folded: str, start: int, end: int) -> tuple[int, int]:
    """Take the words before a function with it: "model review board", "external counsel"."""
    before = re.search(r"((?:[a-z0-9&-]+ ){1,2})$", folded[:start])
    if before:
        for word in reversed(before[1].split()):
            if (
                EDGE_WORD.match(word)
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
    for found in _body().finditer(folded):
        kept = found["who"].split()
        while kept and (
            EDGE_WORD.match(kept[0]) or re.fullmatch(ARTICLES, kept[0]) or kept[0] in VERBS
        ):
            kept.pop(0)
        edges = [at for at, word in enumerate(kept) if EDGE_WORD.match(word) or word in VERBS]
        kept = kept[edges[-1] + 1 :] if edges else kept
        if len(kept) > 1 and kept[0] == "'s":
            kept.pop(0)
        if len(kept) > 1:
            return found.end() - len(" ".join(kept)), found.end()
    for found in _mention_offunction_name().finditer(folded):
        who = folded[found.start() : found.end()]
        if re.match(
            r" (?:basis|hold|text|terms|grounds?|entity|requirement)", folded[found.end() :]
        ):
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
    cue = (
        r"(?:once|as soon as|until|till|when|sobald|wenn|bis|des que|une "
        r"fois que|quand|en cuanto|cuando|hasta que|solange|so lange|as long as|tant que|"
        r"provided(?: that)?|sofern|vorausgesetzt|pourvu que|"
        r"siempre que|"
        r"mientras|esperando a que|attend\w* que|unless|bevor|before|avant que|antes de que)"
    )
    does = (
        r"(?:has |have |hat |aura |a |haya )?(?:signed|signs|approved|"
        r"approves|decided|decides|agreed|"
        r"agrees|answered|answers|reviewed|unterschr\w+|zugestimmt|zustimmt|genehmigt|entschieden|"
        r"signe|valide|approuve|tranche|repondu|firme|apruebe|decida|is back|returns|zuruck\w*|"
        r"revient|vuelva|conteste|responda|reponde|"
        r"(?:is |'s |n'est |ist )?(?:on|im|in|away|out|nicht|"
        r"n'a|no ha|no|says?|sagt|dit|diga|wakes|lands|has|have|hat|comes|kommt|confirms|bestatigt|"
        r"confirme|replies|gives|gibt|frees|finds|lets|lasst|okays|releases|freigibt))"
    )
    return re.compile(
        rf"(?<![a-z]){cue} (?:the |der |die |le |la |el )?(?P<who>{_TITLED}[a-z][a-z'-]+) "
        rf"(?:no (?:lo |la )?)?{does}(?![a-z])"
        rf"|(?<![a-z]){cue} (?:no )?(?:vuelva|vuelve|regrese|firme|conteste|responda|diga|acabe|"
        rf"termine|revienne|revient|rentre|rentrera)n?t? (?:{ARTICLES} )?"
        rf"(?P<behind>{_TITLED}[a-z'-]+)"
    )


def _awaited(folded: str, text: str) -> tuple[int, int] | None:
    for found in _once_somebody().finditer(folded):
        start, end = found.span("who" if found["who"] else "behind")
        who = folded[start:end]
        last = who.split()[-1]
        if _is_pronoun(who, text[start:end]) or last in words("things"):
            continue
        if last in words("not_names") or EDGE_WORD.match(last):
            continue
        return start, end
    return None


@cache
def _absent() -> re.Pattern[str]:
    gone = (
        r"(?:is |are |'s |ist |est |esta )?(?:still |only |currently |"
        r"gerade |noch |bis [^,;]{1,12} )?"
        r"(?:on (?:leave|holiday|vacation|pto|sabbatical|sick leave)|away|"
        r"out(?: sick)?(?= until| till| for|,|$)|sick|"
        r"back (?=on|in|next|mon|tue|wed|thu|fri|tomorrow|the|\d)|im urlaub|"
        r"in urlaub|krank|in elternzeit|"
        r"en conges?|en vacances|absente?|de vacaciones|de baja|revient|vuelve)"
    )
    return re.compile(
        rf"(?<![a-z])(?:the |our |der |die |le |la |el )"
        rf"?(?P<who>[a-z][a-z-]{{2,20}}(?: [a-z]{{3,12}})?) ?{gone}"
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
        if len(words_) == 2 and (words_[0] in words("not_names") or EDGE_WORD.match(words_[0])):
            start, words_ = end - len(words_[1]), words_[1:]
        if words_[-1] in words("not_names") or EDGE_WORD.match(words_[-1]):
            continue
        if words_[-1] in ("he", "she", "who", "they") or not _is_named(found[0], text[start:end]):
            continue
        return start, end
    return None


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
        stops = not re.match(r"[a-z0-9@]", word) or EDGE_WORD.match(word) or word[0].isdigit()
        if stops or count == MOST_WORDS or word in words("pronouns"):
            break
        end, count = token.end(), count + 1
        if word.endswith("'s"):
            return start, end - 2
    return (start, end) if count else None
