from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def grocer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from probes.samples.grocer import build_grocer

    return build_grocer(tmp_path_factory.mktemp("grocer"))
