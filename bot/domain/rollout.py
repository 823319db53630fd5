"""Rollout rules: the stages of a deployed model, the gate in front of traffic, the allowed steps.

Pure: facts in, a new state or a refusal out. Services, the story reader and the tests share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from bot.domain.enums import MODEL_ASKED, ApprovalState, DeploymentState
from bot.domain.vocabulary import OwnedPart

SHADOW_ENTITIES: Final = 200
"""Different people, machines or items that a shadow run has to have seen."""
BATCH_ENTITIES: Final = 20
"""Different ones that a batch has to hold to count; fewer cannot show that a column is broken."""
REHEARSAL_AGE: Final = timedelta(hours=24)
REHEARSAL_LIMIT_MS: Final = 2_000
"""How long a rollback may take until no replica answers with the model."""
WATCH_HOURS: Final = 24


class Stage(IntEnum):
    """The share of entities that the model answers for, in percent."""

    SHADOW = 0
    ONE = 1
    FIVE = 5
    QUARTER = 25
    ALL = 100

    @property
    def following(self) -> Stage | None:
        """The next larger stage; None at the last one."""
        return next((stage for stage in Stage if stage > self), None)

    @property
    def preceding(self) -> Stage | None:
        """The next smaller stage with traffic; None below the first one."""
        return next((stage for stage in reversed(Stage) if Stage.SHADOW < stage < self), None)


class Advice(StrEnum):
    """What the guards say about a live model."""

    HOLD = "hold"
    GO = "go"
    PAUSE = "pause"
    BACK = "back"


class StepRefused(Exception):  # noqa: N818  (a refusal of the rules, not an error of the program)
    """A step that the rules do not allow.

    Args:
        code: which rule; a key of the sentences for people.
        gate: the gate, where it is what is in the way.
    """

    def __init__(self, code: str, gate: RolloutConditions | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.gate = gate


@dataclass(frozen=True, slots=True)
class Rollout:
    """A deployment's desired state.

    Args:
        state: what it is meant to do.
        stage: for whom.
        generation: rises with every change; a replica that has reached it has taken the change.
    """

    state: DeploymentState = DeploymentState.PROPOSED
    stage: Stage = Stage.SHADOW
    generation: int = 0

    def changed(self, state: DeploymentState, stage: Stage) -> Rollout:
        """Return the next generation."""
        return replace(self, state=state, stage=stage, generation=self.generation + 1)


_MAY_SHADOW: Final = frozenset({DeploymentState.PROPOSED, DeploymentState.PULLED})
MAY_OPEN: Final = frozenset({DeploymentState.SHADOW, DeploymentState.PULLED})
"""States after which a model can get its first percent of the traffic."""


def start_shadow(rollout: Rollout, *, has_model: bool) -> Rollout:
    """Let the model see traffic without answering it.

    Raises:
        StepRefused: there is no kept model, or it is past that.
    """
    if not has_model:
        raise StepRefused("no_model")
    if rollout.state not in _MAY_SHADOW:
        raise StepRefused("not_proposed")
    return rollout.changed(DeploymentState.SHADOW, Stage.SHADOW)


def open_traffic(rollout: Rollout, gate: RolloutConditions, *, overridden: bool = False) -> Rollout:
    """Give the model its first percent of the traffic.

    Args:
        rollout: the deployment.
        gate: the conditions as they are now.
        overridden: a person takes the missing conditions on themselves, by name and reason.

    Raises:
        StepRefused: a condition is missing, there is no model to serve, or it is live already.
    """
    if rollout.state is DeploymentState.LIVE:
        raise StepRefused("already_live")
    if not gate.has(Condition.MODEL):
        raise StepRefused("no_model", gate)
    if overridden and rollout.state is DeploymentState.PROPOSED:
        return rollout.changed(DeploymentState.LIVE, Stage.ONE)
    if not gate.is_open and not overridden:
        raise StepRefused("gate_closed", gate)
    if rollout.state not in MAY_OPEN:
        raise StepRefused("not_in_shadow", gate)
    return rollout.changed(DeploymentState.LIVE, Stage.ONE)


def advance(rollout: Rollout, advice: Advice) -> Rollout:
    """Take the next larger stage.

    Raises:
        StepRefused: it is not live, the guards do not say go, or it has all the traffic.
    """
    if rollout.state is not DeploymentState.LIVE:
        raise StepRefused("not_live")
    following = rollout.stage.following
    if following is None:
        raise StepRefused("at_the_end")
    if advice is not Advice.GO:
        raise StepRefused(f"guard_{advice}")
    return rollout.changed(DeploymentState.LIVE, following)


def step_back(rollout: Rollout) -> Rollout:
    """Take the next smaller stage.

    Raises:
        StepRefused: it is not live, or has the smallest share already.
    """
    if rollout.state is not DeploymentState.LIVE:
        raise StepRefused("not_live")
    preceding = rollout.stage.preceding
    if preceding is None:
        raise StepRefused("at_the_start")
    return rollout.changed(DeploymentState.LIVE, preceding)


def roll_back(rollout: Rollout) -> Rollout:
    """Pull the model; pulling a pulled one changes nothing, so that a second press is safe.

    Raises:
        StepRefused: nothing answers, so there is nothing to pull.
    """
    if rollout.state is DeploymentState.PULLED:
        return rollout
    if rollout.state not in MODEL_ASKED:
        raise StepRefused("not_live")
    return rollout.changed(DeploymentState.PULLED, Stage.SHADOW)


def rehearse(rollout: Rollout) -> Rollout:
    """Pull a model in its shadow run, to time how long that takes.

    Raises:
        StepRefused: it is not in its shadow run.
    """
    if rollout.state is not DeploymentState.SHADOW:
        raise StepRefused("rehearse_in_shadow")
    return rollout.changed(DeploymentState.PULLED, Stage.SHADOW)


def end(rollout: Rollout) -> Rollout:
    """Take the deployment out of service for good; ending an ended one changes nothing."""
    if rollout.state is DeploymentState.ENDED:
        return rollout
    return rollout.changed(DeploymentState.ENDED, Stage.SHADOW)


# --- the gate -------------------------------------------------------------------------------


class Condition(StrEnum):
    """What has to be so before a model gets traffic."""

    MODEL = "model"
    BETTER = "better"
    APPROVAL = "approval"
    GOVERNANCE = "governance"
    OWNER = "owner"
    ON_CALL = "on_call"
    ACTION_PLAN = "action_plan"
    CONTROL = "control"
    SHADOW = "shadow"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who was named for a part, and whether they have accepted it themselves."""

    user_id: str
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class GateFacts:
    """All that the gate looks at.

    Args:
        now: the moment.
        sha256: the kept model; None where there is none.
        lift: by how much the model beats guessing at the lower end of its interval; None where no
            honest figure is known.
        required: the subjects of the playbook that have to be approved.
        approvals: subject → the state of its newest request; absent where nobody asked.
        governance_ran: whether the governance check has run.
        stops: the titles of its findings that stop and that nobody overrode.
        owners: part → who was named.
        on_call: who is called at night.
        action_plan: whether the business knows what to do with the output; None if nobody said.
        has_control: whether the control answer is defined.
        shadow_entities: different entities seen in shadow.
        clean_batches: batches of `BATCH_ENTITIES` or more scored in shadow, without an alarm and
            without a row that the model failed on.
        shadow_alarms: alarms that are open from the shadow run.
        rehearsed_at: when a rollback of this very deployment was timed last.
        rehearsal_ms: how long it took.
    """

    now: datetime
    sha256: str | None = None
    lift: float | None = None
    required: tuple[str, ...] = ()
    approvals: Mapping[str, str] = field(default_factory=dict)
    governance_ran: bool = False
    stops: tuple[str, ...] = ()
    owners: Mapping[OwnedPart, Owner] = field(default_factory=dict)
    on_call: str | None = None
    action_plan: bool | None = None
    has_control: bool = False
    shadow_entities: int = 0
    clean_batches: int = 0
    shadow_alarms: int = 0
    rehearsed_at: datetime | None = None
    rehearsal_ms: float | None = None


@dataclass(frozen=True, slots=True)
class ConditionCheck:
    """One condition as it is now.

    Args:
        condition: which one.
        code: how it is met or what is missing; a key of the sentences for people.
        holds: whether it is met.
        about: the approval's subject or the owner's part.
        facts: what the sentence says.
    """

    condition: Condition
    code: str
    holds: bool
    about: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A name that is unique in a gate."""
        return f"{self.condition}:{self.about}" if self.about else self.condition.value


@dataclass(frozen=True, slots=True)
class RolloutConditions:
    """All conditions, in the order in which a team meets them."""

    checks: tuple[ConditionCheck, ...]

    @property
    def missing(self) -> tuple[ConditionCheck, ...]:
        """What is not met."""
        return tuple(check for check in self.checks if not check.holds)

    @property
    def is_open(self) -> bool:
        """Whether everything is met."""
        return not self.missing

    def has(self, condition: Condition) -> bool:
        """Return whether a condition is met, in all its parts."""
        return all(check.holds for check in self.checks if check.condition is condition)


def gate_of(facts: GateFacts) -> RolloutConditions:
    """Return the gate as it is now."""
    return RolloutConditions(
        (
            _model(facts),
            _better(facts),
            *(_approval(facts, subject) for subject in facts.required),
            _governance(facts),
            *(_owner(facts, part) for part in OwnedPart),
            _on_call(facts),
            _action_plan(facts),
            _control(facts),
            _shadow(facts),
            _rollback(facts),
        )
    )


def _model(facts: GateFacts) -> ConditionCheck:
    holds = facts.sha256 is not None
    shown = {"sha": (facts.sha256 or "")[:12]}
    return ConditionCheck(Condition.MODEL, _code(holds), holds, facts=shown)


def _better(facts: GateFacts) -> ConditionCheck:
    holds = facts.lift is not None and facts.lift > 0
    code = "unknown" if facts.lift is None else _code(holds)
    return ConditionCheck(
        Condition.BETTER, code, holds, facts={"lift": round(facts.lift or 0.0, 3)}
    )


def _approval(facts: GateFacts, subject: str) -> ConditionCheck:
    state = facts.approvals.get(subject)
    return ConditionCheck(
        Condition.APPROVAL, state or "absent", state == ApprovalState.APPROVED, about=subject
    )


def _governance(facts: GateFacts) -> ConditionCheck:
    holds = facts.governance_ran and not facts.stops
    code = "stops" if facts.stops else _code(holds)
    return ConditionCheck(
        Condition.GOVERNANCE,
        code,
        holds,
        facts={"count": len(facts.stops), "first": next(iter(facts.stops), "")},
    )


def _owner(facts: GateFacts, part: OwnedPart) -> ConditionCheck:
    owner = facts.owners.get(part)
    code = "absent" if owner is None else "ok" if owner.accepted else "named"
    shown = {"user_id": owner.user_id if owner else None}
    return ConditionCheck(Condition.OWNER, code, code == "ok", about=part.value, facts=shown)


def _on_call(facts: GateFacts) -> ConditionCheck:
    holds = bool(facts.on_call)
    return ConditionCheck(Condition.ON_CALL, _code(holds), holds, facts={"user_id": facts.on_call})


def _action_plan(facts: GateFacts) -> ConditionCheck:
    code = {None: "missing", False: "no", True: "ok"}[facts.action_plan]
    return ConditionCheck(Condition.ACTION_PLAN, code, facts.action_plan is True)


def _control(facts: GateFacts) -> ConditionCheck:
    return ConditionCheck(Condition.CONTROL, _code(facts.has_control), facts.has_control)


def _shadow(facts: GateFacts) -> ConditionCheck:
    enough = facts.shadow_entities >= SHADOW_ENTITIES or facts.clean_batches > 0
    holds = enough and not facts.shadow_alarms
    code = "alarm" if facts.shadow_alarms else _code(holds)
    shown = {
        "entities": facts.shadow_entities,
        "needed": SHADOW_ENTITIES,
        "alarms": facts.shadow_alarms,
        "batches": facts.clean_batches,
    }
    return ConditionCheck(Condition.SHADOW, code, holds, facts=shown)


def _rollback(facts: GateFacts) -> ConditionCheck:
    took = facts.rehearsal_ms
    shown = {"milliseconds": round(took or 0), "limit": REHEARSAL_LIMIT_MS}
    if facts.rehearsed_at is None or took is None:
        code = "missing"
    elif facts.now - facts.rehearsed_at > REHEARSAL_AGE:
        code = "old"
    else:
        code = "ok" if took <= REHEARSAL_LIMIT_MS else "slow"
    return ConditionCheck(Condition.ROLLBACK, code, code == "ok", facts=shown)


def _code(holds: bool) -> str:  # noqa: FBT001  (the value itself)
    return "ok" if holds else "missing"
