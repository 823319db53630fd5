"""What is switched off in a workspace that declined optional scopes, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.messages.catalog import say, say_plain
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, link


def off_words(off: Mapping[str, Sequence[str]]) -> str:
    """Return a sentence about the features that are switched off, and what each one lacks."""
    named = [
        say_plain(
            "scopes.declined_one", feature=say_plain(f"scopes.{feature}"), scopes=", ".join(scopes)
        )
        for feature, scopes in off.items()
    ]
    return say_plain("scopes.declined", features="; ".join(named))


def off_rows(off: Mapping[str, Sequence[str]], install_url: str | None) -> list[Block]:
    """Return what administrators see on Home about it, with the way to change it."""
    if not off:
        return []
    way = link(install_url, say_plain("scopes.add")) if install_url else say("scopes.by_hand")
    return [blocks.divider(), blocks.context(Mrkdwn(f"{off_words(off)} {way}"))]
