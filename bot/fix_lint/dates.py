"""Deadlines as people write them, found and taken out of a text."""

from __future__ import annotations

import re
from typing import Final

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY: Final = r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?s?\b|(?:wed|sat)\b"
_ORDINAL: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_UNIT: Final = (
    r"(?:(?:working|business|calendar) )?(?:hours?|days?|weeks?|months?|quarters?|sprints?)"
)
_COUNT: Final = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|fifteen|twenty|thirty|"
    r"the next \w+|a|an)"
)
_POINT: Final = "|".join(
    [
        r"\d{4}-\d{2}-\d{2}",
        r"\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?",
        rf"(?:the )?{_ORDINAL}(?: of)? {_MONTH}(?:,? \d{{4}})?",
        rf"(?:early |mid-?|late |end of |the end of )?{_MONTH}(?: {_ORDINAL}\b)?(?:,? \d{{4}})?",
        rf"(?:next |this |coming )?(?:{_DAY})",
        r"the \d{1,2}(?:st|nd|rd|th)\b",
        r"(?:end of |the end of |the close of |close of )(?:the |this |next )?"
        r"(?:day|week|month|quarter|year|sprint|business|q[1-4])",
        r"(?:next|this) (?:week|month|quarter|sprint)",
        r"(?:day|week|hour|sprint|cw|kw) ?\d+",
        r"q[1-4]\b(?: \d{4})?|eo[dwmqy]\b|cob\b|tomorrow|today|tonight|noon|midnight|month[- ]end",
        r"(?:the )?(?:next|march|spring|summer|autumn) release",
    ]
)
_LED: Final = (
    r"(?:by|before|until|till|due(?: on| by)?|no later than|not later than|latest|on|from|per)"
)
_DATES: Final = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_LED}:? (?:{_POINT})(?!\w)",
        rf"\b(?:within|in|in the next|over the next) (?:the next )?{_COUNT} {_UNIT}\b",
        r"\b(?:\d{4}-\d{2}-\d{2}|eo[dwm]|tomorrow|today|tonight)\b",
        rf"\b(?:the )?{_ORDINAL}(?: of)? (?!may be){_MONTH}(?:,? \d{{4}})?",
        rf"\b{_MONTH} {_ORDINAL}\b(?:,? \d{{4}})?",
        rf"(?:^|[(,;:\-–—] ?)(?:due:? )?(?:{_POINT})(?=[),;:.]|\s*$)",
        rf"[(,;] ?(?:due:? )?{_COUNT} {_UNIT}(?=[),;.]|\s*$)",
        r"\b(?:this|next) (?:week|month|sprint|(?:mon|tues|wednes|thurs|fri)day)\b",
        r"\b(?:day|week) \d+\b",
    )
]


def without_dates(text: str) -> tuple[str, bool]:
    """Take the deadlines out of a text.

    Args:
        text: a fix-it item.

    Returns:
        What is left, and whether there was a deadline. "Soon" and "asap" are none.
    """
    left = text
    for pattern in _DATES:
        left = pattern.sub(" ", left)
    return " ".join(left.split()).strip(" ,;:-–—("), left != text
