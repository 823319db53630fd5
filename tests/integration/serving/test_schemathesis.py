"""The description that callers read is kept, as Schemathesis sees it from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.db.serving_models import Prediction, WatchMinute
from probes.baseline.models import ModelFamily
from tests.databases import migrated_database
from tests.deployed import TOKEN, Served, deploy
from tests.served import customers, kept

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
HOOKS = "tests.integration.serving.schemathesis_hooks"


@pytest.mark.parametrize("target", ["left", "worth"])
def test_no_call_finds_what_the_description_does_not_say(tmp_path, target):
    model = kept(tmp_path, customers(), target, ModelFamily.BOOSTING)
    deployed = deploy(migrated_database("sqlite", tmp_path), model)
    program = Path(sys.executable).with_name("schemathesis")
    with Served.of(deployed) as served:
        command = [program, "--config-file", HERE / "schemathesis.toml", "run"]
        done = subprocess.run(
            [
                *map(str, command),
                f"{served.url}/openapi.json",
                *("--header", f"Authorization: Bearer {TOKEN}"),
                *("--seed", "48", "--max-examples", "60", "--no-color"),
            ],
            env={**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(Path.cwd())},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        told = done.stdout
        assert done.returncode in {0, 1}, done.stderr
        assert "FAILURES" not in told, told[-4_000:]
        assert re.search(r"(\d{3,}) generated, \1 passed", told), told[-4_000:]
        assert served.client.get("/readyz").json()["state"] == "live"
    assert deployed.rows(Prediction)
    assert sum(one.errors_ours for one in deployed.rows(WatchMinute)) == 0
    deployed.engine.dispose()
