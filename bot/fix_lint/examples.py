"""How a concrete item could read, by what the vague one is about."""

from __future__ import annotations

import re
from typing import Final

from bot.fix_lint.texts import table

_SUBJECTS: Final = {
    "governance": r"govern|polic|complian|risk|approv",
    "alignment": r"communicat|align|stakeholder|buy-in|collaborat|silo|same page",
    "skills": r"skill|train|literac|knowledge|talent|expertise",
    "security": r"secur|privacy|gdpr",
    "integration": r"integrat|architect|legacy|\bapi|moderni",
    "deployment": r"deploy|release|pipeline|devops|automat",
    "ownership": r"owner|account|responsib|roles",
}
"""A key of the texts' examples → what an item about it says."""


def example_for(text: str) -> str:
    """An example near to a vague item's subject, with `{who}` and `{when}` left to fill."""
    found = (
        subject for subject, pattern in _SUBJECTS.items() if re.search(pattern, text, re.IGNORECASE)
    )
    return table("example", str)[next(found, "otherwise")]
