"""What the debrief says at first sight, from the verdict alone; a story shows the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from bot.domain.verdict import Verdict, answers_of, say_days
from bot.domain.verdict.forecast import NEVER
from bot.domain.verdict.model import Forecast
from bot.domain.verdict.outlook import percent
from bot.messages.blocker_card import SameAs
from bot.messages.catalog import say, say_plain
from bot.messages.debrief_summary import ShortAnswer, Summary
from bot.playbook.model import Playbook
from bot.slack.text import Mrkdwn

LANDMARKS: Final = (
    ("week", 7.0),
    ("month", 30.0),
    ("quarter", 84.0),
    ("half_year", 182.0),
    ("year", 365.0),
    ("years", 1095.0),
)
"""The days at which the forecast is read; their labels are texts."""
HORIZON: Final = 30.0


def summary_of(
    judged: Verdict,
    playbook: Playbook,
    sprint_id: int,
    *,
    corrections: Mapping[str, str] | None = None,
    early_at: str | None = None,
    is_open: bool = True,
    said: bool = False,
    same: Sequence[tuple[str, str, SameAs]] = (),
) -> Summary:
    """Return the debrief at first sight.

    Args:
        judged: the verdict, with the team's corrections in it.
        playbook: the words of questions, options and paths.
        sprint_id: what the buttons are about.
        corrections: question → what the team says instead.
        early_at: the hour at which the sprint was ended, if early.
        is_open: whether the team can still speak.
        said: whether anybody answered a prompt in words, or kept a message.
        same: records that may be one cause, or count as one.
    """
    found = judged.by_facts
    chance = found.chances.now if found.chances else None
    cause = judged.critical_path
    own = corrections or {}
    return Summary(
        sprint_id=sprint_id,
        path=playbook.path(judged.path)
        .where(anything_open=bool(judged.causes), anything_known=not judged.nothing_known)
        .title,
        outlook=outlook_words(found, chance),
        cause=cause.cause.title if cause else None if found.is_settled else "",
        answers=[
            ShortAnswer(
                question.key,
                question.title,
                short_answer(found, playbook, question.key),
                own.get(question.key),
            )
            for question in playbook.questions
        ],
        expected={playbook.category(share.category).title: share.expected for share in found.shares}
        if any(share.votes for share in found.shares)
        else {},
        happened={
            playbook.category(share.category).title: share.happened for share in found.shares
        },
        curve={} if found.is_settled or found.chances is None else curve_of(found.forecast, chance),
        is_live=is_seen_live(found),
        early_at=early_at,
        is_open=is_open,
        said=said,
        same=same,
    )


def outlook_words(found: Verdict, chance: float | None) -> Mrkdwn:
    """Return the chance in thirty days and the two dates, saying what is not in sight."""
    if found.is_settled:
        return say("debrief.summary_live")
    p50, p80 = found.forecast.p50, found.forecast.p80
    key = "never" if p50 >= NEVER else "half" if p80 >= NEVER else "dates"
    dates = say(f"debrief.summary_{key}", p50=say_days(p50), p80=say_days(p80))
    if chance is None:
        return dates
    if found.deployed:
        live = "claimed" if found.claimed else "live_open"
        return Mrkdwn(f"{say(f'debrief.summary_{live}', chance=percent(chance))} {dates}")
    words = percent(chance)
    words = words[:1].upper() + words[1:]
    return Mrkdwn(f"{say('debrief.summary_chance', chance=words)} {dates}")


def is_seen_live(found: Verdict) -> bool:
    """Whether it is live and something shows that."""
    return found.deployed and not found.claimed


def unnamed_cause(found: Verdict) -> str | None:
    """Return the title of what is on the critical path where the record names no family of it."""
    cause = found.critical_path
    return cause.cause.title if cause and cause.family_said is None else None


def short_answer(found: Verdict, playbook: Playbook, question: str) -> str:
    """Return the computed answer to a question in a few words."""
    words = playbook.question(question)
    if not words.options:
        count = len(found.fixes)
        return (
            say_plain("debrief.summary_fixes", count=count) if count else say_plain("debrief.none")
        )
    if question == "unlimited_resources" and is_seen_live(found):
        key = "is_live" if found.unlimited_resources else "live_structural"
        return say_plain(f"debrief.summary_{key}")
    if question == "critical_path" and unnamed_cause(found):
        return say_plain("debrief.summary_cause_above")
    answer = answers_of(found).get(question)
    if isinstance(answer, bool):
        return words.option("yes" if answer else "no").title
    return words.option(str(answer) if answer else "none").title


def curve_of(forecast: Forecast, chance: float | None) -> dict[str, float]:
    """Return label → the percentage of futures that are live by then.

    Args:
        forecast: its deciles are the ten-percent steps of the futures that end.
        chance: the chance in thirty days, which the curve must not contradict.
    """
    if not forecast.deciles:
        return {}
    steps = [(day, number / 10) for number, day in enumerate(forecast.deciles, 1) if day < NEVER]
    if chance is not None:
        # Ten-percent steps are coarse; the exact chance goes before those that contradict it.
        steps = [
            *(step for step in steps if step[0] < HORIZON and step[1] < chance),
            (HORIZON, chance),
            *(step for step in steps if step[0] > HORIZON and step[1] > chance),
        ]
    steps.insert(0, (0.0, 0.0))
    return {
        say_plain(f"debrief.by_{label}"): 100 * _share_by(steps, days) for label, days in LANDMARKS
    }


def _share_by(steps: Sequence[tuple[float, float]], days: float) -> float:
    """Return the share of futures that are live by a day, between known steps."""
    for (first, low), (second, high) in pairwise(steps):
        if days <= second:
            return low + (high - low) * ((days - first) / (second - first) if second > first else 1)
    return steps[-1][1]
