"""What adapters say of themselves, read from `texts.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.texts import texts_beside

if TYPE_CHECKING:
    from bot.evidence.contract import Adapter

_TEXTS: Final = texts_beside(__file__)
_table: Final = _TEXTS.table
say: Final = _TEXTS.say


def about(adapter: Adapter) -> str:
    """Return what a system tells, in a line."""
    return adapter.about or _table("about", str).get(adapter.name, "")


def setup(adapter: Adapter) -> str:
    """Return where the webhook is entered in that system."""
    return adapter.setup or _table("setup", str).get(adapter.name, adapter.label)
