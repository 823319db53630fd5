"""Judge a fix-it item: concrete enough to be checked off, or sent back with what is missing.

An item is concrete when it names a deed and a thing. Who and by when are asked for as well, but as
they may come from the item's own fields, they alone don't send it back. A question to somebody by a
day is concrete as well: it is answered then or it is not. A quote points at what it quotes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.errors import InputError
from bot.fix_lint.dates import without_dates
from bot.fix_lint.examples import example_for
from bot.fix_lint.texts import say
from bot.fix_lint.vocabulary import (
    ABSTRACT,
    DEED_VERBS,
    FILLERS,
    GENERIC_THINGS,
    IRREGULAR_PAST,
    IRREGULAR_THIRD,
    MEASURE_VERBS,
    MODALS,
    NOBODY,
    PARTICLES,
    PREPOSITIONS,
    PRONOUNS,
    ROLES,
    SUBORDINATORS,
    THINGS,
    UNSPECIFIC,
    VAGUE_VERBS,
    WISHES,
)

LONGEST_ITEM: Final = 2_000
"""Characters."""
LONGEST_NAME: Final = 4
"""Words of a name with its function."""

PARTS: Final = ("who", "what", "system", "by_when")
"""The four parts of an item, in the order in which they are asked for."""

_TOKEN: Final = re.compile(r"<@\w+>|@?[^\W_][\w'./+&-]*[^\W_]|@?\w|[,;:()]")
_MARKED_OWNER: Final = re.compile(
    r"<@\w+>|(?<!\w)@\w+|\b(?i:owner|owned by|assigned to|assignee|responsible)\b:?\s*(?!by\b)\w+"
    r"|\((?:[A-Z][a-z]+(?: [A-Z][a-z]+)?)\)|^[A-Z][\w. ]{1,30}:\s|[-–—]\s?[A-Z][a-z]+\s*$"
)
_AFTER_BY: Final = re.compile(r"\bby (?:the |our )?((?:[\w-]+ ?){1,4})")
_IN_BRACKETS: Final = re.compile(r"\(([^()]{2,40})\)")
_NUMBER: Final = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_FIGURE: Final = re.compile(
    r"[$€£]\s?\d|\d[\d.,]*\s?(?:%|percent|ms|s\b|sec|min|hours?|days?|gb|mb|tb|k\b|rows|per\b|x\b|[$€£])"
    r"|\b(?:from|below|under|above|to) \d|\bto zero\b|\bhalf\b"
    rf"|\bfrom {_NUMBER}\b.{{1,40}}\bto {_NUMBER}\b",
    re.IGNORECASE,
)
_QUOTE: Final = re.compile(r"“[^”]*\w[^”]*”")
_IDENTIFIER: Final = re.compile(r"\w+[_/.]\w+|[A-Z]{2,}\w*|\w*[a-z][A-Z]\w*|[A-Za-z-]+\d\w*|v\d")


@dataclass(frozen=True, slots=True)
class FixLint:
    """What the lint says about an item.

    Args:
        ok: a deed and a thing are named.
        missing: which of `who`, `what`, `system`, `by_when` are absent, in this order.
        message: one sentence for the person who wrote it.
        suggestion: how such an item could read; empty when nothing is missing.
    """

    ok: bool
    missing: tuple[str, ...]
    message: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class _Deed:
    """A verb in a verb's place, with the words around it."""

    verb: str
    subject: tuple[str, ...]
    object: tuple[str, ...]
    is_purpose: bool


def lint_fix(text: str, *, owner: str | None = None, due: str | None = None) -> FixLint:
    """Say whether a fix-it item is concrete, and what it leaves open.

    Args:
        text: the item, as a person wrote it.
        owner: who does it, where the item has a field for that.
        due: by when, where the item has a field for that; any text.

    Raises:
        InputError: no words, or more than 2,000 characters.
    """
    _check(text)
    sentence, dated = without_dates(" ".join(text.split()))
    deeds = list(_deeds(_TOKEN.findall(sentence)))
    has_owner = bool(owner and owner.strip()) or _names_somebody(text, sentence, deeds)
    has_date = bool(due and due.strip()) or dated
    is_asked = "?" in text and has_owner and has_date
    delivers = not deeds and dated and _is_a_delivery(sentence)
    present = {
        "who": has_owner,
        "what": is_asked or _is_concrete(sentence, deeds) or delivers,
        "system": is_asked or bool(_QUOTE.search(text)) or _names_a_thing(_TOKEN.findall(sentence)),
        "by_when": has_date,
    }
    missing = tuple(part for part in PARTS if not present[part])
    ok = present["what"] and present["system"]
    return FixLint(
        ok, missing, _message(missing, is_nearly_clear=ok), _suggestion(text, missing, owner, due)
    )


def _check(text: str) -> None:
    if len(text) > LONGEST_ITEM:
        raise InputError(
            say("item_too_long", words=len(text), longest_item=LONGEST_ITEM),
            field="text",
        )
    if not re.search(r"[^\W\d_]", text):
        raise InputError(say("item_empty"), field="text")


def _deeds(tokens: list[str]) -> Iterator[_Deed]:
    """Find the verbs: first in a clause, after a subject in the third person, or after a modal."""
    start = 0
    for at, word in enumerate(tokens):
        if word in ",;:()" or (word in {"and", "then"} and _has_verb(tokens[start:at])):
            start = at + 1
            continue
        subject = tuple(
            before for before in tokens[start:at] if before not in MODALS and not _fills(before)
        )
        before = tokens[at - 1] if at else ""
        if SUBORDINATORS.intersection(tokens[start:at]):
            continue
        is_bare = not subject or before in MODALS or _is_plural(subject)
        verb, done = _verb_at(tokens, at, is_bare=is_bare), _participle_at(tokens, at, subject)
        if verb is None and done is not None:
            yield _Deed(done, (), subject, is_purpose=False)
        if verb is not None:
            purpose = before == "to" and bool(subject) and _has_verb(tokens[start : at - 1])
            yield _Deed(verb, subject, _object_after(tokens, at + len(verb.split())), purpose)


def _fills(word: str) -> bool:
    return word.lower() in FILLERS and word != "and"


def _is_plural(subject: tuple[str, ...]) -> bool:
    last = subject[-1].lower()
    return "and" in subject[:-1] or last in PRONOUNS or (last.endswith("s") and last in ROLES)


def _verb_at(tokens: list[str], at: int, *, is_bare: bool) -> str | None:
    """The verb that starts at a token: bare where that fits, or in its -s or passive form."""
    word = tokens[at].lower()
    forms = {word, _third_person(word)} if is_bare else {_third_person(word)}
    if tokens[at - 1 : at] and tokens[at - 1].lower() in {"is", "are", "be", "gets", "been"}:
        forms = {word.removesuffix("ed"), word.removesuffix("d"), IRREGULAR_PAST.get(word, "")}
    known = VAGUE_VERBS | MEASURE_VERBS | DEED_VERBS
    following = [after.lower() for after in tokens[at + 1 : at + 3]]
    for form in forms - {""}:
        parted = f"{form} {_particle_after(tokens, at)}"
        if parted in known:
            return parted
        for length in (2, 1, 0):
            verb = " ".join([form, *following[:length]])
            if verb in known:
                return verb
    return None


def _particle_after(tokens: list[str], at: int) -> str:
    """The particle behind a verb's object: "on" in "turns the export back on"."""
    clause = itertools.takewhile(lambda word: word not in ",;:()", tokens[at + 2 : at + 9])
    return next((word for word in clause if word in PARTICLES - {"back", "in"}), "")


def _participle_at(tokens: list[str], at: int, subject: tuple[str, ...]) -> str | None:
    """The deed of "credentials handed to Ana": what is there once it was done."""
    word, after = tokens[at].lower(), (*tokens[at + 1 : at + 2], ",")[0]
    if not subject or (after not in ",;:()" and after.lower() not in PREPOSITIONS):
        return None
    forms = (word.removesuffix("ed"), word.removesuffix("d"), IRREGULAR_PAST.get(word, ""))
    is_past = word.endswith("ed") or word in IRREGULAR_PAST
    return next((form for form in forms if is_past and form in DEED_VERBS), None)


def _third_person(word: str) -> str:
    if word in IRREGULAR_THIRD:
        return IRREGULAR_THIRD[word]
    if not word.endswith("s") or word.endswith("ss"):
        return ""
    known = VAGUE_VERBS | MEASURE_VERBS | DEED_VERBS
    firsts = {verb.split()[0] for verb in known}
    return next((stem for stem in (word[:-1], word[:-2]) if stem in firsts), "")


def _has_verb(tokens: list[str]) -> bool:
    return any(
        _verb_at(tokens, at, is_bare=bare) for at in range(len(tokens)) for bare in (False, at == 0)
    )


def _object_after(tokens: list[str], start: int) -> tuple[str, ...]:
    found: list[str] = []
    for word in tokens[start:]:
        if word in ",;:()" or word.lower() in PREPOSITIONS:
            break
        found.append(word)
    return tuple(found)


def _is_concrete(sentence: str, deeds: list[_Deed]) -> bool:
    measured = bool(_FIGURE.search(sentence))
    return any(
        (deed.verb in DEED_VERBS and not deed.is_purpose and _can_be_done_to(deed))
        or (deed.verb in MEASURE_VERBS and measured)
        for deed in deeds
    )


def _can_be_done_to(deed: _Deed) -> bool:
    """Whether a deed's object is more than a wish; without one the passive's subject counts."""
    words = [word for word in deed.object or deed.subject if word.lower() not in UNSPECIFIC]
    return any(
        word.lower() not in ABSTRACT or _IDENTIFIER.fullmatch(word) is not None for word in words
    ) and not (words and words[-1].lower() in ABSTRACT)


def _is_a_delivery(sentence: str) -> bool:
    """Whether it says what will be there without a verb: "VPN account for Lena, helpdesk"."""
    tokens = _TOKEN.findall(sentence)
    ends = (at for at, word in enumerate(tokens) if word in ",;:()" or word.lower() in PREPOSITIONS)
    end = next(ends, len(tokens))
    is_wish = any(word.lower() in WISHES for word in tokens[:end])
    return end > 0 and not is_wish and _is_thing(tokens, end - 1)


def _names_a_thing(tokens: list[str]) -> bool:
    return any(_is_thing(tokens, at) for at in range(len(tokens)))


def _is_thing(tokens: list[str], at: int) -> bool:
    word = tokens[at]
    following = tokens[at + 1].lower() if at + 1 < len(tokens) else ""
    if following in ABSTRACT and following not in {"data", "team", "teams", "people", "group"}:
        return False
    if word.lower() in GENERIC_THINGS:
        return at > 0 and tokens[at - 1].lower() not in UNSPECIFIC | DEED_VERBS | VAGUE_VERBS
    if word.lower() in THINGS:
        return True
    if word.lower() in ABSTRACT | ROLES or word.startswith(("@", "<@")):
        return False
    is_placed = at > 0 and tokens[at - 1] in {"in", "on", "into", "from", "via"}
    return _IDENTIFIER.fullmatch(word) is not None or (is_placed and word[0].isupper())


def _names_somebody(text: str, sentence: str, deeds: list[_Deed]) -> bool:
    if _MARKED_OWNER.search(text):
        return True
    if any(_is_somebody(deed.subject) for deed in deeds):
        return True
    named = _AFTER_BY.findall(sentence) + _IN_BRACKETS.findall(text)
    if any(_is_somebody(tuple(words.split())) for words in named):
        return True
    return any(_is_a_name(part.split()) for part in re.split(r"[,;:]|\s[-–—]\s", sentence)[1:])


def _is_a_name(words: list[str]) -> bool:
    """Whether a part of the item is nothing but somebody: "; network team" or ", Jonas"."""
    if not 0 < len(words) <= LONGEST_NAME or not _is_somebody(tuple(words)):
        return False
    return words[-1].lower() in ROLES or all(
        word[0].isupper() and not _is_thing([word], 0) for word in words
    )


def _is_somebody(words: tuple[str, ...]) -> bool:
    telling = [word for word in words if word == "IT" or word.lower() not in UNSPECIFIC]
    if not telling or (telling[0].lower() in NOBODY and telling[0] != "IT"):
        return False
    return any(word.lower() in ROLES or word[0].isupper() for word in telling)


def _message(missing: tuple[str, ...], *, is_nearly_clear: bool) -> str:
    if not missing:
        return say("item_clear")
    *first, last = (say(f"part_{part}") for part in missing)
    listed = say("parts_listed", first=", ".join(first), last=last) if first else last
    return say("item_nearly_clear" if is_nearly_clear else "too_vague_say", listed=listed)


def _suggestion(text: str, missing: tuple[str, ...], owner: str | None, due: str | None) -> str:
    if not missing:
        return ""
    if not {"what", "system"} & set(missing):
        ends = {"who": " — owner: ___", "by_when": " — due: ___"}
        return text.strip() + "".join(end for part, end in ends.items() if part in missing)
    return "For example: " + example_for(text).format(
        who=(owner or "").strip() or "Ana", when=f"by {(due or '').strip() or 'Friday'}"
    )
