"""Finds the adapters: every module of `bot.evidence.adapters`, and other packages' entry points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Final

import structlog

from bot.domain.errors import InputError
from bot.evidence import adapters
from bot.evidence.contract import Adapter
from bot.messages.catalog import say_plain

log = structlog.get_logger()

GROUP: Final = "hour48.evidence"
"""The entry point group; its value names an `Adapter`, as in "acme_evidence.topdesk:ADAPTER"."""


def all_adapters() -> Mapping[str, Adapter]:
    """Return every adapter by its name; an entry point may take the place of one of ours."""
    return _loaded()[0]


def problems() -> Sequence[str]:
    """Return a sentence for each entry point that gives no adapter; the others work without it."""
    return _loaded()[1]


@cache
def _loaded() -> tuple[Mapping[str, Adapter], Sequence[str]]:
    found, broken = {}, []
    for module in iter_modules(adapters.__path__, f"{adapters.__name__}."):
        adapter: Adapter = import_module(module.name).ADAPTER
        found[adapter.name] = adapter
    for point in entry_points(group=GROUP):
        try:
            loaded = point.load()
        except Exception as error:  # another company's code: whatever it raises
            log.exception("evidence.adapter_broken", entry_point=point.name)
            loaded, why = None, f"{type(error).__name__}: {error}"
        else:
            why = say_plain("connect.no_adapter_there")
        if isinstance(loaded, Adapter):
            found[loaded.name] = loaded
        else:
            broken.append(
                say_plain("connect.adapter_broken", name=point.name, group=GROUP, why=why)
            )
    return found, broken


def is_installed(name: str) -> bool:
    """Return whether there is an adapter of a name: another package's can be uninstalled."""
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
