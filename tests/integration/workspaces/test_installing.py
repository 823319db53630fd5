from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import func, select

from bot.db.columns import Base
from bot.db.encryption import Encryption, SealedError, new_key
from bot.db.installations import Installations, Tokens
from bot.db.models import Installation, Sprint, Timer
from bot.db.outbox_models import OutboxItem
from bot.domain.errors import InputError
from playground.methods.basics import new_oauth_code
from tests.runtimes import TEAM, add_sprint, open_runtime, seat

pytestmark = pytest.mark.smoke

NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
TOKENS = Tokens(
    TEAM, "xoxb-canary-token", "UBOT", "Acme", "xoxe-canary-refresh", NOW + timedelta(hours=12)
)


def wait_for(holds, seconds=10.0):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


@pytest.fixture
def runtime(tmp_path):
    opened = open_runtime(tmp_path / "rows.db")
    yield opened
    opened.engine.dispose()


# --- installing -----------------------------------------------------------------------------


def test_a_workspace_that_installs_is_answered_with_its_own_token(tenancy):
    for workspace in tenancy.workspaces:
        assert tenancy.install(workspace).status_code == 200
    for workspace in tenancy.workspaces:
        ana = workspace.people()[0]
        answer = ana.command("/sprint", "list")
        assert answer.ok, answer
        assert tenancy.bot.core.clients.tokens(workspace.team_id).bot_token == workspace.bot_token


def test_a_workspace_that_did_not_install_is_not_served(tenancy):
    first, second = tenancy.workspaces
    tenancy.install(first)
    second.request_url = first.request_url
    ana = second.people()[0]
    ana.command("/sprint", "plan")
    assert ana.modal is None
    with tenancy.bot.core.runtime.sessions() as session:
        teams = set(session.scalars(select(OutboxItem.team_id)))
    assert second.team_id not in teams


@pytest.mark.parametrize(
    "trick", ["no cookie", "another browser", "twice", "made up", "none", "old", "changed"]
)
def test_only_an_installation_that_began_in_this_browser_ends_in_it(tenancy, trick, monkeypatch):
    workspace = tenancy.workspaces[0]
    code = new_oauth_code(workspace, "U1")
    with httpx.Client() as browser, httpx.Client() as other:
        state = tenancy.begin(browser)
        if trick == "no cookie":
            browser.cookies.clear()
        if trick == "another browser":
            tenancy.begin(other)
            browser = other  # noqa: PLW2901  (the trick is the other browser)
        if trick == "twice":
            cookies = dict(browser.cookies)
            assert tenancy.end(browser, state=state).status_code == 400
            browser.cookies.update(cookies)
        if trick == "old":
            later = time.time() + 601
            monkeypatch.setattr("cryptography.fernet.time.time", lambda: later)
        state = {"made up": "x" * 100, "none": "", "changed": state[:-2]}.get(trick, state)
        answer = tenancy.end(browser, state=state, code=code)
    assert answer.status_code == 400
    assert "did not begin here" in answer.text
    assert tenancy.bot.core.installations.find(workspace.team_id) is None
    assert code in workspace.oauth_codes


def test_a_refused_code_installs_nothing_and_says_so(tenancy):
    with httpx.Client() as browser:
        answer = tenancy.end(browser, state=tenancy.begin(browser), code="no-such-code")
    assert (answer.status_code, "did not take" in answer.text) == (400, True)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_installation_asks_for_the_scopes_of_the_manifest_and_nothing_else(tenancy):
    assert "chat:write" in tenancy.bot.core.oauth.scopes
    with httpx.Client() as browser:
        location = browser.get(f"{tenancy.url}/slack/install").headers["location"]
        cookie = next(iter(browser.cookies.jar))
    assert location.startswith("https://slack.com/oauth/v2/authorize?")
    assert "client%20secret" not in location
    assert "client+secret" not in location
    assert cookie.has_nonstandard_attr("HttpOnly")


# --- leaving --------------------------------------------------------------------------------


def test_uninstalling_deletes_the_tokens_at_once(tenancy):
    workspace = tenancy.workspaces[0]
    tenancy.install(workspace)
    token = workspace.bot_token
    httpx.post(f"{tenancy.slack.api_url}auth.revoke", headers={"Authorization": f"Bearer {token}"})
    wait_for(lambda: tenancy.bot.core.installations.find(workspace.team_id) is None)
    with tenancy.bot.core.runtime.sessions() as session:
        row = session.scalars(select(Installation)).one()
    assert (row.bot_token, row.refresh_token) == (None, None)
    assert row.uninstalled_at is not None


def rows_of(bot, team_id):
    """Return how many rows each table holds of a workspace."""
    with bot.core.runtime.sessions() as session:
        return {
            table.name: session.scalar(
                select(func.count()).select_from(table).where(table.c.team_id == team_id)
            )
            for table in Base.metadata.sorted_tables
            if "team_id" in table.c
        }


def test_a_workspace_that_has_left_is_erased_after_the_retention_time_and_no_other(tenancy):
    gone, stays = tenancy.workspaces
    for workspace in (gone, stays):
        tenancy.install(workspace)
        workspace.people()[0].command("/sprint", "plan")
    bot = tenancy.bot
    before = rows_of(bot, stays.team_id)
    headers = {"Authorization": f"Bearer {gone.bot_token}"}
    httpx.post(f"{tenancy.slack.api_url}auth.revoke", headers=headers)
    wait_for(lambda: bot.core.installations.find(gone.team_id) is None)
    retention = timedelta(days=bot.core.settings.retention_days)
    left_at = datetime.now(UTC)

    bot.worker.maintenance.run(left_at + retention - timedelta(hours=1))
    assert rows_of(bot, gone.team_id)["people"] == 1

    def is_erased():
        """Slack tells of a leaving by two events; the second may come after the first erasure."""
        bot.worker.maintenance.run(left_at + retention + timedelta(hours=1))
        return not any(rows_of(bot, gone.team_id).values())

    wait_for(is_erased)
    kept = rows_of(bot, stays.team_id)
    assert {name: kept[name] for name in ("installations", "people", "receipts")} == {
        name: before[name] for name in ("installations", "people", "receipts")
    }
    assert stays.people()[0].command("/sprint", "list").ok


def test_leaving_stops_everything_and_the_rows_go_after_the_retention_time(runtime):
    kept = Installations(runtime.sessions, Encryption([new_key()]))
    kept.save(TOKENS, NOW)
    seat(runtime)
    sprint_id = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        uow.upsert("greeting", None, {"text": "hello"}, queue="channel:C1", sprint_id=sprint_id)
        uow.set_timer(sprint_id, "prompt:1", "prompt", NOW + timedelta(hours=1), hour=1)
        uow.audit(sprint_id, "U1", "started", "sprint", sprint_id)
    with runtime.uow("T2") as uow:
        uow.upsert("greeting", None, {"text": "hello"}, queue="channel:C1")

    kept.leave(TEAM, NOW)
    with runtime.sessions() as session:
        states = session.execute(select(OutboxItem.team_id, OutboxItem.state)).all()
        assert {tuple(row) for row in states} >= {(TEAM, "dropped"), ("T2", "waiting")}
        assert (TEAM, "waiting") not in {tuple(row) for row in states}
        assert set(session.scalars(select(Timer.state))) == {"dropped"}
        assert session.get(Sprint, sprint_id).status == "cancelled"

    assert kept.left_before(NOW - timedelta(seconds=1)) == []
    assert kept.left_before(NOW) == [TEAM]
    kept.erase(TEAM)
    with runtime.sessions() as session:
        for table in Base.metadata.sorted_tables:
            if "team_id" in table.c:
                left = session.execute(select(table).where(table.c.team_id == TEAM)).all()
                assert left == [], table.name
        assert session.scalars(select(OutboxItem.team_id)).all() == ["T2"]


def test_what_is_wished_after_leaving_is_dropped_and_a_workspace_that_returns_is_heard(runtime):
    kept = Installations(runtime.sessions, Encryption([new_key()]))
    kept.save(TOKENS, NOW)
    kept.leave(TEAM, NOW)
    with runtime.uow(TEAM) as uow:
        uow.upsert("late", None, {"text": "a probe under way"}, queue="channel:C1")
    kept.hush()
    kept.save(TOKENS, NOW + timedelta(days=1))
    with runtime.uow(TEAM) as uow:
        uow.upsert("new", None, {"text": "hello again"}, queue="channel:C1")
    kept.hush()
    with runtime.sessions() as session:
        states = dict(session.execute(select(OutboxItem.key, OutboxItem.state)).all())
    assert states == {"late": "dropped", "new": "waiting"}
    assert kept.left_before(NOW + timedelta(days=99)) == []


def test_a_late_word_about_an_earlier_installation_does_not_end_this_one(runtime):
    kept = Installations(runtime.sessions, Encryption([new_key()]))
    kept.save(TOKENS, NOW)
    assert kept.leave(TEAM, NOW, NOW - timedelta(minutes=5)) is False
    assert kept.find(TEAM).bot_token == TOKENS.bot_token


# --- tokens at rest -------------------------------------------------------------------------


def test_no_token_is_in_the_database_in_the_clear(runtime, tmp_path):
    kept = Installations(runtime.sessions, Encryption([new_key()]))
    kept.save(TOKENS, NOW)
    for file in tmp_path.iterdir():
        assert b"canary" not in file.read_bytes(), file.name
    assert kept.find(TEAM) == TOKENS
    assert "canary" not in repr(TOKENS)


def test_a_newer_key_takes_over_and_the_older_one_can_go(runtime):
    older, newer = new_key(), new_key()
    Installations(runtime.sessions, Encryption([older])).save(TOKENS, NOW)
    both = Installations(runtime.sessions, Encryption([newer, older]))
    assert both.find(TEAM) == TOKENS
    with pytest.raises(SealedError, match="hour48 keys rotate"):
        Installations(runtime.sessions, Encryption([newer])).find(TEAM)
    assert both.reseal() == 1
    assert Installations(runtime.sessions, Encryption([newer])).find(TEAM) == TOKENS
    with pytest.raises(SealedError):
        Installations(runtime.sessions, Encryption([older])).find(TEAM)


@pytest.mark.parametrize("keys", [[], ["no key"], [""]])
def test_tokens_are_never_kept_without_a_key(keys):
    with pytest.raises(InputError, match="hour48 keys new"):
        Encryption(keys)


def test_tokens_that_expire_are_renewed_in_time_and_only_once_a_round(tenancy):
    workspace = tenancy.workspaces[0]
    workspace.token_seconds = 43_200
    tenancy.install(workspace)
    first = tenancy.bot.core.installations.find(workspace.team_id)
    tenancy.bot.worker.maintenance.run(datetime.now(UTC))
    assert tenancy.bot.core.installations.find(workspace.team_id) == first
    soon = datetime.now(UTC) + timedelta(hours=11)
    tenancy.bot.worker.maintenance.run(soon)
    second = tenancy.bot.core.installations.find(workspace.team_id)
    assert second.bot_token == workspace.bot_token != first.bot_token
    assert second.refresh_token != first.refresh_token
    assert second.installed_by == first.installed_by
    workspace.token_seconds = 60
    tenancy.bot.worker.maintenance.run(soon + timedelta(hours=11))
    tenancy.bot.worker.maintenance.run(soon + timedelta(hours=11))
    calls = [call for call in workspace.journal if call.method == "oauth.v2.access"]
    assert len(calls) == 3


def test_a_bot_for_several_workspaces_says_which_setting_is_missing(tmp_path, monkeypatch):
    from bot.settings import Settings
    from handlers.readiness import require_tokens

    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"slack\.mode"):
        require_tokens(Settings(slack={"client_id": "1.2"}))
    with pytest.raises(InputError, match=r"slack\.signing_secret is missing"):
        require_tokens(Settings(slack={"client_id": "1.2", "mode": "http"}))
    with pytest.raises(InputError, match=r"encryption_keys is missing.*keys new"):
        require_tokens(
            Settings(
                slack={
                    "client_id": "1.2",
                    "mode": "http",
                    "signing_secret": "s",
                    "client_secret": "c",
                },
                server={"public_url": "https://hour48.example.com"},
            )
        )
