"""Who may ask the browser client's routes, and what they refuse."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from playground.client_routes import BrowserClient
from playground.server import LocalSlack

pytestmark = pytest.mark.smoke

STRANGER = "http://evil.example"


class ClientAccess:
    """A workspace without an app, and requests to it."""

    def __init__(self, slack: LocalSlack) -> None:
        self.workspace = slack.add_workspace("Acme")
        self.ana = self.workspace.add_person("Ana")
        self.client = BrowserClient(self.workspace)
        slack.add_routes(self.client.routes())
        self.base = slack.base_url
        self.http = httpx.Client(base_url=f"{self.base}/client/", timeout=5)

    def let_in(self) -> ClientAccess:
        assert self.http.get("", params={"key": self.client.key}).status_code == 200
        return self

    def act(self, name: str, origin: str | None = None, /, **body: Any) -> httpx.Response:
        headers = {"Origin": origin or self.base}
        return self.http.post(f"api/{name}", json={"as": self.ana.id, **body}, headers=headers)


@pytest.fixture
def access():
    with LocalSlack() as slack:
        found = ClientAccess(slack)
        yield found
        found.http.close()


@pytest.mark.parametrize("path", ["", "app.js", "api/state", "api/events", "files/F1"])
def test_nothing_is_shown_without_the_key(access: ClientAccess, path: str) -> None:
    assert access.http.get(path).status_code == 403
    assert access.http.get(path, params={"key": "guess"}).status_code == 403


def test_the_key_opens_the_page_and_is_kept_out_of_reach_of_scripts(access: ClientAccess) -> None:
    page = access.http.get("", params={"key": access.client.key})
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    state = access.http.get("api/state").json()
    assert state["me"] == access.ana.id
    assert state["team"]["name"] == "Acme"


@pytest.mark.parametrize("origin", [STRANGER, "null", "http://127.0.0.1:1"])
def test_an_act_from_another_page_is_refused(access: ClientAccess, origin: str) -> None:
    place = access.workspace.general.id
    refused = access.let_in().act("post", origin, channel=place, text="hello")
    assert refused.status_code == 403
    assert access.workspace.general.messages == []
    assert access.act("post", channel=place, text="hello").json()["ok"] is True


def test_a_name_that_is_rebound_to_this_machine_is_refused(access: ClientAccess) -> None:
    answer = access.let_in().http.get("api/state", headers={"Host": "evil.example"})
    assert answer.status_code == 403


def test_a_person_sees_and_does_only_what_they_may(access: ClientAccess) -> None:
    ben = access.workspace.add_person("Ben")
    secret = access.workspace.add_channel("secret", is_private=True, members=[ben.id])
    posted = ben.post(secret, "between us")
    access.let_in()
    state = access.http.get("api/state", params={"as": access.ana.id, "channel": secret.id}).json()
    assert "between us" not in str(state)
    for name, body in {
        "post": {"text": "hi"},
        "react": {"ts": posted.ts, "name": "eyes"},
        "pin": {"ts": posted.ts},
        "join": {},
        "invite": {"user": access.ana.id},
    }.items():
        refused = access.act(name, channel=secret.id, **body)
        assert (refused.status_code, refused.json()) == (
            409,
            {"error": "You cannot see that conversation."},
        )
    assert access.ana.id not in secret.members


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("post", {}, 409),
        ("post", {"channel": 7, "text": []}, 409),
        ("use", {"where": "here"}, 409),
        ("use", {"where": {"view": "V404"}}, 409),
        ("use", {"where": {"home": True}}, 409),
        ("submit", {"view": ["V1"]}, 409),
        ("close", {"view": {}}, 409),
        ("open_dm", {"user": "U404"}, 409),
        ("clock", {"speed": 60}, 409),
        ("post", {"as": "U404"}, 409),
        ("nonsense", {}, 404),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    access: ClientAccess, name: str, body: dict[str, Any], status: int
) -> None:
    answer = access.let_in().act(name, **body)
    assert answer.status_code == status
    assert answer.json()["error"].endswith((".", "?"))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(access: ClientAccess, content: bytes) -> None:
    headers = {"Origin": access.base}
    answer = access.let_in().http.post("api/post", content=content, headers=headers)
    assert answer.status_code == 409


def test_files_are_shown_as_files_never_as_pages(access: ClientAccess) -> None:
    headers = {"Origin": access.base}
    access.let_in()
    sent = access.http.post(
        "api/upload",
        params={"as": access.ana.id, "name": "../evil.html"},
        content=b"<script>1</script>",
        headers=headers,
    ).json()
    assert sent["name"] == "evil.html"
    got = access.http.get(f"files/{sent['id']}")
    assert got.content == b"<script>1</script>"
    assert got.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in got.headers["content-security-policy"]
    assert access.http.get("files/F404").status_code == 404
    assert access.http.get("..%2fclient_routes.py").status_code == 404


def test_two_clients_of_one_server_do_not_share_a_key(access: ClientAccess) -> None:
    other = BrowserClient(access.workspace)
    assert other.key != access.client.key
    assert access.http.get("", params={"key": other.key}).status_code == 403


class Lever:
    """A traffic switch that remembers where it stands."""

    def __init__(self) -> None:
        self.state, self.arms, self.is_served = "off", {"model": 3}, True

    def set(self, state: str) -> None:
        if state not in ("off", "on"):
            raise ValueError(f"no such traffic: {state}")
        self.state = state


def test_the_traffic_switch_is_there_only_where_somebody_calls_a_model(
    access: ClientAccess,
) -> None:
    assert access.let_in().http.get("api/state").json()["traffic"] is None
    refused = access.act("traffic", state="on")
    assert refused.status_code == 409
    assert "Nobody calls a model" in refused.json()["error"]


def test_the_traffic_switch_is_switched_and_refuses_what_it_does_not_know() -> None:
    with LocalSlack() as slack:
        access = ClientAccess(slack)
        lever = Lever()
        client = BrowserClient(access.workspace, traffic=lever, prefix="/busy")
        slack.add_routes(client.routes())
        with httpx.Client(base_url=f"{slack.base_url}/busy/", timeout=5) as http:
            http.get("", params={"key": client.key})
            origin = {"Origin": slack.base_url}
            body = {"as": access.ana.id, "state": "on"}
            assert http.post("api/traffic", json=body, headers=origin).json()["ok"]
            assert http.get("api/state").json()["traffic"] == {"state": "on", "arms": {"model": 3}}
            wrong = http.post("api/traffic", json={**body, "state": "loud"}, headers=origin)
            assert wrong.status_code == 409
            lever.is_served = False
            assert http.get("api/state").json()["traffic"] is None
        access.http.close()
