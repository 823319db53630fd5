"""What was measured about a blocker: a line on its card, the offer to resolve it, two forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.db.evidence_models import EvidenceLink
from bot.db.models import Blocker
from bot.domain.enums import BlockerState
from bot.domain.verdict import say_days
from bot.domain.waits import HOLD_PARTS, WaitStatus
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button, date_field, modal, select_field, text_field
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, link, moment

LABELS: Final = {
    "access": "SELECT on",
    "jira": "JIRA",
    "github": "GitHub",
    "gitlab": "GitLab",
    "servicenow": "ServiceNow",
    "linear": "Linear",
    "azure_devops": "Azure DevOps",
    "calendar": "Calendar",
    "generic": "Ticket",
}
"""What people call our adapters; another package's goes by its name."""
LONGEST_TICKET: Final = 300


def label_of(row: EvidenceLink) -> str:
    """Return what people call a link: "JIRA SEC-114", "SELECT on crm.customers"."""
    label = LABELS.get(row.adapter) or row.adapter.replace("_", " ").capitalize()
    return f"{label} {row.subject}".strip()


def waits_lines(rows: Sequence[EvidenceLink], quoted: str | None, now: datetime) -> list[Mrkdwn]:
    """Return a line for each thing that a blocker waits for: quoted, measured, by what."""
    lines = [[_line(row, quoted, now), *_held(row)] for row in rows]
    return [line for of_row in lines for line in of_row]


def _held(row: EvidenceLink) -> list[Mrkdwn]:
    """Return the rule that holds what a blocker waits for, where the system says which."""
    if not row.held or row.ended_at is not None:
        return []
    kind, name, first, second = row.held.split(HOLD_PARTS)
    if kind == "branch":
        return [say("evidence.held_branch", branch=name, given=first, needed=second)]
    return [say("evidence.held_environment", environment=name, reviewers=first)]


def _line(row: EvidenceLink, quoted: str | None, now: datetime) -> Mrkdwn:
    what = link(row.url, label_of(row)) if row.url else Mrkdwn(blocks_text(label_of(row)))
    if row.adapter == "calendar":
        key = "evidence.meets" if row.meets_at else "evidence.meets_unknown"
        at = moment(row.meets_at, "{date_long}") if row.meets_at else ""
        return say(key, board=row.subject, at=at, problem=row.error or "")
    if row.opened_at is None:
        return say("evidence.no_fact", what=what, problem=row.error or "")
    days = ((row.ended_at or now) - row.opened_at) / timedelta(days=1)
    return say(
        "evidence.measured",
        what=what,
        quoted=quoted or "",
        days=say_days(max(days, 0.0)),
        is_over=row.ended_at is not None,
        refused=row.standing == WaitStatus.REFUSED,
        state=row.state,
        problem=row.error or "",
    )


def blocks_text(text: str) -> str:
    """Return a label as mrkdwn."""
    return str(say("evidence.plain", text=text))


def ended_offer(blocker: Blocker, row: EvidenceLink | None) -> Block:
    """Return the offer to resolve a blocker whose wait ended; nothing to press once it is over."""
    if row is None or row.ended_at is None or row.opened_at is None:
        words = say("evidence.offer_gone", number=blocker.number)
        return blocks.message(words, [blocks.section(words)])
    days = say_days(max((row.ended_at - row.opened_at) / timedelta(days=1), 0.0))
    key = _offer_key(row)
    words = say(
        key,
        what=label_of(row),
        place=row.subject,
        state=row.state,
        at=moment(row.ended_at),
        days=days,
        number=blocker.number,
    )
    shown = [blocks.section(words)]
    if blocker.state == BlockerState.OPEN:
        value = str(blocker.id)
        fixed = button("blocker.button_fixed", Act.BLOCKER_FIXED, value, style="primary")
        still = button("blocker.button_still", Act.BLOCKER_STILL, value)
        shown.append(blocks.actions([fixed, still]))
    return blocks.message(words, shown)


def _offer_key(row: EvidenceLink) -> str:
    if row.adapter == "access":
        return "evidence.offer_access"
    refused = row.standing == WaitStatus.REFUSED
    return "evidence.offer_refused" if refused else "evidence.offer_done"


def ticket_modal(blocker: Blocker, rows: Sequence[EvidenceLink], systems: str) -> Block:
    """Return the form that links a ticket, with the links there are and a way to take them off."""
    field = blocks.form_field(
        "ticket",
        say_plain("evidence.form_ticket"),
        blocks.text_input(
            "ticket",
            placeholder=say_plain("evidence.form_ticket_example"),
            max_length=LONGEST_TICKET,
        ),
        hint=say_plain("evidence.form_ticket_hint", systems=systems),
    )
    return modal(
        ViewId.LINK_TICKET,
        "evidence.form_title",
        [field, *(_linked(row) for row in rows)],
        submit="evidence.form_submit",
        private=blocker.id,
    )


def _linked(row: EvidenceLink) -> Block:
    press = button("evidence.unlink", f"{Act.EVIDENCE_UNLINK}:{row.id}", str(row.id))
    return blocks.section(say("evidence.plain", text=label_of(row)), accessory=press)


def access_modal(blocker: Blocker, sources: Sequence[str], table: str, today: str) -> Block:
    """Return the form that says since when access to a source is asked for."""
    return modal(
        ViewId.ASK_ACCESS,
        "evidence.access_title",
        [
            select_field(
                "source",
                "evidence.access_source",
                [(name, name) for name in sources],
                initial=sources[0] if table or len(sources) == 1 else None,
            ),
            text_field(
                "table",
                "evidence.access_table",
                initial=table,
                placeholder=say_plain("evidence.access_table_example"),
                max_length=120,
                optional=True,
            ),
            date_field("asked", "evidence.access_asked", initial=today),
        ],
        submit="evidence.access_submit",
        private=blocker.id,
    )
