"""The script for a web page, in Chromium, behind a website's proxy that alone knows the token."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from bot.db.serving_models import Outcome
from bot.domain.enums import DeploymentState
from bot.domain.traffic import in_share
from probes.baseline.artifact import load_model
from probes.baseline.models import ModelFamily
from tests.databases import migrated_database
from tests.deployed import TOKEN, Served, deploy, wait_for
from tests.served import as_callers_send, customers, kept

pytestmark = pytest.mark.smoke  # a browser and serving processes

PAGE = """<!doctype html><meta charset="utf-8"><title>Shop</title>
<script src="/hour48/snippet.js" defer></script><p id="offer"></p>"""
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"
PASSED_ON = ("/hour48/snippet.js", "/hour48/predict", "/hour48/outcomes")


class Proxy(BaseHTTPRequestHandler):
    """A website whose proxy passes on three paths and adds the token."""

    def do_GET(self):
        if self.path == "/":
            return self.give(200, "text/html", PAGE.encode())
        if self.path == "/direct":  # a page that goes around its own proxy
            page = f'<script src="{self.server.website.upstream}/snippet.js"></script>'
            return self.give(200, "text/html", page.encode(), policy="")
        return self.pass_on("GET", b"")

    def do_POST(self):
        return self.pass_on("POST", self.rfile.read(int(self.headers["content-length"])))

    def pass_on(self, method, body):
        website = self.server.website
        website.asked.append((self.path, dict(self.headers), body))
        if self.path not in PASSED_ON:
            return self.give(404, "text/plain", b"nothing here")
        url = website.upstream + self.path.removeprefix("/hour48")
        headers = {"authorization": f"Bearer {TOKEN}"}
        try:
            with httpx.Client(trust_env=False, timeout=2) as client:
                answer = client.request(method, url, content=body, headers=headers)
        except httpx.HTTPError:
            return self.give(502, "text/plain", b"away")
        return self.give(answer.status_code, answer.headers["content-type"], answer.content)

    def give(self, status, kind, content, policy=POLICY):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-security-policy", policy)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


class Website:
    """A running website.

    Args:
        upstream: the address of the service.
    """

    def __init__(self, upstream):
        self.upstream, self.asked = upstream, []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self.server.website = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return kept(tmp_path_factory.mktemp("kept"), customers(600), "left", ModelFamily.LINEAR)


@pytest.fixture
def deployed(model, tmp_path):
    made = deploy(migrated_database("sqlite", tmp_path), model)
    yield made
    made.engine.dispose()


@pytest.fixture
def values(model):
    return as_callers_send(customers(600).head(1), load_model(model).plan.names)[0]


@pytest.fixture
def page(browser):
    window = browser.new_context()
    yield window.new_page()
    window.close()


def ask(page, entity, values, **options):
    script = "([entity, values, options]) => hour48.predict(entity, values, options)"
    return page.evaluate(script, [entity, values, options])


def visitor(deployed, *, of_model):
    salt = deployed.row.salt
    return next(f"v{n}" for n in range(99) if in_share(f"v{n}", 50.0, salt) is of_model)


def test_a_page_gets_the_model_s_answer_control_s_and_never_an_error(page, deployed, values, model):
    with Served.of(deployed) as served:
        website = Website(served.url)
        page.goto(website.url)
        ours = ask(page, visitor(deployed, of_model=True), values)
        score = load_model(model).scores(customers(600).head(1))[0]
        assert (ours["arm"], ours["score"]) == ("model", pytest.approx(score, abs=1e-9))
        other = ask(page, visitor(deployed, of_model=False), values)
        assert (other["arm"], other["answer"], other["score"]) == ("control", "as before", None)
        report = "prediction => hour48.outcome(prediction, true)"
        assert page.evaluate(report, ours["prediction"])
        wait_for(lambda: deployed.rows(Outcome))
        assert deployed.rows(Outcome)[0].prediction_key == ours["prediction"]

        refused = ask(page, "v1", {}, fallback="nothing")
        assert (refused["arm"], refused["answer"]) == ("control", "nothing")

        deployed.set(state=DeploymentState.PULLED)
        wait_for(lambda: served.client.get("/readyz").json()["state"] == "pulled")
        pulled = ask(page, visitor(deployed, of_model=True), values)
        assert (pulled["arm"], pulled["answer"]) == ("control", "as before")
    gone = ask(page, visitor(deployed, of_model=True), values, fallback="as ever")
    assert (gone["arm"], gone["answer"], gone["prediction"]) == ("control", "as ever", None)
    assert not page.evaluate(report, gone["prediction"])
    website.close()
    sent = [json.dumps([path, headers, body.decode()]) for path, headers, body in website.asked]
    shown = [page.content(), page.evaluate("document.cookie"), *sent]
    assert not any(TOKEN in one or served.url in one for one in shown)


@pytest.mark.slow
def test_a_service_that_hangs_keeps_a_page_waiting_for_its_own_limit_only(page, deployed, values):
    with Served.of(deployed) as served:
        website = Website(served.url)
        page.goto(website.url)
        for child in served_processes(served):
            child.suspend()
        began = page.evaluate("performance.now()")
        given = ask(page, "v1", values, fallback="as ever", timeout=300)
        took = page.evaluate("performance.now()") - began
        for child in served_processes(served):
            child.resume()
        website.close()
    assert given["answer"] == "as ever"
    assert took < 1_500


def served_processes(served):
    import psutil

    whole = psutil.Process(served.process.pid)
    return [whole, *whole.children(recursive=True)]


@pytest.mark.slow
def test_another_origin_s_script_is_refused(page, deployed, values):
    with Served.of(deployed) as served:
        website = Website(served.url)
        with page.expect_response("**/snippet.js") as loaded:
            page.goto(f"{website.url}/direct")
        assert loaded.value.status == 200
        assert page.evaluate("typeof hour48") == "undefined"
        website.close()
