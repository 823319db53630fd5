"""`/blocker`, the blocker's form and buttons, and the two shortcuts on messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.approvals.expiry import rejection_as_blocker
from bot.blockers.forms import BlockerForm, HowLong, form_of_line, prefilled, refuse_twice
from bot.blockers.kind_suggestion import suggested_kind
from bot.blockers.service import (
    answer_how_long,
    card_context,
    edit_blocker,
    link_causes,
    locked_blocker,
    log_blocker,
    open_blockers,
    render_blocker,
    reopen_blocker,
    resolve_blocker,
    still_blocked,
    withdraw_blocker,
)
from bot.db.models import Blocker, Sprint
from bot.debrief.service import refresh_debrief
from bot.debrief.told_kinds import take_told_kinds
from bot.domain.enums import BlockerState
from bot.domain.errors import InputError
from bot.domain.permissions import Action, is_allowed
from bot.domain.vocabulary import Resolution
from bot.hourly.prompts import answer_by_form
from bot.listening.channel_message import ChannelMessage
from bot.listening.notes import KeptMessage, keep_note
from bot.messages.blocker_card import (
    AUTO,
    FOLDED,
    LONGEST_TITLE,
    blocker_list,
    blocker_modal,
    initial_of,
    withdraw_modal,
)
from bot.messages.catalog import say, say_plain
from bot.slack import blocks
from bot.slack.action_ids import Act, ShortcutId, ViewId
from bot.slack.text import Mrkdwn, clip, moment, one_line
from bot.sprints.people import relations
from bot.sprints.selection import SeveralSprintsError, sprints_that_take
from bot.unit_of_work import UnitOfWork
from handlers.authorization import asks, of_sprint
from handlers.blocker_verbs import BlockerCommand, Verb, blocker_meant, nearest_command, read_verb
from handlers.channel_message import channel_message_of
from handlers.context import Handler, HandlerContext
from handlers.payload import stamp
from handlers.request import Answer, Done, Ephemeral, FormValues, Open, Redraw, Request, Say
from handlers.sprint_lookup import in_sprint, sprint_chosen, sprint_meant, sprints_offered
from handlers.typed_text import Packed, fill, mentioned_in, pack, typed_text, unpack

_ONE_WORD: Final = re.compile(r"[\w-]{2,}\W*")
"""Too little to tell a blocker from a try, such as "test": the form asks for the rest."""


def on_command(ctx: HandlerContext, request: Request) -> Answer:
    """Answer `/blocker`; the form opens for a text that is too long, or one word, for a title."""
    words = typed_text(request.text)
    subcommand = SUBCOMMANDS.get(words.casefold())
    if subcommand is not None:
        return subcommand(ctx, request)
    command = read_verb(words)
    if command is not None:
        return _act_on_number(ctx, request, command)
    nearest = nearest_command(words, SUBCOMMANDS)
    if nearest:
        return Ephemeral(say("blocker.meant", nearest=nearest, text=words))
    if len(one_line(words)) > LONGEST_TITLE or _ONE_WORD.fullmatch(words):
        return _open_blank(ctx, request, title=words)
    return _log_words(ctx, request, words)


def _act_on_number(ctx: HandlerContext, request: Request, command: BlockerCommand) -> Answer:
    """Do to a blocker what its button does, and say so."""
    blocker = blocker_meant(ctx.reading, request, command)
    pressed, number = replace(request, value=str(blocker.id)), blocker.number
    outcome = ON_NUMBER[command.verb](ctx, pressed)
    if isinstance(outcome, Done):
        return Ephemeral(say(f"blocker.verb_{command.verb}", number=number))
    return outcome


def _log_words(ctx: HandlerContext, request: Request, words: str) -> Answer:
    uow = ctx.uow
    try:
        sprint = sprint_meant(uow, request)
        form = form_of_line(uow, sprint.id, words, mentioned_in(request.text))
        blocker = log_blocker(uow, request.user_id, form)
        return _logged(request, sprint, blocker)
    except SeveralSprintsError:
        ctx.undo()
        return _open_blank(ctx, request, title=words)


def _logged(request: Request, sprint: Sprint, blocker: Blocker) -> Answer:
    """Say where the card went to somebody who can't see it appear."""
    if sprint.channel_id and request.channel_id == sprint.channel_id:
        return Done()
    channel = Mrkdwn(f"<#{sprint.channel_id}>") if sprint.channel_id else ""
    words = say(
        "blocker.logged_elsewhere", number=blocker.number, title=sprint.title, channel=channel
    )
    return Ephemeral(words)


def _help(_ctx: HandlerContext, _request: Request) -> Answer:
    words = say("blocker.help")
    return Say(blocks.message(words, [blocks.section(words)]))


def _list(ctx: HandlerContext, request: Request) -> Answer:
    uow = ctx.reading
    sprint = sprint_meant(uow, request)
    shown = blocker_list(sprint.title, open_blockers(uow, sprint), card_context(uow, sprint))
    return Say(shown)


def _open_blank(ctx: HandlerContext, request: Request, title: str = "") -> Answer:
    return open_form(ctx, request, initial={"title": title})


def _show(ctx: HandlerContext, request: Request) -> Answer:
    blocker = ctx.reading.session.get_one(Blocker, request.number())
    sprint = ctx.reading.sprint(blocker.sprint_id)
    return Say(render_blocker(ctx.reading, sprint, {"blocker": blocker.id}))


SUBCOMMANDS: Final[dict[str, Handler]] = {
    "": _open_blank,
    "list": asks(Action.READ, of_sprint, _list),
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
    **origin: Any,
) -> Open:
    """Open the form for a new blocker.

    Args:
        ctx: what handlers share.
        request: the command, press or shortcut that it opens for.
        sprint_id: the sprint; None finds it by the channel, or lets the form ask.
        initial: block id → what the form shows at first.
        prompt_hour: the hour of the prompt that the form answers.
        origin: what the blocker comes from, as `BlockerForm` names it, such as `permalink`.
    """
    shown = {key: value for key, value in (initial or {}).items() if value}
    uow = ctx.reading
    chosen, choices = sprints_offered(ctx, request, Action.LOG_BLOCKER, sprint_id)
    if chosen is not None:
        refuse_twice(uow, BlockerForm(sprint_id=chosen, title="", **origin))
    if title := shown.get("title"):
        shown["title"] = clip(one_line(title), LONGEST_TITLE)
        kind = suggested_kind(uow, shown["title"])
        shown.setdefault("kind", kind.value if kind else "auto")
        for key, value in prefilled(shown["title"], uow.now.date()).items():
            shown.setdefault(key, value)
    kept = {key: shown[key] for key in FOLDED if key in shown}
    private = pack(sprint=chosen, prompt_hour=prompt_hour, **kept, **origin)
    return Open(blocker_modal(ctx.runtime.playbook, shown, sprints=choices, private=private))


def on_open_form(ctx: HandlerContext, request: Request) -> Answer:
    """Answer a button that opens the form; its value names the sprint, and a rejected request."""
    if ":" not in request.value:
        return open_form(ctx, request, request.number())
    approval_id = request.number(1)
    initial = rejection_as_blocker(ctx.reading, approval_id)
    return open_form(ctx, request, request.number(), initial=initial, approval_id=approval_id)


def on_submit(ctx: HandlerContext, request: Request) -> Answer:
    """Answer the submitted form, for a new blocker or for one that is edited."""
    facts = unpack(request)
    form = _form_of(request, facts)
    uow = ctx.uow
    if "blocker" in facts:
        number = facts.required("blocker")
        blocker = edit_blocker(uow, request.user_id, number, form)
        take_told_kinds(uow, uow.sprint(blocker.sprint_id), request.user_id)
    else:
        log_blocker(uow, request.user_id, form)
        hour = facts.number("prompt_hour")
        answer_by_form(uow, request.user_id, form.sprint_id, hour, "blocked")
    return Done()


def _form_of(request: Request, facts: Packed) -> BlockerForm:
    form = request.form
    return fill(
        BlockerForm,
        sprint_id=sprint_chosen(request, facts),
        title=form.text("title"),
        kind=_folded(form, facts, "kind"),
        severity=form.choice("severity"),
        remedy=_folded(form, facts, "remedy"),
        lead_time=form.text("lead_time"),
        waits_for=form.text("waits_for"),
        owner=form.user("owner"),
        family=_folded(form, facts, "family"),
        permalink=facts.text("permalink"),
        approval_id=facts.number("approval_id"),
        probe_run_id=facts.number("probe_run_id"),
        finding_code=facts.text("finding_code"),
        finding_number=facts.number("finding_number"),
    )


def _folded(form: FormValues, facts: Packed, key: str) -> str | None:
    """Return a choice that stands behind *More*; one that was not shown stays as it was."""
    return form.choice(key) if form.has(key) else facts.text(key)


def more_of_form(ctx: HandlerContext, request: Request) -> Answer:
    """Show every field of the form that is open."""
    facts = unpack(request)
    if "blocker" in facts:
        return _edit_form(ctx, request, facts.required("blocker"), more=True)
    sprints = sprints_that_take(
        ctx.reading, request.user_id, None, Action.LOG_BLOCKER, facts.number("sprint")
    )
    kept = {key: facts.text(key) or AUTO for key in FOLDED}
    choices = [] if facts.number("sprint") else [(str(each.id), each.title) for each in sprints]
    return Open(
        blocker_modal(
            ctx.runtime.playbook, kept, sprints=choices, private=request.private, more=True
        )
    )


def on_edit(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *Edit*: the form with what is known."""
    return _edit_form(ctx, request, request.number())


def _edit_form(
    ctx: HandlerContext, request: Request, blocker_id: int, *, more: bool = False
) -> Answer:
    uow = ctx.reading
    blocker, sprint = locked_blocker(uow, request.user_id, blocker_id, Action.EDIT_BLOCKER)
    kept = {key: getattr(blocker, key) for key in FOLDED}
    private = pack(sprint=sprint.id, blocker=blocker.id, **kept)
    initial, number = initial_of(blocker), blocker.number
    may = is_allowed(Action.WITHDRAW_BLOCKER, relations(uow, request.user_id, blocker))
    withdraws = blocker.id if may and blocker.state != BlockerState.WITHDRAWN else None
    view = blocker_modal(
        ctx.runtime.playbook,
        initial,
        number=number,
        private=private,
        withdraws=withdraws,
        more=more,
    )
    return Open(view)


def _on_resolve(how: Resolution) -> Handler:
    def on_press(ctx: HandlerContext, request: Request) -> Answer:
        uow = ctx.uow
        blocker, changed = resolve_blocker(uow, request.user_id, request.number(), how)
        return Done() if changed else _closed_notice(uow, blocker, "blocker.already_over")

    return on_press


def on_still(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *Still blocked*."""
    uow = ctx.uow
    blocker, noted = still_blocked(uow, request.user_id, request.number())
    if blocker.state != BlockerState.OPEN:
        return _closed_notice(uow, blocker, "blocker.still_over")
    if noted is None:
        return Done()
    words = say("blocker.already_still", number=blocker.number, at=moment(noted))
    return Ephemeral(words)


def on_how_long(ctx: HandlerContext, request: Request) -> Answer:
    """Answer a quick answer to how long the blocker takes."""
    chosen = request.value.partition(":")[2]
    if chosen not in set(HowLong):
        raise InputError(say_plain("blocker.unknown_choice"))
    answer = HowLong(chosen)
    uow = ctx.uow
    blocker, changed = answer_how_long(uow, request.user_id, request.number(), answer)
    if changed:
        return Done()
    if blocker.state != BlockerState.OPEN:
        return _closed_notice(uow, blocker, "blocker.still_over")
    notice = say(
        "blocker.how_long_answered", number=blocker.number, lead_time=blocker.lead_time or ""
    )
    return Ephemeral(notice)


def _on_same_cause(*, same: bool) -> Handler:
    """Return the handler of the buttons that join two records to one cause, or part them."""

    def on_press(ctx: HandlerContext, request: Request) -> Answer:
        uow = ctx.uow
        _, _, names = (request.value or "").partition(":")
        first, _, second = names.partition(":")
        if not second:
            raise InputError(say_plain("errors.too_old"))
        sprint = link_causes(uow, request.user_id, request.number(), (first, second), same=same)
        refresh_debrief(uow, sprint)
        return Done()

    return on_press


def on_reopen(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *Reopen*."""
    blocker, changed = reopen_blocker(ctx.uow, request.user_id, request.number())
    if changed:
        return Done()
    words = say("blocker.already_open", number=blocker.number, at=moment(blocker.raised_at))
    return Ephemeral(words)


def on_withdraw(ctx: HandlerContext, request: Request) -> Answer:
    """Ask before a blocker is withdrawn; in the place of its form when pressed there."""
    uow = ctx.reading
    blocker, _ = locked_blocker(uow, request.user_id, request.number(), Action.WITHDRAW_BLOCKER)
    if blocker.state == BlockerState.WITHDRAWN:
        return _closed_notice(uow, blocker, "blocker.already_over")
    view = withdraw_modal(blocker)
    return Redraw(view) if request.view.get("type") == "modal" else Open(view)


def submit_withdraw(ctx: HandlerContext, request: Request) -> Answer:
    """Withdraw a blocker that was logged by mistake."""
    uow = ctx.uow
    blocker, changed = withdraw_blocker(uow, request.user_id, request.number())
    if not changed:
        return _closed_notice(uow, blocker, "blocker.already_over")
    refresh_debrief(uow, uow.sprint(blocker.sprint_id))
    return Done()


def _closed_notice(uow: UnitOfWork, blocker: Blocker, key: str) -> Ephemeral:
    words = say(
        key,
        who=uow.name(blocker.resolved_by),
        number=blocker.number,
        how=say_plain(f"blocker.state_{blocker.state}"),
        at=moment(blocker.resolved_at or uow.now),
    )
    return Ephemeral(words)


def on_log_message(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *Log as blocker* on a message: the form with its words and the link to it."""
    kept = _message_of(ctx, request)
    return open_form(ctx, request, initial={"title": kept.text}, permalink=kept.permalink)


def on_keep_message(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *Keep for the debrief* on a message."""
    message = _message_of(ctx, request)
    kept = KeptMessage(message.text, message.permalink, message.said_by)
    uow = ctx.uow
    sprint = sprint_meant(uow, request)
    note, is_new = keep_note(uow, request.user_id, sprint.id, kept)
    who = uow.name(note.kept_by)
    words = say("blocker.note_kept") if is_new else say("blocker.note_twice", who=who)
    return Ephemeral(words)


def _message_of(ctx: HandlerContext, request: Request) -> ChannelMessage:
    """Read the message that a shortcut is about.

    Raises:
        InputError: nothing says which one it is, so there would be no link to it.
    """
    if request.channel_id is None or stamp(request.message, "ts") is None:
        raise InputError(say("blocker.which_message"))
    return channel_message_of(ctx, request.team_id, request.channel_id, request.message)


COMMANDS: Final[dict[str, Handler]] = {"/blocker": in_sprint(on_command)}
ACTIONS: Final[dict[str, Handler]] = {
    Act.BLOCKER_FIXED: _on_resolve(Resolution.FIXED),
    Act.BLOCKER_WORKED_AROUND: _on_resolve(Resolution.WORKED_AROUND),
    Act.BLOCKER_STILL: on_still,
    Act.BLOCKER_HOW_LONG: on_how_long,
    Act.CAUSE_JOIN: _on_same_cause(same=True),
    Act.CAUSE_PART: _on_same_cause(same=False),
    Act.BLOCKER_EDIT: on_edit,
    Act.BLOCKER_REOPEN: on_reopen,
    Act.BLOCKER_WITHDRAW: on_withdraw,
    Act.BLOCKER_OPEN_FORM: on_open_form,
}
VIEWS: Final[dict[str, Handler]] = {
    ViewId.BLOCKER: on_submit,
    ViewId.WITHDRAW_BLOCKER: submit_withdraw,
}
ON_NUMBER: Final[dict[Verb, Handler]] = {
    Verb.RESOLVE: _on_resolve(Resolution.FIXED),
    Verb.WORK_AROUND: _on_resolve(Resolution.WORKED_AROUND),
    Verb.STILL: on_still,
    Verb.REOPEN: on_reopen,
    Verb.EDIT: on_edit,
    Verb.WITHDRAW: on_withdraw,
    Verb.SHOW: _show,
}
"""What each verb does to the blocker whose row the request's value names."""
SHORTCUTS: Final[dict[str, Handler]] = {
    ShortcutId.LOG_AS_BLOCKER: on_log_message,
    ShortcutId.KEEP_FOR_DEBRIEF: on_keep_message,
}
MORE: Final[dict[str, Handler]] = {ViewId.BLOCKER: more_of_form}
