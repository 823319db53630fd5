"""What a sample's texts say: numbers and dates in disguise, mixed notations, spoilt letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import found, graded, percent, shown
from probes.quality.facts import TableFacts
from probes.quality.patterns import DATES, TextShape, is_free_text, text_shape
from probes.quality.sentences import say
from probes.sources import ColumnFamily

VALUES_LEAST = 20
ONE_UNIT = 0.98
"""From this share on a unit stands behind every number: it is text, but mixes nothing."""
MOSTLY = 0.90
IN_CALENDAR = 0.8
"""Serial numbers are divided like dates, but hardly by months and days."""
SEEN = 0.003
SEVERAL = 0.05
MANY = 20
LEVELS_MOST = 8
"""A text column with so few values is a scale, on which “none” is a step and no gap."""


@dataclass(frozen=True)
class TextPattern:
    """One pattern that is a finding of its own from a share of the values on."""

    pattern: str
    code: str
    words: str
    least: float
    slows: float


SHARES: tuple[TextPattern, ...] = (
    TextPattern("placeholder", "placeholder_text", "unknown_words", 0.001, 0.10),
    TextPattern("edge_space", "edge_spaces", "padded_text", 0.001, 0.20),
    TextPattern("control", "control_characters", "characters_cannot_seen", 0.0002, 0.20),
    TextPattern("markup", "markup_in_text", "html", 0.005, 2.0),
    TextPattern("json", "json_in_text", "holds_json", 0.05, 2.0),
)


def text_findings(facts: TableFacts) -> Iterator[Finding]:
    """Say what each text column's sampled values look like."""
    import duckdb

    with duckdb.connect(config={"threads": "2", "memory_limit": "200MB"}) as local:
        for column in facts.of_family(ColumnFamily.TEXT):
            if column.name not in facts.sample:
                continue
            shape = text_shape(local, facts.sample, column.name)
            if shape.values:
                yield from _of_shape(column.name, shape)
            if shape.values >= VALUES_LEAST and not is_free_text(facts.sample[column.name]):
                yield from _variants(column.name, shape)


def _of_shape(name: str, shape: TextShape) -> Iterator[Finding]:
    for share in SHARES:
        seen = _gaps(shape) if share.pattern == "placeholder" else shape.share(share.pattern)
        if seen >= share.least:
            sentence = say(
                "share_of_rows", name=shown(name), words=say(share.words), seen=percent(seen)
            )
            evidence = {"share": round(seen, 5), "sampled": shape.values}
            level = graded(seen, slows=share.slows)
            yield found(level, share.code, sentence, evidence, column=name)
    if shape.values >= VALUES_LEAST:
        kinds = (*_dates(name, shape),) or (*_units(name, shape),) or (*_flags(name, shape),)
        yield from kinds or _numbers(name, shape)


def _gaps(shape: TextShape) -> float:
    """Return the share of values that stand for nothing; a flag has none, a scale no “none”."""
    if _is_flag(shape):
        return 0.0
    steps = shape.share("none") if shape.distinct <= LEVELS_MOST else 0.0
    return shape.share("placeholder") - steps


def _dates(name: str, shape: TextShape) -> Iterator[Finding]:
    total = min(1.0, shape.share(*DATES))
    forms = {one.removeprefix("date_"): round(shape.share(one), 5) for one in DATES}
    forms["other"] = round(shape.no_date / shape.values, 5)
    forms["number"] = round(max(0.0, shape.share("number_point") - shape.share("date_compact")), 5)
    rest = 1 - total - forms["other"] - forms["number"] - shape.share("placeholder")
    forms["words"] = round(max(0.0, rest), 5)
    seen = {one: share for one, share in forms.items() if share >= SEEN}
    compact_only = set(seen) == {"compact"} and total < MOSTLY
    in_calendar = shape.share("day_in_calendar", "date_compact", "date_named")
    if total < 0.5 or compact_only or in_calendar < IN_CALENDAR * total:
        return
    if len(seen) > 1:
        sentence = say("writes_dates_notations", name=shown(name), seen=len(seen))
        evidence = {"notations": seen, "sampled": shape.values}
        yield found(FindingLevel.SLOWS, "date_formats_mixed", sentence, evidence, column=name)
    else:
        sentence = say("dates_as_text", name=shown(name), total=percent(total))
        evidence = {"notations": seen, "share": round(total, 5)}
        yield found(FindingLevel.NOTE, "dates_as_text", sentence, evidence, column=name)


def _units(name: str, shape: TextShape) -> Iterator[Finding]:
    share = shape.share("unit")
    if share >= ONE_UNIT and shape.one_unit >= (share - SEEN) * shape.values:
        sentence = say("numbers_as_text", name=shown(name), numeric=percent(share))
        evidence = {"numeric": round(share, 5), "sampled": shape.values}
        yield found(FindingLevel.NOTE, "numbers_as_text", sentence, evidence, column=name)
    elif share >= 2 * SEEN and share + shape.share("number_point", "number_comma") >= MOSTLY:
        sentence = say("numbers_with_units", name=shown(name), share=percent(share))
        evidence = {"with_unit": round(share, 5), "sampled": shape.values}
        yield found(graded(share, slows=0.01), "units_mixed", sentence, evidence, column=name)


def _is_flag(shape: TextShape) -> bool:
    return shape.share("yes_no", "true_false", "one_zero") >= MOSTLY


def _flags(name: str, shape: TextShape) -> Iterator[Finding]:
    spellings = [one for one in ("yes_no", "true_false", "one_zero") if shape.share(one) >= SEEN]
    if _is_flag(shape) and (len(spellings) > 1 or shape.distinct > 2):
        sentence = say("says_yes_spellings", name=shown(name), distinct=shape.distinct)
        evidence = {"spellings": shape.distinct, "kinds": spellings}
        yield found(FindingLevel.NOTE, "booleans_mixed", sentence, evidence, column=name)


def _numbers(name: str, shape: TextShape) -> Iterator[Finding]:
    """Tell numbers in disguise from codes: digits with leading zeros are meant as text."""
    point, comma = shape.share("number_point"), shape.share("number_comma")
    numeric = min(1.0, point + comma)
    evidence = {"numeric": round(numeric, 5), "comma": round(comma, 5), "sampled": shape.values}
    if shape.share("code_zero") > 0.01 or numeric < 0.02:
        return
    decimal = shape.share("number_decimal")
    if numeric >= 0.5 and comma >= SEEN and decimal >= SEEN:
        sentence = say("decimal_commas", name=shown(name), comma=percent(comma))
        yield found(FindingLevel.SLOWS, "number_formats_mixed", sentence, evidence, column=name)
    elif numeric + shape.share("placeholder") >= 0.98 or numeric >= MOSTLY:
        sentence = say("numbers_as_text", name=shown(name), numeric=percent(numeric))
        level = graded(1 - numeric, slows=0.02)
        yield found(level, "numbers_as_text", sentence, evidence, column=name)
    elif _mixes(shape, numeric):
        sentence = say("mixes_numbers_words", name=shown(name), numeric=percent(numeric))
        yield found(FindingLevel.NOTE, "mixed_types", sentence, evidence, column=name)


def _mixes(shape: TextShape, numeric: float) -> bool:
    """Whether numbers stand beside words: of many values, or of two lists of codes."""
    words = shape.share("word")
    if shape.distinct > MANY:
        return 0.1 <= numeric <= MOSTLY and words >= 0.1
    return min(numeric, words) >= SEVERAL and numeric + words >= ONE_UNIT


def _variants(name: str, shape: TextShape) -> Iterator[Finding]:
    repeated = shape.distinct <= 0.5 * shape.values
    share = shape.variant_values / shape.values
    if shape.variants and repeated and share >= 0.0005 and not _is_flag(shape):
        sentence = say(
            "spelling_variants",
            name=shown(name),
            variants=shape.variants,
            distinct=shape.distinct,
        )
        evidence = {
            "variants": shape.variants,
            "distinct": shape.distinct,
            "share": round(share, 5),
        }
        level = graded(share, slows=0.02)
        yield found(level, "spelling_variants", sentence, evidence, column=name)
