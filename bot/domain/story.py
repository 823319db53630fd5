"""A story: one sprint written down as what happened when, turned into a record.

Everything is checked before anything is returned. The file's own reading is in
`bot.playbook.story_file`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Final, NoReturn

from pydantic import BeforeValidator, Field

from bot.domain import story_waits
from bot.domain.enums import ApprovalState
from bot.domain.going_live import Deployment, Rollback, claim, is_live
from bot.domain.past import PastForecast, Value
from bot.domain.record import (
    STANDARD_PHASES,
    ActionPlan,
    Approval,
    Blocker,
    BlockerChange,
    CriterionAnswer,
    GateAnswer,
    Phase,
    SprintRecord,
)
from bot.domain.story_events import (
    EVENTS,
    Decided,
    Deployed,
    Event,
    Gated,
    Planned,
    Raised,
    Requested,
    Resolved,
    RolledBack,
)
from bot.domain.story_facts import StoryFacts
from bot.domain.story_fields import (
    FieldLocation,
    Name,
    StoryModel,
    Text,
    Truth,
    Votes,
    as_word,
    read,
    rows,
)
from bot.domain.story_history import MOST_PAST, ForecastPart, QuotePart, WorthPart
from bot.domain.story_plan import plan_of
from bot.domain.story_waits import ReadWait
from bot.domain.texts import say
from bot.domain.transitions import (
    ApproverFault,
    answer_gate,
    ask,
    blocker_of_silence,
    expire,
    is_undecided,
    log,
    supersedes,
)
from bot.domain.verdict.links import with_twins_resolved
from bot.domain.vocabulary import (
    Category,
    Criterion,
    Decision,
    Kind,
    Path,
    PathFamily,
    Resolution,
    Role,
    ShouldDoAI,
    Subject,
    TimelineBand,
    UseCase,
)

MOST_EVENTS: Final = 2_000
_EVENT_LIST: Final = rows(MOST_EVENTS, no_list="events_not_a_list", too_many="events_sprint_most")
Suggest = Callable[[str], Kind]
"""Names the kind of a blocker from its title."""

_FIXED_SORTS: Final = ("approval", "gate", "rollback", "finding", "guardrail")
_ASKED_OF_LIVE: Final = ("owners", "evidence", "record")
"""Items of a plan that no single record leads, as the verdict's JSON names them."""


class _Expected(StoryModel):
    """What a story expects of its verdict; a field that is left out expects nothing."""

    nulls = frozenset({"critical_path", "surprise"})
    deployed: Truth | None = None
    unlimited_resources: Truth | None = None
    critical_path: PathFamily | None = None
    timeline: TimelineBand | None = None
    should_do_ai: Annotated[ShouldDoAI, BeforeValidator(as_word)] | None = None
    path: Path | None = None
    surprise: Category | None = None


class _File(StoryModel):
    """A story's mapping; events and plan are checked one by one, in the story's own words."""

    story: Text
    use_case: UseCase = UseCase.OTHER
    criteria: dict[Criterion, Truth | None] = Field(default_factory=dict)
    team: dict[Role, Name | None] = Field(default_factory=dict)
    expected: dict[Category, Votes | None] = Field(default_factory=dict)
    value: WorthPart | None = None
    history: Annotated[tuple[QuotePart, ...], rows(MOST_PAST)] = ()
    forecasts: Annotated[tuple[ForecastPart, ...], rows(MOST_PAST)] = ()
    events: Annotated[tuple[Any, ...], _EVENT_LIST] = ()
    plan: Annotated[tuple[Any, ...], rows(MOST_PAST)] = ()
    expect: _Expected = _Expected()


@dataclass(frozen=True, slots=True)
class Story:
    """A story, read: the record it makes, its events in order of time, and what it expects."""

    record: SprintRecord
    events: tuple[Event, ...]
    expect: Mapping[str, bool | str | None]


def parse_story(
    story: Any,
    *,
    name: str = "story",
    phases: Sequence[Phase] = STANDARD_PHASES,
    suggest: Suggest | None = None,
) -> Story:
    """Turn a story's mapping into a record.

    Args:
        story: the mapping, as YAML or JSON gives it.
        name: the file's name, for messages.
        phases: the playbook's phases; the last one's end is the sprint's length.
        suggest: names the kind of a blocker that states none.

    Raises:
        InputError: the first fault found, with file, event and field.
    """
    place = FieldLocation(name)
    top = read(_File, story, place)
    length = phases[-1].end
    head = SprintRecord(
        title=top.story,
        use_case=top.use_case,
        criteria=tuple(
            CriterionAnswer(each, top.criteria[each], overridden=top.criteria[each] is False)
            for each in Criterion
            if each in top.criteria
        ),
        team={role.value: who for role in Role if (who := top.team.get(role))},
        expected={each: n for each in Category if (n := top.expected.get(each)) is not None},
        phases=tuple(phases),
        length=length,
        ended_at=length,
        value=Value(**dict(top.value)) if top.value else None,
        history=tuple(each.quote for each in top.history),
        forecasts=tuple(PastForecast(**dict(each)) for each in top.forecasts),
    )
    events = [_event(values, number, place, length) for number, values in enumerate(top.events, 1)]
    order = list(EVENTS)
    events.sort(key=lambda taken: (taken[0].at, order.index(taken[0].verb), _tie(taken[0])))
    book = _Book(head, suggest)
    for event, where in events:
        book.take(event, where)
    record = replace(book.close(), plan=plan_of(top.plan, place, book.fixable()))
    expect = top.expect.model_dump(mode="json", exclude_unset=True)
    return Story(record, tuple(event for event, _ in events), expect)


def _tie(event: Event) -> str:
    """Order what is of one hour and kind by what it says."""
    return f"{event.value}:{event.by}:{event.model_dump_json(exclude_unset=True)}"


def _event(
    values: Any, number: int, place: FieldLocation, length: float
) -> tuple[Event, FieldLocation]:
    given = values if isinstance(values, Mapping) else {}
    verbs = [verb for verb in EVENTS if given.get(verb) is not None]
    what = " ".join(f"{verb} {str(given[verb])[:60]}" for verb in verbs[:1])
    hour = f"hour {given['at']}" if isinstance(given.get("at"), int | float) else ""
    known = ", ".join(part for part in (hour, what) if part)
    place = replace(place, where=f"event {number} ({known})" if known else f"event {number}")
    if len(verbs) != 1 and isinstance(values, Mapping):
        found = f"has {' and '.join(verbs)}" if verbs else "has none"
        place.refuse("", say("event_exactly", choices=", ".join(EVENTS), found=found))
    return read(EVENTS[verbs[0]] if verbs else Event, values, place, length=length), place


class _Book:
    """Takes a story's events in order of time and keeps the facts they make."""

    def __init__(self, head: SprintRecord, suggest: Suggest | None) -> None:
        self._head = head
        self._suggest = suggest
        self._blockers: dict[str, Blocker] = {}
        self._approvals: dict[str, Approval] = {}
        self._gates: list[GateAnswer] = []
        self._deployments: list[Deployment] = []
        self._rollbacks: list[Rollback] = []
        self._plans: list[ActionPlan] = []
        self._facts = StoryFacts(head)
        self._takers: dict[str, Callable[[Any, FieldLocation], None]] = {
            "blocker": self._blocker,
            "request": self._request,
            "resolve": self._resolve,
            "decide": self._decide,
            "gate": self._gate,
            "deploy": self._deploy,
            "rollback": self._rollback,
            "action_plan": self._action_plan,
            "ask_access": partial(self._with_measured, read=story_waits.asked_access),
            "granted": partial(self._with_measured, read=story_waits.granted),
            "measured": partial(self._with_measured, read=story_waits.measured),
            "probe": self._facts.probe,
            "owner": self._facts.owner,
            "guardrail": self._facts.guardrail,
            "answer": self._facts.answer,
            "override": self._facts.override,
            "same_cause": partial(self._link, same=True),
            "not_same_cause": partial(self._link, same=False),
        }

    def take(self, event: Event, place: FieldLocation) -> None:
        """Take one event; those before it in time have been taken."""
        self._takers[event.verb](event, place)

    def close(self) -> SprintRecord:
        """Let unanswered requests expire, resolve twins, and return the record."""
        for approval in [a for a in self._approvals.values() if a.decision is None]:
            if expire(approval.due_at, self._head.length) == ApprovalState.EXPIRED:
                self._expire(approval)
        record = replace(
            self._facts.added_to(self._head),
            blockers=tuple(sorted(self._blockers.values(), key=lambda b: (b.raised_at, b.id))),
            approvals=tuple(self._approvals.values()),
            gates=tuple(self._gates),
            deployments=tuple(self._deployments),
            rollbacks=tuple(self._rollbacks),
            action_plans=tuple(self._plans),
        )
        return with_twins_resolved(record)

    def _blocker(self, event: Raised, place: FieldLocation) -> None:
        id_ = event.blocker
        if id_ in self._blockers:
            place.refuse("blocker", say("id_taken", id_=id_))
        phase = self._head.phase_at(event.at)
        logged = log(event.kind, lambda: self._suggested(event.title), phase)
        self._blockers[id_] = Blocker(
            id=id_,
            title=event.title,
            kind=logged.kind,
            kind_suggested=logged.is_suggested,
            raised_at=event.at,
            by=event.by,
            phase=phase,
            severity=event.severity,
            remedy=event.remedy,
            lead_time=event.lead_time,
            family=event.family,
        )

    def _link(self, event: Event, place: FieldLocation, *, same: bool) -> None:
        self._facts.link(event, place, self._names(), same=same)

    def _names(self) -> dict[str, str]:
        """Return how a story may name a record -> the record's reference."""
        known = {
            **{id_: f"blocker:{id_}" for id_ in self._blockers},
            **{f"request {a.subject}": f"approval:{a.id}" for a in self._approvals.values()},
            **{f"decide {a.subject}": f"approval:{a.id}" for a in self._approvals.values()},
            **{f"gate {gate.phase}": f"gate:{gate.id}" for gate in self._gates},
            **self._facts.names(),
        }
        if self._rollbacks:
            known["rollback"] = f"rollback:{self._rollbacks[-1].id}"
        return known

    def fixable(self) -> dict[str, str]:
        """Return how a story may name what an item of the plan is about -> its reference there."""
        sorts = {"blocker": "", **{each: f"{each}-" for each in _FIXED_SORTS}}
        named = {
            name: f"{sorts[sort]}{id_}"
            for name, (sort, _, id_) in ((n, r.partition(":")) for n, r in self._names().items())
        }
        if self._plans:
            named["action_plan"] = self._plans[-1].id
        return {**named, **{each: each for each in (*named.values(), *_ASKED_OF_LIVE)}}

    def _with_measured(self, event: Event, place: FieldLocation, *, read: ReadWait) -> None:
        """Take what was measured of a blocker's wait."""
        blocker = self._known(event, place)
        waits = read(event, place, blocker.measured)
        self._blockers[blocker.id] = replace(blocker, measured=waits)

    def _known(self, event: Event, place: FieldLocation) -> Blocker:
        """Return the blocker that an event names."""
        id_ = str(event.value)
        if id_ not in self._blockers:
            known = ", ".join(sorted(self._blockers)[:10]) or "none yet"
            fault = say("blocker_unknown", id_=id_, at=event.at, known=known)
            place.refuse(event.verb, fault)
        return self._blockers[id_]

    def _suggested(self, text: str) -> Kind | None:
        return self._suggest(text) if self._suggest else None

    def _resolve(self, event: Resolved, place: FieldLocation) -> None:
        blocker = self._known(event, place)
        id_ = blocker.id
        if blocker.resolution:
            when = f"{blocker.resolution.at:g}"
            place.refuse("resolve", say("already_resolved_hour", id_=id_, when=when))
        change = BlockerChange(event.at, event.by, event.how)
        self._blockers[id_] = replace(blocker, history=(*blocker.history, change))

    def _request(self, event: Requested, place: FieldLocation) -> None:
        subject, approver = event.request, event.of
        if ask(event.by, approver) is ApproverFault.ASKED:
            place.refuse("of", say("decided_own_request"))
        if self._open_request(subject, approver, event.at):
            fault = say("approval_still_open", approver=approver, subject=subject)
            place.refuse("request", fault)
        due = self._head.length if event.deadline is None else event.at + event.deadline
        asked = sum(approval.subject is subject for approval in self._approvals.values())
        id_ = f"{subject}-{asked + 1}" if asked else str(subject)
        self._approvals[id_] = Approval(
            id=id_,
            subject=subject,
            requested_by=event.by,
            approver=approver,
            requested_at=event.at,
            due_at=due,
            phase=self._head.phase_at(event.at),
        )

    def _open_request(self, subject: Subject, approver: str, at: float) -> Approval | None:
        return next(
            (
                approval
                for approval in self._of(subject)
                if approval.approver == approver
                and not approval.decision
                and is_undecided(ApprovalState.WAITING, approval.due_at, at)
            ),
            None,
        )

    def _of(self, subject: Subject) -> list[Approval]:
        return [approval for approval in self._approvals.values() if approval.subject is subject]

    def _decide(self, event: Decided, place: FieldLocation) -> None:
        subject = event.decide
        if event.decision is Decision.EXPIRED:
            fault = say("decision_unknown")
            place.refuse("decision", fault)
        approval = self._open_request(subject, event.by, event.at)
        if approval is None:
            self._refuse_decision(event, place)
        self._approvals[approval.id] = replace(
            approval,
            decision=event.decision,
            decided_at=event.at,
            reason=event.why,
            lead_time=event.lead_time,
        )

    def _refuse_decision(self, event: Decided, place: FieldLocation) -> NoReturn:
        subject = event.decide
        asked = self._of(subject)
        own = [approval for approval in asked if approval.approver == event.by]
        if not asked:
            place.refuse("decide", say("nobody_asked_hour", subject=subject, at=event.at))
        if not own:
            who = ", ".join(sorted({approval.approver for approval in asked}))
            place.refuse("by", say("asked", by=event.by, subject=subject, who=who))
        last = own[-1]
        if last.decision:
            fault = say(
                "already_decided_hour",
                by=event.by,
                decided_at=last.decided_at,
                decision=last.decision,
            )
            place.refuse("decide", fault)
        fault = say("decided_after_deadline", due_at=last.due_at)
        place.refuse("at", fault)

    def _gate(self, event: Gated, place: FieldLocation) -> None:
        key, scenario = event.gate, event.scenario
        phase = next((phase for phase in self._head.phases if phase.key == key), None)
        if phase is None:
            known = ", ".join(phase.key for phase in self._head.phases)
            place.refuse("gate", say("phase_phases", name=key, known=known))
        before = next((each.scenario for each in self._gates[::-1] if each.phase == key), None)
        changes = answer_gate(before, scenario, phase.scenarios)
        if changes is None:
            known = ", ".join(phase.scenarios)
            fault = say("scenario_scenarios", scenario=scenario, name=key, known=known)
            place.refuse("scenario", fault)
        if not changes and event.lead_time is None:
            return
        id_ = f"{key}-{1 + sum(gate.phase == key for gate in self._gates)}"
        self._gates.append(
            GateAnswer(id_, key, scenario, event.at, event.by, lead_time=event.lead_time)
        )

    def _deploy(self, event: Deployed, place: FieldLocation) -> None:
        if claim(event.deploy) is None:
            place.refuse("deploy", say("percent_traffic_deployment"))
        id_ = f"deploy-{len(self._deployments) + 1}"
        deployed = Deployment(id_, event.at, event.by, event.deploy, evidence=event.evidence)
        self._deployments.append(deployed)

    def _rollback(self, event: RolledBack, place: FieldLocation) -> None:
        reason = event.rollback
        last = self._rollbacks[-1].at if self._rollbacks else None
        if not any(is_live(deployment.at, last) for deployment in self._deployments):
            place.refuse("rollback", say("nothing_to_roll_back", at=event.at))
        id_ = f"rollback-{len(self._rollbacks) + 1}"
        kind = self._suggested(reason)
        self._rollbacks.append(Rollback(id_, event.at, event.by, reason, kind=kind))

    def _action_plan(self, event: Planned, _place: FieldLocation) -> None:
        id_ = f"plan-{len(self._plans) + 1}"
        self._plans.append(ActionPlan(id_, event.at, event.by, event.action_plan))

    def _expire(self, approval: Approval) -> None:
        """Silence until the deadline: the approval expires and becomes a blocker, as when live."""
        self._approvals[approval.id] = replace(
            approval, decision=Decision.EXPIRED, decided_at=approval.due_at
        )
        id_ = self._free_id(f"no-answer-{approval.id}")
        implied = blocker_of_silence(approval.subject)
        answered = [
            BlockerChange(other.decided_at, other.approver, Resolution.FIXED)
            for other in self._of(approval.subject)
            if other.decision is Decision.APPROVED
            and other.decided_at is not None
            and supersedes(other.subject, other.requested_at, approval.subject, approval.due_at)
        ]
        self._blockers[id_] = Blocker(
            id=id_,
            title=say("answer_hour", waits_for=implied.waits_for, due_at=approval.due_at),
            kind=implied.kind,
            severity=implied.severity,
            raised_at=approval.due_at,
            by=approval.requested_by,
            phase=approval.phase,
            family=implied.family,
            remedy=implied.remedy,
            waits_for=implied.waits_for,
            owner=approval.approver,
            approval=approval.id,
            history=tuple(answered[:1]),
        )

    def _free_id(self, wanted: str) -> str:
        return wanted if wanted not in self._blockers else self._free_id(f"{wanted}-again")
