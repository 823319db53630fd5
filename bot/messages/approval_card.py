"""A request for an approval as a card, as forms and in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.db.models import Approval, Blocker, Sprint
from bot.domain.enums import ApprovalState
from bot.domain.transitions import can_reopen
from bot.messages.blocker_card import CardContext
from bot.messages.catalog import hours, say, say_plain
from bot.messages.labelled import button, modal, person_field
from bot.playbook.model import Playbook
from bot.playbook.sandbox import ApprovalFacts, render
from bot.slack import blocks, native
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block, Element
from bot.slack.text import Mrkdwn, clip, moment, one_line

LONGEST_WHAT: Final = 1000
LISTED: Final = 10
SHORT: Final = 150
TABLE_COLUMNS: Final = ("number", "subject", "what", "approver", "left", "requester", "sprint")


def approval_card(
    approval: Approval,
    use_case: str,
    context: CardContext,
    *,
    for_approver: bool = False,
    logged: int | None = None,
) -> Block:
    """Return a request's card as it is now.

    Args:
        approval: the request.
        use_case: what the sprint tries, in the team's words.
        context: what cards need to render rows.
        for_approver: it stands in the approver's direct messages, who has nothing to withdraw.
        logged: the number of the blocker that its rejection was logged as.
    """
    waits = approval.state == ApprovalState.WAITING
    subject = subject_title(context.playbook, approval)
    state = say_plain(f"approval.state_{approval.state}")
    head = say(
        "approval.card",
        mark=say_plain(f"approval.mark_{approval.state}"),
        number=approval.number,
        subject=subject,
        what=approval.what,
    )
    small = [_asked(approval, context)]
    if approval.question and waits:
        small.append(_question(approval, context))
    shown = [
        blocks.section(head),
        blocks.section(_due(approval, use_case, context) if waits else ended(approval, context)),
        blocks.context(*small),
    ]
    if logged is not None:
        shown.append(blocks.context(say("approval.logged", number=logged)))
    elif buttons := approval_buttons(approval, context, for_approver=for_approver):
        shown.append(blocks.actions(buttons))
    fallback = say(
        "approval.fallback",
        number=approval.number,
        subject=subject,
        state=state,
        what=clip(approval.what, SHORT),
    )
    return blocks.message(fallback, shown)


def subject_title(playbook: Playbook, approval: Approval) -> str:
    """Return what people call the request's subject."""
    return playbook.subject(approval.subject).title


def _due(approval: Approval, use_case: str, context: CardContext) -> Mrkdwn:
    facts = ApprovalFacts(
        use_case=use_case,
        requester=context.name(approval.requested_by),
        approver=context.name(approval.approver_id),
        deadline_hours=max(1, round((approval.deadline - approval.requested_at) / _HOUR)),
    )
    asks = say(
        "approval.asks", words=render(context.playbook.subject(approval.subject).asks, facts)
    )
    due = say(
        "approval.due",
        approver=context.name(approval.approver_id),
        deadline=moment(approval.deadline),
    )
    return Mrkdwn(f"{asks}\n{due}")


_HOUR: Final = timedelta(hours=1)


def _asked(approval: Approval, context: CardContext) -> Mrkdwn:
    return say(
        "approval.asked",
        requester=context.name(approval.requested_by),
        at=moment(approval.requested_at),
        hour=context.hour(approval.requested_at),
    )


def _question(approval: Approval, context: CardContext) -> Mrkdwn:
    approver = context.name(approval.approver_id)
    return say("approval.question", approver=approver, question=approval.question)


def ended(approval: Approval, context: CardContext, words: str = "ended") -> Mrkdwn:
    """Return how a request ended; `words` is `ended` for its card, `already` for a late press."""
    return say(
        f"approval.{words}_{approval.state}",
        number=approval.number,
        who=context.name(approval.decided_by),
        approver=context.name(approval.approver_id),
        at=moment(approval.decided_at or context.now),
        reason=approval.reason or "",
    )


def decided_line(line: Block, waited: Sequence[Blocker]) -> Block:
    """Return what was decided, with the offer to resolve each blocker that waited for it."""
    rows = [*line["blocks"]]
    for blocker in waited:
        value = str(blocker.id)
        fixed = button("blocker.button_fixed", Act.BLOCKER_FIXED, value, style="primary")
        still = button("blocker.button_still", Act.BLOCKER_STILL, value)
        rows.append(
            blocks.section(
                say("approval.offer_resolve", number=blocker.number, title=blocker.title)
            )
        )
        rows.append(blocks.actions([fixed, still]))
    return blocks.message(line["text"], rows)


def approval_buttons(
    approval: Approval, context: CardContext, *, for_approver: bool
) -> list[Element]:
    """Return the buttons that fit a request's state."""
    if for_approver and can_reopen(approval.state, approval.deadline, context.now):
        return [button("approval.button_reopen", Act.APPROVAL_REOPEN, str(approval.id))]
    if approval.state == ApprovalState.REJECTED:
        value = f"{approval.sprint_id}:{approval.id}"
        return (
            []
            if for_approver
            else [button("approval.button_blocker", Act.BLOCKER_OPEN_FORM, value)]
        )
    if approval.state != ApprovalState.WAITING:
        return []
    value = str(approval.id)
    shown = [
        approve_button(approval, context.playbook),
        button("approval.button_reject", Act.APPROVAL_REJECT, value, style="danger"),
        button("approval.button_ask", Act.APPROVAL_ASK, value),
        button("approval.button_hand_over", Act.APPROVAL_HAND_OVER, value),
    ]
    return shown if for_approver else [*shown, _withdraw(approval, context)]


def approve_button(approval: Approval, playbook: Playbook) -> Element:
    """Return the button that approves a request; it asks first, as the name goes on record."""
    return button(
        "approval.button_approve",
        Act.APPROVAL_APPROVE,
        str(approval.id),
        style="primary",
        ask=_sure(approval, playbook),
    )


def _sure(approval: Approval, playbook: Playbook) -> Block:
    subject = subject_title(playbook, approval)
    what = clip(one_line(approval.what), SHORT)
    return blocks.confirm(
        title=say_plain("approval.confirm_title"),
        text=say_plain("approval.confirm_text", subject=subject, what=what),
        yes=say_plain("approval.confirm_yes"),
        no=say_plain("approval.confirm_no"),
    )


def _withdraw(approval: Approval, context: CardContext) -> Element:
    approver = context.name(approval.approver_id)
    sure = blocks.confirm(
        title=say_plain("approval.withdraw_title"),
        text=say_plain("approval.withdraw_text", approver=approver),
        yes=say_plain("approval.withdraw_yes"),
        no=say_plain("approval.withdraw_no"),
        danger=True,
    )
    return button("approval.button_withdraw", Act.APPROVAL_WITHDRAW, str(approval.id), ask=sure)


@dataclass(frozen=True, slots=True)
class Overdue:
    """A request that nobody answered, as the next in line reads it.

    Args:
        again: the number of the request that asks for the same anew, or None.
        again_by: who decides that one.
        is_open: it can be taken over.
    """

    approval_id: int
    number: int
    subject: str
    what: str
    title: str
    approver: str
    requester: str
    deadline: datetime
    again: int | None
    again_by: str
    is_open: bool


def overdue_card(view: Overdue) -> Block:
    """Return what a stand-in or the sponsor reads about an overdue request."""
    words = say(
        "approval.overdue",
        approver=view.approver,
        number=view.number,
        subject=view.subject,
        what=clip(view.what, SHORT),
        requester=view.requester,
        title=view.title,
        deadline=moment(view.deadline),
        is_open=view.is_open,
        is_over=view.again is None,
    )
    rows = [blocks.section(words)]
    if view.is_open:
        label = say_plain("approval.button_take_over")
        value = str(view.approval_id)
        rows.append(
            blocks.actions([blocks.button(label, Act.APPROVAL_TAKE_OVER, value, style="primary")])
        )
    elif view.again is not None:
        again = say("approval.overdue_again", number=view.again, who=view.again_by)
        rows.append(blocks.context(again))
    return blocks.message(words, rows)


def handed_over_card(approval: Approval, context: CardContext) -> Block:
    """Return what stands in the direct messages of somebody who handed a request over."""
    words = say(
        "approval.handed_over",
        number=approval.number,
        subject=subject_title(context.playbook, approval),
        to=context.name(approval.approver_id),
    )
    return blocks.message(words, [blocks.section(words)])


def approval_list(
    mine: Sequence[tuple[Approval, Sprint]],
    here: Sequence[tuple[Approval, Sprint]],
    context: CardContext,
) -> Block:
    """Return the requests that wait: those for the reader, then the sprint's others."""
    if not mine and not here:
        return blocks.message(say("approval.list_none"))
    plain: list[Block] = []
    if mine:
        plain += [blocks.section(say("approval.list_mine")), *_listed(mine, context)]
    if here:
        title = say("approval.list_here", title=here[0][1].title)
        plain += [blocks.section(title), *_listed(here, context)]
    text = say("approval.list_told", mine=len(mine), others=len(here))
    return blocks.message(text, [blocks.section(text), approval_table(mine, here, context, plain)])


def approval_table(
    mine: Sequence[tuple[Approval, Sprint]],
    here: Sequence[tuple[Approval, Sprint]],
    context: CardContext,
    plain: Sequence[Block],
) -> Block:
    """Return requests that wait as a table, the reader's own first."""
    waiting = [*mine, *here]
    return native.data_table(
        say_plain("approval.table_caption", count=len(waiting)),
        [say_plain(f"approval.table_{name}") for name in TABLE_COLUMNS],
        [
            [
                approval.number,
                subject_title(context.playbook, approval),
                one_line(approval.what),
                context.name(approval.approver_id),
                round(max(0.0, (approval.deadline - context.now) / _HOUR), 1),
                context.name(approval.requested_by),
                sprint.title,
            ]
            for approval, sprint in waiting
        ],
        plain,
    )


def _listed(waiting: Sequence[tuple[Approval, Sprint]], context: CardContext) -> list[Block]:
    shown = []
    for approval, sprint in waiting[:LISTED]:
        line = say(
            "approval.list_line",
            number=approval.number,
            subject=subject_title(context.playbook, approval),
            what=clip(one_line(approval.what), SHORT),
        )
        shown += [blocks.section(line), blocks.context(_list_small(approval, sprint, context))]
    if len(waiting) > LISTED:
        shown.append(blocks.context(say("approval.list_more", count=len(waiting) - LISTED)))
    return shown


def _list_small(approval: Approval, sprint: Sprint, context: CardContext) -> Mrkdwn:
    return say(
        "approval.list_small",
        approver=context.name(approval.approver_id),
        deadline=moment(approval.deadline),
        left=time_left(approval, context),
        requester=context.name(approval.requested_by),
        sprint=sprint.title,
    )


def time_left(approval: Approval, context: CardContext) -> str:
    """Return how long the approver still has, for example `3.5 h`."""
    return hours(max(0.0, (approval.deadline - context.now) / _HOUR))


def approval_modal(
    playbook: Playbook,
    initial: Mapping[str, str],
    *,
    sprints: Sequence[tuple[str, str]] = (),
    private: str = "",
) -> Block:
    """Return the form that asks for an approval.

    Args:
        playbook: the method's words.
        initial: block id → what it shows at first.
        sprints: (id, title) of the sprints to choose from; empty when it is known which.
        private: what comes back with the submission.
    """
    subjects = [(words.key.value, words.title) for words in playbook.subjects]
    what = blocks.text_input(
        "what", initial=initial.get("what"), multiline=True, max_length=LONGEST_WHAT
    )
    shown = [
        _field(
            "subject", blocks.static_select("subject", subjects, initial=initial.get("subject"))
        ),
        _field(
            "approver", blocks.users_select("approver", initial=initial.get("approver")), hint=True
        ),
        _field("what", what, hint=True),
        _deadline_field(playbook, initial),
    ]
    if sprints:
        menu = blocks.static_select("sprint", sprints)
        shown.insert(0, blocks.form_field("sprint", say_plain("blocker.form_sprint"), menu))
    return modal(
        ViewId.APPROVAL,
        "approval.form_title",
        shown,
        submit="approval.form_submit",
        private=private,
    )


def _field(key: str, element: Element, *, hint: bool = False) -> Block:
    label = say_plain(f"approval.form_{key}")
    below = say_plain(f"approval.form_{key}_hint") if hint else None
    return blocks.form_field(key, label, element, hint=below)


def _deadline_field(playbook: Playbook, initial: Mapping[str, str]) -> Block:
    usual = ", ".join(f"{words.title} {words.deadline_hours} h" for words in playbook.subjects)
    return blocks.form_field(
        "deadline",
        say_plain("approval.form_deadline"),
        blocks.text_input("deadline", initial=initial.get("deadline"), max_length=6),
        hint=say_plain("approval.form_deadline_hint", usual=usual),
        optional=True,
    )


def reject_modal(private: str) -> Block:
    """Return the form that asks for the reason of a rejection."""
    reason = blocks.text_input("reason", multiline=True, max_length=LONGEST_WHAT)
    field = blocks.form_field(
        "reason",
        say_plain("approval.reject_reason"),
        reason,
        hint=say_plain("approval.reject_hint"),
    )
    return _small_modal(ViewId.REJECT, "reject", field, private)


def ask_modal(requester: str, private: str) -> Block:
    """Return the form for a question to the requester."""
    question = blocks.text_input("question", multiline=True, max_length=LONGEST_WHAT)
    field = blocks.form_field(
        "question",
        say_plain("approval.ask_question"),
        question,
        hint=say_plain("approval.ask_hint", requester=requester),
    )
    return _small_modal(ViewId.ASK, "ask", field, private)


def hand_over_modal(private: str) -> Block:
    """Return the form that asks who decides instead."""
    field = person_field("approver", "approval.hand_over_to", hint="approval.hand_over_hint")
    return _small_modal(ViewId.HAND_OVER, "hand_over", field, private)


def _small_modal(view: ViewId, words: str, field: Block, private: str) -> Block:
    return modal(
        view, f"approval.{words}_title", [field], submit=f"approval.{words}_submit", private=private
    )
