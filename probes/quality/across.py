"""What columns say about each other: order, parts, sums, products, places, codes, gaps, ages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import LEVEL_RANK, FindingLevel
from probes.contract import Finding
from probes.quality.alike import are_numbered, share_a_word
from probes.quality.belonging import belonging_findings
from probes.quality.checks import TableCheck
from probes.quality.codes import coded_finding, counted, found, shown
from probes.quality.copies import KEY_NAME
from probes.quality.culprits import BROKEN_MOST, whose
from probes.quality.dependencies import dependency_findings
from probes.quality.derived import derived_findings
from probes.quality.ends import end_findings
from probes.quality.equations import equation_findings
from probes.quality.places import LATITUDE, LONGITUDE, place_findings
from probes.quality.sentences import say
from probes.quality.swapped import swap_findings
from probes.quality.view import TIME_WORDS, View
from probes.quality.years import year_order_findings

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

LEAST = 60
CROSSED_MOST = 20
CROSSED_SHARE = 0.05
NOTES_MOST = 3
LIMIT_TOUCHED = 0.25
LIMIT_CROSSED = 0.1
"""Of a number that is so often as large as the other, which limits it, more may be above it."""
FAR = 0.4
RELATED = 0.3
AMOUNTS_LEAST = 20
LIMIT_TIMES = 4.0
ALIKE = 0.95
ALIKE_CROSSED = 0.03
EMPTY_BETWEEN = 0.25
MIRRORED_LEAST, MIRRORED_ALIKE, MIRRORED_NEAR = 5, 1.3, 0.3
PER_CENT = re.compile(r"per_?cent|pct|prozent|%|share|rate|ratio|quote", re.IGNORECASE)
SPAN_SLACK = 0.51
PAIR = r"^\s*(\d+(?:\.\d+)?)\s*[/x×–-]\s*(\d+(?:\.\d+)?)\s*$"
TOUCHES = 0.1
NEAR_WHOLE, WHOLE_LEAST = 0.5, 0.02
HELD_TOGETHER = 0.8
ZONES_APART = 14 * 3_600.0
"""Seconds by which an arrival may lie before its departure where each is in its place's time."""

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


def across_findings(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
    """Say where columns contradict each other; rules that hold are added to `proposed`."""
    yield from _moments(view, proposed)
    reported: set[frozenset[str]] = set()
    for finding in _numbers_in_order(view, proposed):
        reported.add(frozenset(finding.evidence["columns_named"]))
        yield finding
    crossed = list(_crossed(view, reported))
    notes = sum(one.level is FindingLevel.NOTE for one in crossed)
    # Where many numbers cross each other, that is how they are.
    yield from (x for x in crossed if x.level is not FindingLevel.NOTE or notes <= NOTES_MOST)
    yield from year_order_findings(view, proposed)
    yield from _pairs_in_text(view)
    yield from place_findings(view)
    yield from equation_findings(view, proposed)
    yield from swap_findings(view)
    yield from belonging_findings(view)
    between = (*dependency_findings(view, proposed), *end_findings(view), *derived_findings(view))
    yield from _each_pair_once(list(between))


def _each_pair_once(findings: list[Finding]) -> Iterator[Finding]:
    """Yield the gravest finding about each set of columns."""
    reported: set[frozenset[str]] = set()
    for one in sorted(findings, key=lambda finding: -LEVEL_RANK[finding.level]):
        columns = frozenset(one.evidence["columns_named"])
        if columns not in reported:
            reported.add(columns)
            yield one


def _moments(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
    """Compare every two columns of moments: one that is nearly always later must always be."""
    import numpy as np

    for one, two in (*combinations(view.times, 2), *combinations(view.clocks, 2)):
        a, b = view.moment(one), view.moment(two)
        both = (a.notna() & b.notna()).to_numpy()
        if both.sum() < LEAST or a[both].nunique() < 10 or b[both].nunique() < 10:
            continue
        gap = (b[both].astype("int64") - a[both].astype("int64")).to_numpy(dtype=float)
        hints = {*_hints(one, two, ORDERS)}
        # A guest departs after arriving, a train arrives after departing: the rows say which.
        is_either = len(hints) > 1
        hinted = 0 if is_either and one in view.clocks else next(iter(hints), 0)
        if is_either and hinted:
            hinted = -1 if np.mean(gap < 0) > 0.5 else 1
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
        near = float(np.median(np.abs(gap))) <= 0.2 * span or _apart(ahead) or _limited(ahead)
        check = TableCheck("order", (first, last), holds=1 - share)
        if not broken:
            if hinted or near:
                proposed.append(check)
            continue
        rows = np.flatnonzero(both)
        said = whose(view, ahead < 0, rows)
        across_zones = is_either and bool((ahead >= -ZONES_APART).all())
        of_one = bool(said) and share <= BROKEN_MOST
        few = share <= (0.4 if hinted else 0.1) or of_one
        if few and (hinted or (near and (ahead == 0).mean() < 0.9)):
            sure = (hinted or share <= 0.05 or of_one) and not across_zones
            level = FindingLevel.SLOWS if sure else FindingLevel.NOTE
            yield _broken(view, "order_broken", last, first, broken, check, level, said)


def _spans(view: View, first: str, last: str, gap: Floats, both: Flags) -> Iterator[Finding]:
    """Find numbers that count the days, hours or minutes between two moments, but in a few rows."""
    import numpy as np

    for name in view.numbers:
        stated = view.number(name)[both]
        usable = np.isfinite(stated)
        if usable.sum() < LEAST or len(np.unique(stated[usable])) < 5:
            continue
        for unit in (86_400.0, 3_600.0, 60.0):
            off = np.abs(gap[usable] / unit - stated[usable]) > SPAN_SLACK
            share = float(off.mean())
            if share <= 0.1:
                if share:
                    rows = view.rows(int(off.sum()))
                    yield coded_finding(
                        FindingLevel.SLOWS,
                        "derived_broken",
                        column=name,
                        others=(last, first),
                        rows=rows,
                        share=round(share, 6),
                    )
                return


def _hinted(one: str, two: str, pairs: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]) -> int:
    """Return 1 where two names say that the first comes first or is the part, -1 the other way."""
    return next(_hints(one, two, pairs), 0)


def _hints(
    one: str, two: str, pairs: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
) -> Iterator[int]:
    for a, b in pairs:
        forward, backward = (
            bool(a.search(one) and b.search(two)),
            bool(a.search(two) and b.search(one)),
        )
        if forward != backward:
            yield 1 if forward else -1


def _broken(
    view: View,
    code: str,
    column: str,
    other: str,
    rows: int,
    check: TableCheck,
    level: FindingLevel,
    said: str = "",
) -> Finding:
    if code == "order_broken":  # the sentence names the later column first
        shown_column, shown_other = other, column
    else:
        shown_column, shown_other = column, other
    share = round(rows / len(view.sample), 6)
    word = "below" if column in view.numbers else "before"
    return coded_finding(
        level,
        code,
        column=shown_column,
        others=(shown_other,),
        rows=view.rows(rows),
        where=check.breaks(),
        words={"before": say(word), "whose": said},
        share=share,
        check=check.plain(),
    )


def _numbers_in_order(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
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
        check = TableCheck("part", (small, large), holds=1 - share)
        if share == 0:
            proposed.append(check)
        elif share <= 0.12 and (_bounds(a[both], b[both]) if lower else _edge(a[both], b[both])):
            code = "order_broken" if lower else "part_over_total"
            sure = lower or _near_whole(a[both], b[both], share)
            sure = sure or float(np.corrcoef(_ranks(a[both]), _ranks(b[both]))[0, 1]) >= RELATED
            yield _broken(
                view,
                code,
                *_named_in(code, small, large),
                int(over.sum()),
                check,
                FindingLevel.SLOWS if sure else FindingLevel.NOTE,
            )


def _crossed(view: View, reported: set[frozenset[str]]) -> Iterator[Finding]:
    """Find a number that is above another one in nearly every row, and far below it in a few.

    Numbers that only tend to be larger cross over by little; those put in each other's place by as
    much as they are apart elsewhere, or by more than any sound row comes near. Of numbers that
    rise and fall together even a few that cross are reported, and of one that is often as large as
    the other, as a limit is.
    """
    import numpy as np

    names = [name for name in view.numbers[:CROSSED_MOST] if _is_amount(name)]
    for one, two in combinations(names, 2):
        kinds = [view.facts.columns[name].distinct or 0 for name in (one, two)]
        if max(kinds) < AMOUNTS_LEAST:
            continue
        a, b = view.number(one), view.number(two)
        gap = (b - a)[np.isfinite(a) & np.isfinite(b)]
        if len(gap) < LEAST or frozenset([one, two]) in reported:
            continue
        turned = float(np.sign(gap).sum()) <= 0
        gap = -gap if turned else gap
        small, large = (two, one) if turned else (one, two)
        under = gap < 0
        share, touching = float(under.mean()), float(np.mean(gap == 0))
        is_limit = touching >= LIMIT_TOUCHED
        if not 0 < share <= (LIMIT_CROSSED if is_limit else CROSSED_SHARE):
            continue
        if touching > 1 - 2 * CROSSED_SHARE:
            continue
        usual = float(np.median(gap[gap > 0]))
        slight = float(np.mean((gap < 0.1 * usual) & ~under))
        far = float(np.median(-gap[under])) >= FAR * usual and slight <= 2 * share
        both = np.isfinite(a) & np.isfinite(b)
        alike = float(np.corrcoef(_ranks(a[both]), _ranks(b[both]))[0, 1])
        split = alike >= RELATED and (
            _limited(gap) or _apart(gap) or _apart(_log_ratio(a[both], b[both]))
        )
        close = alike >= ALIKE and share <= ALIKE_CROSSED and under.sum() > 2
        close |= alike >= HELD_TOGETHER and touching >= TOUCHES and under.sum() > 2
        if (far and abs(alike) >= RELATED) or split or close:
            hinted = (far or is_limit) and share_a_word(one, two) and not are_numbered(one, two)
            exchanged = alike >= HELD_TOGETHER and _mirrored(_log_ratio(a[both], b[both]))
            check = TableCheck("part", (small, large), holds=1 - share)
            level = FindingLevel.SLOWS if hinted or exchanged else FindingLevel.NOTE
            yield _broken(view, "order_broken", large, small, int(under.sum()), check, level)


def _is_amount(name: str) -> bool:
    """Whether numbers may be less or more than others: no place, year, code or number of a row."""
    places = LATITUDE.search(name) or LONGITUDE.search(name)
    other = places or TIME_WORDS.search(name) or KEY_NAME.search(name)
    return not other


def _apart(gap: Floats) -> bool:
    """Whether the few gaps below zero lie apart: hardly a sound row is as near to zero as they."""
    import numpy as np

    under = gap < 0
    if under.sum() < 3 or under.mean() > CROSSED_SHARE:
        return False
    reach = float(np.median(-gap[under]))
    return float(((gap >= 0) & (gap <= reach)).sum()) <= EMPTY_BETWEEN * float(under.sum())


def _mirrored(ratio: Floats) -> bool:
    """Whether the few ratios below zero are those of the others turned round: two are exchanged.

    Numbers that merely cross over do so by little; hits and at-bats in each other's place are as
    far apart as ever.
    """
    import numpy as np

    under = ratio < 0
    if under.sum() < MIRRORED_LEAST or under.mean() > CROSSED_SHARE:
        return False
    usual = float(np.median(ratio[ratio > 0]))
    turned = float(np.median(-ratio[under])) / usual
    slight = float((under & (ratio > -MIRRORED_NEAR * usual)).sum())
    return 1 / MIRRORED_ALIKE <= turned <= MIRRORED_ALIKE and slight <= 0.1 * float(under.sum())


def _limited(gap: Floats) -> bool:
    """Whether the rows thin out at zero at once, as at a limit, and not bit by bit as any tail."""
    import numpy as np

    under = gap < 0
    if under.sum() < 3 or under.mean() > LIMIT_CROSSED:
        return False
    reach = float(np.median(-gap[under]))
    near = float(((gap >= 0) & (gap <= reach)).sum())
    return near >= LIMIT_TIMES * float((under & (gap >= -reach)).sum())


def _log_ratio(one: Floats, two: Floats) -> Floats:
    """Return how many times one number is another, as logarithms, mostly above zero."""
    import numpy as np

    usable = (one > 0) & (two > 0)
    ratio: Floats = np.log(two[usable]) - np.log(one[usable])
    return ratio if not len(ratio) or np.median(ratio) > 0 else -ratio


def _ranks(values: Floats) -> Floats:
    import numpy as np

    ranks: Floats = np.argsort(np.argsort(values)).astype(float)
    return ranks


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


def _near_whole(a: Floats, b: Floats, over: float) -> bool:
    """Whether more rows are nearly the whole than are above it: else the two only look akin."""
    import numpy as np

    return bool(np.mean((a <= b) & (a > NEAR_WHOLE * b)) >= max(over, WHOLE_LEAST))


def _pairs_in_text(view: View) -> Iterator[Finding]:
    """Find two numbers in one text, as 120/80, that a few rows have the other way round."""
    import numpy as np

    for name in view.texts:
        texts = view.written(name)
        paired = texts[texts.str.fullmatch(PAIR)]
        if len(paired) < max(LEAST, ALIKE * len(texts)):
            continue
        pairs = paired.astype("string").str.extract(PAIR).astype(float)
        gap = (pairs[0] - pairs[1]).to_numpy()
        gap = gap * np.sign(np.median(gap))
        turned, usual = gap < 0, float(np.median(gap))
        share = float(turned.mean())
        sound = float(np.quantile(gap[~turned], 0.02)) > TOUCHES * usual
        if 0 < share <= CROSSED_SHARE and sound and np.median(-gap[turned]) > usual / 2:
            rows = view.rows(turned.sum())
            sentence = say("pairs_turned_round", name=shown(name), rows=counted(rows, "row"))
            evidence = {"rows": rows, "share": round(share, 6)}
            yield found(FindingLevel.SLOWS, "order_broken", sentence, evidence, column=name)
