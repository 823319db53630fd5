"""Every code of the quality probe: what it means for the sprint and the blocker it would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.vocabulary import Kind, Remedy
from probes.contract import LEVEL_RANK, Finding, Level, SuggestedBlocker

NAME_LENGTH = 60


@dataclass(frozen=True)
class Code:
    """One code: when it is raised, what it means, and who would have to remove it."""

    raised: str
    meaning: str
    kind: Kind = Kind.DATA_ACCESS
    remedy: Remedy = Remedy.PEOPLE


CODES: dict[str, Code] = {
    # the table
    "table_empty": Code(
        "no row at all", "There is nothing to learn from; ask where the filled table is."
    ),
    "few_rows": Code(
        "fewer than 200 rows", "Too little to tell a model from luck; ask for more history."
    ),
    "file_empty": Code("a file without one character", "The export failed; ask for a fresh one."),
    "encoding_not_utf8": Code(
        "lines that are not UTF-8; they were read as Windows-1252, which holds Latin-1",
        "Names and places may be spoilt; ask for an export in UTF-8.",
        Kind.MISSING_PROCESS,
    ),
    "nul_bytes": Code(
        "lines with NUL bytes, which no text has; they were left out",
        "The export broke off, filled up fields of a fixed length, or is UTF-16 in part; "
        "ask for one in UTF-8.",
        Kind.MISSING_PROCESS,
    ),
    "unreadable_lines": Code(
        "lines that do not fit the header, left out of everything else here",
        "The export's quoting is broken; lost rows are rarely random.",
        Kind.MISSING_PROCESS,
    ),
    "duplicate_rows": Code(
        "rows that are equal in every column",
        "Copies make a model look better than it is; find out which load wrote twice.",
        Kind.MISSING_PROCESS,
    ),
    "duplicate_keys": Code(
        "a key, named by the administrator or by its name, that is not unique",
        "Joins will multiply rows; ask which of the twins is right.",
        Kind.UNCLEAR_OWNERSHIP,
    ),
    "duplicate_columns": Code("two columns equal on every sampled row", "Keep one of them."),
    "odd_column_names": Code(
        "names that are blank, padded, numbered by a spreadsheet or hold line breaks",
        "Whoever reads this by name will trip; rename in the query.",
    ),
    "wide_table": Code(
        "more than 1,000 columns",
        "Pick the columns that matter with the person who knows the data.",
    ),
    "stale": Code(
        "the newest row is more than 30 days old",
        "A model would learn the past and score nobody; ask for the live feed.",
        Kind.INFRASTRUCTURE,
    ),
    "future_times": Code(
        "times after now, in a column that says when something happened",
        "Clocks or time zones are wrong, or these are plans: leave them out of training.",
    ),
    "time_gaps": Code(
        "days without a row between the first and the last, where days are usually filled",
        "Something was down or was never loaded; a model reads a gap as calm.",
        Kind.INFRASTRUCTURE,
    ),
    "volume_drop": Code(
        "the last days hold less than half the usual rows",
        "The feed is failing or late; check before anything learns from it.",
        Kind.INFRASTRUCTURE,
    ),
    "stopped_filling": Code(
        "a column that was filled and is missing in the newest tenth of the rows",
        "It will not be there when the model runs; find out what changed.",
        Kind.UNCLEAR_OWNERSHIP,
    ),
    "entities_silent": Code(
        "entities that reported before and are silent in the newest stretch of time",
        "The model would only serve those that report; ask what happened to the others.",
        Kind.INFRASTRUCTURE,
        Remedy.BUDGET,
    ),
    "entities_missing": Code(
        "fewer entities than the administrator's list or number says",
        "The missing ones were never connected, or live elsewhere.",
        Kind.INFRASTRUCTURE,
        Remedy.BUDGET,
    ),
    # the label
    "label_missing": Code(
        "the label's column is not in the table", "Without outcomes nothing can be learnt."
    ),
    "label_empty": Code("the label has no value", "Without outcomes nothing can be learnt."),
    "label_constant": Code("the label has one value only", "There is nothing to tell apart."),
    "label_few_positives": Code(
        "fewer than 100 rows of the rarer label (below 10 it stops)",
        "Too few cases to learn from or to test on; collect more, or choose a broader label.",
    ),
    "label_gaps": Code(
        "rows without a label", "They cannot be used; ask why their outcome is unknown."
    ),
    "label_ok": Code("the label is there with enough of each outcome", "It can be learnt from."),
    "known_after": Code(
        "columns the administrator lists as known only afterwards",
        "Leave them out: the model will not have them when it must decide.",
    ),
    # what is there
    "missing": Code(
        "at least 5 % of a column is missing (40 % slows)",
        "Ask whether a gap has a meaning of its own, and since when.",
        Kind.MISSING_PROCESS,
    ),
    "all_missing": Code(
        "a column without any value", "It is declared but never filled.", Kind.UNCLEAR_OWNERSHIP
    ),
    "constant": Code("one value in every row", "It tells nothing; leave it out."),
    "nearly_constant": Code(
        "one value in at least 99.5 % of the rows", "It tells next to nothing."
    ),
    "near_unique": Code(
        "a text or whole number that is different in almost every row",
        "It names rows, it does not describe them: no input for a model.",
    ),
    "blank_text": Code(
        "cells of spaces or nothing, which are not marked as missing", "Count them as missing."
    ),
    "placeholder_text": Code(
        "words that stand for nothing: n/a, unknown, none, -, ?, #N/A",
        "Count them as missing, or a model will learn them as a value.",
        Kind.MISSING_PROCESS,
    ),
    "sentinel_numbers": Code(
        "numbers that stand for nothing: -999, 9999, -1 far from the others",
        "Count them as missing, or they will pull every average.",
        Kind.MISSING_PROCESS,
    ),
    "sentinel_dates": Code(
        "dates that stand for nothing: 1900-01-01, 1970-01-01, 9999-12-31",
        "Count them as missing.",
        Kind.MISSING_PROCESS,
    ),
    "not_finite": Code(
        "NaN or infinity among the numbers", "Some calculation upstream divides by zero."
    ),
    "impossible_values": Code(
        "numbers that their name rules out: a negative price, an age of 200, a 13th month",
        "Ask how they come about before any of that column is trusted.",
        Kind.MISSING_PROCESS,
    ),
    "unexpected_unit": Code(
        "at least half the numbers are beyond what their name allows: ages in days",
        "The column counts something else; ask what, and in which unit.",
    ),
    "impossible_dates": Code(
        "years before 1900 or after 2100", "Typing or conversion went wrong upstream."
    ),
    "outliers": Code(
        "values more than ten spreads away from the middle half",
        "Real extremes or slips of the pen: ask, then clip.",
    ),
    "mixed_scales": Code(
        "two clusters about a thousandfold apart in one column",
        "Two units in one column, as grams and kilograms: ask which rows are which.",
        Kind.MISSING_PROCESS,
    ),
    # formats
    "numbers_as_text": Code(
        "a text column whose values are numbers",
        "Convert on reading; the rest of the cells say why it is text.",
    ),
    "number_formats_mixed": Code(
        "decimal points and decimal commas in one column",
        "1,234 is a thousand or one and a bit: ask which system wrote which row.",
        Kind.MISSING_PROCESS,
    ),
    "units_mixed": Code(
        "numbers with different units in one column",
        "Convert to one unit before use.",
        Kind.MISSING_PROCESS,
    ),
    "mixed_types": Code(
        "numbers and words in one text column", "Two meanings share a column; split it."
    ),
    "dates_as_text": Code("a text column whose values are dates", "Convert on reading."),
    "date_formats_mixed": Code(
        "dates in several notations in one column",
        "Some days and months will be swapped; ask for one notation.",
        Kind.MISSING_PROCESS,
    ),
    "booleans_mixed": Code("yes and no in several spellings", "Map them to one pair."),
    "spelling_variants": Code(
        "values that differ only in case, spaces or hyphens",
        "One thing counts as several; normalise before grouping.",
        Kind.MISSING_PROCESS,
    ),
    "edge_spaces": Code("spaces before or after the text", "Joins on it will miss; trim."),
    "broken_encoding": Code(
        "letters spoilt by a wrong decoding, such as Ã© or �",
        "The original is partly lost; export again in UTF-8.",
        Kind.MISSING_PROCESS,
    ),
    "control_characters": Code(
        "characters that cannot be seen", "Exports and joins will break on them."
    ),
    "markup_in_text": Code("HTML in the text", "Strip it before counting words."),
    "json_in_text": Code("JSON in a text column", "What matters inside needs its own column."),
    "truncated_text": Code(
        "many texts of exactly the greatest length", "A field upstream is too short and cuts."
    ),
    "huge_values": Code(
        "a cell longer than a million characters",
        "Documents in a table: leave the column out or read it apart.",
    ),
    "nested_column": Code("JSON, lists or structures", "Flatten what the use case needs."),
    "binary_column": Code("bytes", "No input for a simple model; leave it out."),
    # people
    "personal_data": Code(
        "values or a name that point to a person: the kind and how much, never the values",
        "Privacy will ask: have the purpose and the legal ground ready, or leave it out.",
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
    ),
    "personal_data_in_text": Code(
        "personal data inside longer text",
        "Free text needs masking before it may be used; ask privacy early.",
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
    ),
    # the run itself
    "check_skipped": Code(
        "a check that the source could not answer in its time", "Ask for it again with a row_limit."
    ),
    "rows_limited": Code(
        "only the first rows were looked at, as configured", "Shares hold for these rows."
    ),
    "more_columns": Code("the same finding in many columns, told once", "--all shows each."),
    "clean": Code("nothing else to say", "The table can be used as it is."),
}


def shown(name: str) -> str:
    """Return a column's or table's name fit for a sentence: one line, not too long."""
    line = "".join(letter if letter.isprintable() else "·" for letter in name).strip() or "(blank)"
    return line if len(line) <= NAME_LENGTH else line[: NAME_LENGTH - 1] + "…"


def percent(share: float) -> str:
    """Return a share as a person says it: never 0 % for something, never 100 % for almost all."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    decimals = 1 if share < 0.1 or 0.99 < share < 1 else 0
    return f"{share * 100:.{decimals}f} %"


def found(
    level: Level,
    code: str,
    sentence: str,
    evidence: Mapping[str, Any],
    *,
    column: str | None = None,
    title: str | None = None,
) -> Finding:
    """Return a finding of this probe; from `slows` on it suggests a blocker."""
    kind = CODES[code]
    blocker = None
    if LEVEL_RANK[level] >= LEVEL_RANK[Level.SLOWS]:
        blocker = SuggestedBlocker(kind.kind, kind.remedy, title or sentence.rstrip("."))
    return Finding(level, code, sentence, evidence, kind.meaning, blocker, column)


def graded(share: float, *, slows: float) -> Level:
    """Return `slows` from a share on, `note` below."""
    return Level.SLOWS if share >= slows else Level.NOTE


def counted(number: int, thing: str) -> str:
    """Return a number and what it counts: “1 row”, “2,000 rows”."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
