from pathlib import Path

import pytest

from probes.samples.grocer import build_grocer


@pytest.fixture(scope="session")
def grocer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build_grocer(tmp_path_factory.mktemp("grocer"))
