"""What text columns hide beyond one pattern: slips, codes beside names, lost letters, cuts."""
# ruff: noqa: E501  (patterns read better on one line)

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, found, graded, percent, shown
from probes.quality.facts import SAMPLE_TEXT_LENGTH
from probes.quality.labels import cut_labels, cut_off, labels_mixed
from probes.quality.letters import letter_findings, matching
from probes.quality.notations import ISO_CURRENCIES, notation_findings
from probes.quality.patterns import is_free_text
from probes.quality.sentences import say
from probes.quality.view import View, named

if TYPE_CHECKING:
    import pandas as pd

LEAST = 40
LEVELS_MOST = 400
RARE = 0.25
FORM_ENDINGS = frozenset(["s", "es", "e", "a", "n", "en", "er", "r", "d", "ed", "y", "in"])
SLIPS_LEAST = 2
SPACES_LEAST = 1.3
MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mrz|mär|mai|okt|dez|mrt|mei|maj|maa|ene|abr|ago|dic|gen|mag|giu|lug|"
    "set|ott|fév|avr|juin|juil|aoû|déc|sty|lut|kwi|cze|lip|sie|wrz|paź|lis|gru|out|fev"
)
DAY_OF_MONTH = rf"(?i)\d{{1,2}}[-. ]+(?:{MONTHS})\.?|(?:{MONTHS})[- ]\d{{2}}"
NUMBERS_JOINED = r"\d{1,4}[-/x]\d{1,4}"
HOUSE_NUMBER = rf"\d+ ?[a-zA-Z]?|{NUMBERS_JOINED}"
JOINED_SOME, SURE_NUMBERS = 0.05, 0.9
"""Sizes and ranges, as 10-12, which a spreadsheet takes for the tenth of December."""
ANY_DAY = r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2}"
DAYS_LEAST = 5
CODE = r"(?=.*\d)[\w./ ,;+-]{4,40}"
CODES_SURE = 0.97
ALIKE_TIMES = 8
STAND_IN_TIMES = 20
STAND_IN_SHARE = 0.03
USUAL = 0.5
FORM_VALUES = 40
FORMS_MOST = 6
TWO_LENGTHS = 2
DOTTED_LEAST = 15
SHORTEST_CUT = 20
FIELD_LENGTHS = frozenset({50, 64, 80, 100, 120, 128, 200, 250, 254, 255, 256})
"""How many characters a field of a form or a database holds as a rule."""
TWO_FORMS, OTHER_FORM_MOST = 2, 0.1
"""What numbers rows has one form; a second one, in few of them, is another system's or a person's."""
PILE = 4
BESIDE = 5
STOPPED = 0.6
CURRENCY = r"(?i)(€|\$|£|¥|₹|zł|\b(?:EUR|USD|GBP|CHF|JPY|PLN|SEK|NOK|DKK|CZK|HUF|CAD|AUD|NZD|CNY|INR|BRL|MXN|ZAR|TRY|RUB|kr)\b)"
MONEY = r"(?i)^\s*(€|\$|£|¥|₹|zł|[A-Z]{3})?\s?[+-]?[\d.,' ]*\d\s?(€|\$|£|¥|₹|zł|kr|[A-Z]{3})?\s*$"
UNIT_WORDS: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in (
        "km mi mile miles m ft yd kilometers kilometres",
        "kg lb lbs g oz t kilogram pound pounds gram",
        "c f k °c °f celsius fahrenheit kelvin",
        "l gal ml litre liter gallon m3",
        "kwh mwh wh j mj",
        "cm mm in inch inches",
        "h min s hours minutes seconds days",
        "bar psi kpa pa hpa",
        "mg/dl mmol/l g/l",
    )
)
PLACE_CODE = re.compile(
    r"zip|post(al)?_?(code)?|plz|code|ean|gtin|upc|sku|fips|artikel|item|branch|account|konto|blz|isin|nr$|no$|number|matr|^id$|_id$",
    re.IGNORECASE,
)
NAMED_ZEROS = re.compile(
    r"(^|[_ ])(zip(_?code)?|post(al)?_?code|plz|fips|blz|ean|gtin|upc|isbn|sort_?code|routing(_?number)?|hs_?code|cusip)($|[_ \d])",
    re.IGNORECASE,
)


def category_oddities(view: View) -> Iterator[Finding]:
    """Say what is odd about each column of texts."""
    for name in view.texts:
        texts = view.sample[name].dropna().astype("string")
        if len(texts) < LEAST:
            continue
        counts = texts.value_counts()
        yield from _money(view, name, texts, counts)
        yield from notation_findings(view, name)
        yield from letter_findings(view, name, counts)
        yield from _lists(view, name, counts)
        yield from _zeros(view, name, texts)
        yield from _became_days(view, name, counts)
        yield from _stand_in(view, name, counts)
        yield from _forms(view, name, texts)
        if len(counts) <= LEVELS_MOST and not is_free_text(counts.index.to_series()):
            mixed = list(labels_mixed(view, name, counts))
            yield from mixed
            yield from () if mixed else _slips(view, name, counts)
            yield from cut_labels(view, name, counts)
    yield from _zeros_of_numbers(view)
    yield from _cuts(view)


def _money(view: View, name: str, texts: pd.Series, counts: pd.Series) -> Iterator[Finding]:
    upper = counts.index.str.strip().str.upper()
    codes = counts.groupby(upper).sum().sort_values(ascending=False)
    known = codes[codes.index.isin(ISO_CURRENCIES)]
    if 2 <= len(codes) <= 30 and known.sum() >= 0.95 * codes.sum() and len(known) >= 2:
        amounts = [one for one in view.numbers if one != name][:1]
        # Every row says its currency, so nothing is wrong; sums need rates all the same.
        share = 1 - float(known.iloc[0] / known.sum())
        yield _currencies(view, name, len(known), share, amounts, FindingLevel.NOTE)
        return
    kinds = counts.groupby(counts.index.str.strip().str.lower()).sum()
    for units in UNIT_WORDS:
        units_seen = kinds[kinds.index.isin(units)]
        if 2 <= len(units_seen) <= 8 and units_seen.sum() >= 0.95 * kinds.sum():
            share = 1 - float(units_seen.max() / units_seen.sum())
            yield coded_finding(
                FindingLevel.SLOWS,
                "units_mixed",
                column=name,
                others=[one for one in view.numbers if one != name][:1],
                rows=view.rows(share * len(view.sample)),
                share=round(share, 5),
            )
            return
    if texts.head(500).str.fullmatch(MONEY).mean() < 0.6:
        return
    signs = texts.str.extract(CURRENCY, expand=False).str.upper().dropna()
    kinds = signs.value_counts()
    kinds = kinds[kinds >= max(2, 0.002 * len(texts))]
    if len(kinds) >= 2:
        yield _currencies(view, name, len(kinds), 1 - float(kinds.iloc[0] / kinds.sum()), [])


def _currencies(
    view: View,
    name: str,
    count: int,
    share: float,
    amounts: list[str],
    level: FindingLevel = FindingLevel.SLOWS,
) -> Finding:
    return coded_finding(
        level,
        "currencies_mixed",
        column=name,
        others=amounts,
        rows=view.rows(share * len(view.sample)),
        count=count,
        share=round(share, 5),
    )


def _lists(view: View, name: str, counts: pd.Series) -> Iterator[Finding]:
    for mark in ("; ", ";", "|", ", ", ",", "/"):
        several = counts.index.str.count(re.escape(mark)) > 0
        share = float(counts[several].sum() / counts.sum())
        if not share >= 0.1 or counts.index.str.len().max() > 120:
            continue
        parts = Counter(part.strip() for text in counts.index for part in str(text).split(mark))
        whole = sum(1 for text in counts.index if mark not in str(text))
        repeated = len(parts) <= max(30, 0.5 * len(counts)) and len(parts) < 0.7 * sum(
            parts.values()
        )
        shared = any(str(text) in parts for text in counts.index if mark not in str(text))
        sizes = counts.index.str.count(re.escape(mark)).nunique()
        if repeated and (shared or not whole) and sizes >= 2 and mark not in ("/", ", "):
            yield coded_finding(
                FindingLevel.NOTE,
                "lists_in_text",
                column=name,
                rows=view.rows(share * counts.sum()),
                share=round(share, 5),
            )
            return


def _stand_in(view: View, name: str, counts: pd.Series) -> Iterator[Finding]:
    """Find one text that stands for nothing: far more frequent than others, each of which is rare.

    As 00000 among codes, or the address or number that a form was sent with where nobody knew one.
    """
    others = counts.iloc[1:]
    top = str(counts.index[0])
    if (
        len(others) < LEAST
        or name in view.times
        or not counts.iloc[0] >= ALIKE_TIMES * others.iloc[0]
    ):
        return
    share = float(counts.iloc[0] / counts.sum())
    one_digit = bool(re.fullmatch(r"0{3,}|9{3,}", top))
    amount = name in view.written_numbers or re.fullmatch(r"\W*[\d.,:]{1,7}\W*", top)
    for_many = counts.iloc[0] >= STAND_IN_TIMES * others.iloc[0] and share >= STAND_IN_SHARE
    if share < 0.005 or not (one_digit or (for_many and not amount)):
        return
    is_code = bool(re.search(r"[\d@]", top)) and share <= USUAL  # what most rows say is usual
    how = say("one_digit_alone") if one_digit else say("one_for_many")
    yield found(
        graded(share, slows=0.1 if one_digit else STAND_IN_SHARE if is_code else 2),
        "placeholder_text",
        say("share_of_rows", name=shown(name), words=how, seen=percent(share)),
        {"share": round(share, 5), "rows": view.rows(counts.iloc[0])},
        column=name,
    )


def _forms(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    """Find codes of which a few are written in another form: without a mark, with a prefix."""
    if name in view.times or name in view.written_numbers or texts.nunique() < FORM_VALUES:
        return
    if not view.written(name).str.fullmatch(CODE).mean() >= CODES_SURE:
        return
    codes = view.written(name).astype("string")
    for shape in (r"[^\W\d_]+", r"[^\W_]+"):  # letters and digits in order, else marks alone
        forms = codes.str.replace(shape, "a", regex=True).str.replace(r"\d+", "9", regex=True)
        shares = forms.value_counts(normalize=True)
        share = 1 - float(shares.iloc[0])
        numbers = shares.index.str.fullmatch(r"[-+]?[a9](?:[.,][a9])*").all()
        if len(shares) > FORMS_MOST or numbers or not 0.003 <= share <= 0.3:
            continue
        sentence = say("forms_of_codes", name=shown(name), share=percent(share))
        rows = view.rows(share * len(texts))
        evidence = {"share": round(share, 5), "forms": len(shares), "rows": rows}
        key = name in view.keys and len(shares) == TWO_FORMS and share <= OTHER_FORM_MOST
        level = FindingLevel.SLOWS if key or _are_begun(codes) else FindingLevel.NOTE
        yield found(level, "mixed_types", sentence, evidence, column=name)
        return


def _are_begun(codes: pd.Series) -> bool:
    """Whether most codes have one length and all others a shorter one: they were cut off.

    Half as long or longer they may be of another kind, as postal codes of five digits and of nine.
    """
    lengths = codes.str.len().value_counts()
    return len(lengths) == TWO_LENGTHS and bool(2 * lengths.index[1] < lengths.index[0])


def _became_days(view: View, name: str, counts: pd.Series) -> Iterator[Finding]:
    """Find a few days without a year among codes: a spreadsheet takes MAR1 for one."""
    days = counts.index.str.fullmatch(DAY_OF_MONTH)
    share = float(counts[days].sum() / counts.sum())
    others = counts[~days].index
    lettered = others.str.contains(r"[A-Za-z]").mean() > 0.5
    joined = others.str.fullmatch(NUMBERS_JOINED).mean() if len(others) else 0.0
    numbers = others.str.fullmatch(HOUSE_NUMBER).mean() if len(others) else 0.0
    lettered |= joined > 0.5 or (joined >= JOINED_SOME and numbers > SURE_NUMBERS)
    dated = others.str.contains(ANY_DAY, regex=True).any()
    often = days.sum() >= 2 or counts[days].sum() >= DAYS_LEAST
    if 0.001 <= share <= 0.3 and often and lettered and not dated:
        yield coded_finding(
            graded(share, slows=0.002),
            "days_among_codes",
            column=name,
            rows=view.rows(share * len(view.sample)),
            where=matching(name, "^[0-9]{1,2}-[A-Za-z]{3}$|^[A-Za-z]{3}-[0-9]{2}$"),
            share=round(share, 5),
        )


def _slips(view: View, name: str, counts: pd.Series) -> Iterator[Finding]:
    """Find rare values one slip away from a frequent one: letters only, long enough to tell."""
    from rapidfuzz.distance import OSA

    total = int(counts.sum())
    words = [(str(text), int(n)) for text, n in counts.items() if _is_word(str(text))]
    if len(words) < 2 or total < 5 * len(counts):
        return
    found, affected, sure = 0, 0, 0
    for at, (rare, few) in enumerate(words):
        for common, many in words[:at]:
            if few > RARE * many or abs(len(rare) - len(common)) > 2 or many < 5:
                continue
            allowed = 1 if len(common) < 9 else 2
            if (
                rare.lower() != common.lower()
                and OSA.distance(rare.lower(), common.lower(), score_cutoff=allowed) <= allowed
                and not _is_form(rare, common)
            ):
                found, affected, sure = found + 1, affected + few, sure + (few <= RARE * many / 5)
                break
    share = affected / total
    many_slips = found >= 0.1 * len(words)
    if found and share <= 0.2 and (many_slips or (sure == found and found >= SLIPS_LEAST)):
        yield coded_finding(
            graded(share, slows=0.005) if many_slips else FindingLevel.NOTE,
            "spelling_near",
            column=name,
            rows=view.rows(affected),
            count=found,
            share=round(share, 5),
        )


def _is_word(text: str) -> bool:
    return (
        len(text) >= 5
        and not any(letter.isdigit() for letter in text)
        and any(letter.isalpha() for letter in text)
    )


def _is_form(rare: str, common: str) -> bool:
    """Whether two words are forms of one, or opposites, rather than slips: plural, feminine, un-."""
    one, two = sorted((rare.lower().strip(), common.lower().strip()), key=len)
    endings = two.startswith(one) and two[len(one) :] in FORM_ENDINGS
    starts = two.endswith(one)
    last_word = one.split()[-1][:-1] == two.split()[-1][:-1] and len(one.split()[-1]) <= 2
    swapped_end = one[:-1] == two[:-1] and len(one) == len(two)
    return endings or starts or last_word or swapped_end


def _zeros(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    stripped = texts.str.strip()
    digits = stripped[stripped.str.fullmatch(r"\d+")]
    if len(digits) < 0.9 * len(stripped):
        return
    others = stripped[~stripped.str.fullmatch(r"\d+")]
    read = others[others.str.fullmatch(r"[\dOolISB]*\d[\dOolISB]*")]
    share = len(read) / len(stripped)
    if share >= 0.002 and read.str.len().isin(digits.str.len().unique()).all():
        sentence = say("letters_for_digits", name=shown(name), share=percent(share))
        evidence = {"share": round(share, 5), "rows": view.rows(len(read))}
        yield found(FindingLevel.SLOWS, "mixed_types", sentence, evidence, column=name)
    yield from _lost(view, name, digits.str.len(), bool(digits.str.startswith("0").any()))


def _zeros_of_numbers(view: View) -> Iterator[Finding]:
    import numpy as np
    import pandas as pd

    for name in view.numbers:
        if not NAMED_ZEROS.search(name) and not re.search(
            r"(^|_)(item|branch|sku|artikel)_?(code|nr|no)", name
        ):
            continue
        values = view.number(name)
        values = values[np.isfinite(values)]
        if len(values) < LEAST or (values < 0).any() or (values != np.round(values)).any():
            continue
        yield from _lost(view, name, pd.Series(values).map(lambda v: len(f"{v:.0f}")), False)


def _lost(view: View, name: str, lengths: pd.Series, kept: bool) -> Iterator[Finding]:
    """Compare the codes' lengths: nearly all of one, the rest shorter, and some still with a zero."""
    sizes = lengths.value_counts(normalize=True)
    longest = int(lengths.max())
    usual = int(sizes.index[0])
    short = float(sizes[sizes.index < usual].sum())
    if usual != longest or usual < 4 or not 0.002 <= short <= 0.45:
        return
    if (
        kept
        or (PLACE_CODE.search(name) and NAMED_ZEROS.search(name))
        or (PLACE_CODE.search(name) and sizes.get(usual - 1, 0) >= 0.9 * short and short <= 0.35)
    ):
        yield coded_finding(
            graded(short, slows=0.005),
            "lost_zeros",
            column=name,
            rows=view.rows(short * len(lengths)),
            where=f"length(CAST({named(name)} AS VARCHAR)) < {usual}",
            length=usual,
            share=round(short, 5),
        )


def _cuts(view: View) -> Iterator[Finding]:
    """Find notes cut off at one length: a pile of varied sentences that long, few just shorter."""
    for name in view.texts:
        texts = view.sample[name].dropna().astype("string")
        lengths = texts.str.len()
        if len(texts) < LEAST or lengths.max() < SHORTEST_CUT:
            continue
        if lengths.max() >= SAMPLE_TEXT_LENGTH:
            yield from _cut_before(view, name, texts, lengths)
            yield from _long_cuts(view, name, texts[lengths >= SAMPLE_TEXT_LENGTH])
            continue
        longest = int(lengths.max())
        dotted = texts.str.contains(r"(?:\.\.\.|…)$", regex=True) & (lengths >= longest - 3)
        if dotted.sum() >= DOTTED_LEAST:
            share = round(float(dotted.mean()), 5)
            rows = view.rows(dotted.sum())
            level = graded(share, slows=0.1)
            yield coded_finding(
                level, "truncated_text", column=name, rows=rows, length=longest, share=share
            )
            continue
        full = texts[lengths == longest]
        share = len(full) / len(texts)
        before = int((lengths == longest - 1).sum())
        spaced = float(full.str.count(" ").mean()) if len(full) else 0.0
        varied = full.nunique() >= max(10, min(40, 0.3 * len(full)))
        if (
            share >= 0.02
            and (share < 0.995 or spaced >= 2)
            and varied
            and spaced >= SPACES_LEAST
            and len(full) >= 15
            and len(full) >= 4 * before
        ):
            yield coded_finding(
                graded(share, slows=0.1),
                "truncated_text",
                column=name,
                rows=view.rows(len(full)),
                where=f"length({named(name)}) = {longest}",
                length=longest,
                share=round(share, 5),
            )
        else:
            yield from _cut_before(view, name, texts, lengths)


def _long_cuts(view: View, name: str, clipped: pd.Series) -> Iterator[Finding]:
    """Find long texts cut off at one length: the sample clips them, so the source counts."""
    facts = view.facts
    if clipped.nunique() < DOTTED_LEAST:
        return
    size = f"length({facts.columns[name].column.as_text})"
    piles = facts.source.rows(
        f"SELECT {size} AS size, count(*) AS n FROM {facts.source.relation(facts.table)} "  # noqa: S608  (names are quoted)
        f"WHERE {size} >= {SAMPLE_TEXT_LENGTH} GROUP BY 1 ORDER BY 2 DESC LIMIT 2"
    )
    (length, cut), (_, next_most) = (*piles, (0, 0))[:2]
    if cut >= max(DOTTED_LEAST, PILE * next_most, 0.005 * facts.columns[name].present):
        yield cut_off(view, name, int(length), round(cut / view.scale), len(view.sample))


def _cut_before(view: View, name: str, texts: pd.Series, lengths: pd.Series) -> Iterator[Finding]:
    """Find sentences that break off at one length, where those of another length end with a stop."""
    counts = lengths[lengths < SAMPLE_TEXT_LENGTH].value_counts()
    if counts.empty:
        return
    length = int(counts.index[0])
    near = [*range(length - BESIDE, length), *range(length + 1, length + BESIDE + 1)]
    usual = max(2.0, float(counts.reindex(near, fill_value=0).max()))
    if length < SHORTEST_CUT or counts.iloc[0] < PILE * usual:
        return
    ends = texts.str.contains(r"[.!?\"'’”)]\s*$", regex=True)
    piled = lengths == length
    rest = ~piled & (lengths < SAMPLE_TEXT_LENGTH)  # the sample itself clips what is longer
    broken = int((piled & ~ends).sum())
    whole = rest.any() and ends[rest].mean() >= STOPPED
    limited = length in FIELD_LENGTHS and (lengths > length).any()
    if piled.all() or not (whole or limited):
        return
    if broken >= max(DOTTED_LEAST, 0.005 * len(texts)):
        yield cut_off(view, name, length, broken, len(texts))
