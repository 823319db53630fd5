"""Ordering a table to be scored or a log to be replayed, from a deployment's cards."""

from __future__ import annotations

from typing import Any, Final

from bot.db.deployment_models import Deployment
from bot.deployments import batch_cards, batches, queries, service
from bot.deployments.batches import BatchRequest
from bot.domain.batches import TO_CSV, TO_SHADOW
from bot.domain.enums import DeploymentState
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.forms import FieldRule
from bot.messages.batch_card import (
    CSV,
    REPEATS,
    TABLE,
    BatchConfirmation,
    BatchForm,
    batch_form,
    confirm_form,
)
from bot.messages.catalog import say, say_plain
from bot.slack.action_ids import Act, ViewId
from bot.sprints.drafts import drop_draft, form_key
from bot.unit_of_work import UnitOfWork
from handlers.authorization import asks, of_deployment
from handlers.context import Handler, HandlerContext
from handlers.presses import acts
from handlers.request import Done, Open, Outcome, Replace, Request
from handlers.typed_text import Packed, pack, unpack

ENTITY: Final = "entity"
COLUMN: Final = FieldRule(ENTITY, "batch.no_entity", bool)
DEFAULT: Final = "default"
"""How a person knows the database of `serving.write_url`, which has no name."""


def open_replay(ctx: HandlerContext, request: Request) -> Outcome:
    """Open the form that replays a log in the shadow run."""
    return _open(ctx, request, is_replay=True)


def open_batch_form(ctx: HandlerContext, request: Request) -> Outcome:
    """Open the form that orders a table to be scored."""
    return _open(ctx, request, is_replay=False)


def _open(ctx: HandlerContext, request: Request, *, is_replay: bool) -> Outcome:
    row, sprint = queries.find(ctx.reading, request.number())
    batches.require_answering(row, sprint, TO_SHADOW if is_replay else "")
    entity = row.entity_column or (ENTITY if is_replay else "")
    if not ctx.probes.sources:
        raise InputError(say("batch.no_sources"))
    writers = [name or DEFAULT for name in ctx.writers]
    offer = BatchForm(ctx.probes.sources, writers, entity, is_replay)
    return Open(batch_form(offer, pack(deployment=request.number())))


def submit_replay(ctx: HandlerContext, request: Request) -> Outcome:
    """Order the replay that the form names."""
    asked = BatchRequest(**_place(ctx, request), into=TO_SHADOW)
    _batch_request(ctx, request, unpack(request), asked)
    return Done()


def submit_batch(ctx: HandlerContext, request: Request) -> Outcome:
    """Show what is about to happen; nothing is ordered yet."""
    place = _place(ctx, request)
    repeat = request.form.one_of("repeat", REPEATS)
    tables = [f"{TABLE}{name or DEFAULT}" for name in ctx.writers]
    into = request.form.one_of("into", [CSV, *tables])
    writer = into.removeprefix(TABLE)
    number = unpack(request).required("deployment")
    row, sprint = queries.find(ctx.reading, number)
    batches.require_answering(row, sprint, "")
    source = ".".join(filter(None, (place["source"], place["table"])))
    shown = BatchConfirmation(
        CSV if into == CSV else "table",
        _facts(ctx.reading, row, source, place["entity_column"], writer),
        say_plain(f"batch.repeat_{repeat}") if REPEATS[repeat] else "",
    )
    private = pack(deployment=number, into=into, repeat=repeat, **place)
    return Replace(confirm_form(shown, private))


def _facts(
    uow: UnitOfWork, row: Deployment, source: str, entity: str, writer: str
) -> dict[str, object]:
    """Return what a confirmation says of a deployment, a table and the scores' place."""
    model = queries.model_of(uow, row)
    share = "live" if row.state == DeploymentState.LIVE else "shadow"
    return {
        "source": source,
        "sha": model.sha256[:12] if model else "–",
        "share": say(f"batch.confirm_share_{share}", percent=f"{row.percent:g}", entity=entity),
        "writer": writer,
    }


def _place(ctx: HandlerContext, request: Request) -> dict[str, Any]:
    """Return the source, table and entity column of a form.

    Raises:
        FormError: the source is none of the configured ones, or no column is named.
    """
    return {
        "source": request.form.one_of("source", ctx.probes.sources),
        "table": request.form.text("table") or None,
        "entity_column": COLUMN.checked(request.form.text(ENTITY)),
    }


def confirm(ctx: HandlerContext, request: Request) -> Outcome:
    """Order what the second page showed, and keep no draft of the first one."""
    packed = unpack(request)
    source, into = packed.text("source") or "", packed.text("into") or ""
    writer = into.removeprefix(TABLE)
    known = {name or DEFAULT: name or None for name in ctx.writers}
    if source not in ctx.probes.sources or (into != CSV and writer not in known):
        raise InputError(say_plain("errors.old_form"))
    asked = BatchRequest(
        source,
        packed.text("table"),
        packed.text("entity_column") or "",
        TO_CSV if into == CSV else "",
        None if into == CSV else known[writer],
        REPEATS.get(packed.text("repeat") or ""),
    )
    _batch_request(ctx, request, packed, asked)
    first = pack(deployment=packed.required("deployment"))
    drop_draft(ctx.uow, request.user_id, form_key(ViewId.BATCH_ORDER, first))
    return Done()


def _batch_request(
    ctx: HandlerContext, request: Request, packed: Packed, asked: BatchRequest
) -> None:
    batches.request_batch(ctx.uow, request.user_id, packed.required("deployment"), asked)


def open_again(ctx: HandlerContext, request: Request) -> Outcome:
    """Show what a failed batch would do if it were tried again; nothing is ordered yet."""
    batch, row = batches.require_failed(ctx.reading, request.user_id, request.number())
    into, writer = batch_cards.into_word(batch.into), batch.credential or DEFAULT
    source = batch_cards.place_words(batch)
    shown = BatchConfirmation(into, _facts(ctx.reading, row, source, batch.entity_column, writer))
    return Open(confirm_form(shown, pack(batch=batch.id), is_again=True))


def submit_again(ctx: HandlerContext, request: Request) -> Outcome:
    """Try a failed batch again."""
    batches.try_again(ctx.uow, request.user_id, unpack(request).required("batch"))
    return Done()


ACTIONS: Final[dict[str, Handler]] = {
    Act.DEPLOY_SHADOW: acts(service.start_shadow),
    Act.DEPLOY_REPLAY: asks(Action.DEPLOY, of_deployment, open_replay),
    Act.DEPLOY_SCORE: asks(Action.DEPLOY, of_deployment, open_batch_form),
    Act.BATCH_CANCEL: acts(batches.cancel),
    Act.BATCH_AGAIN: open_again,
}
VIEWS: Final[dict[str, Handler]] = {
    ViewId.BATCH_REPLAY: submit_replay,
    ViewId.BATCH_ORDER: asks(Action.DEPLOY, of_deployment, submit_batch),
    ViewId.BATCH_CONFIRM: confirm,
    ViewId.BATCH_AGAIN: submit_again,
}
