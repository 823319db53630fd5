"""Without each optional scope the bot works; what goes quiet is told to those who can change it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml

from bot.slack.scopes import FEATURES, OPTIONAL, REQUIRED
from hour48.doctor import examine
from hour48.shipped import MANIFEST
from playground.methods.basics import new_oauth_code
from tests.databases import migrated_database
from tests.integration.workspaces.conftest import opened_tenancy
from tests.integration.workspaces.test_installing import wait_for
from tests.stage import open_stage, words_of

pytestmark = pytest.mark.slow
REFUSED_CALLS = {
    "files": {"files.getUploadURLExternal", "files.completeUploadExternal"},
    "pin": {"pins.add"},
    "bookmark": {"bookmarks.add", "bookmarks.list"},
    "canvas": {"conversations.canvases.create"},
    "private": {"conversations.create"},
    "public": {"chat.postMessage"},
    "reactions": set(),
    "mentions": set(),
    "prompts": {"assistant.threads.setSuggestedPrompts"},
}


def test_the_manifest_asks_for_what_the_table_names_and_no_more():
    scopes = yaml.safe_load(MANIFEST.read_text("utf-8"))["oauth_config"]["scopes"]
    assert set(scopes["bot_optional"]) == OPTIONAL
    assert set(scopes["bot"]) == OPTIONAL | REQUIRED
    assert not OPTIONAL & REQUIRED


@pytest.mark.parametrize("feature", FEATURES)
def test_a_sprint_goes_its_whole_way_without_an_optional_scope(tmp_path, feature):
    with open_stage(tmp_path) as stage:
        stage.workspace.declined |= FEATURES[feature]
        stage.people["Ana"].user.is_admin = True
        channel = stage.start()
        stage.command("Ben", "/blocker", "Waiting for the key, 2 weeks", channel=channel)
        stage["Ana"].open_messages()
        stage.go(49)
        stage.command("Ana", "/sprint", "report", channel=channel)
        stage.settle()
        refused = {call.method for call in stage.workspace.journal if not call.accepted}
        assert refused <= REFUSED_CALLS[feature]
        assert any("debrief" in words_of(post.blocks).casefold() for post in stage.posts(channel))
        told = [words_of(one.blocks) for one in stage["Ana"].dms()]
        is_told = sum("has not given me the permission" in words for words in told)
        assert is_told == (1 if feature in ("files", "pin", "bookmark") else 0)
        stage["Ana"].open_home()
        stage.settle()
        home = words_of(stage["Ana"].home.blocks)
        assert "Switched off in this workspace" in home
        assert all(scope in home for scope in FEATURES[feature])
        stage["Eve"].open_home()
        stage.settle()
        assert "Switched off" not in words_of(stage["Eve"].home.blocks)
        check = next(
            check for check in examine(stage.settings, MANIFEST, dict) if check.name == "scopes"
        )
        assert check.is_well
        assert all(scope in check.says for scope in FEATURES[feature])


def test_a_scope_that_is_granted_later_brings_what_was_refused(tmp_path):
    with open_stage(tmp_path) as stage:
        stage.workspace.declined |= FEATURES["pin"] | FEATURES["files"]
        channel = stage.start()
        assert not channel.pins
        stage.workspace.declined.clear()
        stage.restart()
        stage.command("Ana", "/sprint", "status", channel=channel)
        stage.settle()
        assert channel.pins


def test_a_workspace_installs_without_some_scopes_and_grants_them_later(tmp_path):
    with opened_tenancy(tmp_path, migrated_database("sqlite", tmp_path)) as tenancy:
        workspace = tenancy.workspaces[0]
        workspace.declined |= {"pins:write", "files:write"}
        answer = tenancy.install(workspace)
        assert "the pinned card (pins:write)" in answer.text
        ana = workspace.people()[0]
        ana.user.is_admin = True
        ana.open_home(wait=5)
        wait_for(lambda: ana.home and "Switched off" in words_of(ana.home.blocks))
        address = words_of(ana.home.blocks).split("<http://127.0.0.1", 1)[1].split("|")[0]
        with httpx.Client(base_url=tenancy.url) as browser:
            location = browser.get(address).headers["location"]
            asked = {name: value[0] for name, value in parse_qs(urlsplit(location).query).items()}
            assert set(asked["scope"].split(",")) == {"pins:write", "files:write"}
            assert asked["team"] == workspace.team_id
            forged = address.replace(workspace.team_id, tenancy.workspaces[1].team_id)
            elsewhere = httpx.get(f"{tenancy.url}{forged}")
            whole = parse_qs(urlsplit(elsewhere.headers["location"]).query)
            assert "team" not in whole
            assert set(whole["scope"][0].split(",")) == OPTIONAL | REQUIRED
            workspace.declined.clear()
            ended = tenancy.end(
                browser, state=asked["state"], code=new_oauth_code(workspace, ana.id)
            )
        assert "Switched off" not in ended.text
        ana.open_home(wait=5)
        wait_for(lambda: "Switched off" not in words_of(ana.home.blocks))
        checks = {check.name: check for check in examine(tenancy.bot.core.settings, MANIFEST, dict)}
        assert checks[f"scopes in Acme ({workspace.team_id})"].is_well
