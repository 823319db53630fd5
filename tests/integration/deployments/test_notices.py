"""High scores of served predictions reach a real webhook and the channel, up or down."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import update

from bot.clock import SystemClock
from bot.db.models import Member, Sprint
from bot.db.notice_models import ScoreEvent, ScoreNotice
from bot.db.serving_models import Prediction
from bot.deployments import notices, service
from bot.deployments.forms import NoticeSettings
from bot.domain.enums import DeploymentState
from bot.domain.errors import InputError
from bot.playbook.loader import load_playbook
from bot.privacy.ledgers import forget_person
from bot.unit_of_work import Runtime
from probes.baseline.models import ModelFamily
from probes.settings import read_settings
from scheduler.notice_worker import NoticeWorker
from tests.databases import migrated_database
from tests.deployed import TEAM, Served, deploy, wait_for
from tests.runtimes import card, outbox
from tests.served import as_callers_send, customers, kept
from tests.stage import words_of

pytestmark = pytest.mark.smoke  # starts serving processes

LEAD = "U1"


class Receiver:
    """A webhook that answers what it is told to, and keeps what it took."""

    def __init__(self):
        self.status, self.taken, self.asked = 200, [], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                said = json.loads(body)
                receiver.asked.append((said, dict(self.headers), body))
                answer = receiver.status
                status = answer(said) if callable(answer) else answer
                if status == 200:
                    receiver.taken.append(said)
                self.send_response(status)
                self.send_header("Location", "http://169.254.169.254/latest")
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/scores"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return kept(tmp_path_factory.mktemp("kept"), customers(), "left", ModelFamily.LINEAR)


@pytest.fixture
def deployed(model, tmp_path):
    made = deploy(migrated_database("sqlite", tmp_path), model, percent=50.0)
    with made.engine.begin() as connection:
        connection.execute(update(Sprint).values(status="running"))
    yield made
    made.engine.dispose()


@pytest.fixture
def runtime(deployed):
    made = Runtime(deployed.engine, SystemClock(), load_playbook())
    with made.uow(TEAM) as uow:
        uow.session.get_one(Sprint, 1).members = [Member(role="builder", user_id=LEAD)]
    return made


@pytest.fixture
def worker(runtime, receiver):
    target = {"url": receiver.url, "allow_internal": True}
    return NoticeWorker(runtime, read_settings({"targets": {"crm": target}}))


def choose(runtime, deployed, url, threshold=0.5, **more):
    with runtime.uow(TEAM) as uow:
        chosen = NoticeSettings(threshold, url, **({"in_channel": False} | more))
        notice, secret = notices.choose(uow, LEAD, deployed.number, chosen)
        return notice.id, secret


def predicted(deployed, *scores, arm="model", first=0):
    now = datetime.now(UTC)
    with deployed.engine.begin() as connection:
        for place, score in enumerate(scores, first):
            connection.execute(
                Prediction.__table__.insert().values(
                    deployment_id=deployed.number,
                    generation=1,
                    at=now,
                    key=f"{place:032x}",
                    entity=f"{place:032x}",
                    arm=arm,
                    score=score,
                    answer="1",
                    latency_ms=1.0,
                )
            )


def turn(worker, times=3):
    for _ in range(times):
        worker.work_once()


def retry_now(deployed):
    with deployed.engine.begin() as connection:
        connection.execute(update(ScoreNotice).values(next_try_at=None))


def events(deployed):
    return {one.key: one.state for one in deployed.rows(ScoreEvent)}


def shown(runtime, number):
    return words_of(card(runtime, f"sprint:1:notice:{number}"))


def test_what_the_model_answers_people_is_told_signed_and_only_that(
    runtime, deployed, worker, receiver, model
):
    number, secret = choose(runtime, deployed, receiver.url, in_channel=True)
    rows = as_callers_send(customers().tail(60), [c for c in customers() if c not in ("left",)])
    with Served.of(deployed) as served:
        answered = [
            served.predict(f"e{place}", row).json()["predictions"][0]
            for place, row in enumerate(rows)
        ]
        wait_for(lambda: len(deployed.rows(Prediction)) == len(rows))
    turn(worker)
    high = {
        one["prediction"]: one["score"]
        for one in answered
        if one["arm"] == "model" and one["score"] >= 0.5
    }
    assert 0 < len(high) < len(rows)
    test, *told = receiver.taken
    assert test["type"] == "score.test"
    assert {one["prediction"]: one["score"] for one in told} == high
    assert {one["type"] for one in told} == {"score.high"}
    for said, headers, body in receiver.asked:
        moment, _, signature = headers["X-Hour48-Signature"].partition(",v1=")
        signed = f"{moment.removeprefix('t=')}.".encode() + body
        assert hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() == signature
        assert headers["X-Hour48-Event"] == said["event"]
    assert f"{len(high)} delivered, 0 waiting" in shown(runtime, number)
    (hour,) = outbox(runtime, f"sprint:1:notice:{number}:hour:")
    assert f"{len(high)} scores of 0.5 or more" in words_of(card(runtime, hour.key))
    turn(worker)
    assert len(receiver.taken) == len(high) + 1


@pytest.mark.parametrize("status", [500, 302, 404, 429])
def test_a_webhook_that_is_down_gets_everything_once_it_is_back(
    runtime, deployed, worker, receiver, status
):
    receiver.status = status
    number, _ = choose(runtime, deployed, receiver.url)
    predicted(deployed, 0.9, 0.4, 0.8)
    turn(worker)
    assert len(receiver.asked) == 1
    told = shown(runtime, number)
    assert "127.0.0.1 does not take them" in told
    assert f"HTTP {status}" in told
    assert "keeps trying" in told
    assert len(outbox(runtime, f"sprint:1:notice:{number}:line:")) == 1
    retry_now(deployed)
    turn(worker)
    assert len(outbox(runtime, f"sprint:1:notice:{number}:line:")) == 1
    receiver.status = 200
    retry_now(deployed)
    turn(worker)
    assert [one["score"] for one in receiver.taken] == [None, 0.9, 0.8]
    assert "2 delivered, 0 waiting" in shown(runtime, number)
    assert len(outbox(runtime, f"sprint:1:notice:{number}:line:")) == 2


def test_nobody_listening_is_said_by_name_and_the_pause_grows(runtime, deployed, receiver, worker):
    choose(runtime, deployed, "http://127.0.0.1:1/scores")
    pauses = []
    for _ in range(4):
        retry_now(deployed)
        before = datetime.now(UTC)
        turn(worker)
        (notice,) = deployed.rows(ScoreNotice)
        pauses.append((notice.next_try_at - before).total_seconds())
    assert notice.error == "ConnectError"
    assert pauses == sorted(pauses)
    assert 7 < pauses[-1] < 12


def test_a_score_that_is_refused_holds_up_no_other(runtime, deployed, worker, receiver):
    receiver.status = lambda said: 422 if said["score"] == 0.9 else 200
    number, _ = choose(runtime, deployed, receiver.url)
    predicted(deployed, 0.9, 0.8)
    turn(worker)
    assert [one["score"] for one in receiver.taken] == [None, 0.8]
    assert "1 refused by the receiver" in shown(runtime, number)


def test_what_was_not_taken_for_a_day_is_given_up_and_counted(runtime, deployed, worker, receiver):
    receiver.status = 503
    number, _ = choose(runtime, deployed, receiver.url)
    predicted(deployed, 0.9)
    turn(worker)
    with deployed.engine.begin() as connection:
        connection.execute(update(ScoreEvent).values(at=datetime.now(UTC) - timedelta(hours=25)))
    retry_now(deployed)
    turn(worker)
    assert set(events(deployed).values()) == {"expired"}
    assert "1 given up after 24 hours" in shown(runtime, number)


def test_a_worker_that_dies_after_the_call_calls_again_under_the_same_key(
    runtime, deployed, worker, receiver, monkeypatch
):
    number, _ = choose(runtime, deployed, receiver.url)
    turn(worker)
    predicted(deployed, 0.9)
    worker.work_once()
    monkeypatch.setattr(notices, "settle", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        worker.work_once()
    monkeypatch.undo()
    turn(worker)
    assert len(receiver.taken) == 2  # its lease holds
    with deployed.engine.begin() as connection:
        connection.execute(update(ScoreNotice).values(leased_until=None))
    turn(worker)
    assert [one["event"] for one in receiver.taken[1:]] == [f"{0:032x}"] * 2
    assert "1 delivered, 0 waiting" in shown(runtime, number)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://127.0.0.1:9/x", "http://10.1.2.3/x"]
)
def test_an_internal_address_is_not_called_and_the_card_says_so(runtime, deployed, receiver, url):
    worker = NoticeWorker(runtime, read_settings({}))
    number, _ = choose(runtime, deployed, url)
    turn(worker)
    told = shown(runtime, number)
    assert "leads to an internal address" in told or "metadata service" in told
    assert receiver.asked == []


def test_control_and_shadow_scores_and_earlier_ones_are_told_to_nobody(
    runtime, deployed, worker, receiver
):
    predicted(deployed, 0.99)
    choose(runtime, deployed, receiver.url)
    predicted(deployed, 0.99, arm="control", first=10)
    predicted(deployed, 0.99, arm="shadow", first=20)
    turn(worker)
    assert [one["type"] for one in receiver.taken] == ["score.test"]


def test_a_rollback_drops_what_waits(runtime, deployed, worker, receiver):
    receiver.status = 500
    choose(runtime, deployed, receiver.url)
    predicted(deployed, 0.9)
    turn(worker)
    deployed.set(state=DeploymentState.PULLED)
    receiver.status = 200
    retry_now(deployed)
    turn(worker)
    assert set(events(deployed).values()) == {"dropped"}
    assert receiver.taken == []


def test_a_change_ends_what_was_chosen_before_and_a_stop_ends_it_all(
    runtime, deployed, worker, receiver
):
    first, key = choose(runtime, deployed, receiver.url)
    second, other = choose(runtime, deployed, receiver.url, threshold=0.95)
    assert key != other
    assert "no longer told" in shown(runtime, first)
    predicted(deployed, 0.9, 0.96)
    turn(worker)
    assert [one["score"] for one in receiver.taken] == [None, 0.96]
    with runtime.uow(TEAM) as uow:
        notices.stop(uow, LEAD, second)
    predicted(deployed, 0.99, first=5)
    turn(worker)
    assert len(receiver.taken) == 2
    with pytest.raises(InputError, match="stopped before"), runtime.uow(TEAM) as uow:
        notices.stop(uow, LEAD, second)


def test_a_person_who_is_forgotten_is_forgotten_here_too(runtime, deployed, worker, receiver):
    from bot.domain.traffic import pseudonym

    choose(runtime, deployed, receiver.url)
    predicted(deployed, 0.9)
    turn(worker)
    name = pseudonym("4711", deployed.row.pseudonym_key)
    with deployed.engine.begin() as connection:
        connection.execute(
            update(ScoreEvent).where(ScoreEvent.score.is_not(None)).values(entity=name)
        )
    with runtime.uow(TEAM) as uow:
        forget_person(uow, service.OPERATOR, "4711")
    assert [one.score for one in deployed.rows(ScoreEvent)] == [None]
