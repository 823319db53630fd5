"""What columns say about each other: order, parts, sums, products, places, codes, gaps, ages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

from probes.contract import Finding, Level
from probes.quality.checks import Check
from probes.quality.codes import graded, tell
from probes.quality.equations import equation_findings
from probes.quality.view import View, named

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

LEAST = 60
PER_CENT = re.compile(r"per_?cent|pct|prozent|%|share|rate|ratio|quote", re.IGNORECASE)
STATES_MOST = 4
DERIVED_SURE = 0.03
YEARS_FROM = 1850
SPAN_SLACK = 0.51
CODE = r"[\w./-]{5,24}"
YEAR_IN_CODE = r"(?:^|\D)((?:19|20)\d{2})(?:\D|$)"

_WORDS_OF_ORDER: tuple[tuple[str, str], ...] = (
    (r"start|begin|beginn|from|von|d[ée]but|inicio", r"end|ende|stop|finish|until|to$|bis|fin$"),
    (
        r"open|opened|creat|erstellt|angelegt",
        r"clos|resolv|finish|complet|solved|geschlossen|erledigt",
    ),
    (
        r"order|bestell|purchase|kauf|booked|gebucht",
        r"ship|deliver|versand|liefer|dispatch|arriv|return|paid|bezahlt",
    ),
    (r"ship|dispatch|versand", r"deliver|arriv|liefer|zugestellt"),
    (
        r"admi(t|ssion)|aufnahme|check_?in|ankunft|arriv",
        r"discharg|entlass|check_?out|abreise|depart",
    ),
    (r"birth|born|dob|geb", r"death|died|hire|eintritt|visit|admission|tod"),
    (
        r"hire|join|eintritt|signup|sign_up|regist",
        r"terminat|leave|left|austritt|churn|cancel|k[üu]ndig",
    ),
    (r"depart|abfahrt|pickup|pick_up", r"arriv|ankunft|drop"),
    (r"issue|ausgestellt|invoice|rechnung", r"due|f[äa]llig|expir|ablauf|paid|bezahlt"),
    (r"^min|_min|lowest|low$|unter", r"^max|_max|highest|high$|ober"),
)
_WORDS_OF_SIZE: tuple[tuple[str, str], ...] = (
    (r"^min|_min|lowest", r"^(avg|mean|median)|_(avg|mean|median)$|average"),
    (r"^(avg|mean|median)|_(avg|mean|median)$|average", r"^max|_max|highest"),
    (r"(^|_)p(50|10|25)($|_)", r"(^|_)p(9\d|75|80)($|_)"),
)
ORDERS = tuple(
    (re.compile(a, re.IGNORECASE), re.compile(b, re.IGNORECASE)) for a, b in _WORDS_OF_ORDER
)
_WORDS_OF_PARTS: tuple[tuple[str, str], ...] = (
    (
        r"paid|bezahlt|deposit|discount|rabatt|tax|steuer|fee|used|spent|verbraucht|davon",
        r"total|amount|gross|gesamt|betrag|price|preis|sum|limit|budget|capacity",
    ),
    (
        r"occupied|belegt|taken|sold|reserved|booked",
        r"seats|capacity|kapazit|pl[äa]tze|total|available|rooms|beds|betten",
    ),
    (r"used|usage|genutzt|full", r"capacity|total|limit|size|quota|kapazit"),
    (
        r"attend|present|teilgenommen|passed|answered|success|won|completed|converted|clicks?|hits|defect|faulty|failed|reject|scrap|returned|ausschuss",
        r"invited|enrol|regist|total|all|asked|attempts|trials|played|started|impressions|views|shots|produced|_made|pieces|st[üu]ck|units|shipped|delivered|eingeladen",
    ),
    (
        r"^davon|_of_which|export|domestic|female|male|m[äa]nner|frauen|urban|rural",
        r"gesamt|total|all$|overall|population|insgesamt",
    ),
    (r"net$|netto", r"gross|brutto"),
)
SIZES = (
    *ORDERS[-1:],
    *((re.compile(a, re.IGNORECASE), re.compile(b, re.IGNORECASE)) for a, b in _WORDS_OF_SIZE),
)
PARTS = tuple(
    (re.compile(a, re.IGNORECASE), re.compile(b, re.IGNORECASE)) for a, b in _WORDS_OF_PARTS
)
LATITUDE = re.compile(r"(^|_)(geo_?)?lat(itude)?($|_)|breite(ngrad)?$", re.IGNORECASE)
LONGITUDE = re.compile(
    r"(^|_)(geo_?)?(lon|lng|long)(gitude|itude)?($|_)|l[äa]nge(ngrad)?$", re.IGNORECASE
)
BIRTH_YEAR = re.compile(
    r"birth|born|geb(oren|urt|_|$)|naissance|nacim|nascita|jahrgang", re.IGNORECASE
)
AGE = re.compile(r"(^|_)(age|alter|edad|[âa]ge)($|_)", re.IGNORECASE)


def across_findings(view: View, proposed: list[Check]) -> Iterator[Finding]:
    """Say where columns contradict each other; rules that hold are added to `proposed`."""
    yield from _moments(view, proposed)
    yield from _numbers_in_order(view, proposed)
    yield from _places(view)
    yield from equation_findings(view, proposed)
    yield from _presence(view)
    yield from _ages_of_years(view)
    yield from _derived(view)


def _moments(view: View, proposed: list[Check]) -> Iterator[Finding]:
    """Compare every two columns of moments: one that is nearly always later must always be."""
    import numpy as np

    for one, two in combinations(view.times, 2):
        a, b = view.moment(one), view.moment(two)
        both = (a.notna() & b.notna()).to_numpy()
        if both.sum() < LEAST or a[both].nunique() < 10 or b[both].nunique() < 10:
            continue
        gap = (b[both].astype("int64") - a[both].astype("int64")).to_numpy(dtype=float)
        hinted = _hinted(one, two, ORDERS)
        first, last, sign = (
            (two, one, -1)
            if hinted == -1 or (not hinted and np.mean(gap < 0) > 0.5)
            else (one, two, 1)
        )
        ahead: Floats = np.asarray(gap * sign, dtype=np.float64)
        yield from _spans(view, first, last, ahead, both)
        broken = int((ahead < 0).sum())
        share = broken / int(both.sum())
        span = float(np.ptp(a[both].astype("int64").to_numpy(dtype=float))) or 1.0
        near = float(np.median(np.abs(gap))) <= 0.2 * span
        check = Check("order", (first, last), holds=1 - share)
        if not broken:
            if hinted or near:
                proposed.append(check)
            continue
        if share <= (0.4 if hinted else 0.1) and (hinted or (near and (ahead == 0).mean() < 0.9)):
            yield _broken(
                view,
                "order_broken",
                last,
                first,
                broken,
                check,
                Level.SLOWS if hinted or share <= 0.05 else Level.NOTE,
            )


def _spans(view: View, first: str, last: str, gap: Floats, both: Flags) -> Iterator[Finding]:
    """Find numbers that count the days, hours or minutes between two moments, but in a few rows."""
    import numpy as np

    for name in view.numbers:
        told = view.number(name)[both]
        usable = np.isfinite(told)
        if usable.sum() < LEAST or len(np.unique(told[usable])) < 5:
            continue
        for unit in (86_400.0, 3_600.0, 60.0):
            off = np.abs(gap[usable] / unit - told[usable]) > SPAN_SLACK
            share = float(off.mean())
            if share <= 0.1:
                if share:
                    rows = view.rows(int(off.sum()))
                    yield tell(
                        Level.SLOWS,
                        "derived_broken",
                        column=name,
                        others=(last, first),
                        rows=rows,
                        share=round(share, 6),
                    )
                return


def _hinted(one: str, two: str, pairs: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]) -> int:
    """Return 1 where two names say that the first comes first or is the part, -1 the other way."""
    for a, b in pairs:
        forward, backward = (
            bool(a.search(one) and b.search(two)),
            bool(a.search(two) and b.search(one)),
        )
        if forward != backward:
            return 1 if forward else -1
    return 0


def _broken(
    view: View, code: str, column: str, other: str, rows: int, check: Check, level: Level
) -> Finding:
    if code == "order_broken":  # the sentence names the later column first
        shown_column, shown_other = other, column
    else:
        shown_column, shown_other = column, other
    share = round(rows / len(view.sample), 6)
    return tell(
        level,
        code,
        column=shown_column,
        others=(shown_other,),
        rows=view.rows(rows),
        where=check.breaks(),
        share=share,
        check=check.plain(),
    )


def _numbers_in_order(view: View, proposed: list[Check]) -> Iterator[Finding]:
    """Compare columns of numbers whose names say that one is part of the other, or comes first."""
    import numpy as np

    for one, two in combinations(view.numbers, 2):
        part, lower = _hinted(one, two, PARTS), _hinted(one, two, SIZES)
        if not part and not (lower and _same_stem(one, two)):
            continue
        small, large = (one, two) if (part or lower) == 1 else (two, one)
        if bool(PER_CENT.search(small)) != bool(PER_CENT.search(large)):
            continue  # a share is no part of a count
        a, b = view.number(small), view.number(large)
        both = np.isfinite(a) & np.isfinite(b)
        if both.sum() < LEAST:
            continue
        over = both & (a > b)
        share = float(over.sum() / both.sum())
        check = Check("part", (small, large), holds=1 - share)
        if share == 0:
            proposed.append(check)
        elif share <= 0.12 and (_bounds(a[both], b[both]) if lower else _edge(a[both], b[both])):
            code = "order_broken" if lower else "part_over_total"
            yield _broken(
                view, code, *_named_in(code, small, large), int(over.sum()), check, Level.SLOWS
            )


def _same_stem(one: str, two: str) -> bool:
    """Whether two names are alike but for the words that say which end of a range they are."""
    stems = [
        re.sub(r"[^a-z]", "", re.sub("|".join(f"{a.pattern}|{b.pattern}" for a, b in SIZES), "", x))
        for x in (one.lower(), two.lower())
    ]
    return stems[0] == stems[1]


def _named_in(code: str, small: str, large: str) -> tuple[str, str]:
    return (large, small) if code == "order_broken" else (small, large)


def _bounds(low: Floats, high: Floats) -> bool:
    """Whether the lower bound is below the upper one in nearly all rows, and mostly well below."""
    import numpy as np

    return bool(np.mean(low <= high) >= 0.9 and np.mean(low == high) < 0.5)


def _edge(a: Floats, b: Floats) -> bool:
    """Whether the ratio has an edge at one: many just below or at it, few above."""
    import numpy as np

    usable = b > 0
    if usable.sum() < LEAST:
        return False
    ratio = a[usable] / b[usable]
    return bool(
        np.mean(ratio <= 1) >= 0.88 and np.mean(ratio >= 0) > 0.95 and np.median(ratio) > 0.02
    )


def _places(view: View) -> Iterator[Finding]:
    """Find places that only lie among the others once latitude and longitude are swapped."""
    import numpy as np

    lats = [name for name in view.numbers if LATITUDE.search(name)]
    for lat_name in lats:
        stem = LATITUDE.sub("", lat_name)
        lon_name = next(
            (n for n in view.numbers if LONGITUDE.search(n) and LONGITUDE.sub("", n) == stem), None
        )
        lon_name = lon_name or next((n for n in view.numbers if LONGITUDE.search(n)), None)
        if lon_name is None:
            continue
        lat, lon = view.number(lat_name), view.number(lon_name)
        both = np.isfinite(lat) & np.isfinite(lon)
        if both.sum() < 30:
            continue
        zero = both & (lat == 0) & (lon == 0)
        if 0 < zero.sum() < 0.5 * both.sum():
            where = f"{named(lat_name)} = 0 AND {named(lon_name)} = 0"
            share = round(float(zero.sum() / both.sum()), 5)
            yield tell(
                graded(share, slows=0.005),
                "coordinates_zero",
                column=lat_name,
                others=(lon_name,),
                rows=view.rows(zero.sum()),
                where=where,
                share=share,
            )
        both &= ~zero
        box = [np.quantile(values[both], (0.15, 0.85)) for values in (lat, lon)]
        reach = [max(2.0, 2.5 * float(ends[1] - ends[0])) for ends in box]

        def inside(a: Floats, b: Floats, box: list[Any] = box, reach: list[float] = reach) -> Flags:
            fits_a = (a >= box[0][0] - reach[0]) & (a <= box[0][1] + reach[0])
            return fits_a & (b >= box[1][0] - reach[1]) & (b <= box[1][1] + reach[1])  # type: ignore[no-any-return]  # a Series

        swapped = both & ~inside(lat, lon) & inside(lon, lat)
        if 0 < swapped.sum() <= 0.4 * both.sum():
            share = round(float(swapped.sum() / both.sum()), 5)
            low, high = box[0][0] - reach[0], box[0][1] + reach[0]
            yield tell(
                Level.SLOWS,
                "coordinates_swapped",
                column=lat_name,
                others=(lon_name,),
                rows=view.rows(swapped.sum()),
                where=f"{named(lat_name)} NOT BETWEEN {low:.4g} AND {high:.4g}",
                share=share,
            )


def _presence(view: View) -> Iterator[Finding]:
    """Find a column that is filled or empty as another says, except in a few rows."""
    import pandas as pd

    sample = view.sample
    gaps = {
        name: sample[name].isna().to_numpy()
        for name in sample.columns
        if 0.05 < float(sample[name].isna().mean()) < 0.95
    }
    few = [name for name in view.categories if 2 <= sample[name].nunique() <= 12][:12]
    for name, empty in list(gaps.items())[:20]:
        for other in few:
            if other == name:
                continue
            present = sample[other].notna().to_numpy()
            if present.sum() < 100:
                continue
            table = pd.crosstab(sample[other].to_numpy()[present], empty[present]).to_numpy()
            if table.shape[1] < 2:
                continue
            kept, count = int(table.max(axis=1).sum()), int(table.sum())
            chance = 1 - float(table.sum(axis=0).max()) / count
            broken = 1 - kept / count
            one_sided = bool(((table.min(axis=1) == 0) & (table.sum(axis=1) >= 20)).any())
            both_ways = len(set(table.argmax(axis=1))) == 2
            if 0 < broken <= 0.05 and broken <= 0.12 * chance and one_sided and both_ways:
                yield tell(
                    Level.SLOWS
                    if broken <= 0.08 * chance and len(table) <= STATES_MOST
                    else Level.NOTE,
                    "presence_broken",
                    column=name,
                    others=(other,),
                    rows=view.rows(count - kept),
                    share=round(broken, 6),
                )
                break


def _derived(view: View) -> Iterator[Finding]:
    """Compare years, months and ages with the dates that they come from."""
    import numpy as np

    for when in view.times[:6]:
        moments = view.moment(when)
        parts = {
            "year": moments.dt.year,
            "month": moments.dt.month,
            "weekday": moments.dt.day_of_week,
            "quarter": moments.dt.quarter,
            "day": moments.dt.day,
            "hour": moments.dt.hour,
        }
        yield from _derived_words(view, when, parts)
        yield from _years_in_codes(view, when, parts["year"])
        for name in view.numbers:
            values = view.number(name)
            usable = np.isfinite(values) & moments.notna().to_numpy()
            if usable.sum() < LEAST or len(np.unique(values[usable])) < 3:
                continue
            if AGE.search(name):
                yield from _age(
                    view, name, when, values, parts["year"].to_numpy(dtype=float), usable
                )
                continue
            for part in ("year", "month", "quarter", "day", "hour"):
                told = parts[part].to_numpy(dtype=float)
                wrong = usable & (values != told)
                share = float(wrong.sum() / usable.sum())
                if 0 < share <= 0.1 and len(np.unique(told[usable])) >= 3:
                    yield _derived_finding(view, name, when, int(wrong.sum()), share)
                    break


def _ages_of_years(view: View) -> Iterator[Finding]:
    """Compare ages with years of birth."""
    import numpy as np

    for age in (name for name in view.numbers if AGE.search(name)):
        for born in (name for name in view.numbers if BIRTH_YEAR.search(name)):
            values, years = view.number(age), view.number(born)
            usable = np.isfinite(values) & np.isfinite(years)
            if usable.sum() >= LEAST and np.median(years[usable]) > YEARS_FROM:
                yield from _age(view, age, born, values, years, usable)


def _derived_words(view: View, when: str, parts: dict[str, pd.Series]) -> Iterator[Finding]:
    """Find words for the weekday or the month that do not fit the date in a few rows."""
    import pandas as pd

    for part, least in (("weekday", 5), ("month", 6)):
        told = parts[part]
        for name in view.categories:
            words = view.sample[name]
            if name == when or not least <= words.nunique() <= 12 or name in view.numbers:
                continue
            table = pd.crosstab(told.to_numpy(), words.astype("string").to_numpy())
            usual = table.to_numpy().argmax(axis=1)
            rows = int(table.to_numpy().sum())
            wrong = rows - int(table.max(axis=1).sum())
            a_word_each = len(set(usual)) == len(table) >= least
            if rows >= LEAST and a_word_each and 0 < wrong <= 0.05 * rows:
                yield _derived_finding(view, name, when, wrong, wrong / rows, sure=True)


def _years_in_codes(view: View, when: str, years: pd.Series) -> Iterator[Finding]:
    """Find codes that hold the year of a date, as 2024-0017, except in a few rows."""
    import pandas as pd

    for name in view.texts:
        written = view.sample[name].astype("string").str.extract(YEAR_IN_CODE, expand=False)
        told = pd.to_numeric(written, errors="coerce")
        both = told.notna() & years.notna()
        coded = view.sample[name].astype("string").str.fullmatch(CODE).mean() >= 0.9
        if (
            not coded
            or name == when
            or both.sum() < LEAST
            or both.mean() < 0.9
            or told[both].nunique() < 2
        ):
            continue
        wrong = int((told[both] != years[both]).sum())
        if 0 < wrong <= 0.05 * both.sum() and name not in view.times:
            yield _derived_finding(view, name, when, wrong, wrong / int(both.sum()), sure=True)


def _age(
    view: View, name: str, when: str, values: Floats, years: Floats, usable: Flags
) -> Iterator[Finding]:
    import numpy as np

    total = values[usable] + years[usable]
    middle = float(np.median(total))
    wrong = np.abs(total - middle) > 1.5
    share = float(wrong.mean())
    if 0 < share <= 0.2 and float(np.std(years[usable])) > 3:
        yield _derived_finding(view, name, when, int(wrong.sum()), share)


def _derived_finding(
    view: View, name: str, when: str, rows: int, share: float, *, sure: bool = False
) -> Finding:
    return tell(
        Level.SLOWS if sure or share <= DERIVED_SURE or AGE.search(name) else Level.NOTE,
        "derived_broken",
        column=name,
        others=(when,),
        rows=view.rows(rows),
        share=round(share, 6),
    )
