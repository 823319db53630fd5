"""What the bot notices: silence, unchanged digests, reminders of one person, passed deadlines."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.approvals.forms import ApprovalForm
from bot.approvals.service import decide_approval, request_approval, take_over_approval
from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker, reopen_blocker, resolve_blocker, withdraw_blocker
from bot.db.models import Approval, AuditEntry, Blocker
from bot.debrief.early_end import end_sprint, go_on
from bot.debrief.service import end_or_close
from bot.deployments import service as deployments
from bot.deployments import setup
from bot.deployments.forms import SetUpForm
from bot.domain.enums import AuditAction, AuditSubject, Pace, SprintStatus
from bot.domain.errors import InputError
from bot.domain.vocabulary import Decision, OwnedPart, Resolution, Subject
from bot.home.overview import schedule
from bot.messages import keys
from bot.slack.action_ids import Act
from bot.sprints import pace
from bot.sprints.pace import set_pace
from bot.unit_of_work import BOT_ACTOR
from tests.runtimes import ANA, BEN, CHO, DEE, EVE, TEAM, buttons
from tests.stage import words_of
from tests.unit.deployments import staging

START = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
NIGHTS = {"quiet_from": "22:00", "quiet_until": "07:00"}
NO_QUIET = {"quiet_from": "00:00", "quiet_until": "00:00"}


def hour(hours):
    return START + timedelta(hours=hours)


def asked(sprinting):
    return list(sprinting.items("sprint:1:silence"))


def actions(sprinting, subject="sprint"):
    with sprinting.runtime.reading(TEAM) as uow:
        rows = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
        )
        return [(row.action, row.actor_id, row.facts.get("pace")) for row in rows]


# --- silence --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "at"), [(Pace.HOURLY, hour(5)), (Pace.PHASE, hour(8)), (Pace.PAUSED, None)]
)
def test_card_and_schedule_name_the_prompts_that_will_come(sprinting, chosen, at):
    sprint = sprinting.start(**NO_QUIET)
    sprinting.until(hour(4), answering=True)
    with sprinting.runtime.uow(TEAM) as uow:
        set_pace(uow, ANA, sprint, chosen)
    sprinting.until(hour(4.1))
    (card,) = sprinting.items("sprint:1:card")
    with sprinting.runtime.reading(TEAM) as uow:
        listed = words_of(schedule(uow, ANA, uow.sprint(sprint)))
    prompts = listed.count("prompt, hour")
    assert (": digest" in listed) == (chosen != Pace.PAUSED)
    assert prompts == {Pace.HOURLY: 19, Pace.PHASE: 3, Pace.PAUSED: 0}[chosen]
    shown = str(card.body)
    assert ("Next prompt" in shown) == (at is not None)
    assert at is None or f"^{int(at.timestamp())}^" in shown


def test_after_three_unanswered_prompts_the_lead_is_asked_once(sprinting):
    sprinting.start()
    sprinting.until(hour(2.5))
    assert asked(sprinting) == []
    sprinting.until(hour(47))
    [item] = asked(sprinting)
    assert item.queue == f"dm:{ANA}"
    assert "Nobody has answered" in item.body["text"]
    assert buttons(item.body) == [
        Act.PACE_PHASE,
        Act.PACE_PAUSE,
        Act.PACE_HOURLY,
        Act.PACE_END,
    ]
    assert sorted(sprinting.prompts()) == [0, 1, 2, 8, 16, 24], "one a phase meanwhile"


def test_half_a_phase_without_a_record_is_noticed_before_three_prompts(sprinting, monkeypatch):
    monkeypatch.setattr(pace, "PART_OF_PHASE", 0.25)
    sprinting.start()
    sprinting.until(hour(1.5))
    assert asked(sprinting) == []
    sprinting.until(hour(2))
    assert len(asked(sprinting)) == 1
    assert sorted(sprinting.prompts()) == [0, 1]


def test_what_was_planned_the_day_before_is_no_silence_at_hour_one(sprinting):
    sprint = sprinting.start(by=BOT_ACTOR)
    with sprinting.runtime.uow(TEAM) as uow:
        uow.now = hour(-20)
        uow.audit(sprint, ANA, AuditAction.PLANNED, AuditSubject.SPRINT, sprint)
    sprinting.until(hour(2.5))
    assert asked(sprinting) == []
    assert sorted(sprinting.prompts()) == [0, 1, 2]


def test_a_night_is_no_silence(sprinting):
    sprinting.start(**NIGHTS)
    sprinting.until(hour(12), answering=True)
    sprinting.until(hour(22.5))
    assert asked(sprinting) == []
    assert 22 in sprinting.prompts()


@pytest.mark.parametrize("way", ["answer", "record"])
def test_prompts_come_hourly_again_once_somebody_answers_or_records(sprinting, way):
    sprint = sprinting.start()
    sprinting.until(hour(5))
    with sprinting.runtime.uow(TEAM) as uow:
        if way == "record":
            log_blocker(uow, BEN, BlockerForm(sprint_id=sprint, title="The gateway needs a ticket"))
    if way == "answer":
        sprinting.answer()
    sprinting.until(hour(7))
    assert sorted(sprinting.prompts()) == [0, 1, 2, 6, 7]
    assert "has answers again" in sprinting.text(":silence")


@pytest.mark.parametrize(
    ("chosen", "prompts", "words"),
    [
        (Pace.PAUSED, [0, 1, 2], "Ana paused prompts"),
        (Pace.PHASE, [0, 1, 2, 8, 16], "Ana chose one prompt a phase"),
        (Pace.HOURLY, [0, 1, 2, *range(4, 7), 8, 16], "here for a while"),
    ],
)
def test_the_leads_choice_is_done_recorded_and_can_be_taken_back(sprinting, chosen, prompts, words):
    sprint = sprinting.start()
    sprinting.until(hour(3.5))
    with sprinting.runtime.uow(TEAM) as uow:
        with pytest.raises(InputError):
            set_pace(uow, BEN, sprint, chosen)
        set_pace(uow, ANA, sprint, chosen)
    assert ("paced", ANA, chosen) in actions(sprinting)
    sprinting.until(hour(17))
    assert sorted(sprinting.prompts()) == prompts
    if chosen != Pace.HOURLY:
        assert words in sprinting.text(":silence")
        with sprinting.runtime.uow(TEAM) as uow:
            set_pace(uow, ANA, sprint, Pace.HOURLY)
        sprinting.until(hour(19))
        assert sorted(sprinting.prompts())[-2:] == [18, 19]
    assert len(asked(sprinting)) == 1, "asked once"


def test_a_sprint_that_was_closed_early_by_mistake_goes_on_from_its_debrief(sprinting):
    sprint = sprinting.start()
    sprinting.until(hour(5))
    with sprinting.runtime.uow(TEAM) as uow:
        end_or_close(uow, ANA, sprint)
    assert Act.PACE_GO_ON in buttons(sprinting.items(":debrief:summary")[0].body)
    with sprinting.runtime.uow(TEAM) as uow:
        go_on(uow, ANA, sprint)
        assert uow.sprint(sprint).status == SprintStatus.RUNNING
    sprinting.until(hour(49))
    assert Act.PACE_GO_ON not in buttons(sprinting.items(":debrief:summary")[0].body)


def test_an_early_end_is_taken_back_while_hours_are_left(sprinting):
    sprint = sprinting.start()
    sprinting.until(hour(4))
    with sprinting.runtime.uow(TEAM) as uow:
        end_sprint(uow, ANA, sprint)
    assert "ended it early" in sprinting.text(":silence")
    assert "*Hour 4: debrief.*" in sprinting.text("sprint:1:card")
    sprinting.until(hour(6))
    with sprinting.runtime.uow(TEAM) as uow:
        go_on(uow, ANA, sprint)
        assert uow.sprint(sprint).status == SprintStatus.RUNNING
    sprinting.until(hour(9))
    assert {6, 7, 8} <= set(sprinting.prompts())
    sprinting.until(hour(48))
    with sprinting.runtime.uow(TEAM) as uow:
        assert uow.sprint(sprint).status == SprintStatus.DEBRIEF
        with pytest.raises(InputError):
            go_on(uow, ANA, sprint)
    assert [each[0] for each in actions(sprinting) if each[0] in ("ended_early", "resumed")] == [
        "ended_early",
        "resumed",
    ]


def test_a_debrief_that_was_undone_is_pointed_to_when_it_opens_again(sprinting):
    sprint = sprinting.start()
    sprinting.until(hour(3))
    with sprinting.runtime.uow(TEAM) as uow:
        end_sprint(uow, ANA, sprint)
    with sprinting.runtime.uow(TEAM) as uow:
        summary = uow.find_message(keys.debrief(sprint, "summary"))
        summary.channel_id, summary.ts = "C1", "17.5"
    with sprinting.runtime.uow(TEAM) as uow:
        go_on(uow, ANA, sprint)
    assert sprinting.items(":again:") == []
    sprinting.until(hour(48))
    [line] = sprinting.items(":again:")
    assert "<https://slack.com/archives/C1/p175|the five answers>" in line.body["text"]


# --- the budget -----------------------------------------------------------------------------


def log(sprinting, sprint, actor, title, **fields):
    with sprinting.runtime.uow(TEAM) as uow:
        return log_blocker(uow, actor, BlockerForm(sprint_id=sprint, title=title, **fields)).id


BLOCKERS = (
    (1.2, ANA, "No credentials until a form is signed by security"),
    (3.4, BEN, "The customer table has no owner"),
    (5.1, ANA, "The replica is two weeks old"),
    (9.3, ANA, "GPU nodes need a ticket, it takes six weeks"),
    (11.7, BEN, "Nobody may install packages on the notebook"),
    (26.2, DEE, "The shop system has no staging"),
    (28.5, ANA, "Legal wants a review of the terms"),
    (30.4, BEN, "The gateway team is on holiday"),
)
APPROVALS = (
    (2.1, Subject.DATA_ACCESS, 1.0),
    (25.0, Subject.SECURITY, 5.0),
    (25.5, Subject.PRIVACY, None),
    (29.0, Subject.BUSINESS, 2.0),
)


def top_level(sprinting):
    """Return what stands in a channel by itself; a file that is not shared is no message."""
    shown = [i for i in sprinting.items() if i.kind == "message" or i.body.get("share")]
    return [each for each in shown if not each.thread_key]


CLOCK = re.compile(r"<!date[^>]*>|\b\d+(?:\.\d+)? (?:h|hours?|days?|min)\b|[Hh]ours? \d+(?:\.\d+)?")


def without_news(found):
    """Return the keys of messages whose every line, clock aside, stood there in earlier ones."""
    told, stale = defaultdict(set), []
    for item in found:
        lines = {CLOCK.sub("…", line) for line in words_of(item.body).splitlines()}
        is_reminder = item.key.startswith("reminders:")  # its news is the time that is left
        if item.kind == "message" and not is_reminder and lines <= told[item.queue]:
            stale.append(item.key)
        told[item.queue] |= lines
    return stale


def live_busily(sprinting, sprint, deploying=()):
    """Let a team answer, log, resolve, ask, decide and answer gates for 48 hours.

    Args:
        sprinting: the running sprint.
        sprint: its number.
        deploying: further acts, each with its hour.
    """
    events = [(at, "log", rest) for at, *rest in BLOCKERS]
    events += [(at, "ask", rest) for at, *rest in APPROVALS]
    events += [(at, "do", act) for at, act in deploying]
    ids = []
    for at, kind, rest in sorted(events, key=lambda event: event[0]):
        sprinting.until(hour(at), answering=True)
        if kind == "do":
            rest()
        elif kind == "log":
            ids.append(log(sprinting, sprint, rest[0], rest[1], owner=EVE))
        else:
            subject, after = rest
            with sprinting.runtime.uow(TEAM) as uow:
                form = ApprovalForm(sprint, subject, CHO, f"Yes to {subject}", "6")
                number = request_approval(uow, ANA, form).id
            if after is not None:
                sprinting.until(hour(at + after), answering=True)
                with sprinting.runtime.uow(TEAM) as uow:
                    decide_approval(uow, CHO, number, Decision.APPROVED)
    for blocker in ids[:4]:
        with sprinting.runtime.uow(TEAM) as uow:
            resolve_blocker(uow, ANA, blocker, Resolution.FIXED)
    sprinting.until(hour(48), answering=True)


@pytest.mark.parametrize(
    "quiet",
    [NIGHTS, pytest.param(NO_QUIET, marks=pytest.mark.slow)],
    ids=["nights", "off"],
)
def test_a_busy_teams_48_hours_stay_within_sixty_top_level_messages(sprinting, quiet):
    sprint = sprinting.start(sponsor_id=EVE, **quiet)
    live_busily(sprinting, sprint)
    found = top_level(sprinting)
    assert len(found) <= 60, Counter(item.key.split(":")[2] for item in found)
    assert without_news(found) == []
    said = [item.body["text"] for item in found if item.sprint_id == sprint]
    digests = [item for item in found if ":digest:" in item.key]
    assert all("Nothing was recorded" not in str(item.body) for item in digests)
    prompts = [text for item, text in zip(found, said, strict=False) if ":prompt:" in item.key]
    assert len(prompts) >= 12, "a team that records is still prompted at least every third hour"


def ways_to_live(runtime, sprint, folder):
    """Return what a team does from its first model to its second opening, each with its hour."""
    people = count(step=400)

    def propose():
        staging.keep(runtime, sprint, folder)
        staging.propose(runtime, sprint)

    def prepare():
        with runtime.uow(TEAM) as uow:
            setup.set_up(uow, ANA, 1, SetUpForm(on_call=DEE, control="no_offer"))
        for part, person in zip(OwnedPart, (ANA, ANA, BEN, DEE), strict=True):
            with runtime.uow(TEAM) as uow:
                setup.accept_ownership(uow, person, 1, part)

    def shadow():
        with runtime.uow(TEAM) as uow:
            deployments.start_shadow(uow, ANA, 1)
        staging.answer(runtime, 1, "shadow", 400, first=next(people))
        staging.rehearse(runtime, 1)

    def open_traffic():
        with runtime.uow(TEAM) as uow:
            deployments.open_traffic(uow, ANA, 1, override="the board decided so")
        staging.obey(runtime, 1)
        staging.settle(runtime)

    def fail():
        staging.find(runtime, 1, "rollback")
        with runtime.uow(TEAM) as uow:
            deployments.roll_back(uow, ANA, 1, "half of the column spend is zero")
        staging.obey(runtime, 1)
        staging.settle(runtime)

    def decide_output():
        with runtime.uow(TEAM) as uow:
            uow.sprint(sprint).action_plan = True

    return (
        (14.5, propose),
        (32.5, prepare),
        (34.5, shadow),
        (35.0, decide_output),
        (36.5, open_traffic),
        (39.5, fail),
        (41.5, shadow),
        (42.5, open_traffic),
    )


def test_a_busy_team_that_deploys_twice_stays_within_sixty_top_level_messages(sprinting, tmp_path):
    sprint = sprinting.start(sponsor_id=EVE, **NIGHTS)
    live_busily(sprinting, sprint, ways_to_live(sprinting.runtime, sprint, tmp_path))
    found = top_level(sprinting)
    kinds = Counter(item.key.split(":")[2] for item in found)
    assert "deployment" in kinds
    assert len(found) <= 60, kinds
    assert without_news(found) == []


def test_a_silent_teams_48_hours_stay_within_25_top_level_messages(sprinting):
    sprinting.start(sponsor_id=EVE)
    sprinting.until(hour(48))
    found = top_level(sprinting)
    assert len(found) <= 25, Counter(item.key.split(":")[2] for item in found)
    assert without_news(found) == []
    assert not [item for item in found if ":digest:" in item.key]


def test_a_digest_says_only_what_moved_in_the_thread_of_its_gate(sprinting):
    sprint = sprinting.start()
    sprinting.until(hour(5), answering=True)
    log(sprinting, sprint, ANA, "No credentials until a form is signed")
    sprinting.until(hour(20), answering=True)
    digests = {item.key: item.thread_key for item in sprinting.items(":digest:")}
    assert digests == {"sprint:1:digest:8": "sprint:1:gate:data"}
    log(sprinting, sprint, ANA, "The replica is stale")
    sprinting.until(hour(24), answering=True)
    assert sprinting.items(":digest:24")[0].thread_key == "sprint:1:gate:integration"


@pytest.mark.parametrize("is_logged_before", [True, False])
def test_a_digest_whose_only_move_was_taken_back_is_not_posted(sprinting, is_logged_before):
    sprint = sprinting.start()
    if is_logged_before:
        number = log(sprinting, sprint, ANA, "No credentials until a form is signed")
    sprinting.until(hour(10), answering=True)
    if not is_logged_before:
        number = log(sprinting, sprint, ANA, "Logged by mistake")
    with sprinting.runtime.uow(TEAM) as uow:
        if is_logged_before:
            resolve_blocker(uow, ANA, number, Resolution.FIXED)
            reopen_blocker(uow, ANA, number)
        else:
            withdraw_blocker(uow, ANA, number)
    sprinting.until(hour(12), answering=True)
    assert sprinting.items(":digest:12") == []


def test_a_digest_between_gates_is_in_the_thread_of_its_prompt(sprinting):
    sprint = sprinting.start()
    sprinting.until(hour(9.5), answering=True)
    log(sprinting, sprint, ANA, "The replica is stale")
    sprinting.until(hour(12.5), answering=True)
    assert sprinting.items(":digest:12")[0].thread_key == "sprint:1:prompt:12"


def test_the_prompt_of_an_hour_is_left_out_where_the_team_has_just_recorded(sprinting):
    """Never three in a row, so that a team that records all the time is still asked."""
    sprint = sprinting.start()
    for at in (1.5, 2.5, 3.5):
        sprinting.until(hour(at), answering=True)
        log(sprinting, sprint, ANA, f"Blocker of hour {at}")
    sprinting.until(hour(6.5), answering=True)
    assert sorted(sprinting.prompts()) == [0, 1, 4, 6]


# --- reminders ------------------------------------------------------------------------------


def pings(sprinting, user_id):
    """Return when somebody was pinged: mentioned in a channel, or written to directly."""
    found = []
    for item in sprinting.items():
        is_direct = item.queue == f"dm:{user_id}"
        if is_direct or f"<@{user_id}>" in str(item.body.get("text", "")):
            at = (item.created_at.replace(tzinfo=UTC) - START) / timedelta(hours=1)
            found.append((round(at, 2), item.key))
    return found


def test_what_one_person_is_reminded_of_comes_in_one_message(sprinting):
    sprint = sprinting.start()
    for title in ("The gateway needs a ticket", "The replica is stale", "Nobody owns the table"):
        log(sprinting, sprint, ANA, title, owner=EVE)
    sprinting.until(hour(4))
    [together] = sprinting.items(f"reminders:{EVE}:")
    assert together.queue == f"dm:{EVE}"
    assert together.body["text"] == ":bell: *3 things need you*"
    assert buttons(together.body).count(Act.BLOCKER_FIXED) == 3
    with sprinting.runtime.uow(TEAM) as uow:
        first = uow.session.scalars(select(Blocker).order_by(Blocker.id)).first()
        resolve_blocker(uow, EVE, first.id, Resolution.FIXED)
    [together] = sprinting.items(f"reminders:{EVE}:")
    assert together.body["text"] == ":bell: *2 things need you*", "one of three is settled"
    sprinting.until(hour(16))
    assert [item.body["text"] for item in sprinting.items(f"reminders:{EVE}:")][-1] == (
        ":bell: *2 things need you*"
    )
    with sprinting.runtime.uow(TEAM) as uow:
        for each in uow.session.scalars(select(Blocker).where(Blocker.id != first.id)).all():
            resolve_blocker(uow, EVE, each.id, Resolution.FIXED)
    assert {item.body["text"] for item in sprinting.items(f"reminders:{EVE}:")} == {
        "*Nothing here needs you any more*"
    }


def test_nobody_gets_more_than_one_ping_an_hour_unless_a_decision_is_urgent(sprinting):
    sprint = sprinting.start()
    for minutes in range(0, 300, 20):
        sprinting.until(START + timedelta(minutes=minutes))
        log(sprinting, sprint, ANA, f"Blocker after {minutes} minutes", owner=EVE)
    sprinting.until(hour(30), answering=True)
    found = [at for at, _ in pings(sprinting, EVE)]
    assert found, "the owner is told"
    assert all(later - sooner >= 0.99 for sooner, later in pairwise(found))


def test_an_urgent_decision_does_not_wait_for_the_hour(sprinting):
    sprint = sprinting.start()
    with sprinting.runtime.uow(TEAM) as uow:
        form = ApprovalForm(sprint, Subject.SECURITY, CHO, "Scores for 1 % of visitors", "6")
        request_approval(uow, ANA, form)
    sprinting.until(hour(4.8))
    log(sprinting, sprint, ANA, "Nobody owns the gateway", owner=CHO)
    sprinting.until(hour(5.1))
    times = [at for at, key in pings(sprinting, CHO) if key.startswith("reminders:")]
    assert times == [3, 5], "half time, and an hour before the deadline although called at 4.8"


def test_a_debrief_that_nobody_closes_reminds_its_lead_and_then_its_sponsor(sprinting):
    sprint = sprinting.start(sponsor_id=EVE)
    sprinting.until(hour(48))
    sprinting.until(hour(71))
    assert [item for item in sprinting.items("reminders:") if "debrief" in str(item.body)] == []

    def told(user_id):
        found = [item.body for item in sprinting.items(f"reminders:{user_id}:")]
        return [body for body in found if "The debrief of" in body["text"]]

    sprinting.until(hour(24 * 3 + 2))  # Thursday
    [first] = told(ANA)
    assert "the sponsor gets the result" in first["text"]
    assert buttons(first) == [Act.DEBRIEF_CLOSE]
    assert told(EVE) == []
    sprinting.until(hour(24 * 7 + 2))  # the third day is a Saturday: Monday
    assert len(told(ANA)) == 2
    [sponsors] = told(EVE)
    assert "Once its lead closes it" in sponsors["text"]
    assert buttons(sponsors) == []
    with sprinting.runtime.uow(TEAM) as uow:
        end_or_close(uow, ANA, sprint)
    sprinting.until(hour(24 * 20))
    assert len(told(ANA)) == 2
    assert all(buttons(body) == [] for body in told(ANA)), "nothing is left to close"


# --- deadlines ------------------------------------------------------------------------------


def request(sprinting, sprint, hours="6", subject=Subject.SECURITY, approver=DEE):
    with sprinting.runtime.uow(TEAM) as uow:
        form = ApprovalForm(sprint, subject, approver, "Scores for 1 % of visitors", hours)
        return request_approval(uow, ANA, form).id


def state_of(sprinting, approval):
    with sprinting.runtime.reading(TEAM) as uow:
        return uow.session.get_one(Approval, approval).state


def test_an_approval_that_expired_while_the_bot_was_away_gets_a_reminder_and_an_hour(sprinting):
    sprint = sprinting.start()
    approval = request(sprinting, sprint)
    sprinting.until(hour(1))
    sprinting.leap(hour(9))
    assert state_of(sprinting, approval) == "waiting"
    [reminder] = sprinting.items(f"reminders:{DEE}:")
    assert "1 h left" in reminder.body["text"]
    assert "I was away when the deadline passed. Dee has until" in str(
        [item.body["text"] for item in sprinting.items(":approval:1:line:")]
    )
    sprinting.until(hour(10.5))
    assert state_of(sprinting, approval) == "expired"


def test_within_the_grace_hour_the_approver_can_still_decide(sprinting):
    sprint = sprinting.start()
    approval = request(sprinting, sprint)
    sprinting.go_to(hour(8))
    with sprinting.runtime.uow(TEAM) as uow:
        found, counts = decide_approval(uow, DEE, approval, Decision.APPROVED)
        assert (counts, found.state) == (True, "approved")


def test_the_grace_hour_is_given_once_and_not_past_the_sprints_end(sprinting):
    sprint = sprinting.start()
    approval = request(sprinting, sprint)
    sprinting.leap(hour(9))
    sprinting.leap(hour(14))
    assert state_of(sprinting, approval) == "expired"
    late = request(sprinting, sprint, subject=Subject.PRIVACY)
    sprinting.leap(hour(47.5))
    assert state_of(sprinting, late) == "expired"


@pytest.mark.parametrize(
    ("approver", "goes_to"),
    [(DEE, CHO), (CHO, EVE)],
    ids=["the team's approver", "the sponsor, as the approver was asked"],
)
def test_an_overdue_approval_reaches_the_stand_in_or_the_sponsor(sprinting, approver, goes_to):
    sprint = sprinting.start(sponsor_id=EVE)
    approval = request(sprinting, sprint, approver=approver)
    sprinting.until(hour(6.5))
    [told] = sprinting.items(":approval:1:overdue")
    assert told.queue == f"dm:{goes_to}"
    assert "gave no answer to request 1" in told.body["text"]
    assert buttons(told.body) == [Act.APPROVAL_TAKE_OVER]
    with sprinting.runtime.uow(TEAM) as uow:
        with pytest.raises(InputError):
            take_over_approval(uow, BEN, approval)
        anew = take_over_approval(uow, goes_to, approval)
        assert (anew.approver_id, anew.requested_by, anew.number) == (goes_to, ANA, 2)
        decide_approval(uow, goes_to, anew.id, Decision.APPROVED)
        states = uow.session.scalars(select(Blocker.state)).all()
    assert list(states) == ["fixed"], "the silence is answered"
    assert buttons(sprinting.items(":approval:1:overdue")[0].body) == []
    assert "escalated" in [action for action, *_ in actions(sprinting, "approval")]


def test_after_the_end_nobody_is_said_to_be_blocked_on_an_overdue_approval(sprinting):
    sprint = sprinting.start(sponsor_id=EVE)
    request(sprinting, sprint, approver=CHO)
    sprinting.until(hour(6.5))
    assert "\nThe team of" in sprinting.items(":overdue")[0].body["text"]
    for _ in range(2):
        with sprinting.runtime.uow(TEAM) as uow:
            end_or_close(uow, ANA, sprint)
    [told] = sprinting.items(":overdue")
    assert told.body["text"].endswith("” is over. You have nothing left to do.")
    assert "\n“" in told.body["text"]
    assert "blocked" not in told.body["text"]


def test_an_overdue_approval_wakes_nobody(sprinting):
    sprint = sprinting.start(sponsor_id=EVE, **NIGHTS)
    sprinting.until(hour(12))
    approval = request(sprinting, sprint, approver=CHO, hours="6")
    sprinting.until(hour(20))
    assert state_of(sprinting, approval) == "expired"
    assert sprinting.items(":overdue") == []
    sprinting.until(hour(25))
    [told] = sprinting.items(":approval:1:overdue")
    local = told.created_at.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
    assert 7 <= local.hour < 9, local


def test_without_a_stand_in_and_a_sponsor_nobody_else_is_told(sprinting):
    sprint = sprinting.start()
    request(sprinting, sprint, approver=CHO)
    sprinting.until(hour(7))
    assert sprinting.items(":overdue") == []
