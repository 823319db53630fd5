"""What single columns of numbers hide: zeros for nothing, rounded ids, flipped signs, limits."""
# ruff: noqa: E501  (patterns read better on one line)

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, figure, found, graded, percent, shown
from probes.quality.copies import KEY_NAME
from probes.quality.facts import ColumnFacts
from probes.quality.sentences import say
from probes.quality.view import View, half_a_digit, named, number_values

if TYPE_CHECKING:
    from probes.quality.view import Floats

LEAST = 150
LOG_MOST, LOG_NEAR, ALL_COUNTS = 12.0, 1e-3, 0.95
ZERO_GAP = 0.22
LIMIT_VALUES = 40
ZERO_SHARE = 0.003
ZERO_SHARE_SURE = 0.2
"""Zero in more of the rows may as well be a real state: no expense, no rain."""
NEVER_ZERO = re.compile(
    r"(^|_)(bmi|height|weight|gr[oö](ss|ß)e|gewicht|pressure|blood_?pressure|glucose|pulse|puls|heart_?rate|voltage|"
    r"spannung|kelvin|population|year|jahr|baujahr|body_?mass|skin_?thickness|insulin)(_|$)",
    re.IGNORECASE,
)
REALLY_ZERO = re.compile(r"wind|rain|precip|snow|delay|visib|gust|sun", re.IGNORECASE)
"""What often is zero, though its instrument only shows more from a threshold on."""
SIGNED = re.compile(
    r"delta|diff|change|growth|return|profit|gain|loss|balance|saldo|margin|net|temp|lat|lon|lng|coef|z_?score|"
    r"residual|delay|offset|error|log|pc\d|x$|y$|z$|adjust|correct|refund|quantity|amount|flow",
    re.IGNORECASE,
)
PLACE = re.compile(r"(^|_)(lat|lon|lng|long)(itude|gitude)?($|_)|^[xyz]$", re.IGNORECASE)
ID_NAME = re.compile(
    r"(^|[_ ])(id|key|no|nr|number|nummer|code|account|konto|iban|card|karte|ean|gtin|barcode|imei|iccid|order|customer|"
    r"kunde|ref|reference|invoice|phone|case|case_no|ticket|serial)([_ ]|$)|[a-z](Id|ID|No|Nr)$",
    re.IGNORECASE,
)
SPIKE_SHARE = 0.03
SPIKE_TIMES = 5.0
MIDDLE_NEAR = 0.01
"""How far from the others' middle a number is that gaps were filled with, in their spreads."""
RELATED_MOST = 12
GOES_ALONG = 0.8
ANYWHERE = 0.6
"""Of the ranks of a related column, eight rows in ten of a pile spread over so much."""
CAPPED_SURE = 0.03
CAPPED_VALUES = 60
NATURAL_ENDS = frozenset({1.0, 10.0, 100.0, 1000.0})
"""Where shares and points end by themselves."""
LONELY = 0.05
LONELY_STEPS = 10
BIG_ID = 1e11
FLOAT_ID = 1e15
EXACT_DIGITS = 15
ROUNDED_MOST = 0.9
"""Above it numbers are counted in larger steps, as moments are."""
SPIKES = (
    99.0,
    888.0,
    998.0,
    999.0,
    8888.0,
    9998.0,
    9999.0,
    88888.0,
    99999.0,
    999999.0,
    9999999.0,
    -99.0,
    -999.0,
    -9999.0,
)


def number_oddities(view: View) -> Iterator[Finding]:
    """Say what is odd about each column of numbers."""
    for name in view.numbers:
        column = view.facts.columns[name]
        values = number_values(view.sample[name])
        if len(values) < LEAST:
            continue
        finding = _identifiers(view, column, values)
        if finding:
            yield finding
            continue
        yield from _zeros(view, name, values)
        yield from _signs(view, name, values)
        yield from _spikes(view, name, values)
        yield from _limits(view, name, values)


def _identifiers(view: View, column: ColumnFacts, values: Floats) -> Finding | None:
    import numpy as np

    largest = float(np.abs(values).max())
    if not column.column.is_float and largest >= 10 * FLOAT_ID:
        return _beyond_digits(view, column)
    if not column.column.is_float or largest < BIG_ID or (values != np.round(values)).any():
        return None
    named_id = bool(ID_NAME.search(column.name) or KEY_NAME.search(column.name))
    varied = len(np.unique(values)) >= 0.3 * len(values)
    big = values[np.abs(values) >= BIG_ID]
    magnitude = 10.0 ** (np.floor(np.log10(np.abs(big))) - 6)
    rounded = float((np.abs(big / magnitude - np.round(big / magnitude)) < 1e-6).mean())
    # Amounts spread over magnitudes; numbers of one length are names, all of them rounded.
    of_one_length = len(big) == len(values) and float(values.min()) * 10 >= largest
    if rounded >= 0.01 and (named_id or (varied and (rounded < 0.9 or of_one_length))):
        share = round(rounded * len(big) / len(values), 5)
        return coded_finding(FindingLevel.SLOWS, "ids_rounded", column=column.name, share=share)
    if largest >= FLOAT_ID and (named_id or varied):
        digits = int(np.floor(np.log10(largest))) + 1
        return coded_finding(FindingLevel.SLOWS, "ids_as_floats", column=column.name, digits=digits)
    return None


def _beyond_digits(view: View, column: ColumnFacts) -> Finding | None:
    """Find long numbers that end in zeros after their fifteenth digit, as a spreadsheet leaves them.

    The sample holds no more digits either, so the source is asked.
    """
    cell, facts = column.column.quoted, view.facts
    lost = 10 ** (len(f"{column.largest:.0f}") - EXACT_DIGITS)
    ends = f"sum(CASE WHEN {cell} >= {FLOAT_ID:.0f} AND {cell} % {lost} = 0 THEN 1 ELSE 0 END)"
    query = f"SELECT {ends} FROM {facts.source.relation(facts.table)}"  # noqa: S608  (names are quoted)
    rows = int(facts.source.rows(query)[0][0] or 0)
    share = rows / max(1, column.present)
    if not ZERO_SHARE + 3 / lost <= share <= ROUNDED_MOST:
        return None
    return coded_finding(
        FindingLevel.SLOWS,
        "ids_rounded",
        column=column.name,
        rows=rows,
        where=f"{cell} % {lost} = 0",
        share=round(share, 5),
    )


def _zeros(view: View, name: str, values: Floats) -> Iterator[Finding]:
    import numpy as np

    share = float((values == 0).mean())
    rest = values[values != 0]
    if not ZERO_SHARE <= share <= 0.7 or len(rest) < 50 or len(np.unique(rest)) < 15:
        return
    if REALLY_ZERO.search(name):
        return
    counts = np.exp(np.minimum(rest, LOG_MOST))
    near = np.maximum(LOG_NEAR, LOG_NEAR**2 * counts)
    if (np.abs(counts - np.round(counts)) < near).mean() >= ALL_COUNTS:
        return  # logarithms of counts, among which zero is that of one
    low, high = float(np.quantile(rest, 0.002)), float(np.quantile(rest, 0.99))
    far = low > 0 and low / max(high - low, 1e-12) >= ZERO_GAP and rest.min() > 0
    impossible = bool(NEVER_ZERO.search(name)) and rest.min() > 0
    if far or impossible:
        yield coded_finding(
            FindingLevel.SLOWS
            if (impossible and share <= 0.5) or 0.005 <= share <= ZERO_SHARE_SURE
            else FindingLevel.NOTE,
            "zero_for_nothing",
            column=name,
            rows=view.rows((values == 0).sum()),
            where=f"{named(name)} = 0",
            share=round(share, 5),
        )


def _signs(view: View, name: str, values: Floats) -> Iterator[Finding]:
    """Find a few negative numbers as large as the positive ones, with nothing near zero."""
    import numpy as np

    negative, positive = values[values < 0], values[values > 0]
    share = len(negative) / len(values)
    if not 0 < share <= 0.15 or len(negative) < 3 or len(np.unique(values)) < 15:
        return
    low, high = np.quantile(positive, (0.01, 0.99))
    if PLACE.search(name) or (SIGNED.search(name) and low < 0.3 * (high - low)):
        return
    mirrored = float(((-negative >= low * 0.8) & (-negative <= high * 1.2)).mean())
    clear = low / max(high - low, 1e-12) >= 0.2
    if mirrored >= 0.95 and clear and len(np.unique(negative)) >= min(3, len(negative)):
        yield coded_finding(
            graded(share, slows=0.005),
            "sign_flips",
            column=name,
            rows=view.rows(len(negative)),
            where=f"{named(name)} < 0",
            share=round(share, 5),
        )


def _spikes(view: View, name: str, values: Floats) -> Iterator[Finding]:
    """Find one number within the range far more frequent than its like: a known stand-in, or any.

    Zero is a state of its own, and of few rows one may well be frequent.
    """
    import numpy as np

    column = view.facts.columns[name]
    numbers, counts = np.unique(values, return_counts=True)
    if len(numbers) < 40:
        return
    ends = (0, column.smallest, column.largest)
    top = int(np.argmax(counts))
    for at in (*np.flatnonzero(np.isin(numbers, SPIKES)), top):
        stand_in, share = float(numbers[at]), float(counts[at]) / len(values)
        near = np.abs(numbers - stand_in) <= 0.03 * abs(stand_in)
        near[at] = False
        others = counts[near]
        lonely = stand_in in SPIKES and share >= 0.005
        lonely = lonely and counts[at] >= max(8, 8 * others.max(initial=0), 3 * others.sum() + 1)
        times = counts[at] / max(1, int(np.delete(counts, at).max()))
        often = at == top and SPIKE_SHARE <= share <= 0.5 and times >= SPIKE_TIMES
        if stand_in in ends or not (lonely or often):
            continue
        rows, where = view.rows(counts[at]), f"{named(name)} = {stand_in:.12g}"
        said = {"name": shown(name), "share": percent(share), "times": figure(float(round(times)))}
        sentence = (
            say("stand_in_rows", name=shown(name), stand_in=stand_in, about=percent(share))
            if lonely
            else say("far_more_often", stand_in=stand_in, **said)
        )
        evidence = {"stand_in": stand_in, "share": round(share, 5), "rows": rows, "where": where}
        filled_in = _is_middle(values, stand_in) or _is_unrelated(view, name, stand_in)
        level = graded(share, slows=0.02 if lonely else SPIKE_SHARE if filled_in else 2)
        yield found(level, "sentinel_numbers", sentence, evidence, column=name)
        return


def _is_middle(values: Floats, stand_in: float) -> bool:
    """Whether a number is the mean or the median of the others, as gaps are filled with.

    It may have been worked out of other rows as well, so that chance moved it a little.
    """
    import numpy as np

    others = values[values != stand_in]
    by_chance = 2 * float(np.std(others)) / len(others) ** 0.5
    slack = max(half_a_digit(values), MIDDLE_NEAR * float(np.std(others)), by_chance)
    middles = (float(np.mean(others)), float(np.median(others)))
    return stand_in != round(stand_in) and any(abs(stand_in - one) <= slack for one in middles)


def _is_unrelated(view: View, name: str, stand_in: float) -> bool:
    """Whether a number knows nothing of a column that all others of its column go along with.

    So a weight that a form was filled with before stands beside one piece and a hundred.
    """
    import numpy as np

    own = view.number(name)
    at = own == stand_in
    for other in view.numbers[:RELATED_MOST]:
        beside = view.number(other)
        usable = np.isfinite(own) & np.isfinite(beside)
        if other == name or (usable & at).sum() < LEAST / 10 or (usable & ~at).sum() < LEAST:
            continue
        ranks = np.argsort(np.argsort(beside[usable])) / usable.sum()
        piled = at[usable]
        along = np.argsort(np.argsort(own[usable][~piled]))
        if abs(float(np.corrcoef(along, ranks[~piled])[0, 1])) < GOES_ALONG:
            continue
        if np.subtract(*np.quantile(ranks[piled], (0.9, 0.1))) >= ANYWHERE:
            return True
    return False


def _limits(view: View, name: str, values: Floats) -> Iterator[Finding]:
    """Find a pile at the very end of a range that else thins out."""
    import numpy as np

    numbers, counts = np.unique(values, return_counts=True)
    if len(numbers) < LIMIT_VALUES:
        return
    for end, at, near in (("highest", -1, slice(-21, -1)), ("lowest", 0, slice(1, 21))):
        share = counts[at] / len(values)
        if numbers[at] == 0 or not 0.01 <= share <= 0.5:
            continue
        if counts[at] >= 8 * max(1, int(counts[near].max())) and counts[at] > counts[near].sum():
            gap = float(abs(numbers[at] - numbers[-2 if at else 1]))
            lonely = gap >= LONELY * float(np.ptp(np.quantile(numbers, (0.01, 0.99))))
            lonely = lonely and gap > LONELY_STEPS * float(np.median(np.diff(numbers)))
            sure = at and share >= CAPPED_SURE and len(numbers) >= CAPPED_VALUES
            sure = sure and not lonely and numbers[at] not in NATURAL_ENDS
            yield coded_finding(
                FindingLevel.SLOWS if sure else FindingLevel.NOTE,
                "sentinel_numbers" if lonely else "capped_values",
                column=name,
                rows=view.rows(counts[at]),
                where=f"{named(name)} = {numbers[at]:.12g}",
                words={"end": end, "stand_in": f"{numbers[at]:.12g}"},
                share=round(float(share), 5),
                stand_in=float(numbers[at]),
            )
            return
