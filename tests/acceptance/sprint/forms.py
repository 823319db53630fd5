"""Every modal of the bot: where it opens, who may send it, and what is wrong and right in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from bot.db.deployment_models import Deployment
from bot.deployments import announcements
from bot.domain.enums import DeploymentState
from bot.slack.action_ids import ViewId
from tests.acceptance.sprint.test_planning import EXPECTATION
from tests.stage import (
    APPROVER,
    BUILDER,
    BUSINESS,
    DATA,
    GUEST,
    OUTSIDER,
    SPONSOR,
    TeamStage,
    buttons_of,
)

Open = Callable[[TeamStage, str], None]
Values = Callable[[TeamStage], Mapping[str, Any]]


def button(action: str) -> Open:
    """Press the newest button of that name."""

    def press(stage: TeamStage, name: str) -> None:
        posts = reversed(stage.posts())
        card, found = next(
            (post, each)
            for post in posts
            for each in buttons_of(post)
            if each == action or each.startswith(f"{action}:")
        )
        stage.click(name, card, found)

    return press


def command(word: str, text: str = "") -> Open:
    """Type a command in the newest sprint, or in a direct message before there is one."""

    def write(stage: TeamStage, name: str) -> None:
        stage.command(name, word, text, stage.channel if stage.channels else None)

    return write


def after(*steps: Open) -> Open:
    """Do several things one after the other; the last one opens the form."""

    def walk(stage: TeamStage, name: str) -> None:
        for step in steps:
            step(stage, name)

    return walk


def at(state: DeploymentState) -> Open:
    """Bring the deployment into a state."""

    def bring(stage: TeamStage, _name: str) -> None:
        with stage.bot.core.runtime.uow(stage.workspace.team_id) as uow:
            row = uow.session.scalars(select(Deployment)).one()
            row.state, row.percent, row.opened_at = state, 1.0, uow.now
            announcements.show(uow, uow.sprint(row.sprint_id), row)
        stage.settle()

    return bring


def within(action: str) -> Open:
    """Press a button of the modal that is open."""
    return lambda stage, name: (
        stage.press(stage[name], lambda: stage.modal(name).click(action)),
        None,
    )[1]


def sent(values: Mapping[str, Any]) -> Open:
    """Send the modal that is open, which leads to the next one."""
    return lambda stage, name: (
        stage.press(stage[name], stage.modal(name).fill(values).submit),
        None,
    )[1]


def same(**values: Any) -> Values:
    """Return values that no person or date of the stage is needed for."""
    return lambda _stage: values


def person(block: str, name: str, **values: Any) -> Values:
    """Return values of which one is a person."""
    return lambda stage: values | {block: stage[name].id}


def robot(block: str) -> Values:
    """Return a field in which the bot itself was chosen."""
    return lambda stage: {block: stage.workspace.bot_user_id}


@dataclass(frozen=True)
class Form:
    """One modal.

    Args:
        view: its id.
        place: the state of a sprint in which it opens, a key of `PLACES` in the test.
        opens: opens it.
        right: what is accepted.
        wrong: what is refused beside everything that is right, and at which field.
        needed: fields that an empty form is refused at; none where it may be empty.
        first: brings the sprint into the state that the form needs.
        who: who opens it.
        refused: who may not send it.
        records: whether sending it changes anything; else it only shows the next page.
        draft: whose draft sending it ends; None for its own.
        opens_late: whether it opens after something was done that its answer only explains.
    """

    view: ViewId
    place: str
    opens: Open
    right: Values = field(default=same())
    wrong: tuple[Values, str] | None = None
    needed: tuple[str, ...] = ()
    first: Open | None = None
    who: str = BUILDER
    refused: str = OUTSIDER
    records: bool = True
    opens_late: bool = False
    draft: ViewId | None = None


LIVE, SHADOW = DeploymentState.LIVE, DeploymentState.SHADOW
LATE: Final = "2020-01-06"
ORDER: Final = {"entity": "customer"}
FORMS: Final = (
    Form(
        ViewId.PLAN,
        "planned",
        command("/sprint", "plan"),
        lambda stage: stage.plan_values(criterion_not_critical="no", title="Second"),
        (lambda stage: {"start": stage.at_nine(-1)}, "start"),
        (
            *("title", "use_case", "start", "timezone", "reason_valuable"),
            *("criterion_valuable", "criterion_not_critical", "criterion_real_data"),
            *("role_builder", "role_data", "role_approver", "role_business"),
        ),
        refused=GUEST,
    ),
    Form(
        ViewId.EXPECT,
        "planned",
        button("expect.open"),
        same(**EXPECTATION),
        (same(rank_2nd="technical"), "rank_2nd"),
        ("rank_1st", "rank_2nd", "rank_3rd"),
    ),
    Form(
        ViewId.OVERRIDE,
        "planned",
        button("plan.start"),
        same(reason="The team agreed to it."),
        (same(reason="no"), "reason"),
        ("reason",),
    ),
    Form(
        ViewId.CANCEL,
        "planned",
        command("/sprint", "cancel 1"),
        same(reason="No longer wanted."),
        refused=DATA,
    ),
    Form(
        ViewId.KICKOFF,
        "running",
        button("kickoff.open"),
        same(success="One real prediction", data="The shop's table", integration="One call"),
        (same(success="x"), "success"),
        ("success", "data", "integration"),
    ),
    Form(
        ViewId.PROMPT_ANSWER,
        "running",
        button("prompt.answer"),
        same(answer="The table is readable."),
        (same(answer="   "), "answer"),
        ("answer",),
    ),
    Form(
        ViewId.GATE_EARLY,
        "running",
        command("/sprint", "gate model works"),
    ),
    Form(
        ViewId.PEOPLE,
        "running",
        command("/sprint", "edit"),
        person("sponsor", SPONSOR),
        (robot("role_data"), "role_data"),
        ("role_builder", "role_data", "role_approver", "role_business"),
    ),
    Form(
        ViewId.BLOCKER,
        "running",
        command("/blocker"),
        same(title="The gateway needs a ticket", severity="stops", lead_time="two weeks"),
        (same(title="x" * 301), "title"),
        ("title", "severity", "kind"),
        refused=GUEST,
    ),
    Form(ViewId.WITHDRAW_BLOCKER, "running", command("/blocker", "withdraw 2")),
    Form(
        ViewId.LINK_TICKET,
        "running",
        button("evidence.link"),
        same(ticket="SEC-114"),
        (same(ticket="the ticket of last week"), "ticket"),
        ("ticket",),
    ),
    Form(
        ViewId.ASK_ACCESS,
        "running",
        button("evidence.access"),
        same(source="shop", table="orders"),
        (same(table="orders; drop table"), "table"),
        ("source", "asked"),
    ),
    Form(
        ViewId.APPROVAL,
        "running",
        command("/approval"),
        person("approver", APPROVER, subject="change", what="May we use the table?", deadline="6"),
        (same(deadline="soon"), "deadline"),
        ("subject", "approver", "what"),
        refused=GUEST,
    ),
    Form(
        ViewId.ASK,
        "running",
        button("approval.ask"),
        same(question="Which columns are it?"),
        (same(question="  "), "question"),
        ("question",),
        who=APPROVER,
    ),
    Form(
        ViewId.REJECT,
        "running",
        button("approval.reject"),
        same(reason="No assessment yet, come back in March."),
        (same(reason="no"), "reason"),
        ("reason",),
        who=APPROVER,
    ),
    Form(
        ViewId.HAND_OVER,
        "running",
        button("approval.hand_over"),
        person("approver", BUSINESS),
        (robot("approver"), "approver"),
        ("approver",),
        who=APPROVER,
    ),
    Form(
        ViewId.ACCEPTANCE,
        "running",
        command("/probe", "governance accept"),
        same(duty="privacy.retention", says="Deleted after 90 days", proof="policies/keep.pdf"),
        (same(says="TBD"), "says"),
        ("duty", "says", "proof"),
    ),
    Form(
        ViewId.FINDING_OVERRIDE,
        "running",
        after(button("probe.show_all"), within("finding.override:0")),
        same(why="The full table comes tomorrow"),
        (same(why="no"), "why"),
        ("why",),
    ),
    Form(
        ViewId.PROBE,
        "running",
        command("/probe"),
        same(probe="quality", source="shop"),
        (same(time="opened"), "time"),
        ("probe",),
    ),
    Form(
        ViewId.CHECK_KEEP_RULES,
        "running",
        button("check.keep_rules"),
        same(rules=["0"]),
        needed=("rules",),
    ),
    Form(
        ViewId.DEPLOY_SET_UP,
        "deployed",
        button("deploy.set_up"),
        lambda stage: {
            "control": '{"score": 0}',
            "entity_column": "id",
            "owner_model": stage[DATA].id,
            "on_call": stage[DATA].id,
        },
        (robot("on_call"), "on_call"),
    ),
    Form(
        ViewId.DEPLOY_PLAN,
        "deployed",
        button("deploy.plan"),
        same(ready="yes", plan="Two calls a day to who may leave"),
        needed=("ready",),
    ),
    Form(
        ViewId.BATCH_ORDER,
        "deployed",
        button("deploy.score"),
        same(**ORDER),
        (same(entity="  "), "entity"),
        ("source", "entity", "into", "repeat"),
        records=False,
        first=at(LIVE),
    ),
    Form(
        ViewId.BATCH_CONFIRM,
        "deployed",
        after(button("deploy.score"), sent(ORDER)),
        first=at(LIVE),
        draft=ViewId.BATCH_ORDER,
    ),
    Form(ViewId.BATCH_AGAIN, "deployed", button("batch.again"), first=at(LIVE)),
    Form(
        ViewId.BATCH_REPLAY,
        "deployed",
        button("deploy.replay"),
        same(**ORDER),
        (same(entity="  "), "entity"),
        ("source", "entity"),
        first=at(SHADOW),
    ),
    Form(
        ViewId.SCORE_NOTICE,
        "deployed",
        button("deploy.notice"),
        same(threshold="0,8"),
        (same(threshold="high"), "threshold"),
        ("threshold",),
        first=at(LIVE),
    ),
    Form(
        ViewId.DEPLOY_WHY,
        "deployed",
        after(at(LIVE), button("deploy.roll_back")),
        same(why="It sold ice in winter."),
        opens_late=True,
    ),
    Form(
        ViewId.CORRECT,
        "debrief",
        button("debrief.correct"),
        same(answer="no", why="The team saw it otherwise."),
        (same(why="x"), "why"),
        ("answer", "why"),
    ),
    Form(ViewId.CLOSE, "debrief", command("/sprint", "close"), refused=DATA),
    Form(
        ViewId.FIX_STUCK,
        "closed",
        button("fix.stuck"),
        same(reason="Nobody signs before March."),
        (same(reason="  "), "reason"),
        ("reason",),
    ),
    Form(
        ViewId.FIX_MOVE,
        "closed",
        button("fix.move"),
        same(date="2026-04-20", reason="The board meets then."),
        (same(date=LATE), "date"),
        ("date", "reason"),
    ),
    Form(
        ViewId.FIX_REWRITE,
        "closed",
        button("fix.rewrite"),
        same(text="Ana opens the replica to the builders by Friday"),
        (same(text="  "), "text"),
        ("text",),
    ),
    Form(
        ViewId.FIX_CHECK,
        "closed",
        button("fix.check"),
        same(check="evidence"),
        (same(check="url", detail="on my desk"), "detail"),
        ("check",),
    ),
    Form(
        ViewId.FIX_EVIDENCE,
        "closed",
        button("fix.done"),
        same(link="https://example.com/form.pdf"),
        (same(link="on my desk"), "link"),
        ("link",),
        first=after(button("fix.check"), sent({"check": "evidence"})),
    ),
    Form(
        ViewId.FIX_OWNER,
        "closed",
        button("fix.done"),
        person("person", BUSINESS),
        (robot("person"), "person"),
        ("person",),
        first=after(button("fix.check"), sent({"check": "owner"})),
    ),
    Form(
        ViewId.FIX_DECIDE,
        "closed",
        button("fix.decide"),
        same(decision="approved"),
        (same(decision="rejected"), "reason"),
        ("decision",),
        who=APPROVER,
    ),
)
READ_ONLY: Final = {ViewId.WORDS, ViewId.FACTS, ViewId.WHAT_IF, ViewId.SCORE_NOTICE_KEY}
"""Modals that nothing is sent with."""
