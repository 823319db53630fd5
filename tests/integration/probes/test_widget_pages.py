"""A page's policy decides as Chromium decides: the same cases, judged by both."""

import pytest

from probes.integration.csp import framing_refused, policies, refusing
from tests.integration.probes.faulty import codes, http_server, probe

PAGE, WIDGET = "http://127.0.0.1:{page}/", "http://127.0.0.1:{widget}/lib/widget.js"
SCRIPTS = [
    ("", True),
    ("default-src 'self'", False),
    ("script-src 'self' http://127.0.0.1:{widget}", True),
    ("script-src http://127.0.0.1:*", True),
    ("default-src 'none'; script-src *", True),
    ("script-src-elem 'none'; script-src *", False),
    ("script-src http://127.0.0.1:{widget}/lib/", True),
    ("script-src http://127.0.0.1:{widget}/lib", False),
    # unseen: written before the code ran on them
    ("script-src 'nonce-abc' 'strict-dynamic' http://127.0.0.1:{widget}", False),
    ("img-src 'none'", True),
    ("script-src http:", True),
    ("script-src https:", False),
    ("script-src 127.0.0.1:{widget}", True),
    ("script-src http://127.0.0.1:{page}", False),
    ("script-src *, script-src 'self'", False),
    ("SCRIPT-SRC *; script-src 'none'", True),
    ("script-src http://127.0.0.1:{widget}/lib/widget.js", True),
    ("default-src *; script-src", False),
    ("script-src 'none' http://127.0.0.1:{widget}", True),
    ("script-src http://*.0.0.1:{widget}", True),
]
FRAMES = [
    ({}, True),
    ({"X-Frame-Options": "DENY"}, False),
    ({"X-Frame-Options": "SAMEORIGIN"}, False),
    ({"Content-Security-Policy": "frame-ancestors http://127.0.0.1:{page}"}, True),
    ({"Content-Security-Policy": "frame-ancestors 'self'"}, False),
    # unseen
    ({"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors *"}, True),
    ({"Content-Security-Policy": "default-src 'none'"}, True),
    ({"Content-Security-Policy": "frame-ancestors 'none', frame-ancestors *"}, False),
    ({"X-Frame-Options": "ALLOW-FROM http://127.0.0.1:{page}"}, True),
]


def ours(header):
    places = {"page": 7001, "widget": 7002}
    page, widget = PAGE.format(**places), WIDGET.format(**places)
    return not refusing(policies(header.format(**places)), "script-src", widget, page)


def ours_frame(headers):
    places = {"page": 7001, "widget": 7002}
    lower = {key.lower(): value.format(**places) for key, value in headers.items()}
    return not framing_refused(lower, WIDGET.format(**places), PAGE.format(**places))


@pytest.mark.parametrize(("header", "lets"), SCRIPTS)
def test_a_script_is_let_in_by_the_policy_or_not(header, lets):
    assert ours(header) is lets


@pytest.mark.parametrize(("headers", "lets"), FRAMES)
def test_a_frame_is_shown_or_not(headers, lets):
    assert ours_frame(headers) is lets


@pytest.mark.slow
@pytest.mark.browser
def test_chromium_decides_as_we_do():
    from playwright.sync_api import sync_playwright

    at = {}

    def page(_method, path, _headers, _body):
        kind, _, number = path.strip("/").partition("/")
        if kind == "script":
            header = SCRIPTS[int(number)][0].format(**at)
            body = f"<script src='http://127.0.0.1:{at['widget']}/lib/widget.js'></script>"
            return (
                200,
                {"Content-Type": "text/html"}
                | ({"Content-Security-Policy": header} if header else {}),
                body.encode(),
            )
        body = f"<iframe src='http://127.0.0.1:{at['widget']}/frame/{number}'></iframe>"
        return 200, {"Content-Type": "text/html"}, body.encode()

    def widget(_method, path, _headers, _body):
        if path.startswith("/lib/"):
            return 200, {"Content-Type": "text/javascript"}, b"document.title = 'ran'"
        headers = {
            key: value.format(**at) for key, value in FRAMES[int(path.rsplit("/")[-1])][0].items()
        }
        return 200, {"Content-Type": "text/html"} | headers, b"<p id=shown>shown</p>"

    with http_server(page) as outer, http_server(widget) as inner, sync_playwright() as play:
        at |= {"page": outer.rsplit(":")[-1], "widget": inner.rsplit(":")[-1]}
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page()
        for number, (header, lets) in enumerate(SCRIPTS):
            tab.goto(f"{outer}/script/{number}", wait_until="load")
            assert (tab.title() == "ran") is lets, header
        for number, (headers, lets) in enumerate(FRAMES):
            tab.goto(f"{outer}/frame/{number}", wait_until="load")
            assert (tab.frames[1].query_selector("#shown") is not None) is lets, headers
        browser.close()


@pytest.mark.parametrize(
    ("policy", "widget_headers", "embed", "expected", "scenario"),
    [
        ("", {"Content-Type": "text/javascript"}, "script", "widget_allowed", "easy"),
        ("script-src 'self'", {}, "script", "widget_refused", "process"),
        ("connect-src 'self'", {}, "script", "widget_calls_refused", "process"),
        ("", {"X-Frame-Options": "DENY"}, "frame", "framing_refused", "impossible"),
        (
            "",
            {"X-Content-Type-Options": "nosniff", "Content-Type": "text/plain"},
            "script",
            "widget_no_script",
            "impossible",
        ),
        (
            "",
            {"Cross-Origin-Resource-Policy": "same-origin"},
            "script",
            "widget_resource_refused",
            "impossible",
        ),
    ],
)
def test_the_probe_says_what_keeps_the_widget_out(
    tmp_path, policy, widget_headers, embed, expected, scenario
):
    def page(*_):
        meta = f'<html><meta http-equiv="Content-Security-Policy" content="{policy}">'
        return 200, {"Content-Type": "text/html"}, meta.encode()

    with http_server(page) as outer, http_server(lambda *_: (200, widget_headers, b"1")) as inner:
        result = probe(
            tmp_path,
            url=outer,
            kind="page",
            widget=f"{inner}/w.js",
            embed=embed,
            latency_budget_ms=3000,
        )
    assert expected in codes(result), [(f.code, f.sentence) for f in result.findings]
    assert result.scenario == scenario


def test_a_page_that_is_gone_ends_with_one_finding(tmp_path):
    with http_server(lambda *_: (404, {}, b"")) as base:
        result = probe(tmp_path, url=base, kind="page", widget="/w.js")
    assert "page_not_served" in codes(result)
    assert result.scenario == "impossible"


def test_a_page_that_is_no_page_is_told(tmp_path):
    with http_server(lambda *_: (200, {"Content-Type": "application/json"}, b"{}")) as base:
        result = probe(tmp_path, url=base, kind="page", widget="/w.js")
    assert "page_no_html" in codes(result)
