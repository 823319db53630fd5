"""A sprint with a kept model and a deployment at any point of its way, on real rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.db.deployment_models import Deployment
from bot.db.models import Approval, ProbeRun, Sprint
from bot.db.serving_models import GuardFinding, Prediction, ServingWorker, WatchMinute
from bot.deployments import queries, service, setup
from bot.deployments.forms import SetUpForm
from bot.deployments.model_store import KeptModel, keep_model
from bot.deployments.monitoring import observe, pending
from bot.domain.rollout import SHADOW_ENTITIES
from bot.domain.vocabulary import OwnedPart
from bot.unit_of_work import Runtime, UnitOfWork
from tests.runtimes import ANA, BEN, CHO, DEE, TEAM, card

REQUIRED = ("security", "privacy", "business", "production")
BETTER = {
    "code": "better_than_guessing",
    "level": "ok",
    "sentence": "AUC 0.81",
    "evidence": {
        "metric": "AUC",
        "mean": 0.81,
        "low": 0.78,
        "high": 0.84,
        "guessing": {"mean": 0.5, "low": 0.49, "high": 0.51},
    },
}


def keep(runtime: Runtime, sprint_id: int, folder: Any, content: bytes = b"a model") -> str:
    """Let a baseline probe have kept a model; return its hash."""
    with runtime.uow(TEAM) as uow:
        run = add_run(uow, sprint_id, "baseline", [BETTER])
        model = KeptModel(content, "churned", "binary", ("0", "1"), [{"name": "spend"}], {})
        return keep_model(uow, run, model, folder).sha256


def add_run(uow: UnitOfWork, sprint_id: int, probe: str, findings: list[Any]) -> ProbeRun:
    run = ProbeRun(
        team_id=TEAM,
        sprint_id=sprint_id,
        probe=probe,
        request={"phase": "model"},
        asked_by=BEN,
        state="done",
        asked_at=uow.now,
        finished_at=uow.now,
        result={"findings": findings},
    )
    uow.session.add(run)
    uow.session.flush()
    return run


def propose(runtime: Runtime, sprint_id: int) -> int:
    with runtime.uow(TEAM) as uow:
        return service.propose(uow, ANA, sprint_id).id


def meet(runtime: Runtime, deployment_id: int, *, but: str = "") -> None:
    """Meet every condition through its use case, except one by its key."""
    with runtime.uow(TEAM) as uow:
        _, sprint = queries.find(uow, deployment_id)
        approve(uow, sprint, [each for each in REQUIRED if but != f"approval:{each}"])
        if but != "governance":
            add_run(uow, sprint.id, "governance", [])
        sprint.action_plan = None if but == "action_plan" else True
    with runtime.uow(TEAM) as uow:
        control = "" if but == "control" else "no_offer"
        on_call = None if but == "on_call" else DEE
        setup.set_up(uow, ANA, deployment_id, SetUpForm(on_call=on_call, control=control))
    for part, person in zip(OwnedPart, (ANA, ANA, BEN, DEE), strict=True):
        if but != f"owner:{part}":
            with runtime.uow(TEAM) as uow:
                setup.accept_ownership(uow, person, deployment_id, part)
    if but == "model":
        with runtime.uow(TEAM) as uow:
            queries.find(uow, deployment_id)[0].model_id = None
        return
    with runtime.uow(TEAM) as uow:
        service.start_shadow(uow, ANA, deployment_id)
    if but != "shadow":
        answer(runtime, deployment_id, "shadow", SHADOW_ENTITIES)
    if but != "rollback":
        rehearse(runtime, deployment_id)


def approve(uow: UnitOfWork, sprint: Sprint, subjects: Any, state: str = "approved") -> None:
    for number, subject in enumerate(subjects, 1):
        uow.session.add(
            Approval(
                team_id=TEAM,
                sprint_id=sprint.id,
                number=number,
                subject=subject,
                what="the model",
                requested_by=ANA,
                approver_id=CHO,
                requested_at=uow.now,
                deadline=uow.now + timedelta(hours=8),
                state=state,
                decided_by=CHO,
                decided_at=uow.now,
            )
        )
    uow.session.flush()


def answer(
    runtime: Runtime, deployment_id: int, arm: str, people: int, *, errors: int = 0, first: int = 0
) -> None:
    """Let a serving process have answered so many different people."""
    now = datetime.now(UTC)
    with runtime.uow(TEAM) as uow:
        uow.session.add_all(
            Prediction(
                deployment_id=deployment_id,
                generation=1,
                at=now,
                key=f"{arm}{deployment_id}-{place}",
                entity=f"p{place}",
                arm=arm,
                latency_ms=1.0,
            )
            for place in range(first, first + people)
        )
        uow.session.add(
            WatchMinute(
                deployment_id=deployment_id,
                worker="w",
                minute=now.replace(second=0, microsecond=0) + timedelta(minutes=first),
                arm=arm,
                generation=1,
                calls=people,
                errors_ours=errors,
                latency=[],
            )
        )


def find(
    runtime: Runtime,
    deployment_id: int,
    level: str,
    *,
    guard: str = "column",
    subject: str = "spend",
    closed: bool = False,
) -> int:
    """Let a guard have found something about what is live now; return its number."""
    now = datetime.now(UTC)
    with runtime.uow(TEAM) as uow:
        row = uow.session.get_one(Deployment, deployment_id)
        finding = GuardFinding(
            deployment_id=row.id,
            guard=guard,
            subject=subject,
            level=level,
            facts={"says": "all values are zero"},
            generation=row.generation,
            opened_at=now - timedelta(minutes=4),
            closed_at=now if closed else None,
        )
        uow.session.add(finding)
        uow.session.flush()
        return finding.id


def obey(runtime: Runtime, deployment_id: int, *names: str, behind: int = 0) -> None:
    """Let serving processes have taken the newest generation, or one behind it."""
    with runtime.uow(TEAM) as uow:
        row = uow.session.get_one(Deployment, deployment_id)
        now = datetime.now(UTC)
        for name in names or ("w1",):
            worker = uow.session.query(ServingWorker).filter_by(
                deployment_id=deployment_id, worker=name
            ).one_or_none() or ServingWorker(
                deployment_id=deployment_id,
                worker=name,
                host="here",
                pid=1,
                url="http://127.0.0.1:1",
                started_at=now,
            )
            worker.generation = row.generation - behind
            worker.state = row.state
            worker.seen_at = now
            uow.session.add(worker)


def settle(runtime: Runtime) -> list[bool]:
    """Let the monitor look at what is pending."""
    moment = datetime.now(UTC)
    with runtime.reading_sessions() as session:
        changes = pending(session, moment)
    return [observe(runtime, change, moment) for change in changes]


def rehearse(runtime: Runtime, deployment_id: int) -> None:
    with runtime.uow(TEAM) as uow:
        service.rehearse(uow, ANA, deployment_id)
    obey(runtime, deployment_id)
    settle(runtime)
    obey(runtime, deployment_id)
    settle(runtime)


def row_of(runtime, number):
    with runtime.reading(TEAM) as uow:
        row, _ = queries.find(uow, number)
        uow.session.expunge(row)
        return row


def live_card(runtime, sprint_id, number):
    return card(runtime, f"sprint:{sprint_id}:deployment:{number}")


def all_buttons(content):
    return [
        element["action_id"]
        for block in content["blocks"]
        for element in [*block.get("elements", []), block.get("accessory")]
        if isinstance(element, dict) and element.get("type") == "button"
    ]
