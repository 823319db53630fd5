"""*Link a ticket* and *We asked for access* on a blocker's card."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from bot.blockers.service import locked_blocker
from bot.db.models import Blocker
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.evidence.forms import AccessForm
from bot.evidence.links import links_of
from bot.evidence.service import ask_access, link_ticket, unlink
from bot.evidence.systems import systems
from bot.messages.catalog import say_plain
from bot.messages.evidence_card import access_modal, ticket_modal
from bot.slack.action_ids import Act, ViewId
from bot.unit_of_work import UnitOfWork
from handlers.context import Handler, HandlerContext
from handlers.request import AfterCommit, Answer, Done, Open, Redraw, Request


def on_link(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *Link a ticket*: the form."""
    uow = ctx.reading
    blocker, _ = locked_blocker(uow, request.user_id, request.number(), Action.EDIT_BLOCKER)
    return Open(_ticket_form(uow, blocker))


def _ticket_form(uow: UnitOfWork, blocker: Blocker) -> dict[str, object]:
    connected = [each.adapter.label for each in systems(uow.session, uow.team_id)]
    names = ", ".join(dict.fromkeys(connected)) or say_plain("evidence.nothing")
    return ticket_modal(blocker, links_of(uow, blocker.id), names)


def submit_link(ctx: HandlerContext, request: Request) -> Answer:
    """Link the ticket that was typed."""
    link_ticket(ctx.uow, request.user_id, request.number(), request.form.text("ticket"))
    return Done()


def on_unlink(ctx: HandlerContext, request: Request) -> Answer:
    """Take a link off, and show the form without it."""
    blocker_id = unlink(ctx.uow, request.user_id, request.number())
    return AfterCommit(lambda: _redrawn(ctx.reading, blocker_id))


def _redrawn(uow: UnitOfWork, blocker_id: int) -> Redraw:
    return Redraw(_ticket_form(uow, uow.session.get_one(Blocker, blocker_id)))


def on_access(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *We asked for access*: the form, with the source that the blocker's words name."""
    if not ctx.probes.sources:
        raise InputError(say_plain("evidence.no_source"))
    uow = ctx.reading
    blocker, _ = locked_blocker(uow, request.user_id, request.number(), Action.EDIT_BLOCKER)
    source, table = _named(blocker.title, ctx.probes.sources)
    rest = [name for name in ctx.probes.sources if name != source]
    sources = [source, *rest] if source else rest
    return Open(access_modal(blocker, sources, table, uow.now.date().isoformat()))


def _named(title: str, sources: list[str]) -> tuple[str, str]:
    """Return the source and the table that a title names, as in "no SELECT on crm.customers"."""
    for name in sorted(sources, key=len, reverse=True):
        found = re.search(rf"(?<![\w.]){re.escape(name)}(?:\.([\w$]+(?:\.[\w$]+)?))?\b", title)
        if found:
            return name, found[1] or ""
    return "", ""


def submit_access(ctx: HandlerContext, request: Request) -> Answer:
    """Note since when access is asked for."""
    uow, typed = ctx.uow, request.form
    day = typed.date("asked")
    form = AccessForm(
        typed.choice("source") or "",
        typed.text("table"),
        date.fromisoformat(day) if day else uow.now.date(),
    )
    ask_access(uow, request.user_id, request.number(), form, ctx.probes.sources)
    return Done()


ACTIONS: Final[dict[str, Handler]] = {
    Act.EVIDENCE_LINK: on_link,
    Act.EVIDENCE_ACCESS: on_access,
    Act.EVIDENCE_UNLINK: on_unlink,
}
VIEWS: Final[dict[str, Handler]] = {
    ViewId.LINK_TICKET: submit_link,
    ViewId.ASK_ACCESS: submit_access,
}
