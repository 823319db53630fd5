"""The debrief in one message, and its close in one: what to read at first, the rest on demand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.enums import FixState
from bot.domain.plan_counts import counts_of
from bot.messages.blocker_card import SameAs, same_cause_rows
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button
from bot.slack import blocks, native
from bot.slack.action_ids import Act
from bot.slack.blocks import Block, Element
from bot.slack.text import Mrkdwn, clip, one_line

SHORT_CAUSE: Final = 80
SHORT_TITLE: Final = 48
SHORT_ANSWER: Final = 46
LONGEST_FIX: Final = 220
SHOWN_FIXES: Final = 5
SHOWN_PAIRS: Final = 3
BARS: Final = 6
"""How many marks a full bar of the plain twin has."""


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """One of the five answers in a line.

    Args:
        question: its key.
        title: the question.
        answer: what the facts say.
        correction: what the team says instead; None for nothing.
    """

    question: str
    title: str
    answer: str
    correction: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole debrief at first sight.

    Args:
        path: the path's title.
        outlook: the chance within thirty days and the dates, in words.
        cause: the one cause; empty where it is no single one, None where nothing stops it.
        expected: category → the share that was expected, where anybody voted.
        happened: category → the share that happened.
        curve: label → the share of futures that are live by then, in percent.
        is_live: it is live already, so the curve is of what is left to clear.
        early_at: the hour at which it was ended, if that was before its end.
        can_go_on: that end can still be taken back.
        is_open: whether the team can still speak.
        said: whether anybody answered a prompt in words, or kept a message.
        same: records that may be one cause, or count as one: (row, "blocker 3", the other).
    """

    sprint_id: int
    path: str
    outlook: Mrkdwn
    cause: str | None
    answers: Sequence[ShortAnswer]
    expected: Mapping[str, float] = field(default_factory=dict)
    happened: Mapping[str, float] = field(default_factory=dict)
    curve: Mapping[str, float] = field(default_factory=dict)
    is_live: bool = False
    early_at: str | None = None
    can_go_on: bool = False
    is_open: bool = True
    said: bool = False
    same: Sequence[tuple[str, str, SameAs]] = ()


def summary_card(view: Summary) -> Block:
    """Return the debrief as one message."""
    title = say_plain("debrief.summary_title", path=view.path)
    words = view.outlook
    cause = clip(one_line(view.cause), SHORT_CAUSE) if view.cause else ""
    rows = [blocks.header(title), blocks.section(words)]
    if view.cause is not None:
        rows.append(blocks.section(say("debrief.summary_cause", cause=cause)))
    if view.early_at:
        rows.append(blocks.context(say("debrief.summary_early", hour=view.early_at)))
    if view.is_open:
        asked_first = sorted(view.same, key=lambda pair: pair[2].is_joined)
        for record, name, other in asked_first[:SHOWN_PAIRS]:
            rows += same_cause_rows(view.sprint_id, record, other, name)
    rows += [*_shares(view), *_forecast(view)]
    for number, answer in enumerate(view.answers, 1):
        rows.append(blocks.section(_line(number, answer)))
        rows.append(blocks.actions(_buttons(view, answer)))
    rows.append(blocks.actions(_last_buttons(view)))
    spoken = say("debrief.summary_spoken", path=view.path, words=words, cause=cause)
    return blocks.message(spoken, rows)


def _line(number: int, answer: ShortAnswer) -> Mrkdwn:
    return say(
        "debrief.summary_corrected" if answer.correction else "debrief.summary_answer",
        number=number,
        title=clip(answer.title, SHORT_TITLE),
        answer=clip(one_line(answer.answer), SHORT_ANSWER),
        correction=clip(one_line(answer.correction or ""), SHORT_ANSWER),
    )


def _buttons(view: Summary, answer: ShortAnswer) -> list[Element]:
    value = f"{view.sprint_id}:{answer.question}"
    wanted = [("debrief.reasons_button", Act.DEBRIEF_FACTS)]
    if view.is_open:
        wanted.append(("debrief.correct", Act.DEBRIEF_CORRECT))
    wanted.append(("debrief.discuss", Act.DEBRIEF_DISCUSS))
    return [
        button(key, act, value, spoken=f"{say_plain(key)}: {answer.title}") for key, act in wanted
    ]


def _last_buttons(view: Summary) -> list[Element]:
    value = str(view.sprint_id)
    found = [button("debrief.what_if_button", Act.DEBRIEF_WHAT_IF, value)]
    if view.said:
        found.append(button("debrief.said_button", Act.DEBRIEF_SAID, value))
    if view.can_go_on:
        found.append(button("silence.button_go_on", Act.PACE_GO_ON, value))
    if view.is_open:
        found.append(button("debrief.close_button", Act.DEBRIEF_CLOSE, value, style="primary"))
    return found


def _shares(view: Summary) -> list[Block]:
    """Return what was expected beside what happened; nothing where neither is known."""
    names = list(dict.fromkeys([*view.expected, *view.happened]))
    if not names or not any(view.happened.values()):
        return []
    series = {
        say_plain(f"debrief.series_{key}"): [round(100 * found.get(name, 0.0)) for name in names]
        for key, found in (("expected", view.expected), ("happened", view.happened))
        if found
    }
    lines = [
        say(
            "debrief.shares_line",
            name=name,
            expected=bar(view.expected.get(name, 0.0)),
            happened=bar(view.happened.get(name, 0.0)),
        )
        for name in names
    ]
    key = "debrief.shares_title" if view.expected else "debrief.shares_title_alone"
    title = say_plain(key)
    twin = [blocks.context(Mrkdwn("\n".join([say("debrief.shares_twin", title=title), *lines])))]
    return [native.chart("bar", title, names, series, twin, unit="%")]


def bar(share: float) -> str:
    """Return a share as a bar of text with its number."""
    marks = round(BARS * min(max(share, 0.0), 1.0))
    return f"{'▇' * marks or '▏'} {round(100 * share)} %"


def _forecast(view: Summary) -> list[Block]:
    if not view.curve:
        return []
    what = "cleared" if view.is_live else "live"
    title = say_plain(f"debrief.forecast_{what}")
    points = " · ".join(f"{label} {round(share)} %" for label, share in view.curve.items())
    twin = [blocks.context(say("debrief.forecast_twin", title=title, points=points))]
    name = say_plain(f"debrief.series_{what}")
    series = {name: [round(share) for share in view.curve.values()]}
    return [native.chart("line", title, list(view.curve), series, twin, unit="%")]


@dataclass(frozen=True, slots=True)
class ShortFix:
    """One item of the plan in a line."""

    text: str
    owner: str
    due: Mrkdwn
    state: str = FixState.OPEN


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed sprint at first sight.

    Args:
        path: the path's title.
        meaning: what it means.
        fixes: the plan, in the order of the critical path.
        lost: category → hours lost.
    """

    path: str
    meaning: str
    fixes: Sequence[ShortFix]
    lost: Mapping[str, float]


def closed_card(view: Closed) -> Block:
    """Return the one message of a close; the plan's items and the report stand in its thread."""
    title = say_plain("debrief.closed_title", path=view.path)
    rows = [blocks.header(title), blocks.section(view.meaning)]
    lines = [
        say(
            "debrief.closed_fix",
            number=number,
            text=_in_short(fix.text),
            owner=fix.owner,
            due=fix.due,
            mark=say_plain(f"fix.mark_{fix.state}"),
        )
        for number, fix in enumerate(view.fixes[:SHOWN_FIXES], 1)
    ]
    if len(view.fixes) > SHOWN_FIXES:
        lines.append(say("debrief.closed_more", count=len(view.fixes) - SHOWN_FIXES))
    plan = say("debrief.closed_plan", lines=Mrkdwn("\n".join(lines)))
    rows.append(blocks.section(plan if lines else say("fix.plan_empty")))
    counts = counts_of(fix.state for fix in view.fixes)
    if counts.open < counts.count:
        rows.append(blocks.context(say("debrief.closed_counts", **counts.plain())))
    rows += lost_chart(view.lost)
    rows.append(blocks.context(say("debrief.closed_thread")))
    return blocks.message(say("debrief.closed_spoken", path=view.path, meaning=view.meaning), rows)


def _in_short(text: str) -> str:
    """Return an item whole where it is short, else its first sentence; the thread has the rest."""
    whole = one_line(text)
    first = re.split(r"(?<=[.!?])\s+", whole, maxsplit=1)[0]
    shown = whole if len(whole) <= LONGEST_FIX else first
    return clip(shown.removesuffix("."), LONGEST_FIX)


def lost_chart(lost: Mapping[str, float]) -> list[Block]:
    """Return the hours lost by category as a chart; nothing where none were lost."""
    found = {name: round(hours, 1) for name, hours in lost.items() if hours >= 0.05}
    if not found:
        return []
    title = say_plain("debrief.lost_title")
    most = max(found.values())
    lines = [
        say(
            "debrief.lost_line",
            name=name,
            bar="▇" * max(1, round(BARS * value / most)),
            hours=value,
        )
        for name, value in found.items()
    ]
    twin = [blocks.context(Mrkdwn("\n".join([say("debrief.shares_twin", title=title), *lines])))]
    series = {say_plain("debrief.series_lost"): list(found.values())}
    return [
        native.chart("bar", title, list(found), series, twin, unit=say_plain("debrief.unit_hours"))
    ]
