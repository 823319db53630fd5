"""From causes to the forecast's tasks: what waits, what is built, and for whom."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.record import Blocker
from bot.domain.verdict.families import family_of
from bot.domain.verdict.functions import function_by
from bot.domain.verdict.model import Cause, Nature
from bot.domain.verdict.overruns import named
from bot.domain.verdict.schedule import ForecastTask
from bot.reading.parties import waits_for


def tasks_of(causes: Iterable[Cause]) -> tuple[ForecastTask, ...]:
    """Return what has to be over before a deployment, as the forecast takes it."""
    return tuple(
        ForecastTask(
            id=cause.id,
            phase=cause.phase,
            matter=cause.matter,
            function=named(cause.waits_for or waits_for(cause.title)),
            kind=cause.kind,
            days=cause.days,
            builds=cause.nature is Nature.BUILD,
            stated=cause.days_stated,
            needs=cause.needs,
            about=about(cause),
        )
        for cause in causes
    )


def about(cause: Cause) -> str:
    """Return the words that tell whom a cause waits for; history is looked up in them.

    A family that follows from the phase alone is left out: when somebody typed a thing must not
    change the forecast.
    """
    unplaced = Blocker("", cause.title, cause.kind, 0.0, "", phase="")
    function = function_by(None, family_of(unplaced), cause.kind)
    return " ".join([cause.title, cause.waits_for or "", function])
