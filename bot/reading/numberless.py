"""Times that are said without a number and its unit: `P2W`, "J+5", "it takes weeks"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.reading.lexicon import either, mapping
from bot.reading.ranges import LONGEST, MONTH, YEAR, DayRange, Span, exactly

_VAGUE: Final = {
    "hour": (DayRange(0.1, 0.25, 1.0), 2 / 24),
    "day": (DayRange(2.0, 4.0, 7.0), 2.0),
    "week": (DayRange(14.0, 28.0, 56.0), 14.0),
    "month": (DayRange(2 * MONTH, 4 * MONTH, 9 * MONTH), 2 * MONTH),
    "year": (DayRange(2 * YEAR, 3 * YEAR, 5 * YEAR), 2 * YEAR),
}
"""What "it takes weeks" is taken for; said is only that it is more than one."""
_ISO: Final = re.compile(
    r"(?<![a-z0-9])p(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)w)?(?:(\d+)d)?(?:t(\d+)h)?(?![a-z0-9])"
)
_J_PLUS: Final = re.compile(r"(?<![a-z0-9])[jtd] ?\+ ?(\d{1,3})(?!\d)")
_WITHIN: Final = re.compile(
    r"(?<![a-z])(?:sous|dans la) (?:(huitaine)|(quinzaine)|un mois)(?![a-z])"
)


_NEXT_SHIFT: Final = re.compile(
    r"(?<![a-z])(?:(?:after|nach|apres|despues de) )?(?:the |der |die |la |le |el )?"
    r"(?:next|nachste[nrm]?|prochaine?|proximo) "
    r"(?:(?:night|day|early|late|morning|evening)[ -])?"
    r"(?:shift|(?:nacht|tag|fruh|spat)?schicht|equipe|poste|turno)(?![a-z]| (?:lead|plan|manager))"
)
"""It begins within a day."""


def iso_durations(folded: str) -> Iterator[Span]:
    """Find durations written as no number and unit: `P2W`, "J+5", "sous huitaine"."""
    for found in _WITHIN.finditer(folded):
        most = 8.0 if found[1] else 15.0 if found[2] else MONTH
        within = DayRange(0.25 * most, 0.75 * most, most)
        yield Span(found.start(), found.end(), "duration", within, (None, most))
    for found in _NEXT_SHIFT.finditer(folded):
        yield Span(found.start(), found.end(), "duration", DayRange(0.1, 0.5, 1.0), (None, 1.0))
    for found in _J_PLUS.finditer(folded):
        count = float(found[1])
        yield Span(found.start(), found.end(), "duration", exactly(count), (count, count))
    units = (YEAR, MONTH, 7.0, 1.0, 1 / 24)
    for found in _ISO.finditer(folded):
        if any(found.groups()):
            days = min(
                sum(int((n or "0")[:9]) * d for n, d in zip(found.groups(), units, strict=True)),
                LONGEST,
            )
            yield Span(found.start(), found.end(), "duration", exactly(days), (days, days))


@cache
def _vague() -> re.Pattern[str]:
    names = "|".join(f"(?P<{name}>{either(each)})" for name, each in mapping("vague").items())
    return re.compile(rf"(?<![a-z0-9.])(?<!\d[ -])(?:{names})(?![a-z])")


def vague_durations(folded: str) -> Iterator[Span]:
    """Find units that are said without a number: "it takes weeks"."""
    for found in _vague().finditer(folded):
        unit = str(found.lastgroup)
        days, least = _VAGUE[unit]
        yield Span(found.start(), found.end(), "vague", days, (least, None), unit == "hour")
