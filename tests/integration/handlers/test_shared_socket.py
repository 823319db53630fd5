"""Visitors of a port that several processes share go to the one that has the fewest."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bot.domain.errors import InputError
from handlers import shared_socket as shared_socket_module
from handlers.shared_socket import SharedSocket


@pytest.fixture
def shared_socket() -> Iterator[SharedSocket]:
    shared_socket = SharedSocket("127.0.0.1", 0, processes=2)
    yield shared_socket
    shared_socket.close()


def knock(shared_socket: SharedSocket) -> socket.socket:
    host, port = shared_socket.base_url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)))


def take(way_in: socket.socket) -> socket.socket | None:
    way_in.setblocking(False)
    with suppress(BlockingIOError):
        return way_in.accept()[0]
    return None


def test_each_process_takes_the_next_in_its_turn(shared_socket: SharedSocket) -> None:
    clients = [shared_socket.way_in(0), shared_socket.way_in(1)]
    outside = [knock(shared_socket) for _ in range(10)]
    inside: list[list[socket.socket]] = [[], []]
    for turn in range(20):  # the first one is always quicker
        for place in (0, 0, 1) if turn % 2 else (0, 1):
            taken = take(clients[place])
            if taken:
                inside[place].append(taken)
    assert [len(one) for one in inside] == [5, 5]
    for one in (*outside, *inside[0], *inside[1], *clients):
        one.close()


def test_who_has_left_no_longer_counts(shared_socket: SharedSocket) -> None:
    clients = [shared_socket.way_in(0), shared_socket.way_in(1)]
    outside = [knock(shared_socket) for _ in range(3)]
    first = take(clients[0])
    assert first is not None
    assert take(clients[0]) is None
    first.close()
    first.close()
    assert take(clients[0]) is not None
    for one in (*outside, *clients):
        one.close()


def test_nobody_waits_long_for_a_process_that_is_gone(
    shared_socket: SharedSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_socket_module, "PATIENCE", 0.02)
    here, _gone = shared_socket.way_in(0), shared_socket.way_in(1)
    outside = [knock(shared_socket), knock(shared_socket)]
    assert take(here) is not None
    until = time.monotonic() + 2
    while (second := take(here)) is None and time.monotonic() < until:
        pass
    assert second is not None
    for one in (*outside, here):
        one.close()


def test_a_turn_that_was_left_to_another_process_long_ago_is_no_reason_to_jump_the_next(
    shared_socket: SharedSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_socket_module, "PATIENCE", 0.02)
    here, there = shared_socket.way_in(0), shared_socket.way_in(1)
    outside = [knock(shared_socket), knock(shared_socket)]
    assert take(here) is not None
    assert take(here) is None
    second = take(there)
    assert second is not None
    second.close()
    time.sleep(0.05)
    outside.append(knock(shared_socket))
    assert take(here) is None
    for one in (*outside, here, there):
        one.close()


def test_a_process_that_is_not_there_yet_has_no_turn(shared_socket: SharedSocket) -> None:
    only = shared_socket.way_in(1)
    outside = [knock(shared_socket), knock(shared_socket)]
    assert take(only) is not None
    assert take(only) is not None
    for one in (*outside, only):
        one.close()


def test_a_port_that_somebody_has_is_refused(shared_socket: SharedSocket) -> None:
    port = int(shared_socket.base_url.rpartition(":")[2])
    with pytest.raises(InputError, match=r"cannot be listened on.*Set server\.port"):
        SharedSocket("127.0.0.1", port)
