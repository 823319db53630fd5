"""No block is built while a request holds a write transaction, whatever was pressed or typed."""

from __future__ import annotations

import inspect
from itertools import islice

import pytest

from bot.slack import blocks
from bot.unit_of_work import Runtime
from tests.integration.workspaces import two_workspaces

pytestmark = pytest.mark.smoke

ENTRY_POINTS = two_workspaces.entry_points()


class Noted:
    """A unit of work that is counted while it is open."""

    def __init__(self, unit, opened):
        self._unit, self._opened = unit, opened

    def __enter__(self):
        entered = self._unit.__enter__()
        self._opened.append(1)
        return entered

    def __exit__(self, *error):
        self._opened.pop()
        return self._unit.__exit__(*error)


def noting(function, opened, found):
    def build(*args, **more):
        if opened:
            found.append(function.__name__)
        return function(*args, **more)

    return build


@pytest.fixture
def building(monkeypatch):
    """Return the list of blocks that were built in a write transaction."""
    opened, found = [], []
    uow = Runtime.uow
    monkeypatch.setattr(Runtime, "uow", lambda *args: Noted(uow(*args), opened))
    for name, function in inspect.getmembers(blocks, inspect.isfunction):
        if function.__module__ == blocks.__name__:
            monkeypatch.setattr(blocks, name, noting(function, opened, found))
    return found


@pytest.mark.parametrize("name", sorted(ENTRY_POINTS))
def test_no_block_is_built_in_a_write_transaction(fresh, building, name):
    runtime, entry = fresh(), ENTRY_POINTS[name]
    for request in islice(entry.requests(runtime.playbook), 4):
        two_workspaces.act(runtime, entry, request)
    assert not building


def test_a_block_that_is_built_in_one_is_found(fresh, building):
    with fresh().uow(two_workspaces.MINE):
        blocks.section("too early")
    assert "section" in building
