from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bot.settings import Settings
from hour48 import doctor
from hour48.doctor import examine
from hour48.shipped import MANIFEST
from playground.server import LocalSlack
from tests import oidc_provider
from tests.integration.workspaces.test_installing import wait_for


@pytest.fixture
def slack():
    with LocalSlack(manifest=MANIFEST) as opened:
        yield opened


def settings_for(server, workspace, folder, **other):
    facts = {
        "slack": {
            "bot_token": workspace.bot_token,
            "app_token": workspace.app_token,
            "api_url": server.api_url,
        },
        "database": {"url": f"sqlite:///{folder / 'rows.db'}"},
    }
    return Settings(**(facts | other))


def checks(settings, sources=dict):
    return {check.name: check for check in examine(settings, MANIFEST, sources)}


def test_a_well_configured_bot_is_well(slack, tmp_path):
    workspace = slack.add_workspace("Acme")
    found = checks(settings_for(slack, workspace, tmp_path))
    assert {name for name, check in found.items() if not check.is_well} == set()
    assert found["scopes"].says == "those of manifest.yml, no more and no less"


def broken(key, **other):
    return pytest.param(key, other, id=key)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        broken("bot token", slack={"bot_token": "xoxb-no"}),
        broken("Socket Mode", slack={"app_token": "xapp-no"}),
        broken("settings", slack={"bot_token": None}),
        broken("public address", slack={"mode": "http", "signing_secret": "s"}),
        broken("database", database={"url": "postgresql://nobody@127.0.0.1:1/none"}),
        broken("keys", database={"encryption_keys": ["no key"]}),
    ],
)
def test_each_failure_says_what_to_do(slack, tmp_path, name, change):
    workspace = slack.add_workspace("Acme")
    good = settings_for(slack, workspace, tmp_path)
    changed = {
        section: {**getattr(good, section).model_dump(exclude_unset=True), **values}
        for section, values in change.items()
    }
    check = checks(settings_for(slack, workspace, tmp_path, **changed))[name]
    assert not check.is_well
    assert check.advice.endswith((".", "…", "on).")), check
    assert "xoxb-no" not in f"{check}"


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    """The address of an OpenID provider in a process of its own."""
    file = tmp_path_factory.mktemp("oidc") / "provider"
    process = subprocess.Popen([sys.executable, "-m", "tests.oidc_provider", str(file)])
    wait_for(lambda: file.is_file() and file.read_text())
    yield file.read_text()
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    ("trick", "change", "told"),
    [
        ("", {}, None),
        ("other issuer", {}, "is of the issuer 'https://evil.example'"),
        ("no discovery", {}, "/.well-known/openid-configuration answered 503"),
        ("plain token endpoint", {}, "no token_endpoint with https"),
        ("no keys", {}, "no RSA or EC key"),
        ("no PKCE", {}, "does not support PKCE"),
        ("down", {}, "token endpoint answered 503"),
        ("", {"client_secret": "an old one"}, "does not know this client_id"),
        ("", {"client_id": "another-app"}, "does not know this client_id"),
        ("", {"issuer": "http://127.0.0.1:9"}, "cannot be reached: ConnectError"),
    ],
)
def test_what_is_wrong_with_the_openid_provider_is_said(provider, trick, change, told):
    httpx.post(f"{provider}/control", json={"trick": trick})
    client = {"client_id": oidc_provider.CLIENT, "client_secret": oidc_provider.SECRET}
    settings = Settings(
        server={"public_url": "https://bot.example.com"},
        oidc={"issuer": provider, **client, **change},
    )
    check = doctor._sign_in(settings)
    assert check.is_well == (told is None), check
    assert (told or "its keys can be read") in check.says
    assert check.is_well or "https://bot.example.com/signed-in" in check.advice
    assert oidc_provider.SECRET not in f"{check}"


def test_an_unreadable_source_is_named(slack, tmp_path):
    settings = settings_for(slack, slack.add_workspace("Acme"), tmp_path)
    found = checks(settings, lambda: {"shop": None, "billing": "it is not there"})
    assert found["source shop"].is_well
    assert "[sources.billing]" in found["source billing"].advice


def test_the_command_tells_all_of_it_and_exits_with_one(slack, tmp_path):
    workspace = slack.add_workspace("Acme")
    (tmp_path / "hour48.toml").write_text(
        f'[slack]\nbot_token = "{workspace.bot_token}"\napi_url = "{slack.api_url}"\n'
        '[sources.shop]\nkind = "csv"\npath = "nowhere.csv"\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "hour48", "doctor", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 1, done.stderr
    assert found["bot token"]["is_well"]
    assert not found["settings"]["is_well"]
    assert not found["source shop"]["is_well"]
    assert workspace.bot_token not in done.stdout
