"""Finds the adapters: every module of `bot.evidence.adapters`, and other packages' entry points."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Final

from bot.domain.errors import InputError
from bot.evidence import adapters
from bot.evidence.contract import Adapter
from bot.messages.catalog import say_plain

GROUP: Final = "hour48.evidence"
"""The entry point group; its value names an `Adapter`, as in "acme_evidence.topdesk:ADAPTER"."""


@cache
def all_adapters() -> Mapping[str, Adapter]:
    """Return every adapter by its name; an entry point may take the place of one of ours.

    Raises:
        InputError: an entry point names something that is no adapter.
    """
    found = {}
    for module in iter_modules(adapters.__path__, f"{adapters.__name__}."):
        adapter: Adapter = import_module(module.name).ADAPTER
        found[adapter.name] = adapter
    for point in entry_points(group=GROUP):
        loaded = point.load()
        if not isinstance(loaded, Adapter):
            raise InputError(
                say_plain("connect.entry_point_evidence_adapter", name=point.name, group=GROUP)
            )
        found[loaded.name] = loaded
    return found


def is_installed(name: str) -> bool:
    """Tell whether there is an adapter of a name: another package's can be uninstalled."""
    return name.replace("-", "_") in all_adapters()


def adapter_of(name: str) -> Adapter:
    """Return the adapter of a name.

    Raises:
        InputError: there is none; names those there are.
    """
    found = all_adapters().get(name.replace("-", "_"))
    if found is None:
        known = ", ".join(sorted(all_adapters()))
        raise InputError(say_plain("connect.adapter", name=name, known=known), field="adapter")
    return found
