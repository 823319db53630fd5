"""The sprint's own cards: the welcome, the kickoff form, and the pinned card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button, modal, text_field
from bot.slack import blocks, native
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn

KICKOFF_FIELDS = ("success", "data", "integration", "output", "worth")
KICKOFF_OPTIONAL = ("output", "worth")
SHOWN_LINES = 6


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the first message tells."""

    sprint_id: int
    title: str
    use_case: str
    length: int
    team: Mrkdwn
    override: Mrkdwn | None
    kickoff: Mapping[str, str]
    kickoff_by: str | None


def welcome_card(welcome: Welcome) -> Block:
    """Return the sprint's first message, with the kickoff in it once it is filled in."""
    rows = [
        blocks.header(say_plain("sprint.welcome_title", title=welcome.title)),
        blocks.section(say("sprint.welcome", length=welcome.length)),
        blocks.section(say("sprint.welcome_use_case", use_case=welcome.use_case)),
        blocks.section(say("sprint.welcome_team", team=welcome.team)),
        blocks.section(say("sprint.welcome_how", length=welcome.length)),
    ]
    if welcome.override:
        rows.append(blocks.section(welcome.override))
    rows.append(blocks.divider())
    rows.append(_kickoff(welcome))
    label = "sprint.kickoff_edit" if welcome.kickoff else "sprint.kickoff_button"
    press = button(
        label,
        Act.KICKOFF_OPEN,
        str(welcome.sprint_id),
        style=None if welcome.kickoff else "primary",
    )
    rows.append(blocks.actions([press]))
    return blocks.message(say("sprint.welcome_title", title=welcome.title), rows)


def _kickoff(welcome: Welcome) -> Block:
    """Return the kickoff's steps, each with what was said."""
    steps = [
        (
            say_plain(f"sprint.kickoff_{name}"),
            "complete" if welcome.kickoff.get(name) else "pending",
            welcome.kickoff.get(name, ""),
        )
        for name in KICKOFF_FIELDS
        if welcome.kickoff.get(name) or name not in KICKOFF_OPTIONAL
    ]
    title = say_plain("sprint.kickoff_steps", who=welcome.kickoff_by or "")
    return native.plan(title, steps, _kickoff_rows(welcome))


def _kickoff_rows(welcome: Welcome) -> list[Block]:
    if not welcome.kickoff:
        return [blocks.section(say("sprint.kickoff_ask"))]
    rows = [blocks.section(say("sprint.kickoff_done", who=welcome.kickoff_by))]
    rows += [
        blocks.section(
            say(
                "sprint.kickoff_field",
                label=say_plain(f"sprint.kickoff_{name}"),
                text=welcome.kickoff[name],
            )
        )
        for name in KICKOFF_FIELDS
        if welcome.kickoff.get(name)
    ]
    return rows


def kickoff_form(sprint_id: int, kickoff: Mapping[str, str]) -> Block:
    """Return the modal for success criteria, data, integration and who acts on the output."""
    rows = [
        text_field(
            name,
            f"sprint.kickoff_{name}",
            initial=kickoff.get(name),
            multiline=True,
            max_length=1000,
            hint=f"sprint.kickoff_{name}_hint",
            optional=name in KICKOFF_OPTIONAL,
        )
        for name in KICKOFF_FIELDS
    ]
    return modal(ViewId.KICKOFF, "sprint.kickoff_title", rows, private=sprint_id)


@dataclass(frozen=True, slots=True)
class SprintCard:
    """What the pinned card tells; every line is ready for mrkdwn."""

    title: str
    status: Mrkdwn
    tries: str | None
    blockers: Sequence[Mrkdwn]
    approvals: Sequence[Mrkdwn]
    live: Mrkdwn | None
    small_print: Sequence[Mrkdwn]


def sprint_card(card: SprintCard) -> Block:
    """Return the pinned card."""
    rows = [blocks.header(card.title), blocks.section(card.status)]
    if card.live:
        rows.append(blocks.section(card.live))
    if card.tries:
        rows.append(blocks.context(say("sprint.card_tries", tries=card.tries)))
        rows.append(
            blocks.fields(
                [_listed("blockers", card.blockers), _listed("approvals", card.approvals)]
            )
        )
    if card.small_print:
        rows.append(blocks.context(*card.small_print))
    return blocks.message(say("sprint.card_title", title=card.title), rows)


def _listed(what: str, lines: Sequence[Mrkdwn]) -> Mrkdwn:
    if not lines:
        return say(f"sprint.card_no_{what}")
    shown = list(lines[:SHOWN_LINES])
    if len(lines) > SHOWN_LINES:
        shown.append(say("sprint.card_more", count=len(lines) - SHOWN_LINES))
    return say(f"sprint.card_{what}", count=len(lines), lines=Mrkdwn("\n".join(shown)))


def retry_message(words: Mrkdwn, item_id: int) -> Block:
    """Return a message about something Slack refused, with a button that tries it again."""
    press = button("sprint.retry", Act.RETRY, str(item_id), style="primary")
    return blocks.message(words, [blocks.section(words), blocks.actions([press])])
