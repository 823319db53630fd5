from __future__ import annotations

import pytest

from tests.stages import open_theatre


@pytest.fixture
def theatre(tmp_path, request):
    """A bot in a local workspace; parametrize it indirectly with what `open_theatre` takes."""
    with open_theatre(tmp_path, **getattr(request, "param", {})) as opened:
        yield opened
