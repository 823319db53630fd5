"""What each column's aggregates say: gaps, constants, identifiers, values that cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.checks import TableCheck
from probes.quality.codes import counted, found, graded, percent, shown
from probes.quality.facts import SAMPLE_COLUMNS, ColumnFacts, TableFacts
from probes.quality.optional import is_countable, is_optional, is_remark
from probes.quality.sentences import say
from probes.quality.times import FIRST_YEAR, go_on_before
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import pandas as pd

MISSING_NOTED = 0.05
MISSING_SLOWS = 0.40
NEARLY_CONSTANT = 0.995
NEAR_UNIQUE = 0.95
HUGE_CELL = 1_000_000
FEW_ROWS = 200
LIKE_DIGITS = 4
OUTLIER_SPREADS = 10.0
OUTLIER_SHARE_MOST = 0.02
SENTINEL_SHARE = 0.002
SCALE_MOST = 14
SCALE_STEP = 0.03
ANOTHER_MEANING = 0.5
"""Numbers beyond reason in so many rows are no slips: the column counts something else."""
MAY_MEAN_MORE = frozenset({"negative_numbers", "ages_below_above"})
"""What a name rules out for people and amounts, and not for changes and houses."""
BEYOND_LEAST = 8
ALIKE_BEYOND = 0.2
FINITE_MOST = 1e150

SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, -32768.0, -2147483648.0)
HIGH_SENTINELS = (
    *(float(str(digit) * length) for length in (2, 3, 4, 5) for digit in (7, 8, 9)),
    *(999999.0, 9999999.0, 99999999.0, 2147483647.0),
)
SENTINEL_DATES = (
    "1900-01-01",
    "1899-12-30",
    "1899-12-31",
    "1970-01-01",
    "9999-12-31",
    "9999-01-01",
    "2999-12-31",
)
YEARS = (FIRST_YEAR, 2100)
HISTORY_SHARE = 0.1
HISTORY_FROM = 1000


def table_findings(facts: TableFacts) -> Iterator[Finding]:
    """Say what is odd about the table as a whole."""
    if len(facts.columns) > SAMPLE_COLUMNS:
        count, seen = len(facts.columns), len(facts.sample.columns)
        sentence = say("columns_looked_at", count=count, seen=seen)
        yield found(
            FindingLevel.NOTE, "wide_table", sentence, {"columns": count, "looked_at": seen}
        )
    if 0 < facts.rows < FEW_ROWS:
        sentence = say("table", counted=counted(facts.rows, "row"))
        yield found(FindingLevel.SLOWS, "few_rows", sentence, {"rows": facts.rows})
    odd = [name for name in facts.columns if _odd_name(name)]
    if odd:
        sentence = say("blanks_counted", counted=counted(len(odd), "column name"))
        yield found(FindingLevel.NOTE, "odd_column_names", sentence, {"columns": len(odd)})


def _odd_name(name: str) -> bool:
    blank = re.fullmatch(r"\s*|unnamed[: _]*\d*|column_?\d+|field_?\d+", name, re.IGNORECASE)
    return bool(blank) or name != name.strip() or not name.isprintable()


def column_findings(facts: TableFacts) -> Iterator[Finding]:
    """Say what is odd about each column's aggregates."""
    for column in facts.columns.values():
        yield from _presence(column, facts)
        if column.present:
            yield from _variety(column, facts)
            yield from _shape(column)


def _presence(column: ColumnFacts, facts: TableFacts) -> Iterator[Finding]:
    name, share = shown(column.name), column.missing_share
    evidence: dict[str, object] = {
        "missing": column.missing,
        "rows": column.rows,
        "share": round(share, 6),
    }
    if column.rows and not column.present:
        yield found(
            FindingLevel.SLOWS,
            "all_missing",
            say("column_empty", name=name),
            evidence,
            column=column.name,
        )
    elif share >= MISSING_NOTED:
        sentence = say("missing_rows", name=name, share=percent(share))
        needless = is_remark(facts, column.name) or is_optional(facts, column)
        level = graded(share, slows=2 if needless else MISSING_SLOWS)
        if needless and share >= MISSING_SLOWS and is_countable(facts, column):
            # Nothing in the data tells which it is: who knows may confirm that it is never empty.
            evidence["check"] = TableCheck("present", (column.name,), holds=1 - share).plain()
        yield found(level, "missing", sentence, evidence, column=column.name)


def _variety(column: ColumnFacts, facts: TableFacts) -> Iterator[Finding]:
    name = shown(column.name)
    distinct = column.exact_distinct if column.exact_distinct is not None else column.distinct
    if distinct == 1 and column.rows > 1:
        yield found(
            FindingLevel.NOTE,
            "constant",
            say("column_constant", name=name),
            {"distinct": 1, "present": column.present},
            column=column.name,
        )
        return
    top = 0.0 if _names_rows(column) else _top_share(facts.sample, column.name)
    if top >= NEARLY_CONSTANT:
        yield found(
            FindingLevel.NOTE,
            "nearly_constant",
            say("holds_value_rows", name=name, top=percent(min(top, 0.9999))),
            {"top_share": round(top, 5)},
            column=column.name,
        )
    if _names_rows(column):
        yield found(
            FindingLevel.NOTE,
            "near_unique",
            say("different_rows", name=name, distinct=percent((distinct or 0) / column.present)),
            {
                "distinct": distinct,
                "present": column.present,
                "exact": column.exact_distinct is not None,
            },
            column=column.name,
        )


def _top_share(sample: pd.DataFrame, name: str) -> float:
    if name not in sample or sample.empty:
        return 0.0
    counts = sample[name].value_counts(dropna=True)
    total = int(counts.sum())
    return float(counts.iloc[0]) / total if total >= 100 else 0.0


def _names_rows(column: ColumnFacts) -> bool:
    if column.present < FEW_ROWS or column.exact_distinct is None:
        return False
    whole = column.column.family is ColumnFamily.NUMBER and not column.column.is_float
    named = whole or column.column.family is ColumnFamily.TEXT
    return named and column.exact_distinct >= NEAR_UNIQUE * column.present


def _shape(column: ColumnFacts) -> Iterator[Finding]:
    name, family = shown(column.name), column.column.family
    evidence: dict[str, object]
    if column.longest > HUGE_CELL:
        evidence = {"longest": column.longest}
        sentence = say("cell_million_characters", name=name, longest=column.longest / 1000000.0)
        yield found(FindingLevel.NOTE, "huge_values", sentence, evidence, column=column.name)
    if family in _SHAPES:
        code, words = _SHAPES[family]
        evidence = {"type": family.value}
        yield found(FindingLevel.NOTE, code, say(words, name=name), evidence, column=column.name)
    if column.blank:
        share = column.blank / column.rows
        sentence = say("blanks_unmarked", name=name, share=percent(share))
        evidence = {"blank": column.blank, "share": round(share, 6)}
        yield found(graded(share, slows=0.2), "blank_text", sentence, evidence, column=column.name)
    if column.not_finite:
        share = column.not_finite / column.rows
        sentence = say("nan_infinite_rows", name=name, share=percent(share))
        evidence = {"not_finite": column.not_finite, "share": round(share, 6)}
        yield found(graded(share, slows=0.05), "not_finite", sentence, evidence, column=column.name)


_SHAPES: dict[ColumnFamily, tuple[str, str]] = {
    ColumnFamily.NESTED: ("nested_column", "nested_values"),
    ColumnFamily.BINARY: ("binary_column", "holds_bytes"),
}


@dataclass(frozen=True)
class NameRule:
    """What a name rules out: numbers below or above, both inclusive where given."""

    names: str
    least: float | None
    most: float | None
    words: str


RULES: tuple[NameRule, ...] = (
    NameRule(
        r"(^|_)(age(_years|_in_years)?|(alter|edad|età|[âa]ge|leeftijd|wiek|idade|ålder)_(jahre|j|a(ñ|n)os|anni|ans|jaar|lat|anos|år))$",
        0,
        130,
        "ages_below_above",
    ),
    NameRule(r"(^|_)(lat|latitude)$", -90, 90, "latitudes_beyond"),
    NameRule(r"(^|_)(lon|lng|long|longitude)$", -180, 360, "longitudes_beyond"),
    NameRule(r"(^|_)(month|monat|mois|mes|mese|maand)$", 0, 12, "months_beyond"),
    NameRule(r"(^|_)(pulse|puls|heart_?rate|herzfrequenz)(_bpm)?$", 15, 300, "pulses_beyond"),
    NameRule(r"(^|_)(spo2|sauerstoff|oxygen_sat\w*)(_pct)?$", 0, 100, "saturations_beyond"),
    NameRule(
        r"(^|_)(temp|temperature|temperatur)_?(c|celsius)$", -273.15, None, "colder_than_can_be"
    ),
    NameRule(r"^(day|day_of_month)$", 0, 31, "days_beyond"),
    NameRule(r"(^|_)(hour|hours_of_day|stunde|heure|hora)$", 0, 24, "hours_beyond"),
    NameRule(r"(^|_)minute$", 0, 60, "minutes_beyond"),
    NameRule(
        r"(^|_)(rel_?)?(humid|humidity|luftfeuchte)(_(percent|pct|perc))?$",
        0,
        105,
        "humidity_beyond",
    ),
    NameRule(r"(^|_)(percent|percentage|pct)$", -100, 1000, "percentages_beyond_reason"),
    NameRule(r"(^|_)(prob|probability)$", 0, 1, "probabilities_beyond"),
    NameRule(r"(^|_)(year|(bau)?jahr|ann(é|e)e|a(ñ|n)o|anno|rok)$", 1000, 2200, "years_beyond"),
    NameRule(r"(^|_)ph(_(value|wert))?$", 0, 14, "acidity_beyond"),
    NameRule(
        r"(^|_)(price|quantity|qty|count|distance|weight|height|length|width|seats|stock|visib|speed|duration|air_time|engines|volume|"
        r"salary|income|population|size|pieces|units|items|head_?count|employees|hours|minutes|persons|guests|rooms|beds|age|"
        r"menge|anzahl|st(ü|ue)ck(zahl)?|mitarbeiter|stunden|gewicht|l(ä|ae)nge|breite|h(ö|oe)he|preis|dauer|entfernung|einwohner|alter|fl(ä|ae)che|"
        r"cantidad|piezas|peso|precio|edad|altura|distancia|quantit(é|e|à)|poids|prix|dur(é|e)e|nombre_de\w*|effectif|prezzo|altezza|"
        r"ilo(ś|s)(ć|c)|cena|waga|aantal|gewicht|prijs|quantidade|pre(ç|c)o)(_(sold|kg|g|t|m|cm|mm|km|m2|qm|l|ml|eur|usd|gbp|h|min|s|total|nr))*$",
        0,
        None,
        "negative_numbers",
    ),
)


MAY_BE_NEGATIVE = re.compile(
    r"delay|diff|delta|chang|growth|(^|_)net(_|$)|offset|adjust|return|refund|balance|saldo|deviat|variance|surplus|"
    r"gain|loss|yoy|mom(_|$)|increase|index|abweich|ver(ä|ae)nder|z_?score|log|coef",
    re.IGNORECASE,
)
SHARE_NAME = re.compile(
    r"per_?cent|(^|_)pct|pct($|_)|prozent|%|(^|_)share|anteil|fraction|porcentaje|pourcentage|percentuale|procent|"
    r"occupancy|utili[sz]ation|auslastung|battery|(^|_)soc($|_)|completeness|attendance|probab|confidence|f(ü|ue)llstand",
    re.IGNORECASE,
)
SHARES_SURE = 0.97
SLIPS_MOST = 0.1


def number_findings(facts: TableFacts) -> Iterator[Finding]:
    """Say which numbers cannot be meant: stand-ins, impossible ones, extremes, two scales."""
    for column in facts.of_family(ColumnFamily.NUMBER):
        values = facts.sample[column.name].dropna() if column.name in facts.sample else None
        if values is not None:
            values = values[values.abs() <= FINITE_MOST]
        stand_ins = _sentinels(column, values)
        if stand_ins:
            yield stand_ins
        impossible = _impossible(column, values)
        if impossible:
            yield impossible
        elif values is not None and len(values) >= FEW_ROWS and not stand_ins:
            yield from _spread(column, values)


def _sentinels(column: ColumnFacts, values: pd.Series | None) -> Finding | None:
    """Look for a known stand-in at the very end of the range, lonely and repeated."""
    if values is None or len(values) < 50 or column.smallest is None:
        return None
    low, high = (
        [float(end)] if end in known or _repeats_a_digit(end) else []
        for end, known in ((column.smallest, SENTINELS), (column.largest, HIGH_SENTINELS))
    )
    for stand_in in (*low, *high):
        share = float((values == stand_in).mean())
        rest = values[values != stand_in]
        if share >= SENTINEL_SHARE and len(rest) > 20 and _lonely(stand_in, rest):
            sentence = say(
                "stand_in_rows", name=shown(column.name), stand_in=stand_in, about=_about(share)
            )
            evidence = {"stand_in": stand_in, "share": round(share, 5), "sampled": len(values)}
            level = graded(share, slows=0.02)
            return found(level, "sentinel_numbers", sentence, evidence, column=column.name)
    return None


def _repeats_a_digit(value: float) -> bool:
    """Whether a number is written with one digit again and again, as -999.9 or 11111."""
    digits = f"{abs(value):.10g}".replace(".", "")
    nines = len(digits) >= 2 and digits[0] in "789"
    return len(set(digits)) == 1 and (nines or len(digits) >= LIKE_DIGITS) and digits[0] != "0"


def _lonely(stand_in: float, rest: pd.Series) -> bool:
    """Whether nothing else is near: -1 among numbers from 0 on, 9999 among ones below 2500.

    Where nothing is above 1, a -1 is the lower end of a scale.
    """
    if stand_in in (-1.0, -9.0, -99.0):
        return bool(rest.min() >= 0 and rest.max() > 1)
    reach = max(abs(float(rest.quantile(0.001))), abs(float(rest.quantile(0.999))), 1.0)
    if stand_in > 0:
        return float(rest.max()) * 2 < stand_in or reach * 4 < stand_in
    return float(rest.min()) >= 0 or reach * 2 < abs(stand_in)


def _impossible(column: ColumnFacts, values: pd.Series | None) -> Finding | None:
    rule = next((one for one in RULES if re.search(one.names, column.name, re.IGNORECASE)), None)
    if rule is None or column.smallest is None:
        return _share_beyond(column, values)
    if rule.words == "negative_numbers" and MAY_BE_NEGATIVE.search(column.name):
        return None
    if rule.words == "years_beyond" and _share_outside(values, rule) > SLIPS_MOST:
        return None
    below = rule.least is not None and column.smallest < rule.least
    above = rule.most is not None and column.largest > rule.most
    if not (below or above):
        return _share_beyond(column, values)
    goes_on = _runs_on(values, rule.least, -1) or _runs_on(values, rule.most, 1)
    if rule.words in MAY_MEAN_MORE and goes_on:
        return None
    share = _share_outside(values, rule)
    sentence = say("rows", name=shown(column.name), words=say(rule.words), about=_about(share))
    beyond = [
        f"{column.column.quoted} < {rule.least:g}" if below else "",
        f"{column.column.quoted} > {rule.most:g}" if above else "",
    ]
    evidence = {
        "rule": say(rule.words),
        "share": round(share, 6),
        "below": below,
        "above": above,
        "where": " OR ".join(filter(None, beyond)),
    }
    code, level = "impossible_values", graded(share, slows=0.01)
    if share >= ANOTHER_MEANING:
        code, level = "unexpected_unit", FindingLevel.NOTE
    return found(level, code, sentence, evidence, column=column.name)


def _share_beyond(column: ColumnFacts, values: pd.Series | None) -> Finding | None:
    """Find a few shares above the whole, where all others are between nothing and all."""
    named_share = SHARE_NAME.search(column.name) and not MAY_BE_NEGATIVE.search(column.name)
    if values is None or not named_share or len(values) < FEW_ROWS or column.largest is None:
        return None
    for whole in (1.0, 100.0):
        inside = float(values.between(0, whole).mean())
        near = float(values.quantile(0.9)) >= 0.5 * whole
        if column.largest > whole and inside >= SHARES_SURE and near:
            share = 1 - inside
            words = say("shares_beyond", whole=whole)
            sentence = say("rows", name=shown(column.name), words=words, about=_about(share))
            beyond = f"{column.column.quoted} NOT BETWEEN 0 AND {whole:g}"
            evidence = {"rule": words, "share": round(share, 6), "where": beyond}
            level = graded(share, slows=0.005)
            return found(level, "impossible_values", sentence, evidence, column=column.name)
    return None


def _share_outside(values: pd.Series | None, rule: NameRule) -> float:
    if values is None or values.empty:
        return 0.0
    outside = values.lt(rule.least if rule.least is not None else float("-inf"))
    outside |= values.gt(rule.most if rule.most is not None else float("inf"))
    return float(outside.mean())


def _runs_on(values: pd.Series | None, limit: float | None, side: int) -> bool:
    """Whether numbers go on beyond a limit as they come up to it: a change, or the age of houses.

    Slips beyond it are rarer than the numbers just within, or far from it.
    """
    if values is None or limit is None:
        return False
    beyond = (values - limit) * side
    out = beyond[beyond > 0]
    if len(out) < BEYOND_LEAST or out.nunique() < BEYOND_LEAST:
        return False
    reach = float(out.median())
    within = int(beyond.between(-reach, 0).sum())
    return bool(ALIKE_BEYOND * within <= len(out) / 2 <= within / ALIKE_BEYOND)


def _about(share: float) -> str:
    if not share:
        return "a few"
    return percent(share) if share < 0.001 else f"about {percent(share)}"


def _spread(column: ColumnFacts, values: pd.Series) -> Iterator[Finding]:
    low, high = float(values.quantile(0.25)), float(values.quantile(0.75))
    reach = OUTLIER_SPREADS * (high - low)
    if reach <= 0:
        return
    share = float(((values < low - reach) | (values > high + reach)).mean())
    far = max((column.largest or 0) - high, low - (column.smallest or 0)) / (high - low)
    if share == 0:
        share = _off_scale(values)
        far = far if not share else 101.0
    if 0 < share <= OUTLIER_SHARE_MOST or (share == 0 and far > 100):
        sentence = say("extremes", name=shown(column.name), about=_about(share))
        where = f"{column.column.quoted} NOT BETWEEN {low - reach:.6g} AND {high + reach:.6g}"
        evidence = {
            "share": round(share, 6),
            "farthest_in_spreads": round(far, 1),
            "where": where,
        }
        yield found(FindingLevel.NOTE, "outliers", sentence, evidence, column=column.name)


def _off_scale(values: pd.Series) -> float:
    """Return the share of the few whole numbers beyond a scale whose steps all are frequent."""
    counts = values.value_counts(normalize=True).sort_index()
    if not 3 <= len(counts) <= SCALE_MOST or (values % 1).any():
        return 0.0
    steps = [float(step) for step in counts[counts >= SCALE_STEP].index]
    if len(steps) < 3 or steps[-1] - steps[0] != len(steps) - 1:
        return 0.0
    beyond = counts[(counts.index > steps[-1] + 1) | (counts.index < steps[0] - 1)]
    return float(beyond.sum()) if len(counts) == len(steps) + len(beyond) else 0.0


def date_findings(facts: TableFacts) -> Iterator[Finding]:
    """Say which dates stand for nothing or cannot be."""
    for column in facts.of_family(ColumnFamily.TIME):
        values = facts.sample[column.name].dropna() if column.name in facts.sample else None
        if values is None or values.empty:
            continue
        days = values.astype("str").str.slice(0, 10)
        yield from (
            one for one in (_sentinel_dates(column, days), _impossible_dates(column, days)) if one
        )


def _sentinel_dates(column: ColumnFacts, days: pd.Series) -> Finding | None:
    share = float(days.isin(SENTINEL_DATES).mean())
    others = days[~days.isin(SENTINEL_DATES)]
    ends = {str(column.smallest)[:10], str(column.largest)[:10]}
    seen = [one for one in SENTINEL_DATES if one in ends]
    if not seen or (share < SENTINEL_SHARE / 4) or _daily_around(others, seen[0]):
        return None
    sentence = say("says_rows", name=shown(column.name), seen=seen[0], about=_about(share))
    evidence = {"stand_ins": seen, "share": round(share, 5), "sampled": len(days)}
    level = graded(share, slows=0.02)
    return found(level, "sentinel_dates", sentence, evidence, column=column.name)


def _daily_around(others: pd.Series, stand_in: str) -> bool:
    """Whether the data really covers that year, or begins a year from it."""
    years = others.str.slice(0, 4)
    beside = str(int(stand_in[:4]) + 1)
    return bool((years == stand_in[:4]).mean() > 0.01 or (years == beside).mean() > 0.01)


def _impossible_dates(column: ColumnFacts, days: pd.Series) -> Finding | None:
    ends = [_year(str(column.smallest)), _year(str(column.largest))]
    usual = days[~days.isin(SENTINEL_DATES)]
    years = usual.map(_year)
    outside = float((~years.between(*YEARS)).mean()) if len(years) else 0.0
    if HISTORY_FROM <= min(ends) <= max(ends) <= YEARS[1] and go_on_before(years):
        return None
    last_days = {str(end)[:10] for end in (column.smallest, column.largest)}
    sentinel_ends = last_days & set(SENTINEL_DATES)
    if outside == 0 and (all(YEARS[0] <= year <= YEARS[1] for year in ends) or sentinel_ends):
        return None
    sentence = say("years_impossible", name=shown(column.name), about=_about(outside))
    evidence = {"share": round(outside, 6)}
    # A tenth of all rows within a few centuries is history, not a slip.
    history = outside >= HISTORY_SHARE and years[years > 0].min() >= HISTORY_FROM
    level = FindingLevel.NOTE if history else graded(outside, slows=0.01)
    return found(level, "impossible_dates", sentence, evidence, column=column.name)


def _year(text: str) -> int:
    match = re.match(r"(-?\d+)", text)
    year = int(match.group(1)) if match else date.max.year
    return -year if "BC" in text else year


ColumnCheck = Callable[[TableFacts], Iterator[Finding]]
COLUMN_CHECKS: tuple[ColumnCheck, ...] = (
    table_findings,
    column_findings,
    number_findings,
    date_findings,
)
