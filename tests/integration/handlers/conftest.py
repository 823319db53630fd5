from __future__ import annotations

import pytest

from handlers.desk import Desk
from tests.houses import add_sprint, open_house, seat


@pytest.fixture
def house(tmp_path):
    """A house on a fresh SQLite file with six people, its clock standing at hour 0."""
    opened = open_house(tmp_path / "hour48.db")
    seat(opened)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def running_sprint(house):
    """The number of a sprint that runs since hour 0."""
    return add_sprint(house)


@pytest.fixture
def desk(house):
    """A desk in that house."""
    return Desk(house)
