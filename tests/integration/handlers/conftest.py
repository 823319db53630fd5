from __future__ import annotations

import pytest

from handlers.context import HandlerContext


@pytest.fixture
def ctx(runtime):
    """A handler context on that runtime."""
    return HandlerContext(runtime)
