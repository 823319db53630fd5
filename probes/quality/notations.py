"""Numbers in texts, written in ways that a program misreads."""
# ruff: noqa: E501  (patterns read better on one line)

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import all_of, coded_finding, graded
from probes.quality.letters import matching
from probes.quality.view import View

ISO_CURRENCIES = frozenset({"EUR", "USD", "GBP", "CHF", "JPY", "PLN", "SEK", "NOK", "DKK", "CZK", "HUF", "CAD", "AUD", "NZD", "CNY", "INR", "BRL", "MXN", "ZAR", "TRY", "RUB", "RON", "BGN", "KRW", "SGD", "HKD", "ILS", "AED", "€", "$", "£", "¥"})  # fmt: skip  # a list of one kind
CURRENCIES = "|".join(re.escape(one) for one in sorted(ISO_CURRENCIES))
SCIENTIFIC = r"^[+-]?\d(?:[.,]\d{1,6})?[eE]\+?(?:0?9|[12]\d)$"
FIFTEEN_DIGITS = r"[1-9]\d{14}0{2,5}"
"""What a spreadsheet leaves of a longer number."""
NOTATIONS: tuple[tuple[str, str], ...] = (
    ("(12.50)", r"^\(\s?[\d.,]+\s?\)$"),
    ("12.50-", r"^[\d.,]+-$"),
    ("3.5k", r"^[+-]?\d+([.,]\d+)?\s?[kKMmB]$"),
    ("$ 12", rf"^(?:{CURRENCIES})\s?[+-]?[\d.,]+$|^[+-]?[\d.,]+\s?(?:{CURRENCIES})$"),
    ("1 1/2", r"^\d+ \d{1,2}/\d{1,3}$"),
    ("10-49", r"^(?![12]\d{3} ?[-–])\d+ ?[-–] ?\d+$"),
    ("−12", r"^[−–] ?[\d.,]+$"),
    ("1,23,456", r"^\d{1,2}(,\d{2})+,\d{3}(\.\d+)?$"),
    (
        "~12",
        r"(?i)^(?:ca\.?|~|≈|approx\.?|about|etwa|env(?:iron)?\.?|aprox\.?|circa|ok\.) ?[\d.,]+$",
    ),
    ("12*", r"^[\d.,]+ ?(?:\*+|†|\([a-z]\)|[a-z]\))$"),
    ("'12", r"^'[+-]?[\d.,]+$"),
    ('="12"', r"^=\"[\d.,]+\"$"),
    ("12 CR", r"(?i)^[\d.,]+ ?(?:cr|dr|db|soll|haben|[sh])\.?$"),
    ("12,-", r"^[\d.]+,(?:-+|–+|—)$"),
    ("3 Mio", r"(?i)^[\d.,]+ ?(?:tsd|mio|mrd|mn|bn|mln|mld|thousand|million)\.?$"),
    (
        "1h30",
        r"(?i)^\d+ ?(?:h|hrs?|hours?|std|stunden?|heures?|horas?|ore|uren|timer|godz)\.? ?(?:\d{2}|\d ?m\w*\.?|\d{2} ?m\w*\.?)?$",
    ),
    ("46°12'", r"^-?\d{1,3} ?° ?\d{1,2} ?['′](?: ?[\d.]+ ?[\"″])? ?[NSEWO]?$"),
    ("1 234", r"^\d{1,3}([ \u00a0\u202f]\d{3})+([.,]\d+)?$"),
    ("1:30", r"^\d{1,3}:[0-5]\d(:[0-5]\d)?$"),
    ("1'234", r"^\d{1,3}(['’]\d{3})+([.,]\d+)?$"),
)
PLAIN_NUMBER = r"^[+-]?(\d+|\d{1,3}([,.]\d{3})+)([.,]\d+)?$"
POWER = r"\d(?:[.,]\d{1,6})?E\+\d{2}"
CODES_BESIDE = r"(?=.*[A-Z])(?=.*\d)[A-Z0-9-]{3,20}"
CENSORED = r"(?i)^\s*(?:[<>≤≥]=?|over|under|above|below|more than|less than|at least|up to|(?:ü|ue)ber|unter|mehr als|weniger als|mindestens|ab|bis|plus de|moins de|m[áa]s de|menos de|pi[ùu] di|meno di|oltre|ponad|poni[żz]ej|powy[żz]ej)\s?\d+([.,]\d+)?\s*$|^\s*\d+([.,]\d+)?\s?(?:or more|or less|and over|und mehr|et plus|y m[áa]s|[+<>])\s*$"
LAST_STEP = r"\d+\+"
"""How a scale writes its last step, as 5+, which is no gap in what was measured."""


def notation_findings(view: View, name: str) -> Iterator[Finding]:
    """Say in which ways a column of texts writes its numbers, beside plain ones."""
    texts = view.written(name)
    scientific = float(texts.str.fullmatch(SCIENTIFIC).mean())
    scientific += float(texts.str.fullmatch(FIFTEEN_DIGITS).mean())
    digits = float(texts.str.fullmatch(r"[+-]?\d+([.,]\d+)?").mean())
    codes = float(texts.str.fullmatch(CODES_BESIDE).mean())
    powers = float(texts.str.fullmatch(POWER).mean())
    if scientific >= 0.002 and (scientific + digits >= 0.8 or (powers >= 0.002 and codes >= 0.5)):
        yield coded_finding(
            FindingLevel.SLOWS,
            "ids_rounded",
            column=name,
            rows=view.rows(scientific * len(texts)),
            where=matching(name, "[eE][+]?[0-9]{2}$"),
            share=round(scientific, 5),
        )
        return
    plain = float(texts.str.fullmatch(PLAIN_NUMBER).mean())
    seen = {way: float(texts.str.fullmatch(form).mean()) for way, form in NOTATIONS}
    seen = {way: share for way, share in seen.items() if share >= 0.003}
    odd = sum(seen.values())
    if seen and plain + odd >= 0.9 and plain >= 0.2:
        yield coded_finding(
            FindingLevel.SLOWS,
            "number_notations",
            column=name,
            rows=view.rows(odd * len(texts)),
            words={"ways": all_of(list(seen), "one_of_list")},
            share=round(odd, 5),
        )
    bounds = texts[texts.str.fullmatch(CENSORED)]
    censored = len(bounds) / max(1, len(texts))
    if censored >= 0.002 and censored + plain >= 0.8 and plain >= 0.2:
        is_last_step = bounds.nunique() == 1 and bool(bounds.str.fullmatch(LAST_STEP).all())
        yield coded_finding(
            graded(censored, slows=2 if is_last_step else 0.01),
            "censored_numbers",
            column=name,
            rows=view.rows(censored * len(texts)),
            where=matching(name, CENSORED),
            share=round(censored, 5),
        )
