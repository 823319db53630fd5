"""Wherever a plan is shown, proved, claimed and broken again are said apart."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pypdf
import pytest

from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.models import FixItem
from bot.debrief import service as debrief
from bot.debrief import weekly
from bot.debrief.report_files import render
from bot.domain.enums import CheckTrigger, FixCheckKind, FixState
from bot.fixes import service
from bot.fixes.checks import FixCheck
from bot.home.service import home_view
from bot.messages import keys
from bot.planning.kickoff import post_last_plan
from bot.settings import Settings
from hour48.stored_sprints import replay_sprint, show_portfolio
from tests.runtimes import ANA, BEN, CHO, HOUR_0, TEAM, add_sprint, advance, card, outbox
from tests.stage import words_of

pytestmark = pytest.mark.smoke


@pytest.fixture
def sprint_id(runtime) -> int:
    """Close a sprint with four waits, of which one is proved, one claimed, one broke again."""
    number = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        for title, party, wait in (
            ("The audit is not signed", "Internal audit", "6 months"),
            ("The data protection paper is not read", "Privacy", "3 weeks"),
            ("The form for the replica", "Security", "2 weeks"),
            ("The keys of the server room", "Facility management", "5 days"),
        ):
            form = BlockerForm(number, title, lead_time=wait, waits_for=party)
            log_blocker(uow, ANA, form)
    advance(runtime, 10)
    for _ in range(2):
        with runtime.uow(TEAM) as uow:
            debrief.end_or_close(uow, ANA, number)
    first, second, third, *_ = item_ids(runtime)
    owner = FixCheck(FixCheckKind.OWNER)
    with runtime.uow(TEAM) as uow:
        for item in (first, third):
            service.choose_check(uow, ANA, item, owner)
    with runtime.uow(TEAM) as uow:
        service.press_done(uow, ANA, first)
        service.name_owner(uow, ANA, third, BEN)
    advance(runtime, 24)
    with runtime.uow(TEAM) as uow:
        service.name_owner(uow, ANA, first, CHO)
        service.press_done(uow, ANA, second)
    advance(runtime, 24)
    with runtime.uow(TEAM) as uow:
        uow.person(BEN).is_deleted = True
        uow.session.flush()
        item = uow.session.get_one(FixItem, third)
        service.settle_here(uow, uow.sprint(number), item, CheckTrigger.NIGHTLY)
    return number


def item_ids(runtime) -> list[int]:
    with runtime.reading(TEAM) as uow:
        return [item.id for item in uow.session.query(FixItem).order_by(FixItem.number)]


def slack(key: Callable[[int], str]) -> Callable[..., str]:
    """Return what a message of the sprint says."""
    return lambda runtime, sprint_id, _capsys: words_of(card(runtime, key(sprint_id))["blocks"])


def week(runtime, sprint_id, _capsys) -> str:
    since = HOUR_0.isoformat()
    with runtime.reading(TEAM) as uow:
        args = {"day": 7, "at": uow.now.isoformat(), "since": since}
        return words_of(weekly.render_follow_up(uow, uow.sprint(sprint_id), args)["blocks"])


def review(runtime, sprint_id, _capsys) -> str:
    with runtime.reading(TEAM) as uow:
        return words_of(weekly.render_review(uow, uow.sprint(sprint_id), {"day": 30})["blocks"])


def cards(runtime, sprint_id, _capsys) -> str:
    return " ".join(
        words_of(card(runtime, keys.fix(sprint_id, number))["blocks"]) for number in range(1, 6)
    )


def debrief_answer(runtime, sprint_id, _capsys) -> str:
    with runtime.uow(TEAM) as uow:
        debrief.discuss(uow, ANA, sprint_id, "thirty_days")
    return words_of(card(runtime, keys.debrief(sprint_id, "thirty_days"))["blocks"])


def rerun(runtime, sprint_id, _capsys) -> str:
    again = add_sprint(runtime, channel_id="C2", rerun_of=sprint_id)
    with runtime.uow(TEAM) as uow:
        post_last_plan(uow, uow.sprint(again))
    (posted,) = [row for row in outbox(runtime) if "last_plan" in row.key]
    return words_of(posted.body["blocks"])


def home(runtime, _sprint_id, _capsys) -> str:
    with runtime.reading(TEAM) as uow:
        return words_of(home_view(uow, ANA)["blocks"])


def settings(runtime) -> Settings:
    return Settings.model_validate({"database": {"url": str(runtime.engine.url)}})


def portfolio(runtime, _sprint_id, capsys) -> str:
    show_portfolio(settings(runtime), team_id=TEAM)
    return str(capsys.readouterr().out)


def replay(runtime, sprint_id, capsys) -> str:
    replay_sprint(settings(runtime), sprint_id, team_id=TEAM)
    return str(capsys.readouterr().out)


def report(form: str) -> Callable[..., str]:
    def told(runtime, sprint_id, _capsys) -> str:
        with runtime.reading(TEAM) as uow:
            made = render(uow, uow.sprint(sprint_id), form)[form]
        if form == "pdf":
            return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)
        return made.decode()

    return told


COUNTS = ("1 of 5 proved", "1 claimed without a check", "1 broke again")
STATES = ("(proved)", "(claimed, not checked)", "(broke again)")
WORDS = {
    "cards": (cards, ("Proved", "claimed, not checked", "broke again")),
    "close": (slack(lambda number: keys.debrief(number, "closed")), (*COUNTS, *STATES)),
    "debrief": (debrief_answer, STATES),
    "digest": (week, COUNTS),
    "review": (review, (*COUNTS, "Broke again:", "Claimed, nothing checked it:")),
    "rerun": (rerun, COUNTS),
    "home": (home, ("1 of 5 items proved", *COUNTS[1:])),
    "portfolio": (portfolio, ("1 of 5 items proved", *COUNTS[1:])),
    "replay": (replay, COUNTS),
    "page": (report("html"), (*COUNTS, ">proved<", ">claimed, not checked<", ">broke again<")),
    "paper": (report("pdf"), COUNTS),
}


def test_every_surface_says_the_three_apart(runtime, sprint_id, capsys):
    for name, (says, wanted) in WORDS.items():
        told = " ".join(says(runtime, sprint_id, capsys).replace("\u200b", "").split())
        for words in wanted:
            assert words in told, f"{name} doesn't say “{words}”: {told}"


def test_a_replayed_sprint_tells_the_facts_of_its_fixes(runtime, sprint_id, capsys):
    replay_sprint(settings(runtime), sprint_id, team_id=TEAM, as_json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    states = [fix["state"] for fix in found["fixes"]]
    assert states == [
        FixState.PROVED,
        FixState.CLAIMED,
        FixState.REGRESSED,
        FixState.OPEN,
        FixState.OPEN,
    ]
    first, _, third, *_ = found["fixes"]
    assert [(each["outcome"], each["day"]) for each in first["changes"]] == [
        ("refused", 0.0),
        ("proved", 1.0),
    ]
    broke = third["changes"][-1]
    assert (broke["outcome"], broke["held_until"], broke["by"]) == ("regressed", 0.0, None)
    assert "the account is closed" in broke["says"]
    assert found["progress"]["proved"] == 1
    assert found["progress"]["forecast_days"]["p50"] <= found["forecast_days"]["p50"]
