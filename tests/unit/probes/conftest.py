from pathlib import Path

import pytest

from tests.said_again import every_finding_can_be_said_again  # noqa: F401 - runs by itself


@pytest.fixture(scope="session")
def grocer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from probes.samples.grocer import build_grocer

    return build_grocer(tmp_path_factory.mktemp("grocer"))
