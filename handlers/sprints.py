"""`/sprint`: one table of subcommands, each with its usage, its help and its handler."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import process

from bot.db.models import Sprint
from bot.debrief import links, report_files
from bot.deployments import external
from bot.domain.enums import OutboxKind
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.home import overview
from bot.listening.capture import switch_capture
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.welcome_card import how_it_works
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.text import Mrkdwn, typed
from bot.sprints.audit_export import audit_csv
from bot.sprints.selection import NoSprintError, SeveralSprintsError, last_closed
from bot.unit_of_work import UnitOfWork
from handlers import deployments, hourly, planning
from handlers.authorization import asks, nothing, of_sprint
from handlers.context import Handler, HandlerContext
from handlers.request import AfterCommit, Answer, Ephemeral, Open, Request, Say
from handlers.sprint_lookup import ask_which, sprint_meant, with_sprint
from handlers.typed_text import typed_text

YES: Final = frozenset({"yes", "y", "ja", "oui", "sí", "si", "да", "true"})
NO: Final = frozenset({"no", "n", "nein", "non", "нет", "false"})
NEAR_ENOUGH: Final = 60
ALONE: Final = frozenset(
    {"edit", "start", "status", "schedule", "cancel", "close", "rerun", "report", "audit"}
)
"""Subcommands that take nothing else, so that a number after them names the sprint."""


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One word after `/sprint`.

    Args:
        usage: how it is typed.
        handler: what it does; its request's text is what follows the word.
    """

    usage: str
    handler: Handler


def _sprint(uow: UnitOfWork, request: Request) -> Sprint:
    """Return the sprint that is meant; where none runs, the newest closed one of theirs."""
    try:
        return sprint_meant(uow, request)
    except NoSprintError:
        closed = last_closed(uow, request.user_id)
        if not closed:
            raise
        return closed[0]


def _status(ctx: HandlerContext, request: Request) -> Answer:
    uow = ctx.reading
    return Say(overview.status(uow, request.user_id, _sprint(uow, request)))


def _schedule(ctx: HandlerContext, request: Request) -> Answer:
    uow = ctx.reading
    return Say(overview.schedule(uow, request.user_id, _sprint(uow, request)))


def _list(ctx: HandlerContext, request: Request) -> Answer:
    uow = ctx.reading
    return Say(overview.list_sprints(uow, request.user_id, request.channel_id))


def _gate(ctx: HandlerContext, request: Request) -> Answer:
    words = typed_text(request.text).lower().split()
    uow = ctx.reading
    sprint_id = _sprint(uow, request).id
    if len(words) != 2 or words[0] not in {phase.key for phase in uow.playbook.phases}:
        raise InputError(_gate_usage(uow, words))
    if words[1] not in {each.key for each in uow.playbook.phase(words[0]).scenarios}:
        raise InputError(_gate_usage(uow, words))
    return hourly.answer_gate(ctx, request, sprint_id, words[0], words[1], quiet=False)


def _gate_usage(uow: UnitOfWork, words: list[str]) -> Mrkdwn:
    phases = {phase.key: phase for phase in uow.playbook.phases}
    phase = phases.get(words[0] if words else "", uow.playbook.phases[0])
    return say(
        "help.gate_usage",
        phases=typed(phases),
        phase=phase.key,
        scenario=phase.scenarios[0].key,
        scenarios=typed(scenario.key for scenario in phase.scenarios),
    )


def _output(ctx: HandlerContext, request: Request) -> Answer:
    word, _, note = typed_text(request.text).partition(" ")
    word = word.strip(",.;:").lower()
    if word not in YES | NO:
        raise InputError(say("deployment.plan_error"))
    uow = ctx.uow
    external.set_action_plan(
        uow,
        request.user_id,
        _sprint(uow, request).id,
        ready=word in YES,
        note=note,
    )
    return Ephemeral(say("deployment.plan_ack"))


def _report(ctx: HandlerContext, request: Request) -> Answer:
    uow = ctx.uow
    words, link_id = report_files.send_report_to(uow, request.user_id, _sprint(uow, request))
    if link_id is None:
        return Ephemeral(words)
    return AfterCommit(lambda: Say(links.link_message(words, link_id)))


def _links(ctx: HandlerContext, request: Request) -> Answer:
    uow = ctx.reading
    return Say(links.list_links(uow, request.user_id, _sprint(uow, request)))


def _revoke_link(ctx: HandlerContext, request: Request) -> Answer:
    return Ephemeral(links.revoke_link(ctx.uow, request.user_id, request.number()))


def _audit(ctx: HandlerContext, request: Request) -> Answer:
    uow = ctx.uow
    sprint = _sprint(uow, request)
    content = audit_csv(uow, sprint).encode("utf-8-sig")
    uow.upsert(
        keys.audit_file(sprint.id, request.user_id, uow.now),
        None,
        {
            "filename": f"sprint-{sprint.id}-audit.csv",
            "title": say_plain("help.audit_title"),
            "comment": say("help.audit_comment", title=sprint.title),
            "content": base64.b64encode(content).decode("ascii"),
            "share": True,
        },
        to=request.user_id,
        kind=OutboxKind.UPLOAD,
        sprint_id=sprint.id,
    )
    return Ephemeral(say("help.audit_sent"))


def _close(ctx: HandlerContext, request: Request) -> Answer:
    return hourly.open_close(ctx, request)


def _capture(ctx: HandlerContext, request: Request) -> Answer:
    """Switch quiet capture, or say whether it is on."""
    word = request.text.strip().lower()
    sprint = _sprint(ctx.reading, request)
    if word not in ("on", "off"):
        return Ephemeral(say("listening.capture_usage", on=sprint.quiet_capture))
    notice = switch_capture(ctx.uow, request.user_id, sprint.id, on=word == "on")
    return Ephemeral(notice)


def _help(_ctx: HandlerContext, _request: Request) -> Answer:
    lines = [
        say("help.sprint_line", usage=command.usage, about=say_plain(f"help.{word}"))
        for word, command in SUBCOMMANDS.items()
    ]
    title = say("help.sprint_title")
    rows = [
        blocks.section(Mrkdwn(f"*{title}*")),
        blocks.section(Mrkdwn("\n".join(lines))),
        blocks.section(say("help.sprint_examples")),
        blocks.context(say("help.sprint_others")),
    ]
    return Say(blocks.message(title, rows))


SUBCOMMANDS: Final[dict[str, Subcommand]] = {
    "plan": Subcommand("plan", planning.SUBCOMMANDS["plan"]),
    "edit": Subcommand("edit", planning.SUBCOMMANDS["edit"]),
    "start": Subcommand("start", planning.SUBCOMMANDS["start"]),
    "status": Subcommand("status", _status),
    "schedule": Subcommand("schedule", _schedule),
    "list": Subcommand("list", asks(Action.READ, nothing, _list)),
    "gate": Subcommand("gate PHASE SCENARIO", _gate),
    "deploy": Subcommand("deploy [1 | elsewhere PERCENT LINK]", deployments.on_deploy),
    "rollback": Subcommand("rollback WHY", deployments.on_rollback),
    "output": Subcommand("output yes|no", _output),
    "capture": Subcommand("capture on|off", asks(Action.READ, of_sprint, _capture)),
    "close": Subcommand("close", _close),
    "cancel": Subcommand("cancel", planning.SUBCOMMANDS["cancel"]),
    "rerun": Subcommand("rerun", planning.SUBCOMMANDS["rerun"]),
    "report": Subcommand("report", _report),
    "links": Subcommand("links", _links),
    "audit": Subcommand("audit", asks(Action.EXPORT_AUDIT, of_sprint, _audit, writes=True)),
    "help": Subcommand("help", _help),
}


def on_command(ctx: HandlerContext, request: Request) -> Answer:
    """Answer `/sprint`; an unknown word suggests the nearest one."""
    word, _, rest = request.text.partition(" ")
    command = SUBCOMMANDS.get(word.lower() or "help")
    if command is None:
        raise InputError(_unknown(typed_text(word)))
    typed = with_sprint(ctx, replace(request, text=rest.strip()), alone=word.lower() in ALONE)
    try:
        return command.handler(ctx, typed)
    except SeveralSprintsError as several:
        ctx.undo()
        return ask_which(request, several)


def _unknown(word: str) -> Mrkdwn:
    found = process.extractOne(word.lower(), list(SUBCOMMANDS), score_cutoff=NEAR_ENOUGH)
    if found is None:
        return say("help.unknown_far", word=word[:40])
    return say("help.unknown", word=word[:40], nearest=found[0])


COMMANDS: Final[dict[str, Handler]] = {"/sprint": on_command}


def _how_it_works(_ctx: HandlerContext, _request: Request) -> Answer:
    """Answer *How it works* of the first message."""
    return Open(how_it_works())


ACTIONS: Final[dict[str, Handler]] = {
    Act.LINK_REVOKE: _revoke_link,
    Act.WELCOME_HOW: asks(Action.READ, nothing, _how_it_works),
}
