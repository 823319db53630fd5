"""A blocker as a card, as a form and in a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.db.models import Blocker
from bot.domain.enums import BlockerState
from bot.domain.vocabulary import KIND_CATEGORY, Kind, PathFamily, PhaseKey, Severity
from bot.messages.catalog import age, say, say_plain
from bot.messages.labelled import button, modal, radio_field, select_field, text_field
from bot.playbook.model import Playbook
from bot.reading.lead_time import read_lead_time
from bot.slack import blocks, native
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block, Element
from bot.slack.text import Mrkdwn, link, moment, one_line

AUTO: Final = "auto"
"""The choice that leaves the answer to hour48."""
LONGEST_TITLE: Final = 300
LONGEST_FIELD: Final = 120
LISTED: Final = 15
WAITS_SHOWN: Final = 5
_MARKS: Final = {Severity.STOPS: "⛔", Severity.SLOWS: "🐢"}
_OVER: Final = {
    BlockerState.FIXED.value: "✅",
    BlockerState.WORKED_AROUND.value: "↪️",
    BlockerState.WITHDRAWN.value: "↩️",
}


@dataclass(frozen=True, slots=True)
class CardContext:
    """What every card needs to render a row.

    Args:
        playbook: the method's words.
        name: finds what people call somebody.
        now: the moment of rendering.
        started_at: hour 0, from which hours are counted.
        is_over: the sprint takes no more facts, so nothing is asked.
    """

    playbook: Playbook
    name: Callable[[str | None], str]
    now: datetime
    started_at: datetime | None = None
    is_over: bool = False

    def hour(self, at: datetime) -> str:
        """Return the hour of the sprint that `at` lies in, for example `3`."""
        passed = (at - (self.started_at or at)) / timedelta(hours=1)
        return str(int(max(0.0, passed)))


@dataclass(frozen=True, slots=True)
class SameAs:
    """Another record that a record is, or may be, the same as.

    Args:
        record: its name, such as `approval-2`.
        called: what people call it, such as "request 2".
        title: its words.
        is_joined: somebody said that they are the same; else the card asks.
    """

    record: str
    called: str
    title: str
    is_joined: bool


def blocker_card(
    blocker: Blocker,
    context: CardContext,
    same_as: SameAs | None = None,
    waits: Sequence[Mrkdwn] = (),
) -> Block:
    """Return a blocker's card as it is now, with the buttons that fit its state.

    Args:
        blocker: the blocker.
        context: what a card needs to tell a row.
        same_as: the blocker that it is, or may be, the same as.
        waits: what outside systems measured, a line each.
    """
    is_open = blocker.state == BlockerState.OPEN
    asks = is_open and not context.is_over
    state = say_plain(f"blocker.state_{blocker.state}")
    shown = [
        blocks.section(_headline(blocker)),
        *([blocks.fields(_fields(blocker, context))] if is_open else []),
        *([blocks.context(*waits[:WAITS_SHOWN])] if waits else []),
        blocks.context(*_small_print(blocker, context)),
        *(_how_long(blocker) if asks and asks_how_long(blocker) else []),
        *(_same_rows(blocker, same_as) if asks and same_as else []),
        blocks.actions(_buttons(blocker)),
    ]
    fallback = say("blocker.fallback", number=blocker.number, state=state, title=blocker.title)
    return blocks.message(fallback, shown)


def mark_of(blocker: Blocker) -> str:
    """Return the sign that a blocker stands under."""
    return _OVER.get(blocker.state) or _MARKS[Severity(blocker.severity)]


def _headline(blocker: Blocker) -> Mrkdwn:
    key = "blocker.card" if blocker.state == BlockerState.OPEN else "blocker.card_over"
    return say(key, mark=mark_of(blocker), number=blocker.number, title=blocker.title)


def _fields(blocker: Blocker, context: CardContext) -> list[Mrkdwn]:
    playbook = context.playbook
    values = {
        "kind": kind_words(playbook, blocker.kind),
        "severity": playbook.severity(blocker.severity).title,
        "remedy": playbook.remedy(blocker.remedy).title if blocker.remedy else None,
        "lead_time": blocker.lead_time,
        "waits_for": blocker.waits_for,
        "owner": context.name(blocker.owner_id) if blocker.owner_id else None,
    }
    return [
        say("blocker.field", label=say_plain(f"blocker.label_{key}"), value=value)
        for key, value in values.items()
        if value
    ]


def kind_words(playbook: Playbook, kind: str) -> str:
    """Return a kind with its category, for example `Approval process (organisational)`."""
    category = playbook.category(KIND_CATEGORY[Kind(kind)]).title
    return say_plain("blocker.kind_value", kind=playbook.kind(kind).title, category=category)


def _small_print(blocker: Blocker, context: CardContext) -> list[Mrkdwn]:
    lines = [_raised(blocker, context)]
    if blocker.state != BlockerState.OPEN:
        return [*lines, _ended(blocker, context)]
    if context.is_over:
        return lines
    if blocker.kind_was_suggested:
        lines.append(say("blocker.looks_like", kind=context.playbook.kind(blocker.kind).title))
    if blocker.lead_time and asks_how_long(blocker):
        lines.append(say("blocker.lead_time_unread", words=blocker.lead_time))
    return lines


def asks_how_long(blocker: Blocker) -> bool:
    """Whether nobody said how long it takes, or what was said has no date: "after the freeze"."""
    if not blocker.lead_time:
        return True
    if blocker.lead_time.endswith(say_plain("blocker.how_long_nobody_words")):
        return False
    read = read_lead_time(blocker.lead_time, on=blocker.raised_at.date())
    return read.is_asked_about


def _how_long(blocker: Blocker) -> list[Block]:
    """Return the question how long it takes, with one row of quick answers."""
    chips = [
        button(
            f"blocker.how_long_{answer}",
            f"{Act.BLOCKER_HOW_LONG}:{answer}",
            f"{blocker.id}:{answer}",
        )
        for answer in ("days", "weeks", "months", "nobody")
    ]
    return [blocks.context(say("blocker.how_long")), blocks.actions(chips)]


def _same_rows(blocker: Blocker, other: SameAs) -> list[Block]:
    return same_cause_rows(blocker.sprint_id, f"blocker-{blocker.number}", other)


def same_cause_rows(sprint_id: int, record: str, other: SameAs, name: str = "") -> list[Block]:
    """Return the question whether two records are one cause, or that they are, with its buttons.

    Args:
        sprint_id: their sprint.
        record: the name of the one.
        other: the other one.
        name: what the first is called where the card is not its own.
    """
    value, suffix = f"{sprint_id}:{record}:{other.record}", f"{record}:{other.record}"
    join = button("blocker.same_yes", f"{Act.CAUSE_JOIN}:{suffix}", value)
    part = button("blocker.same_no", f"{Act.CAUSE_PART}:{suffix}", value)
    key = "blocker.same_joined" if other.is_joined else "blocker.same_ask"
    words = say(key, other=other.called, title=other.title, name=name)
    return [blocks.context(words), blocks.actions([part] if other.is_joined else [join, part])]


def _raised(blocker: Blocker, context: CardContext) -> Mrkdwn:
    phases = {phase.key: phase.title for phase in context.playbook.phases}
    source = say_plain("blocker.source_link")
    hour = context.hour(blocker.raised_at)
    return say(
        "blocker.raised",
        request=blocker.approval_id is not None,
        who=context.name(blocker.raised_by),
        at=moment(blocker.raised_at),
        hour=hour,
        is_later=context.playbook.phase_at(int(hour)).key != blocker.phase,
        phase=phases.get(blocker.phase, blocker.phase),
        source=link(blocker.permalink, source) if blocker.permalink else "",
    )


def _ended(blocker: Blocker, context: CardContext) -> Mrkdwn:
    at = blocker.resolved_at or context.now
    return say(
        "blocker.ended",
        how=say_plain(f"blocker.state_{blocker.state}").capitalize(),
        who=context.name(blocker.resolved_by),
        at=moment(at),
        after=age_words(blocker, at),
    )


def age_words(blocker: Blocker, at: datetime) -> str:
    """Return how long after its raising `at` lies, for example `3.5 h` or `3 days`."""
    return age(max(0.0, (at - blocker.raised_at) / timedelta(hours=1)))


TABLE_COLUMNS: Final = ("number", "title", "severity", "age", "waits_for", "owner", "lead_time")
_OPEN_BUTTONS: Final = (
    (Act.BLOCKER_FIXED, "blocker.button_fixed", "primary"),
    (Act.BLOCKER_WORKED_AROUND, "blocker.button_worked_around", None),
    (Act.BLOCKER_STILL, "blocker.button_still", None),
    (Act.BLOCKER_EDIT, "blocker.button_edit", None),
)
_OVER_BUTTONS: Final = (
    (Act.BLOCKER_REOPEN, "blocker.button_reopen", None),
    (Act.BLOCKER_EDIT, "blocker.button_edit", None),
)


def _buttons(blocker: Blocker) -> list[Element]:
    table = _OPEN_BUTTONS if blocker.state == BlockerState.OPEN else _OVER_BUTTONS
    shown = [button(words, act, str(blocker.id), style=style) for act, words, style in table]
    if blocker.state != BlockerState.OPEN:
        return shown
    linked = button("evidence.button_link", Act.EVIDENCE_LINK, str(blocker.id))
    if not waits_for_access(blocker):
        return [*shown, linked]
    words = say_plain("evidence.button_access")
    return [*shown, linked, blocks.button(words, Act.EVIDENCE_ACCESS, str(blocker.id))]


def waits_for_access(blocker: Blocker) -> bool:
    """Whether a blocker may be about reading data, so that a grant can be measured."""
    is_data = blocker.family == PathFamily.DATA_ACCESS_PROCESS or blocker.kind == Kind.DATA_ACCESS
    return is_data or (blocker.family is None and blocker.phase == PhaseKey.DATA)


def reminder(blocker: Blocker, who: Mrkdwn, at: datetime) -> Block:
    """Return the question whether an ageing blocker still blocks, with the buttons to answer."""
    words = say(
        "blocker.line_reminder",
        age=age_words(blocker, at),
        who=who,
        waits_for=blocker.waits_for or "",
    )
    rows = [blocks.section(words)]
    if blocker.state == BlockerState.OPEN:
        rows.append(blocks.actions(_buttons(blocker)[:3]))
    return blocks.message(words, rows)


def blocker_list(title: str, blockers: Sequence[Blocker], context: CardContext) -> Block:
    """Return a sprint's open blockers: who, since when, and what each waits for."""
    if not blockers:
        return blocks.message(say("blocker.list_none", title=title))
    heading = say("blocker.list_title", count=len(blockers), title=title)
    plain = []
    for blocker in blockers[:LISTED]:
        plain.append(blocks.section(_list_line(blocker)))
        plain.append(blocks.context(_list_small(blocker, context)))
    if len(blockers) > LISTED:
        plain.append(blocks.context(say("blocker.list_more", count=len(blockers) - LISTED)))
    return blocks.message(
        heading, [blocks.section(heading), blocker_table(blockers, context, plain)]
    )


def blocker_table(
    blockers: Sequence[Blocker], context: CardContext, plain: Sequence[Block]
) -> Block:
    """Return blockers as a table, with the plain blocks that say the same."""
    return native.data_table(
        say_plain("blocker.table_caption", count=len(blockers)),
        [say_plain(f"blocker.table_{name}") for name in TABLE_COLUMNS],
        [
            [
                blocker.number,
                blocker.title,
                context.playbook.severity(blocker.severity).title,
                round(max(0.0, (context.now - blocker.raised_at) / timedelta(hours=1)), 1),
                blocker.waits_for or "–",
                context.name(blocker.owner_id) if blocker.owner_id else "–",
                blocker.lead_time or "–",
            ]
            for blocker in blockers
        ],
        plain,
    )


def _list_line(blocker: Blocker) -> Mrkdwn:
    return say(
        "blocker.list_line", mark=mark_of(blocker), number=blocker.number, title=blocker.title
    )


def _list_small(blocker: Blocker, context: CardContext) -> Mrkdwn:
    return say(
        "blocker.list_small",
        kind=kind_words(context.playbook, blocker.kind),
        at=moment(blocker.raised_at),
        age=age_words(blocker, context.now),
        waits_for=blocker.waits_for or "",
        lead_time=blocker.lead_time or "",
        owner=context.name(blocker.owner_id) if blocker.owner_id else "",
        raiser=context.name(blocker.raised_by),
    )


def initial_of(blocker: Blocker) -> dict[str, str]:
    """Return what the form shows of a blocker that is there already."""
    values = {
        "title": blocker.title,
        "kind": blocker.kind,
        "severity": blocker.severity,
        "remedy": blocker.remedy,
        "lead_time": blocker.lead_time,
        "waits_for": blocker.waits_for,
        "owner": blocker.owner_id,
        "family": blocker.family,
    }
    return {key: value for key, value in values.items() if value}


def blocker_modal(
    playbook: Playbook,
    initial: Mapping[str, str],
    *,
    number: int | None = None,
    sprints: Sequence[tuple[str, str]] = (),
    private: str = "",
    withdraws: int | None = None,
    more: bool = False,
) -> Block:
    """Return the form of a blocker, with its five usual fields or with all of them.

    Args:
        playbook: the method's words.
        initial: block id → what it shows at first.
        number: the blocker that is edited; None for a new one.
        sprints: (id, title) of the sprints to choose from; empty when it is known which.
        private: what comes back with the submission.
        withdraws: the row that the form's button withdraws; None for a form without one.
        more: shows every field.
    """
    words = "blocker.form_title" if number is None else "blocker.form_title_edit"
    submit = "blocker.form_submit" if number is None else "blocker.form_submit_edit"
    return blocks.modal(
        ViewId.BLOCKER,
        say_plain(words, number=number),
        [
            *_sprint_field(sprints),
            *_what_fields(playbook, initial),
            *_way_fields(initial),
            *(
                _more_fields(playbook, initial)
                if more
                else [blocks.more_row(say_plain("blocker.form_more"))]
            ),
            *_withdraw_row(withdraws),
        ],
        submit=say_plain(submit),
        private_metadata=private,
    )


def _withdraw_row(blocker_id: int | None) -> list[Block]:
    if blocker_id is None:
        return []
    label, value = say_plain("blocker.button_withdraw"), str(blocker_id)
    return [blocks.actions([blocks.button(label, Act.BLOCKER_WITHDRAW, value, style="danger")])]


def withdraw_modal(blocker: Blocker) -> Block:
    """Return the modal that asks before a blocker is withdrawn."""
    words = say("blocker.withdraw_ask", number=blocker.number, title=blocker.title)
    return modal(
        ViewId.WITHDRAW_BLOCKER,
        "blocker.withdraw_title",
        [blocks.section(words)],
        submit="blocker.withdraw_yes",
        close="blocker.withdraw_no",
        private=blocker.id,
    )


def _sprint_field(sprints: Sequence[tuple[str, str]]) -> list[Block]:
    if not sprints:
        return []
    menu = blocks.static_select("sprint", sprints)
    return [blocks.form_field("sprint", say_plain("blocker.form_sprint"), menu)]


def _what_fields(playbook: Playbook, initial: Mapping[str, str]) -> list[Block]:
    severities = [(words.key.value, words.title) for words in playbook.severities]
    return [
        text_field(
            "title",
            "blocker.form_what",
            initial=one_line(initial.get("title", "")),
            max_length=LONGEST_TITLE,
            hint="blocker.form_what_hint",
        ),
        radio_field(
            "severity",
            "blocker.form_severity",
            severities,
            initial=initial.get("severity", Severity.STOPS),
        ),
    ]


def _way_fields(initial: Mapping[str, str]) -> list[Block]:
    owner = blocks.users_select("owner", initial=initial.get("owner"))
    return [
        _optional("lead_time", _line("lead_time", initial)),
        _optional("waits_for", _line("waits_for", initial)),
        _optional("owner", owner),
    ]


FOLDED = ("kind", "remedy", "family")
"""Fields behind *More*; each is `auto` until somebody chooses."""


def _more_fields(playbook: Playbook, initial: Mapping[str, str]) -> list[Block]:
    kinds = [(AUTO, say_plain("blocker.form_kind_auto"))]
    kinds += [(words.key.value, kind_words(playbook, words.key)) for words in playbook.kinds]
    remedies = [(AUTO, say_plain("blocker.form_remedy_auto"))]
    remedies += [(words.key.value, words.title) for words in playbook.remedies]
    families = [(AUTO, say_plain("blocker.form_family_auto"))]
    families += [(key.value, say_plain(f"blocker.family_{key}")) for key in PathFamily]
    return [
        select_field(
            "kind",
            "blocker.form_kind",
            kinds,
            initial=initial.get("kind", AUTO),
            hint="blocker.form_kind_hint",
        ),
        _optional(
            "remedy", blocks.static_select("remedy", remedies, initial=initial.get("remedy", AUTO))
        ),
        _optional(
            "family", blocks.static_select("family", families, initial=initial.get("family", AUTO))
        ),
    ]


def _line(key: str, initial: Mapping[str, str]) -> Element:
    return blocks.text_input(
        key,
        initial=initial.get(key),
        placeholder=say_plain(f"blocker.form_{key}_example"),
        max_length=LONGEST_FIELD,
    )


def _optional(key: str, element: Element) -> Block:
    return blocks.form_field(key, say_plain(f"blocker.form_{key}"), element, optional=True)
