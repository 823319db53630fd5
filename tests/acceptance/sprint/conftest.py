from __future__ import annotations

import pytest

from tests.stage import open_stage


@pytest.fixture
def stage(tmp_path, request):
    """A bot in a local workspace; parametrize it indirectly with what `open_stage` takes."""
    with open_stage(tmp_path, **getattr(request, "param", {})) as opened:
        yield opened
