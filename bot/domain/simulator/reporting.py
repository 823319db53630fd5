"""What a simulated team writes down of its trouble: blockers, requests, probes, repetitions.

One thing in the way leaves as many traces here as it does in a real sprint. Somebody asks and gets
no answer, or a refusal; a probe finds it too; a colleague logs it again in other words. A probe
that could not look, and one that found nothing, stand among them.
"""

from __future__ import annotations

import random
from typing import Any, Final

from bot.domain.simulator.company import Trade
from bot.domain.vocabulary import PHASE_HOURS, PhaseKey

Event = dict[str, Any]

ASKED: Final = 0.5
"""The chance that what can be asked for by a request is asked for."""
SILENT: Final = 0.6
"""The chance that a request that is asked for expires without an answer; else it is refused."""
UNWRITTEN: Final = 0.3
"""The chance that nobody writes a blocker beside the request."""
REPEATED: Final = 0.25
"""The chance that somebody else logs the same again."""
PROBED: Final = 0.3
"""The chance that a probe looked in a phase."""
MISTYPED: Final = 0.2
"""The chance that a probe could not look."""
LEAST_DEADLINE: Final = 2
_PROBES: Final[dict[PhaseKey, tuple[str, str]]] = {
    PhaseKey.DATA: ("access", "denied"),
    PhaseKey.MODEL: ("environment", "install_blocked"),
    PhaseKey.INTEGRATION: ("integration", "target_refused"),
    PhaseKey.DEPLOYMENT: ("governance", "owner_absent"),
}
"""Which probe looks in a phase, and the code of what it stops for."""
_AGAIN: Final = ("{title}, still", "Again: {title}", "{title} again")


def reported_events(
    phase: PhaseKey,
    scenario: str,
    trouble: tuple[Trade, str | None] | None,
    chance: random.Random,
    *,
    asks: bool = True,
    is_written: bool = False,
) -> list[Event]:
    """Return what a team writes down in a phase: its gate, and what tells of its trouble.

    Args:
        phase: the phase.
        scenario: how it ends.
        trouble: who has to remove what is in the way and how long that takes, in words, as they
            say; None where nothing is.
        chance: draws what leaves a trace.
        asks: whether the team files requests at all.
        is_written: somebody writes a blocker in any case, so that what was said is known.
    """
    start, end = PHASE_HOURS[phase]
    gate: Event = {"at": end, "by": "Ana", "gate": str(phase), "scenario": scenario}
    if trouble is None:
        return [*_probe(phase, None, start, end, chance), gate]
    trade, quoted = trouble
    title = trade.title.format(name=trade.name)
    title = title[:1].upper() + title[1:]
    asked = asks and trade.subject is not None and chance.random() < ASKED
    events = _request(trade, title, quoted, start, end, chance) if asked else []
    if not asked or is_written or chance.random() >= UNWRITTEN:
        events += _blockers(trade, f"{phase}-{scenario}", title, quoted, (start, end), chance)
    return [*events, *_probe(phase, title, start, end, chance), gate]


def _blockers(
    trade: Trade,
    id_: str,
    title: str,
    quoted: str | None,
    hours: tuple[int, int],
    chance: random.Random,
) -> list[Event]:
    start, end = hours
    at = round(chance.uniform(start, end - 1), 1)
    blocker: Event = {
        **{"at": at, "by": "Ana", "blocker": id_, "title": title, "kind": str(trade.kind)},
        **{"remedy": str(trade.remedy), "family": str(trade.family)},
    }
    if quoted is not None:
        blocker["lead_time"] = quoted
    if chance.random() >= REPEATED:
        return [blocker]
    again: Event = {
        **{"at": round(chance.uniform(at, end - 0.5), 1), "by": "Ben", "blocker": f"{id_}-again"},
        **{"title": chance.choice(_AGAIN).format(title=title), "kind": str(trade.kind)},
    }
    return [blocker, again]


def _request(
    trade: Trade, title: str, quoted: str | None, start: int, end: int, chance: random.Random
) -> list[Event]:
    """Return a request that expires in silence or is refused, by the function's own words."""
    who = f"{trade.name[:1].upper()}{trade.name[1:]}"
    at = round(chance.uniform(start, end - LEAST_DEADLINE - 1), 1)
    silent = chance.random() < SILENT
    hours = LEAST_DEADLINE if silent else 48
    ask: Event = {"at": at, "by": "Dee", "request": trade.subject, "of": who, "deadline": hours}
    if silent:
        return [ask]
    refused: Event = {
        **{"at": round(at + 1, 1), "by": who, "decide": trade.subject, "decision": "rejected"},
        **{"why": title},
    }
    if quoted is not None:
        refused["lead_time"] = quoted
    return [ask, refused]


def _probe(
    phase: PhaseKey, title: str | None, start: int, end: int, chance: random.Random
) -> list[Event]:
    """Return what a probe of the phase found, if one ran: the trouble, nothing, or no column."""
    if chance.random() >= PROBED:
        return []
    probe, code = _PROBES[phase]
    if chance.random() < MISTYPED:
        finding = {"code": "column_missing", "level": "stops", "says": "mistyped"}
    elif title is None:
        finding = {"code": "reached", "level": "ok", "says": "ok"}
    else:
        finding = {"code": code, "level": "stops", "says": title}
    at = round(chance.uniform(start, end - 0.5), 1)
    return [{"at": at, "by": "Ben", "probe": probe, "source": str(phase), "findings": [finding]}]
