"""Uses an installed hour48 as an operator does; run by `.ci/wheel` with the installed Python.

It imports nothing of the checkout: what it starts is the installed command, and the local Slack is
the installed one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import hour48.container as hour48
from hour48.shipped import MANIFEST
from playground.server import LocalSlack

COMMAND = str(Path(sys.executable).with_name("hour48"))
READY_SECONDS = 60
STOP_SECONDS = 25


def run(*arguments: str, environment: dict[str, str] | None = None, code: int = 0) -> str:
    """Run the installed command and return what it prints; anything else is a failure."""
    done = subprocess.run(
        [COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | (environment or {}),
    )
    if done.returncode != code or "Traceback" in done.stderr:
        shown = " ".join(arguments)
        message = f"`hour48 {shown}` ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        raise AssertionError(message)
    return done.stdout


def it_is_the_installed_one(checkout: Path) -> str:
    place = Path(hour48.__file__).resolve()
    assert not place.is_relative_to(checkout), f"{place} is the checkout's"
    return str(place)


def it_says_its_version() -> str:
    return run("--version").strip()


def it_prints_its_manifest() -> str:
    manifest = json.loads(run("manifest", "--json"))
    assert "commands" in manifest["oauth_config"]["scopes"]["bot"]
    return f"{len(manifest['oauth_config']['scopes']['bot'])} scopes"


def it_copies_the_operators_files() -> str:
    run("ops", "copy", "operator")
    files = sorted(str(path.relative_to("operator")) for path in Path("operator").rglob("*.*"))
    assert {
        "manifest.yml",
        "hour48.toml.example",
        "ops/alerts.yaml",
        "ops/kubernetes/web.yaml",
    } <= set(files), files
    return ", ".join(files)


def it_says_what_is_not_configured() -> str:
    found = json.loads(run("doctor", "--json", code=1))
    assert any("slack.bot_token" in check["says"] for check in found), found
    return f"{len(found)} checks without configuration"


def it_copies_and_checks_a_playbook() -> str:
    run("playbook", "copy", "playbook")
    return run("playbook", "check", "playbook").strip()


def it_acts_the_demo() -> str:
    figures = json.loads(run("demo", "--json"))
    assert figures["prompts"] == 20, figures
    assert figures["probes"] == 3, figures
    assert Path("build/demo/report.pdf").stat().st_size > 10_000
    return f"{figures['messages']} messages, path {figures['verdict']['path']}"


def it_judges_a_story() -> str:
    from bot.playbook.story_file import STORIES

    story = STORIES / "grocer.yaml"
    verdict = json.loads(run("replay", str(story), "--json"))
    run("report", str(story), "--format", "html", "-o", "report.html")
    return f"path {verdict['path']}"


def it_probes_a_file() -> str:
    Path("people.csv").write_text(
        "id,email,joined\n" + "".join(f"{n},,2026-01-0{n % 9 + 1}\n" for n in range(400)), "utf-8"
    )
    result = json.loads(run("probe", "quality", "people.csv", "--json"))
    assert result["findings"], result
    return f"{len(result['findings'])} findings"


def it_runs_until_it_is_ready() -> str:
    """Start the bot against the local Slack, let the doctor look, use it, stop it."""
    with LocalSlack(manifest=MANIFEST) as slack:
        workspace = slack.add_workspace("Acme")
        person = workspace.add_person("Ana")
        environment = {
            "HOUR48_SLACK__BOT_TOKEN": workspace.bot_token,
            "HOUR48_SLACK__APP_TOKEN": workspace.app_token,
            "HOUR48_SLACK__API_URL": slack.api_url,
            "HOUR48_DATABASE__URL": "sqlite:///ready.db",
            "HOUR48_SERVER__PORT": "0",
        }
        checks = json.loads(run("doctor", "--json", environment=environment))
        assert all(check["is_well"] for check in checks), checks
        started = time.monotonic()
        bot = subprocess.Popen(
            [COMMAND, "run"], env=os.environ | environment, stderr=subprocess.PIPE, text=True
        )
        try:
            page = _page_of(bot)
            _wait_until(lambda: _is_ready(page))
            seconds = time.monotonic() - started
            workspace.hub.wait_for_connection()
            assert person.command("/sprint", "help").ok
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(STOP_SECONDS) == 0
        finally:
            bot.kill()
            bot.wait(10)
    return f"{len(checks)} checks well, ready after {seconds:.1f} s"


def _page_of(bot: subprocess.Popen[str]) -> str:
    told = []
    assert bot.stderr is not None
    for line in bot.stderr:
        told.append(line)
        if "its page is at " in line:
            threading.Thread(target=bot.stderr.read, daemon=True).start()
            return line.split("its page is at ")[1].split(". ")[0]
    raise AssertionError("".join(told))


def _is_ready(page: str) -> bool:
    import httpx

    try:
        return httpx.get(f"{page}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + READY_SECONDS
    while not holds():
        assert time.monotonic() < end, f"not ready after {READY_SECONDS} s"
        time.sleep(0.05)


STEPS: tuple[Callable[[], str], ...] = (
    it_says_its_version,
    it_prints_its_manifest,
    it_copies_the_operators_files,
    it_says_what_is_not_configured,
    it_copies_and_checks_a_playbook,
    it_judges_a_story,
    it_probes_a_file,
    it_runs_until_it_is_ready,
    it_acts_the_demo,
)


def main() -> None:
    """Take every step; the first failure ends it."""
    checkout = Path(sys.argv[1]).resolve()
    print(f"ok   it is the installed one: {it_is_the_installed_one(checkout)}")
    for step in STEPS:
        print(f"ok   {step.__name__.replace('_', ' ')}: {step()}", flush=True)


if __name__ == "__main__":
    main()
