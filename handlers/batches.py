"""Ordering a table to be scored or a log to be replayed, from a deployment's cards."""

from __future__ import annotations

from typing import Any, Final

from bot.deployments import batches, queries, service
from bot.deployments.batches import Order
from bot.domain.batches import TO_CSV, TO_SHADOW
from bot.domain.errors import FormError, InputError
from bot.domain.permissions import Action
from bot.domain.rollout import RolloutState
from bot.messages.batch_card import (
    CSV,
    REPEATS,
    TABLE,
    Confirmation,
    OrderForm,
    confirm_form,
    order_form,
)
from bot.messages.catalog import say, say_plain
from bot.slack.action_ids import Act, View
from bot.sprints.people import require
from handlers.context import Handler, HandlerContext
from handlers.request import Done, Open, Outcome, Replace, Request
from handlers.typed_text import Packed, pack, unpack

ENTITY: Final = "entity"
DEFAULT: Final = "default"
"""How a person knows the database of `serving.write_url`, which has no name."""


def on_shadow(ctx: HandlerContext, request: Request) -> Outcome:
    """Start the shadow run, and offer to fill it from a log."""
    with ctx.runtime.uow(request.team_id) as uow:
        uow.ensure_person(request.user_id, request.user_name)
        row = service.start_shadow(uow, request.user_id, request.number())
        entity = row.entity_column or ENTITY
    if not ctx.probes.sources:
        return Done()
    offer = OrderForm(ctx.probes.sources, entity=entity, is_replay=True, started=True)
    return Open(order_form(offer, pack(deployment=request.number())))


def open_replay(ctx: HandlerContext, request: Request) -> Outcome:
    """Open the form that replays a log in the shadow run."""
    return _open(ctx, request, is_replay=True)


def open_order(ctx: HandlerContext, request: Request) -> Outcome:
    """Open the form that orders a table to be scored."""
    return _open(ctx, request, is_replay=False)


def _open(ctx: HandlerContext, request: Request, *, is_replay: bool) -> Outcome:
    with ctx.runtime.reading(request.team_id) as uow:
        row, sprint = queries.find(uow, request.number())
        require(uow, request.user_id, Action.DEPLOY, sprint)
        batches.require_answering(row, TO_SHADOW if is_replay else "")
        entity = row.entity_column or (ENTITY if is_replay else "")
    if not ctx.probes.sources:
        raise InputError(say("batch.no_sources"))
    writers = [name or DEFAULT for name in ctx.writers]
    offer = OrderForm(ctx.probes.sources, writers, entity, is_replay)
    return Open(order_form(offer, pack(deployment=request.number())))


def submit_replay(ctx: HandlerContext, request: Request) -> Outcome:
    """Order the replay that the form names."""
    asked = Order(**_place(ctx, request), into=TO_SHADOW)
    _order(ctx, request, unpack(request), asked)
    return Done()


def submit_order(ctx: HandlerContext, request: Request) -> Outcome:
    """Show what is about to happen; nothing is ordered yet."""
    place = _place(ctx, request)
    into, repeat = request.form.choice("into") or "", request.form.choice("repeat") or ""
    if repeat not in REPEATS:
        raise FormError({"repeat": say_plain("blocker.unknown_choice")})
    writer = into.removeprefix(TABLE)
    if into != CSV and writer not in [name or DEFAULT for name in ctx.writers]:
        raise FormError({"into": say_plain("blocker.unknown_choice")})
    number = unpack(request).required("deployment")
    with ctx.runtime.reading(request.team_id) as uow:
        row, sprint = queries.find(uow, number)
        require(uow, request.user_id, Action.DEPLOY, sprint)
        batches.require_answering(row, "")
        model = queries.model_of(uow, row)
        share = "live" if row.state == RolloutState.LIVE else "shadow"
        facts = {
            "source": ".".join(filter(None, (place["source"], place["table"]))),
            "sha": model.sha256[:12] if model else "–",
            "share": say(
                f"batch.confirm_share_{share}",
                percent=f"{row.percent:g}",
                entity=place["entity_column"],
            ),
            "writer": writer,
        }
    shown = Confirmation(
        CSV if into == CSV else "table",
        facts,
        say_plain(f"batch.repeat_{repeat}") if REPEATS[repeat] else "",
    )
    private = pack(deployment=number, into=into, repeat=repeat, **place)
    return Replace(confirm_form(shown, private))


def _place(ctx: HandlerContext, request: Request) -> dict[str, Any]:
    """Return the source, table and entity column of a form.

    Raises:
        FormError: the source is none of the configured ones, or no column is named.
    """
    source = request.form.choice("source") or ""
    if source not in ctx.probes.sources:
        raise FormError({"source": say_plain("blocker.unknown_choice")})
    return {
        "source": source,
        "table": request.form.text("table") or None,
        "entity_column": request.form.text("entity"),
    }


def confirm(ctx: HandlerContext, request: Request) -> Outcome:
    """Order what the second page showed."""
    packed = unpack(request)
    source, into = packed.text("source") or "", packed.text("into") or ""
    writer = into.removeprefix(TABLE)
    known = {name or DEFAULT: name or None for name in ctx.writers}
    if source not in ctx.probes.sources or (into != CSV and writer not in known):
        raise InputError(say_plain("errors.old_form"))
    asked = Order(
        source,
        packed.text("table"),
        packed.text("entity_column") or "",
        TO_CSV if into == CSV else "",
        None if into == CSV else known[writer],
        REPEATS.get(packed.text("repeat") or ""),
    )
    _order(ctx, request, packed, asked)
    return Done()


def _order(ctx: HandlerContext, request: Request, packed: Packed, asked: Order) -> None:
    with ctx.runtime.uow(request.team_id) as uow:
        uow.ensure_person(request.user_id, request.user_name)
        number = packed.required("deployment")
        batches.order(uow, request.user_id, number, asked, receipt=request.receipt)


def on_cancel(ctx: HandlerContext, request: Request) -> Outcome:
    """Stop a batch."""
    with ctx.runtime.uow(request.team_id) as uow:
        uow.ensure_person(request.user_id, request.user_name)
        batches.cancel(uow, request.user_id, request.number())
    return Done()


ACTIONS: Final[dict[str, Handler]] = {
    Act.DEPLOY_SHADOW: on_shadow,
    Act.DEPLOY_REPLAY: open_replay,
    Act.DEPLOY_SCORE: open_order,
    Act.BATCH_CANCEL: on_cancel,
}
VIEWS: Final[dict[str, Handler]] = {
    View.BATCH_REPLAY: submit_replay,
    View.BATCH_ORDER: submit_order,
    View.BATCH_CONFIRM: confirm,
}
