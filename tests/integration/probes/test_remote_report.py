"""A result from another machine reaches the sprint over real HTTP, once, only with its token."""

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from bot.db.models import ProbeRun
from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from handlers.context import HandlerContext, ProbeOffer, ProbeOffers
from handlers.dispatch import perform
from handlers.page_server import ServedPage
from handlers.probe_runs import on_command
from handlers.remote_probes import RemoteProbes
from handlers.request import Request
from handlers.shared_socket import SharedSocket
from handlers.web import build_web
from probes.cli import probe_command
from probes.contract import Finding, ProbeResult
from probes.environment.report import post_report, report_body
from tests.runtimes import ANA, CHANNEL, EVE, TEAM, add_sprint, advance, outbox

pytestmark = pytest.mark.smoke

SECRETS = ["a newest secret of the bot", "an older secret"]
FOUND = Finding(
    FindingLevel.SLOWS,
    "index_refuses",
    "Installing iniconfig failed: <!channel> & *bold*.",
    {"s": 1.5},
)
RESULT = ProbeResult("environment", findings=[FOUND], scenario="locked_down", seconds=3.2)


@pytest.fixture
def remote(runtime):
    remote = RemoteProbes("http://unused.test", SECRETS)
    web = build_web({}, CollectorRegistry(), more=remote.routes(runtime))
    page = ServedPage(web, SharedSocket("127.0.0.1", 0))
    page.start()
    remote._public_url = page.base_url
    yield remote
    page.stop()


def invited(remote, runtime, sprint_id, user=ANA):
    line = remote.invite(TEAM, sprint_id, user, "environment", runtime.clock.now())
    url, token = re.fullmatch(
        r"curl -fsS \S+/probes/environment\.py \| python3 - (\S+) (\S+)", line
    ).groups()
    return url, token


def runs(runtime):
    with runtime.reading(TEAM) as unit:
        return list(unit.session.scalars(select(ProbeRun)))


def post(url, token, body):
    return httpx.post(url, content=body, headers={"Authorization": f"Bearer {token}"})


def test_a_report_becomes_a_finished_run_with_a_message_in_the_channel(
    runtime, running_sprint, remote
):
    post_report(RESULT, *invited(remote, runtime, running_sprint))
    (run,) = runs(runtime)
    assert (run.state, run.probe, run.sprint_id, run.asked_by) == (
        "done",
        "environment",
        running_sprint,
        ANA,
    )
    assert run.result["findings"][0]["code"] == "index_refuses"
    assert run.result["phase"] == "model"
    (message,) = outbox(runtime, f"sprint:{running_sprint}:probe:")
    told = json.dumps(message.body)
    assert "another machine" in told
    marked = re.findall(r'"type": "mrkdwn", "text": "(.*?)"', told)
    assert not any("<!channel>" in text for text in marked)


@pytest.mark.slow
@pytest.mark.parametrize("has_hour48", [False, True])
def test_the_pasted_line_reports_with_and_without_hour48(
    runtime, running_sprint, remote, tmp_path, has_hour48
):
    """The very line of the invitation, in a shell with nothing but curl and Python."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("curl", "sh", "grep", *(["hour48"] if has_hour48 else [])):
        found = shutil.which(name) or str(Path(sys.executable).parent / name)
        (tools / name).symlink_to(found)
    (tools / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tools / "python3").chmod(0o755)
    if has_hour48:  # a stand-in, so that not the whole probe is waited for
        (tools / "hour48").unlink()
        (tools / "hour48").write_text(f"#!/bin/sh\necho $@ > {tmp_path}/called\n")
        (tools / "hour48").chmod(0o755)
    line = remote.invite(TEAM, running_sprint, ANA, "environment", runtime.clock.now())
    environment = {
        "PATH": str(tools),
        "PIP_CONFIG_FILE": "/dev/null",
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    }
    done = subprocess.run(
        ["sh", "-c", line],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    if has_hour48:
        assert "--report-to" in (tmp_path / "called").read_text()
        return
    assert "The sprint has the findings." in done.stdout
    (run,) = runs(runtime)
    found = {one["code"] for one in run.result["findings"]}
    assert {"python_ready", "index_unreachable"} <= found
    assert run.result["scenario"] in {"locked_down", "missing"}


def test_a_token_works_once_even_when_two_machines_hurry(runtime, running_sprint, remote):
    url, token = invited(remote, runtime, running_sprint)
    body = json.dumps(report_body(RESULT))
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(
            answer.status_code for answer in pool.map(lambda _: post(url, token, body), range(4))
        )
    assert statuses == [201, 409, 409, 409]
    assert len(runs(runtime)) == 1


def test_the_sender_is_told_in_a_sentence_that_the_token_was_used(runtime, running_sprint, remote):
    url, token = invited(remote, runtime, running_sprint)
    post_report(RESULT, url, token)
    with pytest.raises(InputError, match="has been used"):
        post_report(RESULT, url, token)


def test_a_token_signed_with_an_older_secret_still_works(runtime, running_sprint, remote):
    older = RemoteProbes(remote._public_url, SECRETS[1:])
    post_report(RESULT, *invited(older, runtime, running_sprint))
    assert len(runs(runtime)) == 1


@pytest.mark.parametrize(
    "bent",
    [
        lambda token: ".",
        lambda token: "abc",
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: "A" + token,
        lambda token: token + "ä",
    ],
)
def test_a_bent_token_is_refused_and_writes_nothing(runtime, running_sprint, remote, bent):
    url, token = invited(remote, runtime, running_sprint)
    answer = httpx.post(
        url, json=report_body(RESULT), headers={"Authorization": b"Bearer " + bent(token).encode()}
    )
    assert answer.status_code == 401
    assert answer.json()["message"]
    assert runs(runtime) == []


def test_a_strangers_secret_signs_nothing_here(runtime, running_sprint, remote):
    stranger = RemoteProbes(remote._public_url, ["a secret of somebody else"])
    url, token = invited(stranger, runtime, running_sprint)
    assert post(url, token, json.dumps(report_body(RESULT))).status_code == 401


def test_a_token_dies_after_twelve_hours(runtime, running_sprint, remote):
    url, token = invited(remote, runtime, running_sprint)
    advance(runtime, 12.1)
    answer = post(url, token, json.dumps(report_body(RESULT)))
    assert (answer.status_code, "too old" in answer.json()["message"]) == (401, True)


PLAIN = report_body(RESULT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps(PLAIN | {"format": "other/1"}).encode(),
        json.dumps(PLAIN | {"result": {"probe": "environment"} | {"findings": "none"}}).encode(),
        json.dumps(PLAIN | {"result": PLAIN["result"] | {"probe": "baseline"}}).encode(),
        json.dumps(PLAIN).replace("1.5", "NaN").encode(),
        json.dumps(PLAIN).replace('"slows"', '"terrible"').encode(),
    ],
)
def test_what_is_no_report_is_refused_and_does_not_spend_the_token(
    runtime, running_sprint, remote, body
):
    url, token = invited(remote, runtime, running_sprint)
    assert post(url, token, body).status_code == 422
    assert post(url, token, json.dumps(PLAIN)).status_code == 201


def test_a_body_without_end_is_cut_off(runtime, running_sprint, remote):
    url, token = invited(remote, runtime, running_sprint)
    assert post(url, token, b"x" * 2_000_000).status_code == 413


def test_many_long_findings_are_cut(runtime, running_sprint, remote):
    long = Finding(FindingLevel.NOTE, "c" * 999, "s" * 2_000, {}, "m" * 2_000)
    post_report(
        ProbeResult("environment", findings=[long] * 80), *invited(remote, runtime, running_sprint)
    )
    found = runs(runtime)[0].result["findings"]
    assert len(found) == 60
    assert len(found[0]["sentence"]) == 600


def test_a_sprint_that_is_over_takes_no_report(runtime, remote):
    over = add_sprint(runtime, status="closed")
    url, token = invited(remote, runtime, over)
    assert post(url, token, json.dumps(PLAIN)).status_code == 422
    assert runs(runtime) == []


def test_the_page_says_nothing_to_a_browser(remote):
    assert httpx.get(f"{remote._public_url}/probes/report").status_code == 405


# --- from Slack ---------------------------------------------------------------------------------

OFFERS = ProbeOffers(
    {
        name: ProbeOffer(name, name.capitalize(), "model", "nothing", lambda: "Can it?")
        for name in ("environment", "governance")
    }
)


def typed(text, user=ANA):
    return Request(TEAM, user, "someone", CHANNEL, text=text, receipt=None)


def test_slack_gives_the_command_line_only_to_who_asked(runtime, running_sprint, remote):
    said = perform(
        HandlerContext(runtime, OFFERS, remote=remote), on_command, typed("environment remote")
    )
    command = re.search(r"/probes/report (\S+?)[\s`]", json.dumps(said.content).replace("\\n", " "))
    assert outbox(runtime, f"sprint:{running_sprint}:probe") == []
    url = f"{remote._public_url}/probes/report"
    assert post(url, command[1], json.dumps(PLAIN)).status_code == 201


def test_without_a_public_address_slack_says_what_to_configure(runtime, running_sprint):
    with pytest.raises(InputError, match=r"server\.public_url"):
        perform(HandlerContext(runtime, OFFERS), on_command, typed("environment remote"))


def test_who_may_not_probe_gets_no_token(runtime, running_sprint, remote):
    with pytest.raises(InputError):
        perform(
            HandlerContext(runtime, OFFERS, remote=remote),
            on_command,
            typed("environment remote", EVE),
        )


@pytest.mark.parametrize("text", ["governance artifact=/etc/passwd", "governance /etc/passwd"])
def test_governance_takes_no_path_from_slack(runtime, running_sprint, text):
    with pytest.raises(InputError, match="takes nothing"):
        perform(HandlerContext(runtime, OFFERS), on_command, typed(text))
    assert runs(runtime) == []


# --- on the command line ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "url", "token", "words"),
    [
        ("quality", "https://bot.test", "t", "Only the environment probe"),
        ("environment", "bot.test", "t", "https://"),
        ("environment", "https://bot.test", None, "--token"),
        ("environment", None, "t", "https://"),
    ],
)
def test_what_could_not_be_sent_is_refused_before_the_probe_runs(name, url, token, words):
    with pytest.raises(InputError, match=words):
        probe_command(name, ["x"] if name == "quality" else [], report_to=url, token=token)


@pytest.mark.slow
def test_the_command_line_runs_the_probe_and_reports_it(
    runtime, running_sprint, remote, capsysbinary
):
    url, token = invited(remote, runtime, running_sprint)
    probe_command(
        "environment",
        [],
        options=["notebook=false", "outside=127.0.0.1:9"],
        as_json=True,
        report_to=url,
        token=token,
    )
    (run,) = runs(runtime)
    printed = json.loads(capsysbinary.readouterr().out)
    assert [one["code"] for one in run.result["findings"]] == [
        one["code"] for one in printed["findings"]
    ]
    assert run.finished_at - run.asked_at == timedelta(0)
