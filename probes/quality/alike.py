"""What the names of two columns say of each other."""

from __future__ import annotations

import re


def are_numbered(one: str, two: str) -> bool:
    """Whether names differ only in a number that counts no time, as those of two measures."""
    plain = [re.sub(r"\d+", "", name) for name in (one, two)]
    return plain[0] == plain[1] and not re.search(r"\d+_?(m|mth|d|h|y|w|q|t)", one, re.IGNORECASE)


def share_a_word(one: str, two: str) -> bool:
    """Whether two names share a word, as odometer_start and odometer_end."""
    words = [set(re.findall(r"[^\W\d_]{3,}", name.lower())) for name in (one, two)]
    return bool(words[0] & words[1])
