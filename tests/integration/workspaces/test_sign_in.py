"""Reports for who is signed in, by a real OpenID provider in a process of its own, and attacks."""

from __future__ import annotations

import secrets
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.domain.errors import InputError
from bot.settings import Settings
from handlers.readiness import require_tokens
from hour48.container import Bot
from hour48.shipped import MANIFEST
from playground.server import LocalSlack
from playground.workspace import Workspace
from tests.databases import migrated_database
from tests.integration.workspaces.conftest import SECRET
from tests.integration.workspaces.test_installing import wait_for
from tests.runtimes import add_sprint, seat

pytestmark = pytest.mark.slow
CLIENT, CLIENT_SECRET = "hour48-pages", "a client's secret"
"""As `tests.oidc_provider` knows the app."""


@dataclass
class Pages:
    bot: Bot
    slack: LocalSlack
    workspace: Workspace
    issuer: str

    @property
    def url(self) -> str:
        return self.bot.answering.page_url

    def provider(self, **told):
        return httpx.post(f"{self.issuer}/control", json=told).json()

    def sign_in(self, browser, to="/reports", **query):
        """Go to the provider and back as a browser does; return the last answer of ours."""
        begun = browser.get(f"{self.url}/sign-in", params={"to": to})
        assert begun.status_code == 302, begun.text
        back = urlsplit(httpx.get(begun.headers["location"]).headers["location"])
        asked = {name: value[0] for name, value in parse_qs(back.query).items()} | query
        return browser.get(f"{self.url}{back.path}", params=asked)

    def closed(self, title, **more):
        channel = f"C{secrets.token_hex(4)}"
        runtime = self.bot.core.runtime
        return add_sprint(runtime, status="closed", title=title, channel_id=channel, **more)

    def link(self, number):
        with self.bot.core.runtime.uow(self.workspace.team_id) as uow:
            from bot.debrief.links import make_link

            words, _ = make_link(uow, self.bot.core.runtime.links, "U1", uow.sprint(number))
        return "/reports/" + str(words).split("/reports/")[1].split("|")[0].split(">")[0].split()[0]


def opened(folder, database, **oidc):
    with ExitStack() as stack:
        file = folder / "provider"
        process = subprocess.Popen([sys.executable, "-m", "tests.oidc_provider", str(file)])
        stack.callback(process.wait)
        stack.callback(process.kill)
        wait_for(lambda: file.is_file() and file.read_text())
        slack = stack.enter_context(LocalSlack(manifest=MANIFEST))
        workspace = slack.add_workspace("Acme", transport="http")
        workspace.team_id = "T1"  # that of the rows which the helpers write
        workspace.signing_secret = SECRET
        issuer = file.read_text()
        told = {"issuer": issuer, "client_id": CLIENT, "client_secret": CLIENT_SECRET, **oidc}
        settings = Settings(
            slack={
                "mode": "http",
                "bot_token": workspace.bot_token,
                "signing_secret": SECRET,
                "api_url": slack.api_url,
                "pace": False,
            },
            database={"url": database},
            server={"port": _free_port(), "public_url": "http://127.0.0.1"},
            oidc=told,
        )
        port = settings.server.port
        settings = settings.model_copy(
            update={
                "server": settings.server.model_copy(
                    update={"public_url": f"http://127.0.0.1:{port}"}
                )
            }
        )
        bot = Bot(settings)
        bot.start()
        stack.callback(bot.stop)
        seat(bot.core.runtime)
        yield Pages(bot, slack, workspace, issuer)


def _free_port():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    yield from opened(folder, migrated_database("sqlite", folder), user_claim="slack_user")


@pytest.fixture
def ana(pages):
    person = pages.workspace.add_person("Ana Ruiz")
    pages.provider(claims={"slack_user": person.id}, trick="")
    return person


def test_a_link_alone_opens_nothing_and_after_signing_in_its_report(pages, ana):
    link = pages.link(pages.closed("Churn in the north"))
    with httpx.Client() as browser:
        asked = browser.get(f"{pages.url}{link}")
        assert (asked.status_code, asked.headers["location"]) == (302, f"/sign-in?to={link}")
        back = pages.sign_in(browser, link)
        assert (back.status_code, back.headers["location"]) == (303, f"{pages.url}{link}")
        report = browser.get(back.headers["location"])
    assert report.status_code == 200
    assert "Churn in the north" in report.text


def test_a_link_of_nothing_asks_to_sign_in_just_as_a_real_one(pages):
    made_up = httpx.get(f"{pages.url}/reports/gAAAAAmadeup")
    assert made_up.status_code == 302
    assert httpx.get(f"{pages.url}/sprints/999/report").status_code == 302


def test_the_session_is_a_cookie_that_no_script_reads_and_that_says_nothing(pages, ana):
    with httpx.Client() as browser:
        answer = pages.sign_in(browser)
        told = answer.headers.get_list("set-cookie")
    session = next(each for each in told if each.startswith("hour48_session="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert ana.id not in session
    assert answer.headers["cache-control"] == "private, no-store"


TRICKS = [
    "wrong nonce", "no nonce", "wrong aud", "no aud", "shared aud", "foreign azp", "wrong iss",
    "no iss", "expired", "no exp", "of the future", "no iat", "no sub", "alg none", "alg None",
    "alg HS256 with the public key", "wrong key", "unknown kid", "changed", "no signature",
]  # fmt: skip  # a table, one row a line


@pytest.mark.parametrize("trick", TRICKS)
def test_an_id_token_that_does_not_hold_signs_nobody_in(pages, ana, trick):
    pages.provider(trick=trick)
    with httpx.Client() as browser:
        answer = pages.sign_in(browser)
        assert (answer.status_code, "not signed in" in answer.text) == (400, True)
        assert "hour48_session" not in browser.cookies
        assert browser.get(f"{pages.url}/reports").status_code == 302
    pages.provider(trick="")
    with httpx.Client() as browser:
        assert pages.sign_in(browser).status_code == 303


def test_a_code_serves_once_and_only_the_browser_that_asked_for_it(pages, ana):
    with httpx.Client() as browser, httpx.Client() as thief:
        begun = browser.get(f"{pages.url}/sign-in")
        back = httpx.get(begun.headers["location"]).headers["location"]
        stolen = thief.get(back)  # a login forced on somebody else, or a code that was overheard
        assert stolen.status_code == 400
        cookies = dict(browser.cookies)
        assert browser.get(back).status_code == 303
        browser.cookies.update(cookies)
        again = browser.get(back)
        assert (again.status_code, "not signed in" in again.text) == (400, True)


@pytest.mark.parametrize("query", [{"state": "another"}, {"iss": "https://evil.example"}])
def test_an_answer_of_another_attempt_or_provider_is_refused(pages, ana, query):
    with httpx.Client() as browser:
        assert pages.sign_in(browser, **query).status_code == 400


def test_pkce_and_a_fresh_nonce_and_state_are_asked_for_each_time(pages, ana):
    with httpx.Client() as browser:
        pages.sign_in(browser)
        pages.sign_in(browser)
    first, second = pages.provider()["asked"][-2:]
    for asked in (first, second):
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["code_challenge"]) == 43
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/reports/../../evil",
        "/reports/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/slack/install",
        "",
        "/reports/@evil.example",
        "/sprints/1/report?x=//evil.example",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(pages, ana, to):
    with httpx.Client() as browser:
        answer = pages.sign_in(browser, to)
    assert answer.headers["location"] == f"{pages.url}/reports"


def test_signing_out_ends_the_session_also_for_whoever_copied_its_cookie(pages, ana):
    with httpx.Client() as browser:
        pages.sign_in(browser)
        stolen = dict(browser.cookies)
        for origin in (None, "https://evil.example"):
            headers = {"origin": origin} if origin else {}
            assert browser.post(f"{pages.url}/sign-out", headers=headers).status_code == 403
        assert browser.get(f"{pages.url}/reports").status_code == 200
        out = browser.post(f"{pages.url}/sign-out", headers={"origin": pages.url})
        assert out.status_code == 200
    thief = httpx.Client(cookies=stolen)
    assert thief.get(f"{pages.url}/reports").status_code == 302


def test_one_cookie_of_ours_is_not_taken_for_another(pages, ana):
    with httpx.Client() as browser:
        browser.get(f"{pages.url}/sign-in")
        attempt = browser.cookies["hour48_sign_in"]
    with httpx.Client(cookies={"hour48_session": attempt}) as browser:
        assert browser.get(f"{pages.url}/reports").status_code == 302


def reads(pages, number, person):
    """Return what somebody gets of a sprint's report: by its link, by its number, in the list."""
    pages.provider(claims={"slack_user": person.id}, trick="")
    link = pages.link(number)
    with httpx.Client() as browser:
        pages.sign_in(browser)
        ways = (link, f"/sprints/{number}/report")
        statuses = [browser.get(f"{pages.url}{way}").status_code for way in ways]
        is_listed = f"/sprints/{number}/report" in browser.get(f"{pages.url}/reports").text
    return [*statuses, is_listed]


def test_each_page_is_for_who_may_read_the_sprint_in_slack(pages):
    member, outsider, boss, guest, gone = (
        pages.workspace.add_person(name, **more)
        for name, more in (
            ("Mia", {}),
            ("Otto", {}),
            ("Boss", {"is_admin": True}),
            ("Gus", {"is_guest": True}),
            ("Gone", {"deleted": True}),
        )
    )
    private = pages.closed("Secret churn", is_private=True, lead_id=member.id)
    public = pages.closed("Open churn")
    assert reads(pages, private, member) == [200, 200, True]
    assert reads(pages, private, boss) == [200, 200, True]
    for stranger in (outsider, guest, gone):
        assert reads(pages, private, stranger) == [404, 404, False], stranger
    assert reads(pages, public, outsider) == [200, 200, True]
    for stranger in (guest, gone):
        assert reads(pages, public, stranger) == [404, 404, False], stranger


def test_a_revoked_link_opens_nothing_for_who_is_signed_in(pages, ana):
    from bot.db.access_models import ReportLink

    link = pages.link(pages.closed("Churn"))
    with pages.bot.core.runtime.sessions.begin() as session:
        session.query(ReportLink).update({"revoked_at": datetime.now(UTC)})
    with httpx.Client() as browser:
        pages.sign_in(browser)
        assert browser.get(f"{pages.url}{link}").status_code == 404


@pytest.mark.parametrize("wrong", [None, "", "not an id at all", ["U1"], "U0NOBODY"])
def test_who_is_nobody_in_slack_reads_nothing(pages, wrong):
    pages.provider(claims={"slack_user": wrong}, trick="")
    number = pages.closed("Churn")
    with httpx.Client() as browser:
        pages.sign_in(browser)
        assert browser.get(f"{pages.url}/sprints/{number}/report").status_code in (302, 404)


def test_a_title_cannot_be_markup_in_the_list(pages, ana):
    pages.closed("<script>alert(1)</script>")
    with httpx.Client() as browser:
        pages.sign_in(browser)
        listed = browser.get(f"{pages.url}/reports")
    assert "<script" not in listed.text
    assert "default-src 'none'" in listed.headers["content-security-policy"]


def test_a_provider_that_is_down_is_a_sentence(pages, ana):
    pages.provider(trick="down")
    with httpx.Client() as browser:
        answer = pages.sign_in(browser)
    assert (answer.status_code, "did not answer" in answer.text) == (502, True)


def test_people_are_found_by_their_confirmed_address_where_no_claim_names_them(tmp_path):
    for pages in opened(tmp_path, migrated_database("sqlite", tmp_path)):
        pages.workspace.manifest = type(pages.workspace.manifest)()
        person = pages.workspace.add_person("Ana Ruiz", email="ana@acme.example")
        number = pages.closed("Secret churn", is_private=True, lead_id=person.id)
        for claims, status in (
            ({"email": "Ana@acme.example", "email_verified": True}, 200),
            ({"email": "ben@acme.example", "email_verified": True}, 404),
            ({"email": "ana@acme.example", "email_verified": False}, 302),
            ({"email": "ana@acme.example", "email_verified": "true"}, 302),
            ({"email": "ana@acme.example"}, 302),
        ):
            pages.provider(claims=claims, trick="")
            with httpx.Client() as browser:
                pages.sign_in(browser)
                answer = browser.get(f"{pages.url}/sprints/{number}/report")
            assert answer.status_code == status, claims


def test_a_workspace_that_the_provider_names_is_the_only_one(tmp_path):
    more = {"user_claim": "slack_user", "team_claim": "slack_team"}
    for pages in opened(tmp_path, migrated_database("sqlite", tmp_path), **more):
        person = pages.workspace.add_person("Ana")
        number = pages.closed("Churn")
        for team, status in (("T1", 200), ("T2", 404), (None, 302)):
            pages.provider(claims={"slack_user": person.id, "slack_team": team}, trick="")
            with httpx.Client() as browser:
                pages.sign_in(browser)
                answer = browser.get(f"{pages.url}/sprints/{number}/report")
            assert answer.status_code == status, team


def test_what_signing_in_needs_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    slack = {"bot_token": "xoxb-1", "app_token": "xapp-1"}
    with pytest.raises(InputError, match=r"server\.public_url"):
        require_tokens(Settings(slack=slack, oidc={"client_id": "x", "client_secret": "y"}))
    with pytest.raises(InputError, match=r"oidc\.client_secret"):
        require_tokens(
            Settings(slack=slack, oidc={"client_id": "x"}, server={"public_url": "https://a.b"})
        )
    with pytest.raises(ValueError, match="https://"):
        Settings(oidc={"issuer": "http://login.example.com", "client_id": "x"})
