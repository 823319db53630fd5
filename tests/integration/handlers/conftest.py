from __future__ import annotations

import pytest

from handlers.desk import Desk


@pytest.fixture
def desk(house):
    """A desk in that house."""
    return Desk(house)
