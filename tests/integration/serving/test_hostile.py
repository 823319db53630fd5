"""Callers' faults end in a named refusal, never in an error of ours."""

from __future__ import annotations

import json
import random
import socket
import time

import httpx
import pytest

from bot.db.serving_models import Prediction, WatchMinute
from tests.databases import migrated_database
from tests.deployed import TOKEN, Served, deploy, wait_for

pytestmark = pytest.mark.smoke  # starts a real serving process
KEY = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def deployed(model, tmp_path_factory):
    made = deploy(migrated_database("sqlite", tmp_path_factory.mktemp("db")), model)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def served(deployed):
    with Served.of(deployed) as running:
        yield running


ODD = [None, [], {}, "x" * 3_000, "\ud800", 1e308, -1e308, 10**400, "1e999", True, "\x00", [[]]]


def sent(row, **changed):
    return {"entity": "7", "values": dict(row)} | changed


MUTATIONS = (
    lambda draw, row, odd: sent(row, values=row | {draw.choice(list(row)): odd}),
    lambda draw, row, odd: sent(dict(list(row.items())[draw.randrange(1, len(row)) :])),
    lambda draw, row, odd: sent(row, entity=odd),
    lambda draw, row, odd: sent(row, values=odd),
    lambda draw, row, odd: {"rows": odd},
    lambda draw, row, odd: {"rows": [sent(row), odd]},
    lambda draw, row, odd: {"inputs": odd, "outcomes": odd},
)


def hostile(draw: random.Random, row: dict) -> bytes:
    """Return a body that is wrong in one of many ways."""
    body = json.dumps(draw.choice(MUTATIONS)(draw, row, draw.choice(ODD))).encode()
    cut, noise = body[: draw.randrange(200)], draw.randbytes(draw.randrange(100))
    return draw.choice([body, body, body, body, body, cut, noise])


@pytest.mark.parametrize("bodies", [1_500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_hostile_bodies_are_refused_by_field_and_pull_nothing(model, tmp_path, rows, bodies):
    deployed = deploy(migrated_database("sqlite", tmp_path), model)
    with Served.of(deployed) as served:
        send_hostile(deployed, served, rows, bodies)
    deployed.engine.dispose()


def send_hostile(deployed, served, rows, bodies):
    draw, refused, answered = random.Random(48), 0, 0
    for number in range(bodies):
        path = draw.choice(
            ["/predict", "/outcomes", f"/v2/models/deployment-{deployed.number}/infer"]
        )
        said = served.client.post(path, content=hostile(draw, rows[number % 300]), headers=KEY)
        assert said.status_code in {200, 202, 400, 422}, (said.status_code, said.text)
        if said.status_code >= 400:
            assert said.json()["field"]
            refused += 1
        answered += said.status_code == 200
    assert refused > bodies / 2
    assert served.client.get("/readyz").json()["state"] == "live"
    wait_for(lambda: len(deployed.rows(Prediction)) == answered)
    wait_for(lambda: sum(one.errors_theirs for one in deployed.rows(WatchMinute)) == refused)
    assert sum(one.errors_ours for one in deployed.rows(WatchMinute)) == 0


@pytest.mark.slow
def test_who_hangs_is_hung_up_on_and_others_are_answered_meanwhile(deployed, served, rows):
    host, port = served.url.removeprefix("http://").split(":")
    begun = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{"
    hanging = []
    for number in range(100):
        one = socket.create_connection((host, int(port)))
        one.sendall(begun[: 1 + number % len(begun)])
        hanging.append(one)
    began, slowest = time.monotonic(), 0.0
    while time.monotonic() - began < 6.5:
        at = time.monotonic()
        assert served.predict("1", rows[0]).status_code == 200
        slowest = max(slowest, time.monotonic() - at)
        time.sleep(0.05)
    assert slowest < 1
    for one in hanging:
        one.settimeout(1)
        assert one.recv(100)[:12] in {b"HTTP/1.1 408", b"HTTP/1.1 401", b"HTTP/1.1 400"}
        one.close()


def test_a_body_that_is_too_large_is_refused(served):
    said = served.client.post("/predict", content=b" " * 3_000_000, headers=KEY)
    assert (said.status_code, said.json()["field"]) == (413, "body")


def test_many_callers_at_once_are_all_answered(deployed, served, rows):
    from concurrent.futures import ThreadPoolExecutor

    def call(number):
        with httpx.Client(base_url=served.url, trust_env=False, timeout=30) as client:
            body = {"entity": number, "values": rows[number % 300]}
            return [client.post("/predict", json=body, headers=KEY).status_code for _ in range(5)]

    with ThreadPoolExecutor(64) as pool:
        codes = [code for each in pool.map(call, range(64)) for code in each]
    assert set(codes) == {200}
    assert served.client.get("/readyz").json()["state"] == "live"


def exchanged(served, *parts):
    """Return all that is said to whoever sends parts of a request, until the line is closed."""
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=15) as line:
        said = b""
        try:
            for part in parts:
                line.sendall(part)
            while part := line.recv(65_536):
                said += part
        except ConnectionError:  # who goes on sending to a closed line is told so
            pass
    return said


BEGINNING = f"POST /predict HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n".encode()


def test_headers_without_an_end_are_refused(served):
    endless = [b"GET /readyz HTTP/1.1\r\nhost: x\r\nx: ", *[b"a" * 65_536] * 40]
    said = exchanged(served, *endless)
    assert said.startswith(b"HTTP/1.1 431 ") or said == b""


def test_a_body_may_be_larger_than_headers_and_follow_others_on_one_line(served, rows):
    many = {"rows": [{"entity": str(at), "values": rows[at % 300]} for at in range(1_000)]}
    for _ in range(3):
        said = served.client.post("/predict", json=many, headers=KEY)
        assert (said.status_code, len(said.json()["predictions"])) == (200, 1_000)


@pytest.mark.slow
def test_a_request_that_was_refused_before_its_end_is_answered_once(served):
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    said = exchanged(served, BEGINNING + b"transfer-encoding: chunked\r\n\r\n", piece * 31)
    assert said.count(b"HTTP/1.1 ") == 1
    assert said.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate, gzip"])
def test_a_packed_body_is_refused_by_its_header(served, coding):
    said = served.client.post("/predict", content=b"{}", headers=KEY | {"content-encoding": coding})
    assert (said.status_code, said.json()["field"]) == (415, "header.content-encoding")
