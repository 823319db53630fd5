"""Addresses of hosts that the parent found out for a child that may ask no name server."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

_known: dict[str, tuple[str, ...]] = {}
_system_getaddrinfo = socket.getaddrinfo


def know(names: Mapping[str, Sequence[str]]) -> None:
    """Answer for these names without asking anybody, in all of Python, for good.

    Libraries in C ask the system instead; they are handed addresses, see `addresses_of`.

    Args:
        names: hosts with their addresses; none for a host that the parent could not find either.
    """
    _known.update({_plain(name): tuple(addresses) for name, addresses in names.items()})
    socket.getaddrinfo = _getaddrinfo


def addresses_of(host: str) -> tuple[str, ...]:
    """Return a host's addresses as the parent told them; none where it told nothing."""
    return _known.get(_plain(host), ())


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def _getaddrinfo(
    host: bytes | str | None,
    port: bytes | str | int | None,
    family: int = 0,
    type: int = 0,  # noqa: A002  (the signature of the standard library)
    proto: int = 0,
    flags: int = 0,
) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or _plain(name) not in _known:
        return _system_getaddrinfo(host, port, family, type, proto, flags)
    found: list[Any] = []
    for address in _known[_plain(name)]:
        with suppress(socket.gaierror):  # of another family than was asked for
            found += _system_getaddrinfo(
                address, port, family, type, proto, flags | socket.AI_NUMERICHOST
            )
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return found
