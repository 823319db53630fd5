"""A deployed model answers over HTTP as the saved one, for its share, and obeys its row."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.db.serving_models import Outcome, Prediction, WatchMinute
from bot.domain.enums import DeploymentState
from bot.domain.traffic import in_share, pseudonym, pull_signature
from tests.databases import MOSTLY_SQLITE, migrated_database
from tests.deployed import REPORTING_TOKEN, TOKEN, Served, deploy, wait_for

pytestmark = pytest.mark.smoke  # starts a real serving process
KEY = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(params=MOSTLY_SQLITE, scope="module")
def deployed(request, model, tmp_path_factory):
    made = deploy(migrated_database(request.param, tmp_path_factory.mktemp("db")), model)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def served(deployed):
    with Served.of(deployed, "--workers", "2") as running:
        yield running


@pytest.fixture(autouse=True)
def live(deployed, served):
    wanted = deployed.set(state=DeploymentState.LIVE, percent=50.0)
    wait_for(lambda: served.client.get("/readyz").json()["generation"] == wanted)


def recorded(deployed, answers):
    """The rows of these answers alone: workers may still be writing those of an earlier test."""
    keys = {one["prediction"] for one in answers}

    def written():
        return [one for one in deployed.rows(Prediction) if one.key in keys]

    wait_for(lambda: len(written()) == len(keys))
    return written()


def test_the_model_answers_its_share_as_the_saved_one_and_all_is_recorded(
    deployed, served, saved, unseen, rows
):
    body = {"rows": [{"entity": n, "values": row} for n, row in enumerate(rows)]}
    answered = served.client.post("/predict", json=body, headers=KEY)
    assert answered.status_code == 200, answered.text
    answers = answered.json()["predictions"]
    salt, scores, classes = deployed.row.salt, saved.scores(unseen), saved.outcomes(unseen)
    for number, answer in enumerate(answers):
        if in_share(str(number), 50.0, salt):
            assert answer["arm"] == "model"
            assert answer["score"] == pytest.approx(scores[number], abs=1e-9)
            assert answer["answer"] == classes[number]
        else:
            assert (answer["arm"], answer["score"], answer["answer"]) == (
                "control",
                None,
                "as before",
            )
    assert 100 < sum(one["arm"] == "model" for one in answers) < 200
    written = recorded(deployed, answers)
    assert len(written) == len(rows)
    key = deployed.row.pseudonym_key
    assert {one.entity for one in written} == {pseudonym(str(n), key) for n in range(len(rows))}
    assert all(len(one.bins) == len(saved.plan.names) - 1 for one in written)  # texts have none
    assert not any(one.features for one in written)
    minutes = deployed.rows(WatchMinute)
    assert sum(one.calls for one in minutes) >= len(rows)
    assert all(sum(one.latency) == one.calls for one in minutes)


def test_the_open_inference_protocol_gives_the_same_answers(served, saved, unseen, rows):
    few = rows[:20]
    inputs = [
        {"name": name, "shape": [20], "datatype": "BYTES", "data": [row[name] for row in few]}
        for name in saved.plan.names
    ]
    inputs.append(
        {"name": "entity", "shape": [20], "datatype": "BYTES", "data": [str(n) for n in range(20)]}
    )
    name = served.client.get("/readyz").json()["name"]
    answered = served.client.post(
        f"/v2/models/{name}/infer", json={"id": "42", "inputs": inputs}, headers=KEY
    ).json()
    outputs = {one["name"]: one["data"] for one in answered["outputs"]}
    assert answered["id"] == "42"
    scores = saved.scores(unseen.head(20))
    for number, arm in enumerate(outputs["arm"]):
        wanted = pytest.approx(scores[number], abs=1e-9) if arm == "model" else None
        assert outputs["score"][number] == wanted
    described = served.client.get(f"/v2/models/{name}").json()
    assert {one["name"] for one in described["inputs"]} == {*saved.plan.names, "entity"}


def test_in_shadow_everybody_gets_control_and_the_model_scores_beside_it(
    deployed, served, saved, unseen, rows
):
    wanted = deployed.set(state=DeploymentState.SHADOW)
    wait_for(lambda: {one.generation for one in deployed.workers()} == {wanted})
    answers = [served.predict(n, row).json()["predictions"][0] for n, row in enumerate(rows[:30])]
    assert {(one["arm"], one["answer"]) for one in answers} == {("control", "as before")}
    written = recorded(deployed, answers)
    assert {one.arm for one in written} == {"shadow"}
    found = {one.key: one.score for one in written}
    scores = saved.scores(unseen.head(30))
    assert [found[one["prediction"]] for one in answers] == pytest.approx(scores, abs=1e-9)


def test_who_is_pulled_answers_control_within_two_seconds_whatever_is_sent(deployed, served, rows):
    wanted = deployed.set(state=DeploymentState.PULLED)
    took = wait_for(lambda: {one.generation for one in deployed.workers()} == {wanted}, 2)
    assert took < 2
    for values in (rows[0], {}, {"visits": "many"}):
        answered = served.predict("4711", values)
        assert answered.status_code == 200
        assert answered.json()["predictions"][0]["arm"] == "control"
    assert {one.state for one in deployed.workers()} == {"pulled"}
    assert served.client.get("/readyz").status_code == 200


def test_a_pull_that_proves_itself_is_obeyed_by_every_worker_past_the_database(
    deployed, served, rows
):
    row = deployed.row
    later = row.generation + 1
    signature = pull_signature(deployed.number, later, row.pseudonym_key)
    for wrong in ("", "0" * 64, None, 7):
        said = {"generation": later, "signature": wrong}
        assert served.client.post("/pull", json=said).status_code == 403
    answered = served.client.post("/pull", json={"generation": later, "signature": signature})
    assert answered.json() == {"state": "pulled"}
    for number in range(40):  # each on a connection of its own, so both workers are asked
        with httpx.Client(base_url=served.url, trust_env=False) as fresh:
            body = {"entity": number, "values": rows[0]}
            said = fresh.post("/predict", json=body, headers=KEY).json()
            assert said["predictions"][0]["arm"] == "control"
    deployed.set(state=DeploymentState.PULLED)


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/predict", None, 401),
        ("/predict", "unknown", 401),
        ("/predict", REPORTING_TOKEN, 403),
        ("/outcomes", None, 401),
        ("/livez", None, 200),
        ("/readyz", None, 200),
        ("/metrics", None, 200),
        ("/openapi.json", None, 200),
        ("/nothing", None, 404),
    ],
)
def test_a_caller_needs_a_token_that_allows_it(served, path, token, status):
    method = "POST" if path in {"/predict", "/outcomes"} else "GET"
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answered = served.client.request(method, path, headers=headers, content=b"{}")
    assert answered.status_code == status
    if status >= 400:
        assert answered.json()["error"]


def test_outcomes_are_taken_once_however_often_they_are_sent(deployed, served, rows):
    prediction = served.predict("77", rows[0]).json()["predictions"][0]["prediction"]
    body = {
        "outcomes": [
            {"prediction": prediction, "value": True, "at": "2026-03-01T10:00:00Z"},
            {"entity": "78", "value": "0", "at": "2026-03-01T10:00:00+01:00", "key": "order 9"},
        ]
    }
    for _ in range(3):
        answered = served.client.post("/outcomes", json=body, headers=KEY)
        assert (answered.status_code, answered.json()["accepted"]) == (202, 2)
    wait_for(lambda: len(deployed.rows(Outcome)) == 2)
    first, second = deployed.rows(Outcome)
    assert (first.prediction_key, first.value) == (prediction, "1")
    assert second.entity == pseudonym("78", deployed.row.pseudonym_key)


def test_a_worker_that_is_killed_is_replaced_and_a_caller_who_asks_again_loses_nothing(
    deployed, served, rows
):
    deployed.set(state=DeploymentState.PULLED)
    deployed.set(state=DeploymentState.LIVE, percent=100.0)
    before = {one.pid for one in deployed.workers()}
    victim = max(deployed.workers(), key=lambda one: one.seen_at).pid
    failed = 0
    for number in range(300):
        if number == 50:
            served.kill(victim)
        for attempt in range(2):
            try:
                assert served.predict(number, rows[number]).status_code == 200
                break
            except httpx.HTTPError:
                failed += attempt
    assert failed == 0
    wait_for(lambda: {one.pid for one in deployed.workers()} - before, 10)


def test_what_was_pulled_stays_pulled_after_a_kill(deployed, served, rows):
    newest = max(deployed.workers(), key=lambda one: one.seen_at)
    pulled = deployed.set(state=DeploymentState.PULLED)

    def all_obey() -> bool:
        """Tell whether each process that reports has read it; those killed before are silent."""
        lately = datetime.now(UTC) - timedelta(seconds=3)
        alive = [one for one in deployed.workers() if one.seen_at > lately]
        return bool(alive) and all(one.generation >= pulled for one in alive)

    wait_for(all_obey, 10)
    served.kill(newest.pid)
    for number in range(200):
        try:
            said = served.predict(number, rows[0]).json()
        except httpx.HTTPError:
            continue
        assert said["predictions"][0]["arm"] == "control"


def refused(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hour48", "serve", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Say what to serve"),
        (("--artifact", "nowhere.skops"), "There is no model at nowhere.skops"),
        (("--artifact", "{model}", "--percent", "101"), "from 0 to 100"),
        (("--artifact", "{model}", "--host", "0.0.0.0", "--port", "0"), "no client has a token"),
        (("--artifact", "{model}", "--host", "192.0.2.1"), "Cannot listen on 192.0.2.1"),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_sentence(model, arguments, words):
    assert words in refused(*[one.format(model=model) for one in arguments])


def test_a_file_is_served_without_a_database(model, saved, unseen, rows):
    with Served(["--artifact", str(model), "--percent", "100"]) as running:
        running.wait_ready()
        answered = running.predict("1", rows[0]).json()["predictions"][0]
        assert answered["score"] == pytest.approx(saved.scores(unseen.head(1))[0], abs=1e-9)
