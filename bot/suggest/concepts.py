"""Cue concepts: the many words people use for one idea, read from `lexicon.txt`.

A concept says what a passage is about (a gate, a fear, a vacancy); a frame says how two ideas stand
to each other in one clause ("nobody … who" against "nobody … wants to"). `docs/suggestion.md` has
the deciding questions that the frames put into words.

The lexicon's sections: `[part x]` is used as `{x}` elsewhere; `[concept x]` holds one alternative a
line; `[frame x]` holds groups of alternatives, parted by `...`, that must follow one another.
Alternatives are regular expressions over text as `features.normalise` leaves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

LEXICON: Final = Path(__file__).with_name("lexicon.txt")
_SECTION: Final = re.compile(r"^\[(part|concept|frame) (\w+)\]\n", re.MULTILINE)
_WITHIN_CLAUSE: Final = r"[^.;!?]{0,60}?\b"


class Lexicon(NamedTuple):
    """The patterns by name."""

    concepts: dict[str, re.Pattern[str]]
    frames: dict[str, re.Pattern[str]]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Read and compile the lexicon, once."""
    _, *pieces = _SECTION.split(LEXICON.read_text(encoding="utf-8"))
    sections = list(zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True))
    parts = {
        f"{{{name}}}": _either(body.split("\n")) for role, name, body in sections if role == "part"
    }

    def compiled(role: str) -> dict[str, re.Pattern[str]]:
        return {
            name: re.compile(_filled(_pattern(body), parts))
            for section, name, body in sections
            if section == role
        }

    return Lexicon(compiled("concept"), compiled("frame"))


def _pattern(body: str) -> str:
    groups = groupby(body.split("\n"), key=lambda line: line == "...")
    return r"\b" + _WITHIN_CLAUSE.join(_either(lines) for is_gap, lines in groups if not is_gap)


def _either(lines: Iterable[str]) -> str:
    return f"(?:{'|'.join(line for line in lines if line)})"


def _filled(pattern: str, parts: dict[str, str]) -> str:
    for name, part in parts.items():
        pattern = pattern.replace(name, part)
    return pattern
