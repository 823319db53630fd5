"""`hour48 evidence …` as an administrator types it."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from typer.testing import CliRunner

from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.encryption import new_key
from bot.domain.errors import InputError
from bot.domain.waits import interval_of
from bot.evidence.contract import SystemSettings
from bot.evidence.csv_file import read_csv
from hour48.cli import app
from hour48.shipped import MANIFEST
from playground.server import LocalSlack
from tests import pseudo
from tests.acceptance.test_other_language import english
from tests.runtimes import ANA, TEAM, add_sprint, open_runtime, seat

NO_WORDS = re.compile(r"[\w-]{24,}|--[a-z-]+")
"""Secrets and options."""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with a configuration, and a database in which a sprint runs."""
    runtime = open_runtime(tmp_path / "hour48.db")
    seat(runtime)
    sprint = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        log_blocker(uow, ANA, BlockerForm(sprint, "Nothing moves until DESK-7 is done"))
    runtime.engine.dispose()
    (tmp_path / "hour48.toml").write_text(
        f'[database]\nurl = "sqlite:///{tmp_path / "hour48.db"}"\n'
        f'encryption_keys = ["{new_key()}"]\n[server]\npublic_url = "https://bot.acme.example"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def type_in(*words):
    result = CliRunner().invoke(app, ["evidence", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_connecting_prints_the_address_and_the_secret_once(home):
    told = type_in("connect", "jira", "--project", "SEC").output
    assert re.search(r"Webhook address: https://bot\.acme\.example/evidence/[\w-]{24}\n", told)
    secret = re.search(r"Secret, shown only now: (\S+)", told)[1]
    assert "Jira settings" in told
    assert secret not in type_in("list").output
    assert secret.encode() not in (home / "hour48.db").read_bytes()


def test_connecting_again_changes_what_is_given_and_keeps_the_rest(home, monkeypatch):
    monkeypatch.setenv("JIRA_TOKEN", "a token")
    first = type_in("connect", "jira", "--project", "SEC").output
    more = ("--url", "https://acme.atlassian.net", "--user", "bot", "--token-from", "JIRA_TOKEN")
    second = type_in("connect", "jira", *more).output
    assert re.search(r"Webhook address: (\S+)", first)[1] in second
    assert "The secret is the one from before" in second
    assert "give a ticket's key" in type_in("check", "jira").output.lower()
    with closing(sqlite3.connect(home / "hour48.db")) as database:
        [[kept]] = database.execute("SELECT settings FROM evidence_systems").fetchall()
    settings = json.loads(kept)
    assert (settings["projects"], settings["user"]) == (["SEC"], "bot")
    renewed = type_in("connect", "jira", "--new-secret").output
    assert re.search(r"only now: (\S+)", renewed)[1] not in first


def test_a_csv_of_any_system_is_read_once_however_often(home):
    type_in("connect", "generic", "desk")
    (home / "export.csv").write_text(
        "Issue key;Opened;Status;Closed;Assigned to\n"
        "DESK-7;2026-03-01 09:00;Done;2026-03-05 09:00;Lea\n"
        "DESK-8;2026-03-02;Open;;\n"
    )
    for _ in range(2):
        assert (
            "Tickets read: 2. Blockers that wait for them: 1."
            in type_in("import", "desk", "export.csv").output
        )
    assert re.search(r"desk\s+generic\s+5 ", type_in("list").output)


EXPORTS = {
    "Jira": (
        "Issue key,Issue id,Status,Created,Resolved",
        "SEC-7,10021,Done,02/Mar/26 8:00 AM,06/Mar/26 8:00 PM",
        4.5,
    ),
    "Linear": (
        "ID,Title,Status,Created,Completed",
        "SEC-7,Access,Done,Mon Mar 02 2026 08:00:00 GMT+0000 (GMT),"
        "Fri Mar 06 2026 08:00:00 GMT+0000 (GMT)",
        4,
    ),
    "Azure DevOps": (
        'ID,State,"Created Date","Closed Date"',
        "SEC-7,Closed,3/2/2026 8:00:05 AM,3/16/2026 8:00:05 AM",
        14,
    ),
    "in German": (
        "Number;State;Opened;Closed",
        "SEC-7;Closed;02.03.2026 08:00:00;05.03.2026 08:00:00",
        3,
    ),
    "day first": ("Number,Opened,Closed", "SEC-7,02/03/2026 08:00,16/03/2026 08:00", 14),
}


@pytest.mark.parametrize("vendor", EXPORTS)
def test_the_exports_of_vendors_are_read_as_they_come(vendor, tmp_path):
    head, line, days = EXPORTS[vendor]
    file = tmp_path / "export.csv"
    file.write_text(f"{head}\n{line}\n", encoding="utf-8-sig")
    interval = interval_of(read_csv(file, SystemSettings()))
    assert interval.standing == "done"
    assert interval.days(interval.ended_at) == days


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("connect", "jirra"), "There is no adapter “jirra”; there are"),
        (("connect", "jira", "A b"), "can't be a name"),
        (("connect", "calendar"), "polled: give its address with --url"),
        (("connect", "jira", "--url", "ftp://x"), "is not a web address"),
        (("connect", "jira", "--url", "http://x"), "--allow-internal"),
        (("connect", "jira", "--token-from", "NO_SUCH"), "NO_SUCH is not set"),
        (("disconnect", "none"), "No system is called “none”"),
        (("check", "none"), "No system is called “none”"),
        (("import", "none", "x.csv"), "No system is called “none”"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_and_where(words, says, home):
    with pytest.raises(InputError, match=re.escape(says)):
        type_in(*words)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "needs a column “key”"),
        ("key,created\nK-1,yesterday\n", "line 2: created is not a time"),
        ("key,created\nK-1,02/03/2026\n", "line 2: created is not a time"),
        ("key,created\n,2026-01-01\n", "line 2: key is missing"),
        (
            "key,created,outcome\nK-1,2026-01-01,perhaps\n",
            "line 2: outcome must be done or refused",
        ),
    ],
)
def test_a_csv_that_cannot_be_read_names_its_line(text, says, home):
    type_in("connect", "generic", "desk")
    (home / "x.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        type_in("import", "desk", "x.csv")


def test_a_disconnected_system_is_forgotten(home):
    type_in("connect", "generic", "desk")
    type_in("disconnect", "desk")
    assert "No system is connected" in type_in("list").output


def test_without_a_key_nothing_is_connected(home):
    file = home / "hour48.toml"
    file.write_text(re.sub(r"encryption_keys.*\n", "", file.read_text()))
    with pytest.raises(InputError, match="hour48 keys new"):
        type_in("connect", "jira")


def test_keys_can_be_rotated(home):
    type_in("connect", "jira")
    file = home / "hour48.toml"
    text = file.read_text()
    old = re.search(r'encryption_keys = \["(.*)"\]', text)[1]
    file.write_text(text.replace(f'"{old}"', f'"{new_key()}", "{old}"'))
    result = CliRunner().invoke(app, ["keys", "rotate"])
    assert "0 workspaces and 1 evidence systems" in result.output
    file.write_text(file.read_text().replace(f', "{old}"', ""))
    result = CliRunner().invoke(app, ["keys", "rotate"])
    assert "1 evidence systems" in result.output


def test_the_adapters_are_listed(home):
    told = type_in("adapters").output
    for name in ("jira", "servicenow", "linear", "azure_devops", "github", "gitlab", "calendar"):
        assert name in told


SESSION = (
    ("connect", "jira", "--secret-from", "TOKEN"),
    ("connect", "jira", "--project", "SEC"),
    ("connect", "jira", "--new-secret"),
    ("connect", "generic", "desk"),
    ("import", "desk", "export.csv"),
    ("list",),
    ("check", "desk"),
    ("check", "jira"),
    ("connect", "jira", "--url", "https://127.0.0.1:9", "--allow-internal"),
    ("check", "jira"),
    ("disconnect", "jira"),
    ("disconnect", "desk"),
    ("list",),
)
"""What an administrator types, one command after the other."""
NAMES = "jira linear azure devops generic desk evidence acme bot token"


def test_a_workspace_that_reads_another_language_is_answered_in_it(home, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "a secret of ours")
    monkeypatch.setenv("COLUMNS", "300")
    (home / "export.csv").write_text("key,created\nDESK-7,2026-03-01\n")
    with (home / "hour48.toml").open("a") as file:
        file.write(f'[language]\nworkspaces = {{ {TEAM} = "{pseudo.NAME}" }}\n')
    with pseudo.installed(tmp_path / "languages"):
        for words in SESSION:
            printed = NO_WORDS.sub("", type_in(*words).output)
            leaks = english(iter(printed.splitlines()), frozenset(NAMES.split()))
            assert not leaks, (words, leaks)


@pytest.mark.smoke
def test_the_first_system_is_connected_before_the_first_sprint(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_runtime(tmp_path / "hour48.db").engine.dispose()
    with LocalSlack(manifest=MANIFEST) as slack:
        workspace = slack.add_workspace("Acme")
        (tmp_path / "hour48.toml").write_text(
            f'[slack]\nbot_token = "{workspace.bot_token}"\napp_token = "{workspace.app_token}"\n'
            f'api_url = "{slack.api_url}"\n'
            f'[database]\nurl = "sqlite:///{tmp_path}/hour48.db"\n'
            f'encryption_keys = ["{new_key()}"]\n'
        )
        assert "Webhook address: " in type_in("connect", "jira").output
        assert re.search(r"jira\s+jira\s+0 ", type_in("list").output)
    with pytest.raises(InputError, match="No workspace is known yet"):
        type_in("list")
