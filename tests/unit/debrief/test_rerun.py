"""A rerun starts from the last plan and is compared with the run before."""

from bot.db.models import FixItem
from bot.debrief.rerun import came_back
from bot.domain.record import Blocker, SprintRecord
from bot.domain.vocabulary import Kind
from bot.planning.kickoff import post_last_plan
from tests.runtimes import HOUR_0, TEAM, add_sprint, outbox
from tests.stage import words_of


def _stood(title, kind, phase="data", waits_for=None):
    return Blocker(title, title, kind, 1.0, "Ana", phase, waits_for=waits_for)


def test_a_blocker_comes_back_by_its_cause_and_not_by_its_words():
    then = SprintRecord(
        "x",
        blockers=(
            _stood("A form for the replica", Kind.APPROVAL_PROCESS),
            _stood("Security looks first", Kind.APPROVAL_PROCESS, "deployment", "security"),
        ),
    )
    now = SprintRecord(
        "x",
        blockers=(
            _stood("Another form, same replica", Kind.APPROVAL_PROCESS),
            _stood("Legal looks first", Kind.APPROVAL_PROCESS, "deployment", "legal"),
        ),
    )
    assert came_back(then, now) == (["Another form, same replica"], ["Legal looks first"])


def _fix(sprint_id, number, state):
    text = f"Cho signs form {number} by day 9"
    return FixItem(
        team_id=TEAM, sprint_id=sprint_id, number=number, text=text, due_at=HOUR_0, state=state
    )


def test_a_rerun_begins_with_what_became_of_the_last_plan(runtime):
    verdict = {"fixes": [{"blocker": "b"}, {"blocker": "c"}], "path": "fix_blockers"}
    last = add_sprint(runtime, status="closed", path="fix_blockers", verdict=verdict)
    again = add_sprint(runtime, channel_id="C2", rerun_of=last)
    with runtime.uow(TEAM) as uow:
        uow.session.add_all([_fix(last, 1, "proved"), _fix(last, 2, "stuck")])
        uow.session.flush()
        post_last_plan(uow, uow.sprint(again))
        post_last_plan(uow, uow.sprint(last))
    (posted,) = [row for row in outbox(runtime) if "last_plan" in row.key]
    told = words_of(posted.body["blocks"])
    for words in (
        "1 of 2 proved, 1 stuck",
        "Fix blockers, then deploy",
        "form 1",
        ":red_circle: stuck",
    ):
        assert words in told
