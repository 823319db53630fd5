"""The form with which a person accepts a duty of the governance check."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages.catalog import say
from bot.messages.labelled import modal, select_field, text_field
from bot.slack import blocks
from bot.slack.action_ids import ViewId
from bot.slack.blocks import Block


def acceptance_form(private: str, duties: Sequence[tuple[str, str]]) -> Block:
    """Return the form.

    Args:
        private: names the sprint.
        duties: value and words of each duty.
    """
    return modal(
        ViewId.ACCEPTANCE,
        "acceptance.title",
        [
            blocks.section(say("acceptance.about")),
            select_field("duty", "acceptance.duty", duties),
            text_field("says", "acceptance.says", multiline=True, hint="acceptance.says_hint"),
            text_field("proof", "acceptance.proof", hint="acceptance.proof_hint"),
        ],
        submit="acceptance.submit",
        private=private,
    )
