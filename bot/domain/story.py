"""A story: one sprint written down as what happened when, turned into a record.

Everything is checked before anything is returned. The file's own reading is in
`bot.playbook.story_file`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, NoReturn

from bot.domain import story_waits
from bot.domain.enums import ApprovalState
from bot.domain.going_live import Deployment, Rollback
from bot.domain.record import (
    STANDARD_PHASES,
    ActionPlan,
    Approval,
    Blocker,
    BlockerChange,
    CriterionAnswer,
    Gate,
    Phase,
    SprintRecord,
)
from bot.domain.story_facts import StoryEvent, StoryFacts
from bot.domain.story_fields import Fields, Place
from bot.domain.story_history import forecasts_of, history_of, value_of
from bot.domain.story_plan import plan_of
from bot.domain.story_waits import ReadWait
from bot.domain.texts import say
from bot.domain.transitions import blocker_of_silence, expire, is_undecided, supersedes
from bot.domain.vocabulary import (
    Category,
    Criterion,
    Decision,
    Family,
    Kind,
    Path,
    PhaseKey,
    Remedy,
    Resolution,
    Role,
    Severity,
    ShouldDoAI,
    Subject,
    Timeline,
    UseCase,
)

MOST_EVENTS: Final = 2_000
LONGEST_DEADLINE: Final = 24 * 365.0
Suggest = Callable[[str], Kind]
"""Names the kind of a blocker from its title."""

TOP_KEYS: Final = (
    *("story", "use_case", "criteria", "team", "expected"),
    *("value", "history", "forecasts", "events", "plan", "expect"),
)
EVENT_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "probe": ("source", "findings"),
    "blocker": ("title", "kind", "severity", "remedy", "lead_time", "family"),
    "ask_access": ("source", "asked"),
    "granted": (),
    "measured": ("source", "asked", "ended", "outcome", "link", "meets"),
    "request": ("of", "deadline"),
    "resolve": ("how",),
    "decide": ("decision", "why", "lead_time"),
    "gate": ("scenario", "lead_time"),
    "owner": ("of",),
    "deploy": ("evidence",),
    "guardrail": ("outcome",),
    "rollback": (),
    "action_plan": (),
    "answer": ("hour",),
    "override": ("why",),
    "same_cause": (),
    "not_same_cause": (),
}
"""What an event can be, in the order in which events of one hour are read, and its fields."""

_FIXED_SORTS: Final = ("approval", "gate", "rollback", "finding", "guardrail")
_ASKED_OF_LIVE: Final = ("owners", "evidence", "record")
"""Items of a plan that no single record leads, as the verdict's JSON names them."""
_EXPECT_TRUTHS: Final = ("deployed", "unlimited_resources")
_EXPECT_CHOICES: Final = {
    "critical_path": Family,
    "timeline": Timeline,
    "should_do_ai": ShouldDoAI,
    "path": Path,
    "surprise": Category,
}
_NULLABLE: Final = frozenset({"critical_path", "surprise"})
_PHASE_KIND: Final = {
    PhaseKey.DATA: Kind.DATA_ACCESS,
    PhaseKey.MODEL: Kind.INFRASTRUCTURE,
    PhaseKey.INTEGRATION: Kind.INTEGRATION,
    PhaseKey.DEPLOYMENT: Kind.APPROVAL_PROCESS,
}
"""The kind of a blocker that says none, where nobody is there to suggest one."""


@dataclass(frozen=True, slots=True)
class Story:
    """A story, read: the record it makes, its events in order of time, and what it expects."""

    record: SprintRecord
    events: tuple[StoryEvent, ...]
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
    place = Place(name)
    top = Fields(story, place)
    top.allow(TOP_KEYS)
    head = SprintRecord(
        title=top.text("story"),
        use_case=top.maybe_choice("use_case", UseCase) or UseCase.OTHER,
        criteria=_criteria(top, place),
        team=_team(top, place),
        expected=_expected(top, place),
        phases=tuple(phases),
        length=phases[-1].end,
        ended_at=phases[-1].end,
        value=value_of(top, place),
        history=history_of(top, place),
        forecasts=forecasts_of(top, place),
    )
    expect = _expect(top, place)
    events = _events(top.raw("events", []), place, head.length)
    book = _Book(head, suggest)
    for event, fields in events:
        book.take(event, fields)
    record = replace(book.close(), plan=plan_of(top, place, book.fixable()))
    return Story(record, tuple(event for event, _ in events), expect)


def _criteria(top: Fields, place: Place) -> tuple[CriterionAnswer, ...]:
    fields = Fields(top.raw("criteria", {}), replace(place, where="criteria"))
    fields.allow(list(Criterion))
    given = [criterion for criterion in Criterion if criterion in fields]
    answers = [(c, fields.truth(c) if fields.has(c) else None) for c in given]
    return tuple(CriterionAnswer(c, met, overridden=met is False) for c, met in answers)


def _team(top: Fields, place: Place) -> dict[str, str]:
    fields = Fields(top.raw("team", {}), replace(place, where="team"))
    fields.allow(list(Role))
    return {role.value: fields.name(role) for role in Role if fields.has(role)}


def _expected(top: Fields, place: Place) -> dict[Category, int]:
    fields = Fields(top.raw("expected", {}), replace(place, where="expected"))
    fields.allow(list(Category))
    return {category: fields.count(category) for category in Category if fields.has(category)}


def _expect(top: Fields, place: Place) -> dict[str, bool | str | None]:
    raw = top.raw("expect", {})
    fields = Fields(raw, replace(place, where="expect"))
    fields.allow([*_EXPECT_TRUTHS, *_EXPECT_CHOICES])
    wanted: dict[str, bool | str | None] = {k: fields.truth(k) for k in _EXPECT_TRUTHS if k in raw}
    for key, choices in _EXPECT_CHOICES.items():
        if key in raw:
            is_null = key in _NULLABLE and not fields.has(key)
            wanted[key] = None if is_null else str(fields.choice(key, choices))
    return wanted


_Checked = tuple[StoryEvent, Fields]


def _events(raw: Any, place: Place, length: float) -> list[_Checked]:
    """Return the checked events by time; those of one hour in the order they could happen."""
    if not isinstance(raw, list):
        place.refuse("events", say("must_list_events_each_starting"))
    if len(raw) > MOST_EVENTS:
        place.refuse("events", say("events_sprint_most", raw=len(raw), most_events=MOST_EVENTS))
    events = [_event(values, number, place, length) for number, values in enumerate(raw, 1)]
    order = list(EVENT_KEYS)
    return sorted(events, key=lambda e: (e[0].at, order.index(e[0].verb), _sort_text(e[0])))


def _sort_text(event: StoryEvent) -> str:
    return f"{event.value}:{event.by}:{sorted(event.fields.items(), key=str)}"


def _event(values: Any, number: int, place: Place, length: float) -> _Checked:
    fields = Fields(values, replace(place, where=f"event {number}"))
    verbs = [verb for verb in EVENT_KEYS if fields.raw(verb, _NOTHING) is not _NOTHING]
    fields.place = replace(place, where=_where(number, fields, verbs))
    if len(verbs) != 1:
        found = f"has {' and '.join(verbs)}" if verbs else "has none"
        choices = ", ".join(EVENT_KEYS)
        fields.place.refuse("", say("event_exactly", choices=choices, found=found))
    verb = verbs[0]
    fields.allow(("at", "by", verb, *EVENT_KEYS[verb]))
    at = fields.number("at", 0, length)
    rest = {key: fields.raw(key) for key in EVENT_KEYS[verb] if fields.has(key)}
    return StoryEvent(at, fields.name("by"), verb, fields.raw(verb), rest), fields


_NOTHING: Final = object()


def _where(number: int, fields: Fields, verbs: Sequence[str]) -> str:
    at, what = fields.raw("at"), " ".join(f"{v} {str(fields.raw(v))[:60]}" for v in verbs[:1])
    hour = f"hour {at}" if isinstance(at, int | float) else ""
    told = ", ".join(part for part in (hour, what) if part)
    return f"event {number} ({told})" if told else f"event {number}"


class _Book:
    """Takes a story's events in order of time and keeps the facts they make."""

    def __init__(self, head: SprintRecord, suggest: Suggest | None) -> None:
        self._head = head
        self._suggest = suggest
        self._blockers: dict[str, Blocker] = {}
        self._approvals: dict[str, Approval] = {}
        self._gates: list[Gate] = []
        self._deployments: list[Deployment] = []
        self._rollbacks: list[Rollback] = []
        self._plans: list[ActionPlan] = []
        self._facts = StoryFacts(head)
        self._takers: dict[str, Callable[[StoryEvent, Fields], None]] = {
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

    def take(self, event: StoryEvent, fields: Fields) -> None:
        """Take one event; those before it in time have been taken."""
        self._takers[event.verb](event, fields)

    def close(self) -> SprintRecord:
        """Let the deadlines of unanswered requests pass and return the record."""
        for approval in [a for a in self._approvals.values() if a.decision is None]:
            if expire(approval.due_at, self._head.length) == ApprovalState.EXPIRED:
                self._expire(approval)
        return replace(
            self._facts.added_to(self._head),
            blockers=tuple(sorted(self._blockers.values(), key=lambda b: (b.raised_at, b.id))),
            approvals=tuple(self._approvals.values()),
            gates=tuple(self._gates),
            deployments=tuple(self._deployments),
            rollbacks=tuple(self._rollbacks),
            action_plans=tuple(self._plans),
        )

    def _blocker(self, event: StoryEvent, fields: Fields) -> None:
        id_, title = fields.name("blocker"), fields.text("title")
        if id_ in self._blockers:
            fields.place.refuse("blocker", say("id_taken_ids_unique_story", id_=id_))
        phase = self._head.phase_at(event.at)
        kind = fields.maybe_choice("kind", Kind)
        self._blockers[id_] = Blocker(
            id=id_,
            title=title,
            kind=kind or self._suggested(title, phase),
            kind_suggested=kind is None,
            raised_at=event.at,
            by=event.by,
            phase=phase,
            severity=fields.maybe_choice("severity", Severity) or Severity.STOPS,
            remedy=fields.maybe_choice("remedy", Remedy),
            lead_time=fields.maybe_text("lead_time"),
            family=fields.maybe_choice("family", Family),
        )

    def _link(self, event: StoryEvent, fields: Fields, *, same: bool) -> None:
        self._facts.link(event, fields, self._names(), same=same)

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

    def _with_measured(self, event: StoryEvent, fields: Fields, *, read: ReadWait) -> None:
        """Take what was measured of a blocker's wait."""
        blocker = self._known(event, fields)
        waits = read(event, fields, blocker.measured, self._head.length)
        self._blockers[blocker.id] = replace(blocker, measured=waits)

    def _known(self, event: StoryEvent, fields: Fields) -> Blocker:
        """Return the blocker that an event names."""
        id_ = fields.name(event.verb)
        if id_ not in self._blockers:
            known = ", ".join(sorted(self._blockers)[:10]) or "none yet"
            fault = say("blocker_come_up_hour_known", id_=id_, at=event.at, known=known)
            fields.place.refuse(event.verb, fault)
        return self._blockers[id_]

    def _suggested(self, title: str, phase: str) -> Kind:
        if self._suggest:
            return self._suggest(title)
        return next((kind for key, kind in _PHASE_KIND.items() if key == phase), Kind.DATA_ACCESS)

    def _resolve(self, event: StoryEvent, fields: Fields) -> None:
        how = fields.maybe_choice("how", Resolution) or Resolution.FIXED
        blocker = self._known(event, fields)
        id_ = blocker.id
        if blocker.resolution:
            when = f"{blocker.resolution.at:g}"
            fields.place.refuse("resolve", say("already_resolved_hour", id_=id_, when=when))
        change = BlockerChange(event.at, event.by, how)
        self._blockers[id_] = replace(blocker, history=(*blocker.history, change))

    def _request(self, event: StoryEvent, fields: Fields) -> None:
        subject, approver = fields.choice("request", Subject), fields.name("of")
        if approver == event.by:
            fields.place.refuse("of", say("nobody_decides_their_own_request"))
        if self._open_request(subject, approver, event.at):
            fault = say("already_asked_answered_yet", approver=approver, subject=subject)
            fields.place.refuse("request", fault)
        wait = fields.number("deadline", 0, LONGEST_DEADLINE) if fields.has("deadline") else None
        due = self._head.length if wait is None else event.at + wait
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

    def _decide(self, event: StoryEvent, fields: Fields) -> None:
        subject, decision = fields.choice("decide", Subject), fields.choice("decision", Decision)
        if decision is Decision.EXPIRED:
            fault = say("must_approved_rejected_silence_until")
            fields.place.refuse("decision", fault)
        approval = self._open_request(subject, event.by, event.at)
        if approval is None:
            self._refuse_decision(subject, event, fields)
        self._approvals[approval.id] = replace(
            approval,
            decision=decision,
            decided_at=event.at,
            reason=fields.maybe_text("why"),
            lead_time=fields.maybe_text("lead_time"),
        )

    def _refuse_decision(self, subject: Subject, event: StoryEvent, fields: Fields) -> NoReturn:
        asked = self._of(subject)
        own = [approval for approval in asked if approval.approver == event.by]
        if not asked:
            fields.place.refuse("decide", say("nobody_asked_hour", subject=subject, at=event.at))
        if not own:
            who = ", ".join(sorted({approval.approver for approval in asked}))
            fields.place.refuse("by", say("asked", by=event.by, subject=subject, who=who))
        last = own[-1]
        if last.decision:
            fault = say(
                "already_decided_hour",
                by=event.by,
                decided_at=last.decided_at,
                decision=last.decision,
            )
            fields.place.refuse("decide", fault)
        fault = say("deadline_passed_hour_request_expired", due_at=last.due_at)
        fields.place.refuse("at", fault)

    def _gate(self, event: StoryEvent, fields: Fields) -> None:
        key, scenario = fields.name("gate"), fields.name("scenario")
        phase = next((phase for phase in self._head.phases if phase.key == key), None)
        if phase is None:
            known = ", ".join(phase.key for phase in self._head.phases)
            fields.place.refuse("gate", say("phase_phases", name=key, known=known))
        if scenario not in phase.scenarios:
            known = ", ".join(phase.scenarios)
            fault = say("scenario_scenarios", scenario=scenario, name=key, known=known)
            fields.place.refuse("scenario", fault)
        id_ = f"{key}-{1 + sum(gate.phase == key for gate in self._gates)}"
        lead_time = fields.maybe_text("lead_time")
        self._gates.append(Gate(id_, key, scenario, event.at, event.by, lead_time=lead_time))

    def _deploy(self, event: StoryEvent, fields: Fields) -> None:
        percent = fields.number("deploy", 0, 100)
        if percent == 0:
            fields.place.refuse("deploy", say("percent_traffic_deployment"))
        id_ = f"deploy-{len(self._deployments) + 1}"
        evidence = fields.maybe_text("evidence")
        self._deployments.append(Deployment(id_, event.at, event.by, percent, evidence=evidence))

    def _rollback(self, event: StoryEvent, fields: Fields) -> None:
        reason = fields.text("rollback")
        ended_at = self._rollbacks[-1].at if self._rollbacks else -1.0
        if not any(deployment.at > ended_at for deployment in self._deployments):
            fields.place.refuse("rollback", say("nothing_live_hour_take_back", at=event.at))
        id_ = f"rollback-{len(self._rollbacks) + 1}"
        kind = self._suggest(reason) if self._suggest else None
        self._rollbacks.append(Rollback(id_, event.at, event.by, reason, kind=kind))

    def _action_plan(self, event: StoryEvent, fields: Fields) -> None:
        id_ = f"plan-{len(self._plans) + 1}"
        self._plans.append(ActionPlan(id_, event.at, event.by, fields.truth("action_plan")))

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
