"""`/sprint`: one table of subcommands, each with its usage, its help and its handler."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from rapidfuzz import process

from bot.slack import blocks
from bot.slack.outbox import person_lane
from bot.slack.text import Mrkdwn
from bot.slack.words import say, say_plain
from bot.sprint.errors import InputError
from bot.sprint.permissions import Action
from bot.store.models import Sprint
from bot.usecases import deploying, gates, overview, reporting
from bot.usecases.audit_trail import audit_csv
from bot.usecases.house import Unit
from bot.usecases.people import require
from bot.usecases.which import sprint_here
from handlers import hours, planning
from handlers.desk import Desk, Handler
from handlers.request import Outcome, Request, Say

YES: Final = frozenset({"yes", "y", "ja", "oui", "sí", "si", "да", "true"})
NO: Final = frozenset({"no", "n", "nein", "non", "нет", "false"})
NEAR_ENOUGH: Final = 60


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One word after `/sprint`.

    Args:
        usage: how it is typed.
        handler: what it does; its request's text is what follows the word.
    """

    usage: str
    handler: Handler


def _sprint(unit: Unit, request: Request) -> Sprint:
    return sprint_here(unit, request.channel_id, request.user_id)


def _status(desk: Desk, request: Request) -> Outcome:
    with desk.house.reading(request.team_id) as unit:
        return Say(overview.status(unit, request.user_id, _sprint(unit, request)))


def _schedule(desk: Desk, request: Request) -> Outcome:
    with desk.house.reading(request.team_id) as unit:
        return Say(overview.schedule(unit, request.user_id, _sprint(unit, request)))


def _list(desk: Desk, request: Request) -> Outcome:
    with desk.house.reading(request.team_id) as unit:
        require(unit, request.user_id, Action.READ)
        return Say(overview.list_sprints(unit))


def _gate(desk: Desk, request: Request) -> Outcome:
    words = request.text.lower().split()
    with desk.house.unit(request.team_id) as unit:
        sprint = _sprint(unit, request)
        if len(words) != 2 or words[0] not in {phase.key for phase in unit.playbook.phases}:
            raise InputError(_gate_usage(unit, words))
        if words[1] not in {each.key for each in unit.playbook.phase(words[0]).scenarios}:
            raise InputError(_gate_usage(unit, words))
        unit.meet(request.user_id, request.user_name)
        told, _ = gates.answer_gate(unit, request.user_id, sprint.id, words[0], words[1])
    return Say(blocks.message(told))


def _gate_usage(unit: Unit, words: list[str]) -> Mrkdwn:
    phases = {phase.key: phase for phase in unit.playbook.phases}
    phase = phases.get(words[0] if words else "", unit.playbook.phases[0])
    return say(
        "help.gate_usage",
        phases=", ".join(phases),
        phase=phase.key,
        scenario=phase.scenarios[0].key,
        scenarios=", ".join(scenario.key for scenario in phase.scenarios),
    )


def _deploy(desk: Desk, request: Request) -> Outcome:
    try:
        percent = float(request.text.rstrip("% ").replace(",", ".") or "nan")
    except ValueError:
        percent = float("nan")
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        sprint = _sprint(unit, request)
        row = deploying.deploy(unit, request.user_id, sprint.id, percent, receipt=request.receipt)
        return Say(blocks.message(say("deployment.deployed_ack", percent=f"{row.percent:g}")))


def _roll_back(desk: Desk, request: Request) -> Outcome:
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        sprint = _sprint(unit, request)
        deploying.roll_back(unit, request.user_id, sprint.id, request.text, receipt=request.receipt)
    return Say(blocks.message(say("deployment.rolled_back_ack")))


def _output(desk: Desk, request: Request) -> Outcome:
    word, _, note = request.text.partition(" ")
    word = word.strip(",.;:").lower()
    if word not in YES | NO:
        raise InputError(say("deployment.plan_error"))
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        deploying.set_action_plan(
            unit,
            request.user_id,
            _sprint(unit, request).id,
            ready=word in YES,
            note=note,
            receipt=request.receipt,
        )
    return Say(blocks.message(say("deployment.plan_ack")))


def _report(desk: Desk, request: Request) -> Outcome:
    with desk.house.unit(request.team_id) as unit:
        told = reporting.send_report_to(unit, request.user_id, _sprint(unit, request))
    return Say(blocks.message(told))


def _audit(desk: Desk, request: Request) -> Outcome:
    with desk.house.unit(request.team_id) as unit:
        sprint = _sprint(unit, request)
        require(unit, request.user_id, Action.EXPORT_AUDIT, sprint)
        content = audit_csv(unit, sprint).encode("utf-8-sig")
        unit.wish(
            f"sprint:{sprint.id}:audit:{request.user_id}:{int(unit.now.timestamp())}",
            person_lane(request.user_id),
            {
                "filename": f"sprint-{sprint.id}-audit.csv",
                "title": say_plain("help.audit_title"),
                "comment": say("help.audit_comment", title=sprint.title),
                "content": base64.b64encode(content).decode("ascii"),
                "share": True,
            },
            kind="upload",
            sprint_id=sprint.id,
        )
    return Say(blocks.message(say("help.audit_sent")))


def _close(desk: Desk, request: Request) -> Outcome:
    return hours.open_close(desk, request)


def _help(_desk: Desk, _request: Request) -> Outcome:
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
    "plan": Subcommand("plan", planning.open_plan),
    "edit": Subcommand("edit", planning.open_edit),
    "start": Subcommand("start", planning.start),
    "status": Subcommand("status", _status),
    "schedule": Subcommand("schedule", _schedule),
    "list": Subcommand("list", _list),
    "gate": Subcommand("gate PHASE SCENARIO", _gate),
    "deploy": Subcommand("deploy PERCENT", _deploy),
    "rollback": Subcommand("rollback WHY", _roll_back),
    "output": Subcommand("output yes|no", _output),
    "close": Subcommand("close", _close),
    "cancel": Subcommand("cancel", planning.open_cancel),
    "rerun": Subcommand("rerun", planning.open_rerun),
    "report": Subcommand("report", _report),
    "audit": Subcommand("audit", _audit),
    "help": Subcommand("help", _help),
}


def on_command(desk: Desk, request: Request) -> Outcome:
    """Answer `/sprint`; an unknown word suggests the nearest one."""
    from dataclasses import replace

    word, _, rest = request.text.partition(" ")
    command = SUBCOMMANDS.get(word.lower() or "help")
    if command is None:
        raise InputError(_unknown(word))
    return command.handler(desk, replace(request, text=rest.strip()))


def _unknown(word: str) -> Mrkdwn:
    found = process.extractOne(word.lower(), list(SUBCOMMANDS), score_cutoff=NEAR_ENOUGH)
    if found is None:
        return say("help.unknown_far", word=word[:40])
    return say("help.unknown", word=word[:40], nearest=found[0])


COMMANDS: Final[dict[str, Handler]] = {"/sprint": on_command}
