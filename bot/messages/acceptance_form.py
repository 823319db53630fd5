"""The form with which a person accepts a duty of the governance check."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages.catalog import say, say_plain
from bot.slack import blocks
from bot.slack.action_ids import ViewId
from bot.slack.blocks import Block


def acceptance_form(private: str, duties: Sequence[tuple[str, str]]) -> Block:
    """Return the form.

    Args:
        private: names the sprint.
        duties: value and words of each duty.
    """
    return blocks.modal(
        ViewId.ACCEPTANCE,
        say_plain("acceptance.title"),
        [
            blocks.section(say("acceptance.about")),
            blocks.form_field(
                "duty", say_plain("acceptance.duty"), blocks.static_select("duty", duties)
            ),
            blocks.form_field(
                "says",
                say_plain("acceptance.says"),
                blocks.text_input("says", multiline=True),
                hint=say_plain("acceptance.says_hint"),
            ),
            blocks.form_field(
                "proof",
                say_plain("acceptance.proof"),
                blocks.text_input("proof"),
                hint=say_plain("acceptance.proof_hint"),
            ),
        ],
        submit=say_plain("acceptance.submit"),
        private_metadata=private,
    )
