"""Patterns in a sample's texts, counted by one local DuckDB statement a column.

Each pattern is a name and a regular expression for a whole value; what comes back are counts, so
no value leaves the engine.
"""
# ruff: noqa: E501  (patterns read better on one line)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.sources import quote

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

NUMBER = r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][+-]?\d+)?"
DATES = (
    "date_iso",
    "date_dotted",
    "date_dotted_short",
    "date_slashed",
    "date_slashed_short",
    "date_dashed",
    "date_compact",
    "date_year_slashed",
    "date_named",
)
YEAR, MONTH = r"(0001|1[5-9]\d\d|2[01]\d\d|2999|9999)", r"(0?[1-9]|1[0-2])"
DAY = r"(0?[1-9]|[12]\d|3[01])"
UNITS = (
    r"mg|g|kg|t|lb|lbs|oz|mm|cm|m|km|in|ft|mi|ml|l|gal|°?[CFK]|ms|s|sec|min|h|hrs?|days?|"
    r"[VAW]|kW|kWh|MW|Hz|kHz|Pa|hPa|kPa|bar|psi|rpm|%|€|\$|£|EUR|USD|GBP|CHF|[kKMG]B|pcs"
)
UNIT_NUMBER = rf"(?i)(€|\$|£)?\s?[+-]?\d{{1,3}}(\d*|([.,]\d{{3}})*)([.,]\d+)?\s?({UNITS})"

PATTERNS: dict[str, str] = {
    "number_point": NUMBER,
    "number_comma": r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d{1,2}|[+-]?\d+,\d{4,}",
    "number_decimal": r"[+-]?(\d+|\d{1,3}(,\d{3})+)\.\d+",
    "code_zero": r"0\d+",
    "unit": UNIT_NUMBER,
    "date_iso": (
        r"\d{4}-\d{1,2}-\d{1,2}"
        r"([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[+-]\d{2}:?\d{2}))?)?"
    ),
    "date_dotted": r"\d{1,2}\.\d{1,2}\.\d{4}( \d{1,2}:\d{2}(:\d{2})?)?",
    "date_dotted_short": r"\d{1,2}\.\d{1,2}\.\d{2}( \d{1,2}:\d{2}(:\d{2})?)?",
    "date_slashed": r"\d{1,2}/\d{1,2}/\d{4}( \d{1,2}:\d{2}(:\d{2})?( ?[AP]M)?)?",
    "date_slashed_short": r"\d{1,2}/\d{1,2}/\d{2}( \d{1,2}:\d{2}(:\d{2})?( ?[AP]M)?)?",
    "date_dashed": r"\d{1,2}-\d{1,2}-\d{4}",
    "date_compact": r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])",
    "date_year_slashed": r"\d{4}/\d{1,2}/\d{1,2}",
    "date_named": (
        r"(?i)(\d{1,2}[ .-]+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[ -]+"
        r"(\d{1,2}(st|nd|rd|th)?,?[ -]+)?\d{2,4}"
    ),
    "day_in_calendar": (
        rf"({YEAR}[-/]{MONTH}[-/]{DAY}|({MONTH}[./-]{DAY}|{DAY}[./-]{MONTH})[./-]({YEAR}|\d\d))(\D.*)?"
    ),
    "yes_no": r"(?i)(yes|no|y|n)",
    "true_false": r"(?i)(true|false|t|f)",
    "one_zero": r"[01]",
    "placeholder": (
        r"(?i)\s*[\[(<{]?\s?(n/?a|n\.a\.|#n/?a|#ref!|#value!|#div/0!|#name\?|null|nil|nan|unknown|undefined|unspecified|"
        r"not available|not provided|not known|not stated|no data|no value|no answer|refused|empty|blank|leer|k\.? ?a\.?|keine angaben?|unbekannt|"
        r"inconnue?|non renseign[ée]|sin datos?|desconocid[oa]|sconosciut[oa]|non disponibile|n[ãa]o informado|s/d|n\.?d\.?|brak(?: danych)?|nieznan[yea]|"
        r"b/d|onbekend|ok[äa]nd|ukjent|ukendt|tuntematon|bilinmiyor|nezn[áa]m[ýeé]|ismeretlen|неизвестно|нет данных|н/д|不明|未知|na|nat|#nv|"
        r"0000-00-00|not applicable|entf[äa]llt|missing|tbd|tba|tbc|to be (?:defined|confirmed|filled)|à (?:renseigner|compl[ée]ter)|nicht (?:erfasst|angegeben|bekannt)|non communiqu[ée]e?|por definir|da compilare|todo|test|dummy|asdf\w*|qwerty\w*|xxx+|zzz+|lorem ipsum|"
        r"see above|siehe oben|none|keine?r?s?|ohne|aucune?|n[ée]ant|ningun[oa]|nessun[oa]|-+|\?+|\.+|_+|\*+|\#+)\s?[\])>}]?\s*"
    ),
    "none": r"(?i)\s*[\[(<{]?(none|nil|ohne|keine?r?s?|aucune?|n[ée]ant|ningun[oa]|nessun[oa]|-)[\])>}]?\s*",
    "edge_space": r"(?s)(\s.*\S.*|.*\S.*\s)",
    "control": (
        r"(?s).*[\x{0000}-\x{0008}\x{000B}\x{000C}\x{000E}-\x{001F}\x{007F}\x{00AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}\x{FEFF}].*"
    ),
    "markup": r"(?is).*</?(p|br|div|span|a|b|i|ul|li|table|td|tr|h[1-6]|script|img)( [^<>]*)?/?>.*",
    "json": r"(?s)\s*(\{\s*(\"|\}).*|\[\s*([\[{\"\]]|-?\d[\d.eE+-]*\s*(\]|,\s*[^\]\s])).*)",
    "word": r"(?s).*\p{L}.*",
}


FREE_WORDS = 3.5
FREE_VALUES = 30
JOINED_WORDS = 3.0
JOINED = 0.3
"""Of remarks put together with commas, signs or full stops; names and addresses have fewer words."""


def is_free_text(texts: pd.Series) -> bool:
    """Whether a column holds what people wrote, in which nobody counts spellings: not names."""
    distinct = texts.dropna().astype("string").drop_duplicates()
    if len(distinct) < FREE_VALUES:
        return False
    words = float(distinct.str.count(r"[^\W\d_]{2,}").mean())
    joined = float(distinct.str.contains(r"[,;+/]\s|[.!?](?:\s|$)").mean())
    return words >= FREE_WORDS or (words >= JOINED_WORDS and joined >= JOINED)


@dataclass(frozen=True)
class TextShape:
    """How many of a sample's values in one text column match each pattern.

    Args:
        values: sampled values that are not missing.
        distinct: different values among them.
        matches: pattern to number of values.
        variants: distinct values that equal another but for case, spaces, hyphens or accents.
        variant_values: values that are such a rarer variant.
    one_unit: values that write the same beside their digits, where most do.
        no_date: values with a digit that are neither a known date nor a number.
    """

    values: int
    distinct: int
    matches: dict[str, int]
    variants: int
    variant_values: int
    no_date: int
    one_unit: int

    def share(self, *patterns: str) -> float:
        """Return the share of values that match one of some patterns that exclude each other."""
        return sum(self.matches[one] for one in patterns) / self.values if self.values else 0.0


def text_shape(local: duckdb.DuckDBPyConnection, sample: pd.DataFrame, name: str) -> TextShape:
    """Count every pattern over one column of a sample.

    Args:
        local: an engine in this process.
        sample: whose column it is.
        name: of the column.
    """
    local.register("sampled", sample[[name]].rename(columns={name: "v"}))
    cells = [
        f"sum(n) FILTER (WHERE regexp_full_match(v, {_literal(form)})) AS {quote(key)}"
        for key, form in PATTERNS.items()
    ]
    known = "|".join(f"({PATTERNS[one]})" for one in (*DATES, "number_point", "number_comma"))
    plain = (
        "regexp_replace(regexp_replace(regexp_replace(lower(strip_accents(v)), '-$', '−'), '[\\s\\p{Z}\\p{Cf}_,;:''’`-]+', '', 'g'), "
        "'[.](\\D|$)', '\\1', 'g')"
    )
    plain = (  # a grade of A- is no A; ü, ue and u are one, as are ß and ss
        f"regexp_replace(replace({plain},'ß','ss'),'([aou])e([bcdfghjklmnpqrstvwxz])','\\1\\2','g')"
    )
    counts = local.execute(
        "WITH counted AS MATERIALIZED (SELECT CAST(v AS VARCHAR) AS v, count(*) AS n FROM sampled "  # noqa: S608  (our own patterns)
        "WHERE v IS NOT NULL GROUP BY 1), "
        f"alike AS (SELECT count(*) AS k, sum(n) AS total, max(n) AS most, {plain} AS p "
        "FROM counted WHERE regexp_matches(v, '\\p{L}') GROUP BY p HAVING count(*) > 1 AND p <> '') "
        f"SELECT {', '.join(cells)}, sum(n), count(*), "
        "(SELECT sum(k) FROM alike), (SELECT sum(total - most) FROM alike), "
        f"sum(n) FILTER (WHERE regexp_matches(v, '\\d') AND NOT regexp_full_match(v, "
        f"{_literal('(?i)' + known.replace('(?i)', ''))})), "
        "(SELECT max(alike) FROM (SELECT sum(n) AS alike FROM counted "
        "GROUP BY lower(regexp_replace(v, '[\\d\\s.,+-]+', '', 'g')))) FROM counted"
    ).fetchall()[0]
    local.unregister("sampled")
    numbers = [int(value or 0) for value in counts]
    matches = dict(zip(PATTERNS, numbers, strict=False))
    values, distinct, *others = numbers[len(PATTERNS) :]
    return TextShape(values, distinct, matches, *others)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
