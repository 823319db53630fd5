"""A batch's card and the forms that order one: a table to score, a log to replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.messages.catalog import say, say_plain
from bot.messages.labelled import modal, select_field, text_field
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn

ONCE: Final = "once"
REPEATS: Final = {ONCE: None, "day": 24, "week": 168}
"""How often a table is scored, and after how many hours again."""
CSV: Final = "csv"
TABLE: Final = "table:"
"""How a choice begins that writes a table; the credential's name follows."""


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch as it stands.

    Args:
        batch_id: what its button carries.
        title: what is scored.
        lines: how far it is, and what came of it.
        about: the small print.
        can_cancel: whether it can still be stopped.
        can_try_again: whether it failed and can be ordered once more.
    """

    batch_id: int
    title: str
    lines: Sequence[Mrkdwn]
    about: Sequence[Mrkdwn]
    can_cancel: bool = False
    can_try_again: bool = False


def batch_card(view: BatchView) -> Block:
    """Return a batch's card."""
    rows = [blocks.section(say("batch.card", title=view.title, line=view.lines[0]))]
    if view.lines[1:]:
        rows.append(blocks.section(Mrkdwn("\n".join(view.lines[1:]))))
    if view.can_cancel:
        label = say_plain("batch.button_cancel")
        rows.append(blocks.actions([blocks.button(label, Act.BATCH_CANCEL, str(view.batch_id))]))
    if view.can_try_again:
        label = say_plain("batch.button_again")
        rows.append(blocks.actions([blocks.button(label, Act.BATCH_AGAIN, str(view.batch_id))]))
    rows.append(blocks.context(*view.about))
    return blocks.message(say("batch.card_text", title=view.title, line=view.lines[0]), rows)


@dataclass(frozen=True, slots=True)
class BatchForm:
    """What the form offers.

    Args:
        sources: the configured sources.
        writers: names of the databases that a table can be written to.
        entity: the column that says whom a row is about, as far as it is known.
        is_replay: whether a log is replayed, so that nothing is written.
    """

    sources: Sequence[str]
    writers: Sequence[str] = ()
    entity: str = ""
    is_replay: bool = False


def batch_form(offer: BatchForm, private: str) -> Block:
    """Return the form that orders a table to be scored, or a log to be replayed.

    Args:
        offer: what can be chosen.
        private: what comes back with the submission.
    """
    rows = [blocks.section(say("batch.replay_intro"))] if offer.is_replay else []
    rows += [
        _select("source", "batch.form_source", [(name, name) for name in offer.sources]),
        text_field(
            "table", "batch.form_table", max_length=200, hint="batch.form_table_hint", optional=True
        ),
        text_field(
            "entity",
            "batch.form_entity",
            initial=offer.entity,
            max_length=200,
            hint="batch.form_entity_hint",
        ),
    ]
    if offer.is_replay:
        return modal(ViewId.BATCH_REPLAY, "batch.form_replay_title", rows, private=private)
    places = [
        (f"{TABLE}{name}", say_plain("batch.into_table", name=name)) for name in offer.writers
    ]
    rows += [
        _select("into", "batch.form_into", [*places, (CSV, say_plain("batch.into_csv"))]),
        _select("repeat", "batch.form_repeat", _repeats(), initial=ONCE),
    ]
    return modal(
        ViewId.BATCH_ORDER, "batch.form_title", rows, private=private, submit="batch.form_next"
    )


def _repeats() -> list[tuple[str, str]]:
    return [(key, say_plain(f"batch.repeat_{key}")) for key in REPEATS]


def _select(
    name: str, label: str, pairs: Sequence[tuple[str, str]], initial: str | None = None
) -> Block:
    chosen = initial or (pairs[0][0] if len(pairs) == 1 else None)
    return select_field(name, label, pairs, initial=chosen)


@dataclass(frozen=True, slots=True)
class BatchConfirmation:
    """What somebody is shown before a table is scored.

    Args:
        key: of the sentence, by where the scores go.
        facts: what it says.
        repeats: how often, in words; empty for once.
    """

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    repeats: str = ""


def confirm_form(shown: BatchConfirmation, private: str, *, is_again: bool = False) -> Block:
    """Return what is about to happen, and who reads it.

    Args:
        shown: what it says.
        private: what comes back with the submission.
        is_again: whether it is about a batch that failed, else it is the form's second page.
    """
    name = "again" if is_again else "confirm"
    rows = [blocks.section(say("batch.confirm", **shown.facts))]
    rows.append(blocks.section(say(f"batch.confirm_{shown.key}", **shown.facts)))
    if shown.repeats:
        rows.append(blocks.context(say("batch.confirm_repeats", repeats=shown.repeats)))
    return modal(
        ViewId.BATCH_AGAIN if is_again else ViewId.BATCH_CONFIRM,
        f"batch.{name}_title",
        rows,
        private=private,
        submit=f"batch.{name}_yes",
    )
