"""Questions for something that no record of a sprint holds, told by what they ask for."""

from __future__ import annotations

from functools import cache

from bot.ask import lexicon
from bot.ask.classifier import PERSON, THING, shipped


def asks_beyond(
    said: str, plain: str, language: str, known: set[str], *, is_counted: bool = False
) -> bool:
    """Return whether a question asks for a measure or a noun that nothing here is about.

    "How many crates …" asks for a number of crates, however much the record says of crates.

    Args:
        said: the question, see `plain_form`.
        plain: the same with people and blockers made alike, see `normalised`.
        language: its language.
        known: words by which it names a subject, a phase, a part or a role.
        is_counted: a blocker's title says how many there are of what it counts.
    """
    forms = lexicon.forms(language, "beyond")
    if any(form.search(said) or form.search(plain) for form in forms):
        return True
    ours = _ours(language) | known
    counted = lexicon.forms(language, "counted")
    named = [*counted, *lexicon.forms(language, "named")]
    heads = {found["head"] for form in named for found in form.finditer(plain)}
    if any(found["head"] == THING for form in counted for found in form.finditer(plain)):
        return not is_counted
    return bool(heads - ours - {THING})


@cache
def _ours(language: str) -> frozenset[str]:
    ours = shipped().words[language] | lexicon.common_words(language)
    return ours | lexicon.same_words(language).keys() | {PERSON, THING, "0"}
