"""Durations in a text: "2-3 weeks", "anderthalb Jahre", "un mois et demi", "up to 10 wd"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of, compound_numbers, either, keys_of, mapping, words
from bot.reading.moment_context import nobody_behind
from bot.reading.ranges import (
    LONGEST,
    UNIT_DAYS,
    Bounds,
    DayRange,
    Span,
    exactly,
    hull_of,
    sum_of,
)

_HALF_OF: Final = (
    r"1/2(?= (?:year|month|week|day|jahr|monat|woche|tag|mois|an|mes|ano|dia|semaine|"
    r"semana|quarter)(?![a-z]))"
)
"""Half of one, where "1/2 weeks" is one or two of them."""
_DIGITS: Final = _HALF_OF + r"|\d{1,5}(?:[.,]\d{1,3})?(?: ?½| 1/2)?|½"
_SHORT_UNIT: Final = {"week": "wks", "month": "mos", "year": "yrs", "hour": "hrs"}
_SPELLED: Final = {
    **dict.fromkeys(
        ("weeks", "woche", "wochen", "semaine", "semaines", "semana", "semanas"), "week"
    ),
    **dict.fromkeys(("month", "months", "monat", "monate", "monaten", "meses"), "month"),
    **dict.fromkeys(("years", "jahre", "jahren", "annee", "annees"), "year"),
    **dict.fromkeys(("hours", "stunden", "heures", "horas"), "hour"),
}
_NO_TYPO: Final = frozenset(
    [
        *("houses", "yearly", "weekly", "monthly", "hourly", "mouths", "moins", "mesas", "menos"),
        *("tours", "weeds", "hearts", "heirs", "honours", "seasons", "jahres", "montag"),
    ]
)


@cache
def unit_pattern() -> str:
    """Return a pattern for a unit of time."""
    return either(word for each in mapping("units").values() for word in each) + r"(?![a-z]|'[a-z])"


@cache
def number_pattern() -> str:
    """Return a pattern for a number, in digits or words."""
    compound = either(compound_numbers())
    joined = r"(?=[ ,-]|(?<=')|jahr|(?:monat|woch|tag)ig)"  # "dreimonatige", "dreivierteljahr"
    return rf"(?:{_DIGITS}|(?:{compound}|{keys_of('numbers')}|{any_of('articles')}){joined})"


@cache
def _join() -> str:
    alike = r"(?<=[a-z]),\s+(?=[a-z])|(?<=[( ]\d),\s+(?=\d{1,2} ?[a-z])"
    most = rf"(?:(?:{any_of('at_most')}|{any_of('about')})\s+)?"
    return rf"(?:\s*[-/]\s*|\s+{any_of('to')}\s+{most}|{alike})"


@cache
def _otherwise() -> str:
    """Match behind a second figure when it holds: "3 weeks, 4 with the holidays"."""
    return rf"(?=\s+(?:{any_of('holds_when')}|{any_of('most_after')}|{any_of('perhaps')})(?![a-z]))"


@cache
def _aside() -> str:
    """Match when the first of two figures holds: "3 weeks if all goes well, 6 otherwise"."""
    return rf"(?:\s*,?\s+(?:(?:if|wenn|si)\s[^,;.]{{2,25}}|{any_of('best_case')}))"


@cache
def _duration() -> re.Pattern[str]:
    number, unit, join = number_pattern(), unit_pattern(), _join()
    of = (
        r"(?:\s+(?:of|de)(?![a-z])|(?<=half)\s+an?)?"
        rf"(?:\s+{any_of('adjectives_of_time')})?"
    )
    least, most = any_of("at_least"), rf"\s*,?\s+(?:and |und |et |y )?{any_of('at_most')}\s+"
    says = rf"(?:{any_of('contrary')} )?(?!it |that |this |which )[a-z]{{2,15}} {any_of('speaks')}"
    start = r"(?<![a-z0-9#$€£.,:/_])(?<![a-z]-)"
    more = rf"\s*\+(?!\s*\d)|\s+{any_of('more')}"
    aside = rf"{_aside()}?"
    perhaps = (
        rf"(?:{aside}\s*[,;(/.-]*\s*(?:but |or |oder |ou |o )"
        rf"?(?:{any_of('perhaps')}|{any_of('at_most')}|{says})\s+(?:{any_of('about')}\s+)?"
        rf"(?P<late>{_DIGITS}|{keys_of('numbers')})(?:[\s-]*(?P<late_unit>{unit}))"
        rf"?(?![a-z0-9.:%]|\s+(?!until|till|pour|para)[a-z]{{4,}}))?"
        rf"(?:\s+(?P<purpose>{any_of('purpose')})\s+[a-z' ]{{2,25}}?\s*"
        rf"(?:,|,? (?:and|und|et|y|plus|then|dann|puis|luego))\s*(?:then )?"
        rf"(?:(?:another|noch|noch mal|encore|otr[oa]s) )?(?P<step>{_DIGITS}|"
        rf"{keys_of('numbers')}|another)(?=\s+(?:(?P=purpose)\s|"
        rf"more(?![a-z]))))?"
        rf"(?:\s*,?\s*(?:and |und |et |y )?(?:then|dann|puis|luego|despues|ensuite)"
        rf"\s+(?:[a-z]+ ){{0,3}}?"
        rf"(?P<then>{_DIGITS}|{keys_of('numbers')})(?=\s*(?:$|[.;:,)]|for |to )))?"
        rf"(?:(?:\s*,?\s*{any_of('this_time')}|(?(instead)\s*,?\s*{any_of('but_rather')}|(?!)))\s+"
        rf"(?P<now>{_DIGITS}|{keys_of('numbers')})(?:[\s-]*(?P<now_unit>{unit})|(?![\s-]*[a-z])))?"
        rf"(?:{aside}\s*[,(/]\s*(?P<other>{_DIGITS}|"
        rf"{keys_of('numbers')}){_otherwise()})?"
    )
    return re.compile(
        rf""
        rf"{start}(?P<between>{any_of('between')}\s+)?(?P<least>{least}\s+)?(?P<instead>{any_of('instead')}\s*)?(?P<first>{number})(?:-?ish)?(?P<more>{more})?{of}"
        rf"(?P<half_before>\s+{any_of('half_more')}(?=\s+{unit}))?"
        rf"(?:[\s-]*(?P<first_unit>{unit}))?"
        rf"(?:(?:{join}|(?(between)\s+{any_of('and')}\s+|(?!))|"
        rf"(?(least){most}|(?(first_unit){most}|(?!))))"
        rf"(?P<second>{number})(?P<more2>\s*\+)?{of}[\s-]*(?P<unit>{unit}))?"
        rf"(?P<half>\s+{any_of('half_more')}(?![a-z]))?"
        rf"(?:\s+(?:or|oder|ou|o)\s+(?P<or_two>two|three|zwei|drei|deux|"
        rf"trois|dos|tres)(?!\s*{unit}))?"
        rf"(?P<more3>\s*\+(?!\s*\w)|\s*[,.]?\s+{any_of('more')}(?![a-z])(?!\s*\d))?{perhaps}"
    )


@cache
def _units() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(either(each)) for name, each in mapping("units").items()}


@cache
def unit_of(word: str) -> str:
    """Return the name of the unit that a word is."""
    return next(name for name, pattern in _units().items() if pattern.fullmatch(word))


_TITLE: Final = re.compile(r"\b(dr|mr|mrs|ms|prof|hr|fr|mme|mlle|sr|sra|st)\. (?=[a-z])")
_FIRST_OF: Final = re.compile(r"\bfirst(?= of [a-z]{3,9}\b(?! (?:week|month|quarter|year)))")


def mend_typos(folded: str) -> str:
    """Return the text, as long as before, with mistyped units mended and no dot behind a title."""
    folded = _TITLE.sub(r"\1' ", _FIRST_OF.sub("1st  ", folded))
    folded = _WORKING_DAYS.sub(_working_days, folded)
    return _after_number().sub(_mended, folded)


_WORKING_DAYS: Final = re.compile(r"(?<=\d )(?P<word>[wb][a-z]{5,8}) days?(?![a-z])")


def _working_days(found: re.Match[str]) -> str:
    from rapidfuzz.distance import OSA

    near = any(OSA.distance(found["word"], word) <= 2 for word in ("working", "business"))
    return "wd".rjust(len(found[0])) if near else found[0]


@cache
def _after_number() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<before>(?<![a-z0-9])(?:\d+|{keys_of('numbers')}|"
        rf"{any_of('articles')})(?:\s+of)?[\s-]?)"
        r"(?P<word>[a-z]{5,9})(?![a-z])"
    )


def _mended(found: re.Match[str]) -> str:
    unit = _mistyped(found["word"])
    return found[0] if unit is None else found["before"] + unit.rjust(len(found["word"]))


@cache
def _mistyped(word: str) -> str | None:
    from rapidfuzz.distance import OSA

    if word in _SPELLED or word in _NO_TYPO or re.fullmatch(unit_pattern(), word):
        return None
    for spelled, unit in _SPELLED.items():
        if spelled[0] == word[0] and OSA.distance(spelled, word, score_cutoff=1) <= 1:
            return _SHORT_UNIT[unit]
    return None


def durations(folded: str) -> Iterator[Span]:
    """Find the durations in a folded text, those that follow each other as one."""
    together: Span | None = None
    for span in _each(folded):
        between = folded[together.end : span.start] if together else ""
        join = _how_joined(together, span, between, folded) if together else None
        if together is None or join is None:
            if together is not None:
                yield together
            together = span
        elif not between.strip() and span.sort == "article":
            together = None  # a rate, such as "2 hours a week"
        else:
            together = join(together, span)
    if together is not None:
        yield together
    for match in _bare_half().finditer(folded):
        days = 1.5 * unit_days(match["unit"])
        is_most = re.match(rf"\s*{any_of('most_after')}(?![a-z])", folded[match.end() :])
        is_most = is_most or _modifier("at_most").search(folded[: match.start()])
        yield Span(
            match.start(),
            match.end(),
            "duration",
            DayRange(0.25 * days, 0.75 * days, days) if is_most else exactly(days),
            (None if is_most else days, days),
        )


def _how_joined(
    one: Span, other: Span, between: str, folded: str
) -> Callable[[Span, Span], Span] | None:
    """Return how two durations become one, None where they are not one."""
    is_wrong = _no_longer().search(folded[: one.end])
    if _this_time().match(between) or (is_wrong and _now().match(between)):
        return lambda one, other: replace(other, start=one.start)
    rest = folded[other.end :]
    if folded[: one.end].endswith(("sprint", "sprints")) and (
        _OF_LENGTH.match(between) or (between == ", " and _each_one().match(rest))
    ):
        return _times
    if _bare().match(between) and (_is_most_of(one, other) or re.match(_otherwise(), rest)):
        return hull_of
    if _follows().match(between):
        return sum_of
    return hull_of if _alternative().match(between) else None


_OF_LENGTH: Final = re.compile(r"^ (?:of|de|von|zu|a|at)(?: je| jeweils)? $")


@cache
def _each_one() -> re.Pattern[str]:
    return re.compile(rf"\s+{any_of('each_one')}(?![a-z])")


def _times(count: Span, each: Span) -> Span:
    """Return so many sprints whose length is told: "two sprints of three weeks"."""
    low, high = (round((n or 0.0) / UNIT_DAYS["sprint"], 2) for n in count.said or (0.0, 0.0))
    one = each.said or (0.0, 0.0)
    said = ((one[0] or 0.0) * low or None, (one[1] or 0.0) * high or None)
    days = each.days and DayRange(each.days.low * low, each.days.mode * low, each.days.high * high)
    return replace(each, start=count.start, days=days, said=said)


def _is_most_of(one: Span, other: Span) -> bool:
    """Whether one duration is the least or the likely, the other the most: "2 weeks, up to 5"."""
    (low, high), (least, most) = one.said or (None, None), other.said or (None, None)
    return low is not None and least is None and most is not None and high in (low, None)


def _each(folded: str) -> Iterator[Span]:
    for match in _duration().finditer(folded):
        has_unit = match["first_unit"] or match["unit"] or match["late_unit"]
        if has_unit and not _is_date_and_hour(match, folded):
            yield _for_each(_span(match, folded), folded)


def _for_each(one: Span, folded: str) -> Span:
    """Return "2 days each for 5 tables" as ten days; any other duration as it is."""
    found = _each_for().match(folded, one.end)
    if found is None or one.days is None:
        return one
    times = figure_of(found["count"])
    low, high = one.said or (None, None)
    said = (low and low * times, high and high * times)
    days = DayRange(one.days.low * times, one.days.mode * times, one.days.high * times)
    return replace(one, end=found.end(), days=days, said=said)


@cache
def _each_for() -> re.Pattern[str]:
    count = rf"(?P<count>\d{{1,3}}|{keys_of('numbers')})"
    return re.compile(
        rf",? {any_of('each_one')},? {any_of('purpose')} (?:the |all |die |les |los )?{count} "
        rf"(?!{unit_pattern()})[a-z]{{3,}}"
    )


def _is_date_and_hour(match: re.Match[str], folded: str) -> bool:
    """Tell "le 19 à 14h" and "9-17h" from "19 to 24 hours"."""
    if match["second"] is None or unit_of(match["unit"]) != "hour":
        return False
    is_day = re.search(r"(?<![a-z])(?:le|el|am|den|the|on)\s+$", folded[: match.start()])
    return bool(is_day or (match["unit"] == "h" and _OPENING_HOURS.fullmatch(match[0])))


_OPENING_HOURS: Final = re.compile(r"0?(?:[6-9]|1[0-2]) ?(?:-|to|bis|a) ?(?:1[2-9]|2[0-2]) ?h")


@cache
def _bare_half() -> re.Pattern[str]:
    """Match "mes y medio", a unit and a half of it without a number before."""
    number = rf"(?:{keys_of('numbers')}|{any_of('articles')}|\d)"
    return re.compile(
        rf"(?<![a-z0-9])(?<!\d )(?<!un )(?<!une )(?P<unit>{unit_pattern()})"
        rf"\s+{any_of('half_more')}(?![a-z])(?!{number})"
    )


@cache
def _follows() -> re.Pattern[str]:
    about = rf"(?:{any_of('about')})?"
    # What the first one is for may stand between: "4 weeks with the auditors, then 1 for the fix".
    item = rf"(?:\s+(?!{any_of('perhaps')}|if |or |wenn |oder |si |ou |o )[a-z][a-z' ]{{1,24}}?)?"
    return re.compile(
        rf"^(?:\s*[,;+&]?\s*(?:{any_of('then')})?|{item}\s*[,;]?\s*{_strictly_then()}|"
        rf"{item}\s+(?:plus|\+))\s*{about}\s*$"
    )


@cache
def _strictly_then() -> str:
    """Match what says that one time comes after another; "and" alone does not."""
    strict = [word for word in words("then") if word not in ("and", "und", "et", "y", "e", "mas")]
    return either(strict)


@cache
def _bare() -> re.Pattern[str]:
    return re.compile(r"^\s*[,;(/-]?\s*(?:and |und |et |y |or |oder |ou |o )?$")


@cache
def _this_time() -> re.Pattern[str]:
    """Match what makes the second figure the one that counts: "usually 2 weeks, this time 5"."""
    return re.compile(rf"^\s*[,;(-]?\s*(?:{any_of('contrary')} )?{any_of('this_time')}\s*$")


@cache
def _no_longer() -> re.Pattern[str]:
    """Match what stands before a figure that no longer counts: "not 2 weeks but 5"."""
    figure = rf"{number_pattern()}[\s-]*{unit_pattern()}(?: {any_of('half_more')})?"
    return re.compile(rf"(?<![a-z]){any_of('instead')}\s*{figure}\s*$")


@cache
def _now() -> re.Pattern[str]:
    return re.compile(rf"^\s*[,;]?\s*(?:{any_of('this_time')}|{any_of('but_rather')})?\s*$")


@cache
def _alternative() -> re.Pattern[str]:
    return re.compile(
        rf"^{_aside()}\s*[,;(/]\s*$|"
        rf"^\s*[,;(/]*\s*(?:but |or |oder |ou |o )?(?:{any_of('perhaps')}|{any_of('to')}|-)\s*"
        rf"(?:{any_of('about')})?\s*$"
    )


def _span(match: re.Match[str], folded: str) -> Span:
    last_unit = match["unit"] or match["first_unit"] or match["late_unit"]
    # "menos de diez días": without a second figure the "de" belongs to what stands before.
    start = match.start() if match["second"] else match.start("first")
    before = folded[:start]
    first = _days(match["first"], match["first_unit"] or last_unit)
    if match["half"] or match["half_before"]:
        first += 0.5 * unit_days(last_unit)
    if match["second"] is not None:
        second = _days(match["second"], last_unit)
        low, high = (second, second) if match["instead"] else sorted((first, second))
        open_high = bool(match["more2"] or match["more3"])
        days = DayRange(low, (low + high) / 2, high * 1.5 if open_high else high)
        bounds: Bounds = (low, None if open_high else high)
    else:
        days, bounds, start = _single(first, match, before, folded)
    days, bounds = _with_another(match, first, last_unit, (days, bounds))
    is_article = bool(re.fullmatch(any_of("articles"), match["first"])) and not match["second"]
    is_article = is_article and not match["or_two"]
    if (match["between"] or "").strip() == "from" and match["second"] is None:
        return Span(match.start(), match.end(), "past")
    sort = "article" if is_article and not match["half"] else "duration"
    return Span(start, match.end(), sort, days, bounds, (bounds[1] or bounds[0] or 0) < 0.5)


def _with_another(
    match: re.Match[str], first: float, last_unit: str, alone: tuple[DayRange, Bounds]
) -> tuple[DayRange, Bounds]:
    """Return a time with a second figure that may follow it: "3 weeks, 4 with the holidays"."""
    days, said = alone
    is_single = match["second"] is None
    if match["now"]:
        now = _days(match["now"], match["now_unit"] or last_unit)
        return exactly(now), (now, now)
    step = match["step"] or match["then"]
    if step and is_single and said[0] == said[1]:
        both = first + _days(step, last_unit)
        return exactly(both), (both, both)
    other = match["late"] or (is_single and (match["other"] or match["or_two"]))
    if not other:
        return days, said
    late = _days(other, match["late_unit"] or last_unit)
    low, high = sorted((first, late))
    return DayRange(min(days.low, low), (first + late) / 2, high), (low, high)


@cache
def _modifier(name: str) -> re.Pattern[str]:
    extra = {"at_least": r"|(?<![=-])>=?", "at_most": r"|<=?", "about": r"|~"}.get(name, "")
    return re.compile(
        rf"(?:(?<![a-z]){any_of(name)}{extra})\s*(?:(?:{any_of('about')}|"
        rf"{any_of('articles')}|the|den|die)\s+)?$"
    )


def _single(
    days: float, match: re.Match[str], before: str, folded: str
) -> tuple[DayRange, Bounds, int]:
    after = folded[match.end() : match.end() + 20]
    start = match.start()
    least, most = _modifier("at_least").search(before), _modifier("at_most").search(before)
    if most and nobody_behind().match(folded[match.end() :]):
        least, most = most, None
    if least and not (most and most.start() < least.start()):
        return DayRange(days, 1.25 * days, 2 * days), (days, None), least.start()
    if match["more"] or match["more3"]:
        return DayRange(days, 1.25 * days, 2 * days), (days, None), start
    is_term = _term_to_answer().match(folded[match.end() :]) and _HAS.search(before)
    if most or is_term or re.match(rf"\s*{any_of('most_after')}(?![a-z])", after):
        begins = most.start() if most else start
        return DayRange(0.25 * days, 0.75 * days, days), (None, days), begins
    if _best_case().match(folded[match.end() :]) or _modifier("best_case").search(before):
        return DayRange(days, 1.25 * days, 2 * days), (days, None), start
    about = _modifier("about").search(before)
    vague_after = re.match(rf"(?:ish|\s*{any_of('about_after')})(?![a-z])", after)
    near_sla = re.search(r"\bsla\b", before[-12:] + after)
    if about or vague_after or near_sla:
        begins = about.start() if about else start
        return DayRange(0.5 * days, days, 1.5 * days), (days, days), begins
    return exactly(days), (days, days), start


_HAS: Final = re.compile(
    r"(?<![a-z])(?:has|have|hat|haben|a|ont|tienen?|gets?|noch|another|still)\s+$"
)


@cache
def _term_to_answer() -> re.Pattern[str]:
    """Match what somebody has so many days for: "60 days to answer", "deux mois pour statuer"."""
    return re.compile(
        r"\s+(?:time |zeit |tiempo )?(?:to|zum?r?|um|pour|para|in which to)\s+(?:\w+ ){0,2}?"
        r"(?:answer|reply|respond|react|decide|object|antwort|reagieren|entscheid|"
        r"stellungnahme|prufung|widerspr|repondre|"
        r"statuer|decider|se prononcer|responder|contestar|resolver|decidir)"
    )


@cache
def _best_case() -> re.Pattern[str]:
    late = rf"(?:{any_of('best_case')}|{any_of('earliest_after')})"
    return re.compile(rf"\s*[,(-]?\s*{late}(?![a-z])")


def _days(number: str, unit: str) -> float:
    return min(figure_of(number) * unit_days(unit), LONGEST)


def figure_of(number: str) -> float:
    """Return the number that digits or words name."""
    if number == "1/2":
        return 0.5
    if number[0].isdigit() or number[0] == "½":
        half = 0.5 if "½" in number or number.endswith(" 1/2") else 0.0
        digits = number.removesuffix(" 1/2").replace("½", "").strip()
        if re.fullmatch(r"\d{1,2}[.,]\d{3}", digits):
            digits = re.sub("[.,]", "", digits)
        return float(digits.replace(",", ".") or 0) + half
    if number in mapping("numbers"):
        return float(mapping("numbers")[number])
    for pattern, value in compound_numbers().items():
        if re.fullmatch(pattern, number):
            return float(value)
    return 1.0


def unit_days(word: str) -> float:
    """Return the days in the unit that a word names."""
    return UNIT_DAYS[unit_of(word)]
