"""What people see of a batch: one card, from the order to what came of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.db.models import Sprint
from bot.db.serving_models import ServingBatch
from bot.deployments.service import OPERATOR
from bot.domain.batches import TO_CSV, TO_SHADOW
from bot.domain.enums import UNFINISHED_BATCHES, BatchState
from bot.messages import keys
from bot.messages.batch_card import BatchView, batch_card
from bot.messages.catalog import say, say_plain
from bot.messages.keys import Key
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment, plain_words
from bot.unit_of_work import UnitOfWork


def into_word(into: str) -> str:
    """Return where a batch goes in one word: table, csv or shadow."""
    return "csv" if into.startswith(TO_CSV) else "shadow" if into == TO_SHADOW else "table"


def can_try_again(batch: ServingBatch) -> bool:
    """Return whether a batch failed whose source is configured, not a path of the operator."""
    return batch.state == BatchState.FAILED and batch.requested_by != OPERATOR


def batch_key(sprint: Sprint, batch: ServingBatch) -> Key:
    """Return the outbox key of a batch's card."""
    return keys.deployment_batch(sprint.id, batch.deployment_id, batch.id)


def show(uow: UnitOfWork, sprint: Sprint, batch: ServingBatch) -> None:
    """Post a batch's card, or bring it up to date."""
    uow.upsert(
        batch_key(sprint, batch),
        Template.DEPLOYMENT_BATCH,
        {"batch": batch.id},
        sprint_id=sprint.id,
    )


def render(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Put a batch's card into words."""
    batch = uow.session.get_one(ServingBatch, int(args["batch"]))
    is_replay = batch.into == TO_SHADOW
    return batch_card(
        BatchView(
            batch_id=batch.id,
            title=say_plain(
                "batch.title_replay" if is_replay else "batch.title", source=place_words(batch)
            ),
            lines=[_state_line(batch), *_result_lines(batch)],
            about=_about(uow, batch),
            can_cancel=batch.state in UNFINISHED_BATCHES,
            can_try_again=can_try_again(batch),
        )
    )


_EMOJI: Final = re.compile(r"^:[a-z_]+: ", re.MULTILINE)


def plain_text(batch: ServingBatch) -> str:
    """Return what a batch's card says, in plain text, for a terminal."""
    lines = [_state_line(batch), *_result_lines(batch)]
    return _EMOJI.sub("", plain_words(Mrkdwn("\n".join(lines))))


def place_words(batch: ServingBatch) -> str:
    """Return what is scored, as a person named it."""
    return f"{batch.source}.{batch.table_name}" if batch.table_name else batch.source


def _state_line(batch: ServingBatch) -> Mrkdwn:
    state = BatchState(batch.state)
    if state is BatchState.WAITING:
        later = batch.due_at > datetime.now(UTC) + timedelta(minutes=1)
        return say("batch.due" if later else "batch.waiting", at=moment(batch.due_at))
    if state is BatchState.RUNNING:
        progress = batch.progress or {}
        return say(
            f"batch.running_{progress.get('stage', 'reading')}",
            done=f"{int(progress.get('done', 0)):,}",
            rows=f"{int(progress.get('rows', 0)):,}",
        )
    if state is BatchState.CANCELLED:
        return say("batch.cancelled")
    if state is BatchState.FAILED:
        return say("batch.failed", error=batch.error or "")
    word = into_word(batch.into)
    return say(
        f"batch.done_{word}",
        rows=f"{batch.rows or 0:,}",
        entities=f"{batch.entities or 0:,}",
        control=f"{batch.in_control or 0:,}",
        into=batch.into,
    )


def _result_lines(batch: ServingBatch) -> list[Mrkdwn]:
    if batch.state != BatchState.DONE:
        return []
    lines = []
    if batch.refused:
        lines.append(say("batch.refused", count=f"{batch.refused:,}"))
    if batch.failed:
        lines.append(say("batch.rows_failed", count=f"{batch.failed:,}"))
    if batch.unreadable:
        count = sum(batch.unreadable.values())
        lines.append(say("batch.unreadable", count=count, columns=", ".join(batch.unreadable)))
    if batch.alarms:
        odd = "; ".join(f"{one['column']}: {one['says']}" for one in batch.alarms)
        lines.append(say("batch.alarms", odd=odd))
    elif batch.into != TO_SHADOW:
        lines.append(say("batch.as_in_training"))
    return lines


def _about(uow: UnitOfWork, batch: ServingBatch) -> list[Mrkdwn]:
    by = batch.requested_by
    who = uow.name(by) if by and by != OPERATOR else say_plain("batch.operator")
    shown = [say("batch.about", number=batch.deployment_id, who=who)]
    if batch.every_hours is not None and batch.state != BatchState.CANCELLED:
        shown.append(say("batch.again", hours=batch.every_hours))
    return shown
