"""What a use case is worth, read from the words it was said in: "40,000 EUR per month"."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.past import Value
from bot.domain.vocabulary import Period

_CURRENCIES: Final = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "euro": "EUR",
    "euros": "EUR",
    "dollar": "USD",
    "dollars": "USD",
    "pounds": "GBP",
    "francs": "CHF",
    "franken": "CHF",
}
_SCALES: Final = {"k": 1e3, "tsd": 1e3, "thousand": 1e3, "m": 1e6, "mio": 1e6, "million": 1e6}
_PERIODS: Final = {
    Period.DAY: r"days?|daily|tag|t[äa]glich|jour|d[ií]a",
    Period.WEEK: r"weeks?|weekly|woche|w[öo]chentlich|semaine|semana",
    Period.MONTH: r"months?|monthly|monat|monatlich|mois|mes",
    Period.QUARTER: r"quarters?|quarterly|quartal|trimestre",
    Period.YEAR: r"years?|yearly|annual(?:ly)?|annum|jahr|j[äa]hrlich|an|ann[ée]e|a[ñn]o",
}
_PERIOD: Final = {period: re.compile(rf"\b(?:{words})\b") for period, words in _PERIODS.items()}
_AMOUNT: Final = re.compile(r"\d[\d.,' \u00a0\u202f]*")
_SCALE: Final = re.compile(rf"\s*({'|'.join(_SCALES)})\b")
_CODE: Final = re.compile(r"\b[A-Z]{3}\b")
_DECIMALS: Final = re.compile(r"[.,]\d{1,2}$")
LARGEST: Final = 1e12


def read_worth(text: str) -> Value | None:
    """Return the amount, its currency and the period; None where one of them is not said.

    Args:
        text: as it was typed, in English, German, French or Spanish.
    """
    lower = text.lower()
    found = _AMOUNT.search(lower)
    period = next((each for each, words in _PERIOD.items() if words.search(lower)), None)
    currency = _currency(text)
    if found is None or period is None or currency is None:
        return None
    amount = _number(found.group())
    if scale := _SCALE.match(lower, found.start() + len(found.group().rstrip())):
        amount *= _SCALES[scale.group(1)]
    return Value(amount, currency, period) if 0 < amount <= LARGEST else None


def _currency(text: str) -> str | None:
    if code := _CODE.search(text):
        return code.group()
    words = re.findall(r"[€$£¥]|[a-z]+", text.lower())
    return next((_CURRENCIES[word] for word in words if word in _CURRENCIES), None)


def _number(text: str) -> float:
    """Read an amount with whatever its thousands and decimals are set apart by."""
    digits = re.sub(r"[' \u00a0\u202f]", "", text).rstrip(".,")
    decimals = _DECIMALS.search(digits)
    whole = digits[: decimals.start()] if decimals else digits
    part = decimals.group()[1:] if decimals else "0"
    return float(f"{re.sub(r'[.,]', '', whole) or 0}.{part}")
