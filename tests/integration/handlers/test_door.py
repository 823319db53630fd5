"""Visitors of a port that several processes share go to the one that has the fewest."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bot.sprint.errors import InputError
from handlers import door as door_module
from handlers.door import Door


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door("127.0.0.1", 0, processes=2)
    yield door
    door.close()


def knock(door: Door) -> socket.socket:
    host, port = door.base_url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)))


def take(way_in: socket.socket) -> socket.socket | None:
    way_in.setblocking(False)
    with suppress(BlockingIOError):
        return way_in.accept()[0]
    return None


def test_each_process_takes_the_next_in_its_turn(door: Door) -> None:
    ways = [door.way_in(0), door.way_in(1)]
    outside = [knock(door) for _ in range(10)]
    inside: list[list[socket.socket]] = [[], []]
    for turn in range(20):  # the first one is always quicker
        for place in (0, 0, 1) if turn % 2 else (0, 1):
            taken = take(ways[place])
            if taken:
                inside[place].append(taken)
    assert [len(one) for one in inside] == [5, 5]
    for one in (*outside, *inside[0], *inside[1], *ways):
        one.close()


def test_who_has_left_no_longer_counts(door: Door) -> None:
    ways = [door.way_in(0), door.way_in(1)]
    outside = [knock(door) for _ in range(3)]
    first = take(ways[0])
    assert first is not None
    assert take(ways[0]) is None
    first.close()
    first.close()
    assert take(ways[0]) is not None
    for one in (*outside, *ways):
        one.close()


def test_nobody_waits_long_for_a_process_that_is_gone(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "PATIENCE", 0.02)
    here, _gone = door.way_in(0), door.way_in(1)
    outside = [knock(door), knock(door)]
    assert take(here) is not None
    until = time.monotonic() + 2
    while (second := take(here)) is None and time.monotonic() < until:
        pass
    assert second is not None
    for one in (*outside, here):
        one.close()


def test_a_turn_that_was_left_to_another_process_long_ago_is_no_reason_to_jump_the_next(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "PATIENCE", 0.02)
    here, there = door.way_in(0), door.way_in(1)
    outside = [knock(door), knock(door)]
    assert take(here) is not None
    assert take(here) is None
    second = take(there)
    assert second is not None
    second.close()
    time.sleep(0.05)
    outside.append(knock(door))
    assert take(here) is None
    for one in (*outside, here, there):
        one.close()


def test_a_process_that_is_not_there_yet_has_no_turn(door: Door) -> None:
    only = door.way_in(1)
    outside = [knock(door), knock(door)]
    assert take(only) is not None
    assert take(only) is not None
    for one in (*outside, only):
        one.close()


def test_a_port_that_somebody_has_is_refused(door: Door) -> None:
    port = int(door.base_url.rpartition(":")[2])
    with pytest.raises(InputError, match=r"cannot be listened on.*Set server\.port"):
        Door("127.0.0.1", port)
