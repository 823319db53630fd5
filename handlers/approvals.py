"""`/approval`, the request's forms and buttons."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from rapidfuzz import process

from bot.approvals.forms import ApprovalForm
from bot.approvals.service import (
    ask_about_approval,
    decide_approval,
    hand_over_approval,
    look_at_approval,
    reopen_approval,
    request_approval,
    take_over_approval,
    waiting_for,
    waiting_in,
    withdraw_approval,
)
from bot.blockers.service import card_context
from bot.db.models import Approval, Sprint
from bot.domain.errors import InputError
from bot.domain.permissions import Action, is_allowed
from bot.domain.vocabulary import Decision, Subject
from bot.hourly.prompts import answer_by_form
from bot.messages.approval_card import (
    approval_list,
    approval_modal,
    ask_modal,
    ended,
    hand_over_modal,
    reject_modal,
)
from bot.messages.blocker_card import CardContext
from bot.messages.catalog import say, say_plain
from bot.playbook.model import Playbook
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.text import Mrkdwn, typed
from bot.sprints.people import relations
from bot.sprints.pings import find_person
from bot.sprints.selection import SeveralSprintsError, possible_sprints
from bot.unit_of_work import UnitOfWork
from handlers.context import Handler, HandlerContext
from handlers.request import AfterCommit, Answer, Done, Ephemeral, Open, Request, Say
from handlers.sprint_lookup import in_sprint, sprint_chosen, sprint_meant, sprints_offered
from handlers.typed_text import fill, pack, typed_text, unpack

_MENTION: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_AT_NAME: Final = re.compile(r"(?<!\S)@(?=\S)")


def on_command(ctx: HandlerContext, request: Request) -> Answer:
    """Answer `/approval`."""
    words = typed_text(request.text)
    subcommand = SUBCOMMANDS.get(words.casefold())
    if subcommand is not None:
        return subcommand(ctx, request)
    initial = read_request(ctx.reading, request.text)
    if {"subject", "approver", "what"} <= initial.keys():
        return _ask_at_once(ctx, request, initial)
    return open_form(ctx, request, initial=initial)


def read_request(uow: UnitOfWork, text: str) -> dict[str, str]:
    """Read `SUBJECT @who what for`, as Slack delivers it; what is left out stays out.

    Raises:
        InputError: the subject is none, or nobody is called so; with the nearest subject.
    """
    before, approver, after = _split_at_person(uow, text)
    subject, rest = _split_subject(uow.playbook, before or after)
    what = f"{rest} {after}".strip() if before else rest
    found = {"subject": subject, "approver": approver, "what": what}
    return {key: value for key, value in found.items() if value}


def _split_at_person(uow: UnitOfWork, text: str) -> tuple[str, str, str]:
    mentioned = _MENTION.search(text)
    if mentioned:
        before, after = text[: mentioned.start()], text[mentioned.end() :]
        return typed_text(before), mentioned.group(1), typed_text(after)
    words = typed_text(text)
    named = _AT_NAME.search(words)
    if not named:
        return "", "", words
    user_id, after = find_person(uow, words[named.end() :])
    return words[: named.start()].strip(), user_id, after


def _split_subject(playbook: Playbook, words: str) -> tuple[str, str]:
    """Return the subject that `words` begin with, and what follows it."""
    aliases = subject_aliases(playbook)
    folded = words.casefold()
    for alias in sorted(aliases, key=len, reverse=True):
        if folded == alias or folded.startswith((f"{alias} ", f"{alias}:", f"{alias},")):
            return aliases[alias].value, words[len(alias) :].lstrip(" :,")
    first = (words.split() or [""])[0]
    near = process.extractOne(first.casefold(), list(aliases), score_cutoff=60)
    raise InputError(
        say_plain(
            "approval.unknown_subject",
            word=first[:40],
            nearest=playbook.subject(aliases[near[0]]).title.lower() if near else "",
            known=_subjects(playbook),
        )
    )


def _subjects(playbook: Playbook) -> Mrkdwn:
    """Return what can be asked for, as it is called on the cards."""
    return typed(words.title.lower() for words in playbook.subjects)


def subject_aliases(playbook: Playbook) -> dict[str, Subject]:
    """Return everything that a subject can be called, in lower case."""
    aliases: dict[str, Subject] = {}
    for words in playbook.subjects:
        key = words.key.value
        for alias in (key, key.replace("_", " "), key.replace("_", "-"), words.title.casefold()):
            aliases[alias] = words.key
    return aliases


def _ask_at_once(ctx: HandlerContext, request: Request, asked: Mapping[str, str]) -> Answer:
    uow = ctx.uow
    try:
        sprint = sprint_meant(uow, request)
        form = ApprovalForm(sprint.id, Subject(asked["subject"]), asked["approver"], asked["what"])
        approval = request_approval(uow, request.user_id, form)
        return _requested(uow, request, sprint, approval)
    except SeveralSprintsError:
        ctx.undo()
        return open_form(ctx, request, initial=asked)


def _requested(uow: UnitOfWork, request: Request, sprint: Sprint, approval: Approval) -> Answer:
    if sprint.channel_id and request.channel_id == sprint.channel_id:
        return Done()
    words = say(
        "approval.requested_elsewhere",
        number=approval.number,
        title=sprint.title,
        approver=uow.name(approval.approver_id),
    )
    return Ephemeral(words)


def _help(ctx: HandlerContext, _request: Request) -> Answer:
    words = say("approval.help", known=_subjects(ctx.runtime.playbook))
    return Say(blocks.message(words, [blocks.section(words)]))


def _list(ctx: HandlerContext, request: Request) -> Answer:
    uow = ctx.reading
    mine = waiting_for(uow, request.user_id)
    listed = {approval.id for approval, _ in mine}
    named = request.sprint_id
    found = (
        [uow.sprint(named)] if named else possible_sprints(uow, request.channel_id, request.user_id)
    )
    here = [
        pair
        for sprint in found[:1]
        if is_allowed(Action.READ, relations(uow, request.user_id, sprint))
        for pair in waiting_in(uow, sprint)
        if pair[0].id not in listed
    ]
    tells = CardContext(uow.playbook, uow.name, uow.now)
    return Say(approval_list(mine, here, tells))


def _open_blank(ctx: HandlerContext, request: Request) -> Answer:
    return open_form(ctx, request)


SUBCOMMANDS: Final[dict[str, Handler]] = {
    "": _open_blank,
    "list": _list,
    "help": _help,
    "?": _help,
}


def open_form(
    ctx: HandlerContext,
    request: Request,
    sprint_id: int | None = None,
    *,
    initial: Mapping[str, str] | None = None,
    prompt_hour: int | None = None,
) -> Open:
    """Open the form for a new request.

    Args:
        ctx: what handlers share.
        request: the command or press that it opens for.
        sprint_id: the sprint; None finds it by the channel, or lets the form ask.
        initial: block id → what the form shows at first.
        prompt_hour: the hour of the prompt that the form answers.
    """
    chosen, choices = sprints_offered(ctx, request, Action.REQUEST_APPROVAL, sprint_id)
    private = pack(sprint=chosen, prompt_hour=prompt_hour)
    return Open(
        approval_modal(ctx.runtime.playbook, initial or {}, sprints=choices, private=private)
    )


def on_take_over(ctx: HandlerContext, request: Request) -> Answer:
    """Let the person an overdue request was passed on to decide it."""
    anew = take_over_approval(ctx.uow, request.user_id, request.number())
    return Ephemeral(say("approval.taken_over", number=anew.number))


def on_open_form(ctx: HandlerContext, request: Request) -> Answer:
    """Answer a button that opens the form; its value names the sprint."""
    return open_form(ctx, request, request.number())


def on_submit(ctx: HandlerContext, request: Request) -> Answer:
    """Answer the submitted form."""
    form = request.form
    facts = unpack(request)
    sprint_id = sprint_chosen(request, facts)
    asked = fill(
        ApprovalForm,
        sprint_id=sprint_id,
        subject=form.choice("subject"),
        approver=form.user("approver"),
        what=form.text("what"),
        deadline=form.text("deadline"),
    )
    uow = ctx.uow
    request_approval(uow, request.user_id, asked)
    answer_by_form(uow, request.user_id, sprint_id, facts.number("prompt_hour"), "approval")
    return Done()


Change = Callable[[UnitOfWork, Request, int], tuple[Approval, bool]]


def _changed(ctx: HandlerContext, request: Request, approval_id: int, change: Change) -> Answer:
    """Make a change, or say how the request had ended before it."""
    uow = ctx.uow
    approval, counts = change(uow, request, approval_id)
    return Done() if counts else _ended_notice(uow, approval)


def _ended_notice(uow: UnitOfWork, approval: Approval) -> Ephemeral:
    tells = card_context(uow, uow.sprint(approval.sprint_id))
    return Ephemeral(ended(approval, tells, "already"))


def _on_press(change: Change) -> Handler:
    return lambda ctx, request: _changed(ctx, request, request.number(), change)


def _on_form(change: Change) -> Handler:
    def on_submitted(ctx: HandlerContext, request: Request) -> Answer:
        return _changed(ctx, request, unpack(request).required("approval"), change)

    return on_submitted


def _opens(action: Action, modal: Callable[[str, str], blocks.Block]) -> Handler:
    """Return what opens a form about a request for those who may; `modal` takes the requester."""

    def on_press(ctx: HandlerContext, request: Request) -> Answer:
        uow = ctx.uow
        approval, waits = look_at_approval(uow, request.user_id, request.number(), action)
        if not waits:
            return _ended_notice(uow, approval)
        requester, private = uow.name(approval.requested_by), pack(approval=approval.id)
        return AfterCommit(lambda: Open(modal(requester, private)))

    return on_press


def _approve(uow: UnitOfWork, request: Request, approval_id: int) -> tuple[Approval, bool]:
    return decide_approval(uow, request.user_id, approval_id, Decision.APPROVED)


def _reject(uow: UnitOfWork, request: Request, approval_id: int) -> tuple[Approval, bool]:
    reason = request.form.text("reason")
    return decide_approval(uow, request.user_id, approval_id, Decision.REJECTED, reason)


def _ask(uow: UnitOfWork, request: Request, approval_id: int) -> tuple[Approval, bool]:
    question = request.form.text("question")
    return ask_about_approval(uow, request.user_id, approval_id, question)


def _hand_over(uow: UnitOfWork, request: Request, approval_id: int) -> tuple[Approval, bool]:
    to_id = request.form.user("approver")
    return hand_over_approval(uow, request.user_id, approval_id, to_id)


def _reopen(uow: UnitOfWork, request: Request, approval_id: int) -> tuple[Approval, bool]:
    return reopen_approval(uow, request.user_id, approval_id)


def _withdraw(uow: UnitOfWork, request: Request, approval_id: int) -> tuple[Approval, bool]:
    return withdraw_approval(uow, request.user_id, approval_id)


COMMANDS: Final[dict[str, Handler]] = {"/approval": in_sprint(on_command)}
ACTIONS: Final[dict[str, Handler]] = {
    Act.APPROVAL_APPROVE: _on_press(_approve),
    Act.APPROVAL_WITHDRAW: _on_press(_withdraw),
    Act.APPROVAL_REOPEN: _on_press(_reopen),
    Act.APPROVAL_REJECT: _opens(
        Action.DECIDE_APPROVAL, lambda _requester, private: reject_modal(private)
    ),
    Act.APPROVAL_ASK: _opens(Action.ASK_ABOUT_APPROVAL, ask_modal),
    Act.APPROVAL_HAND_OVER: _opens(
        Action.HAND_OVER_APPROVAL, lambda _requester, private: hand_over_modal(private)
    ),
    Act.APPROVAL_TAKE_OVER: on_take_over,
    Act.APPROVAL_OPEN_FORM: on_open_form,
}
VIEWS: Final[dict[str, Handler]] = {
    ViewId.APPROVAL: on_submit,
    ViewId.REJECT: _on_form(_reject),
    ViewId.ASK: _on_form(_ask),
    ViewId.HAND_OVER: _on_form(_hand_over),
}
SHORTCUTS: Final[dict[str, Handler]] = {}
