"""The map of where no is said, in words, as a table and as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.refusals import RefusalMap, Station
from bot.domain.verdict import say_days
from bot.domain.verdict.functions import family_functions
from bot.domain.verdict.parties import with_article
from bot.messages.catalog import say_plain
from bot.report.refusal_picture import Flow, refusal_svg

COLUMNS = (
    *("function", "ship", "saved", "sprints", "requests", "days"),
    *("waits", "refusals", "detours", "granted"),
)


def headline(found: RefusalMap) -> str:
    """Return the map's one sentence."""
    if not found.sprints:
        return say_plain("refusals.empty")
    if not found.stations:
        key = "refusals.unnamed_only" if found.unnamed else "refusals.nothing"
        return say_plain(key, sprints=found.sprints)
    first = found.stations[0]
    return say_plain(
        "refusals.first",
        function=_in_a_sentence(first.function),
        would_ship=first.would_ship,
        how=_how(first),
        not_live=found.not_live,
        saved=say_days(first.days_saved) if first.days_saved >= 1 else "",
    )


def _how(first: Station) -> str:
    at_once, later = first.would_ship_at_once, first.would_ship - first.would_ship_at_once
    key = "both" if at_once and later else "at_once" if at_once else "later"
    return say_plain(f"refusals.how_{key}", at_once=at_once, later=later)


def _in_a_sentence(function: str) -> str:
    """Return a function with its article: "the architecture board", but "security"."""
    is_family = function in family_functions().values()
    return function if is_family else with_article(function)


def lines(found: RefusalMap) -> list[str]:
    """Return the map as text: the sentence, a line a function, what is not named, its reach."""
    texts = [headline(found)]
    texts += [_line(station) for station in found.stations]
    if found.unnamed is not None:
        unnamed = found.unnamed
        texts.append(
            say_plain(
                "refusals.unnamed",
                requests=unnamed.requests,
                refusals=unnamed.refusals,
                would_ship=unnamed.would_ship,
            )
        )
    return [*texts, say_plain("refusals.reach")] if found.stations else texts


def _line(station: Station) -> str:
    return say_plain(
        "refusals.line",
        function=station.function,
        requests=station.requests,
        days=say_days(station.days) if station.days is not None else "",
        refusals=station.refusals,
        detours=station.detours,
        would_ship=station.would_ship,
    )


def table(found: RefusalMap) -> tuple[list[str], list[list[str]]]:
    """Return the map as a table: its heads and its rows."""
    heads = [say_plain(f"refusals.column_{name}") for name in COLUMNS]
    return heads, [_cells(station) for station in found.stations]


def _cells(station: Station) -> list[str]:
    return [
        station.function,
        str(station.would_ship),
        say_days(station.days_saved),
        str(station.sprints),
        str(station.requests),
        say_days(station.days) if station.days is not None else "",
        *map(str, (station.waits, station.refusals, station.detours, station.granted)),
    ]


def picture(found: RefusalMap) -> str:
    """Return the map as an SVG."""
    columns = tuple(say_plain(f"refusals.column_{name}") for name in ("request", "wait", "end"))
    request, wait, end = columns
    title = f"{say_plain('refusals.title')} · {_head(found)}"
    return refusal_svg(title, (request, wait, end), flows(found.stations))


def _head(found: RefusalMap) -> str:
    return say_plain("refusals.head", sprints=found.sprints, not_live=found.not_live)


def flows(stations: Sequence[Station]) -> list[Flow]:
    """Return the picture's rows."""
    return [
        Flow(
            station.function,
            say_plain(
                "refusals.note",
                would_ship=station.would_ship,
            ),
            station.requests,
            say_plain(
                "refusals.wait",
                days=say_days(station.days) if station.days is not None else "",
                measured=station.measured,
            ),
            [
                (kind, say_plain(f"refusals.end_{kind}"), count)
                for kind, count in (
                    ("refused", station.refusals),
                    ("open", station.waits),
                    ("detour", station.detours),
                    ("granted", station.granted),
                )
            ],
        )
        for station in stations
    ]
