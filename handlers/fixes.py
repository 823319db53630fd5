"""The plan's checks: Done, the choice of a check, and the data checks that people keep."""

from __future__ import annotations

from typing import Final

from bot.db.models import ProbeRun, Sprint
from bot.debrief import service as debrief
from bot.domain.enums import FixCheckKind
from bot.domain.permissions import Action
from bot.fixes import choices, decisions, items, kept, service
from bot.fixes.queries import kept_checks
from bot.messages import kept_checks_card
from bot.messages.catalog import say
from bot.messages.fix_card import decide_form, evidence_form, owner_form, proof_form
from bot.messages.kept_checks_card import KeptLine, keep_form
from bot.probe_runs.service import finding_of
from bot.slack.action_ids import Act, ViewId
from bot.slack.text import moment
from bot.sprints.selection import sprint_here
from bot.unit_of_work import UnitOfWork
from handlers.authorization import asks
from handlers.context import Handler, HandlerContext
from handlers.presses import acts
from handlers.request import Answer, Done, Ephemeral, Open, Request, Say


def on_done(ctx: HandlerContext, request: Request) -> Answer:
    """Check an item that somebody calls done, after asking for what only they can tell."""
    item_id = request.number()
    uow = ctx.reading
    asked = service.asks_for(uow, request.user_id, item_id)
    if asked is not None:
        item, _ = items.fix_for(uow, request.user_id, item_id)
        return Open(_ASKING[asked](item.id, item.text))
    uow = ctx.uow
    notice = service.press_done(uow, request.user_id, item_id)
    debrief.show_plan_again(uow, item_id)
    return Ephemeral(notice)


_ASKING: Final = {FixCheckKind.OWNER: owner_form, FixCheckKind.EVIDENCE: evidence_form}


def submit_owner(ctx: HandlerContext, request: Request) -> Answer:
    """Note whom an item names as owner, and check that."""
    notice = service.name_owner(
        ctx.uow, request.user_id, request.number(), request.form.user("person")
    )
    return Ephemeral(notice)


def submit_evidence(ctx: HandlerContext, request: Request) -> Answer:
    """Note what shows that an item is done, and check that."""
    notice = service.show_evidence(
        ctx.uow, request.user_id, request.number(), request.form.text("link")
    )
    return Ephemeral(notice)


def open_choice(ctx: HandlerContext, request: Request) -> Answer:
    """Offer the checks that can show that an item is done."""
    uow = ctx.reading
    item, sprint = items.fix_for(uow, request.user_id, request.number())
    listed = choices.offered(uow, sprint, ctx.probes.sources)
    chosen, detail = choices.likeliest(item, listed)
    return Open(proof_form(item.id, item.text, listed, chosen, detail))


def submit_choice(ctx: HandlerContext, request: Request) -> Answer:
    """Let the chosen check show that an item is done."""
    form = request.form
    uow = ctx.uow
    _, sprint = items.fix_for(uow, request.user_id, request.number())
    check = choices.chosen_check(
        uow, sprint, ctx.probes.sources, form.choice("check") or "", form.text("detail")
    )
    service.choose_check(uow, request.user_id, request.number(), check)
    return Done()


def open_decision(ctx: HandlerContext, request: Request) -> Answer:
    """Ask the approver of what an item waits for."""
    uow = ctx.reading
    subject = decisions.subject_to_decide(uow, request.user_id, request.number())
    return Open(decide_form(request.number(), subject))


def submit_decision(ctx: HandlerContext, request: Request) -> Answer:
    """Take the decision, and check the item."""
    form = request.form
    decision, reason = form.choice("decision"), form.text("reason")
    notice = decisions.decide_fix(ctx.uow, request.user_id, request.number(), decision, reason)
    return Ephemeral(notice)


# Kept data checks


def on_keep(ctx: HandlerContext, request: Request) -> Answer:
    """Keep the rule that a finding is about."""
    notice = kept.keep_finding(ctx.uow, request.user_id, request.number(), request.number(1))
    return Ephemeral(notice)


def _run_of(uow: UnitOfWork, request: Request) -> ProbeRun:
    return finding_of(uow, request.number(), 0)[0]


def open_keep_rules(ctx: HandlerContext, request: Request) -> Answer:
    """Offer the rules that a run found to hold."""
    uow = ctx.reading
    run, _ = finding_of(uow, request.number(), 0)
    rules = [(str(each["key"]), str(each["sentence"])) for each in kept.rules_of(run)]
    if not rules:
        return Ephemeral(say("probe.keep_none"))
    return Open(keep_form(run.id, rules))


def submit_keep_rules(ctx: HandlerContext, request: Request) -> Answer:
    """Keep the rules that were chosen."""
    chosen = request.form.choices("rules")
    uow = ctx.uow
    run, _ = finding_of(uow, request.number(), 0)
    keys = [
        str(rule["key"]) for place, rule in enumerate(kept.rules_of(run)) if str(place) in chosen
    ]
    notice = kept.keep_rules(uow, request.user_id, request.number(), keys)
    return Ephemeral(notice)


def _sprint_here(uow: UnitOfWork, request: Request) -> Sprint:
    return sprint_here(uow, request.channel_id, request.user_id)


def _list_checks(ctx: HandlerContext, request: Request) -> Answer:
    """List the data checks that a sprint's people keep."""
    uow = ctx.reading
    sprint = sprint_here(uow, request.channel_id, request.user_id)
    return Say(kept_checks_card.checks_list(_lines(uow, sprint.id)))


list_checks: Final = asks(Action.READ, _sprint_here, _list_checks)


def _lines(uow: UnitOfWork, sprint_id: int) -> list[KeptLine]:
    return [
        KeptLine(
            check_id=row.id,
            rule=row.sentence,
            place=".".join(part for part in (row.source, row.table_name) if part),
            who=uow.name(row.kept_by),
            outcome=row.outcome,
            sentence=row.words or "",
            checked=moment(row.checked_at, "{date_short_pretty}") if row.checked_at else "",
            held=moment(row.held_at, "{date_short_pretty}") if row.held_at else "",
        )
        for row in kept_checks(uow, sprint_id)
    ]


ACTIONS: Final[dict[str, Handler]] = {
    Act.FIX_DONE: on_done,
    Act.FIX_CHECK: open_choice,
    Act.FIX_DECIDE: open_decision,
    Act.CHECK_KEEP: on_keep,
    Act.CHECK_KEEP_RULES: asks(Action.RUN_PROBE, _run_of, open_keep_rules),
    Act.CHECK_REMOVE: acts(kept.remove_check),
}
VIEWS: Final[dict[str, Handler]] = {
    ViewId.FIX_CHECK: submit_choice,
    ViewId.FIX_OWNER: submit_owner,
    ViewId.FIX_EVIDENCE: submit_evidence,
    ViewId.FIX_DECIDE: submit_decision,
    ViewId.CHECK_KEEP_RULES: submit_keep_rules,
}
