"""`slack run`: the hooks that the Slack CLI calls through a shell in the project's folder."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from hour48.shipped import MANIFEST
from playground.server import LocalSlack

ROOT = Path(__file__).parents[3]
HOOKS = json.loads((ROOT / ".slack" / "hooks.json").read_text("utf-8"))
ASKED_OF = {
    "build",
    "check-update",
    "deploy",
    "doctor",
    "get-hooks",
    "get-manifest",
    "get-trigger",
    "install-update",
    "start",
}
"""All hooks that the Slack CLI knows."""


def call(hook, **environment):
    return subprocess.Popen(
        ["sh", "-c", HOOKS["hooks"][hook]],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if "SLACK" not in key} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_every_hook_is_known_and_can_be_run():
    assert set(HOOKS["hooks"]) <= ASKED_OF
    for command in HOOKS["hooks"].values():
        assert os.access(ROOT / command, os.X_OK)


def test_hour48_keeps_its_own_connection_to_slack():
    assert HOOKS["config"]["sdk-managed-connection-enabled"] is True


def test_what_is_watched_exists():
    for watched in HOOKS["config"]["watch"].values():
        assert all((ROOT / path).exists() for path in watched["paths"])
        re.compile(watched.get("filter-regex", ""))


def test_the_manifest_is_printed_as_json():
    said, _errors = call("get-manifest").communicate(timeout=30)
    assert json.loads(said) == yaml.safe_load(MANIFEST.read_text("utf-8"))


def test_a_start_without_tokens_says_where_they_come_from():
    hook = call("start")
    _said, errors = hook.communicate(timeout=30)
    assert hook.returncode != 0
    assert "comes from slack run" in errors


@pytest.mark.smoke
@pytest.mark.slow
def test_a_start_runs_the_bot_with_the_tokens_of_the_slack_cli(tmp_path):
    with LocalSlack(manifest=MANIFEST) as slack:
        workspace = slack.add_workspace("Acme")
        person = workspace.add_person("Ana")
        hook = call(
            "start",
            SLACK_CLI_XOXB=workspace.bot_token,
            SLACK_CLI_XAPP=workspace.app_token,
            HOUR48_SLACK__API_URL=slack.api_url,
            HOUR48_DATABASE__URL=f"sqlite:///{tmp_path / 'run.db'}",
            HOUR48_SERVER__PORT="0",
        )
        try:
            workspace.hub.wait_for_connection()
            assert person.command("/sprint", "help").ok
            os.killpg(hook.pid, signal.SIGINT)  # Ctrl-C reaches the whole group
            hook.communicate(timeout=25)
            assert not workspace.hub.connections
        finally:
            with suppress(ProcessLookupError):
                os.killpg(hook.pid, signal.SIGKILL)
