from __future__ import annotations

import pytest

from handlers.context import HandlerContext


@pytest.fixture
def ctx(runtime):
    """A desk in that house."""
    return HandlerContext(runtime)
