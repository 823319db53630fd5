"""The method as data: what a playbook holds, checked field by field.

The rules between fields (hours without gaps, phases that touch) are in `bot.playbook.rules`.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Protocol, TypeVar

from pydantic import Field, StrictFloat, StrictInt, StrictStr

from bot.domain.vocabulary import (
    Category,
    Criterion,
    Kind,
    Path,
    Remedy,
    Resolution,
    Role,
    Severity,
    Subject,
    TimelineBand,
    UseCase,
)
from bot.playbook.fields import (
    Amount,
    ApprovalText,
    ButtonKey,
    Days,
    Hours,
    Key,
    Label,
    Line,
    Months,
    PlaybookModel,
    PositiveHours,
    ProbeKey,
    PromptText,
    QuestionKey,
    Text,
    TimeOfDay,
    at_most,
)
from bot.playbook.prior_model import PriorData


class Keyed(Protocol):
    """Any part that is found by its key."""

    @property
    def key(self) -> str:
        """The stable name that rows and stories carry."""


K = TypeVar("K", bound=Keyed)


class ScenarioSuggestion(PlaybookModel):
    """What a scenario suggests: the next move, and the blocker it usually is."""

    text: Text
    kind: Kind | None = None
    remedy: Remedy | None = None


class Scenario(PlaybookModel):
    """One of the ways a phase can turn out."""

    key: Key
    title: Label
    looks_like: Text
    learning: Text
    suggests: ScenarioSuggestion


class Gate(PlaybookModel):
    """What is asked when a phase ends."""

    title: Line
    question: Text


class Phase(PlaybookModel):
    """A part of the sprint, from `start` to before `end`, in hours since the kickoff."""

    key: Key
    title: Label
    start: Hours
    end: PositiveHours
    tries: Text
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=2, max_length=10)]
    known: Annotated[tuple[Line, ...], Field(min_length=1, max_length=10)]
    gate: Gate

    def scenario(self, key: str) -> Scenario:
        """Return the scenario with this key; KeyError when the phase has none such."""
        return _named(self.scenarios, key)


class Hour(PlaybookModel):
    """What the bot says and asks at one hour, with the buttons and the probe that fit."""

    hour: Hours
    words: PromptText
    question: PromptText
    buttons: Annotated[tuple[ButtonKey, ...], Field(min_length=1, max_length=4)]
    probe: ProbeKey | None = None


class ButtonLabel(PlaybookModel):
    """What stands on a prompt's button, and what the folded prompt says once it was pressed."""

    key: ButtonKey
    label: Annotated[Label, at_most(30)]
    answered: Label


class CategoryWords(PlaybookModel):
    """How one of the three categories is called and told."""

    key: Category
    title: Label
    meaning: Text


class KindWords(PlaybookModel):
    """How one of the twelve kinds is called, and how to tell it from its neighbours."""

    key: Kind
    title: Label
    meaning: Line
    example: Line
    remedies: Annotated[tuple[Remedy, ...], Field(min_length=1)]
    question: Line


class RemedyWords(PlaybookModel):
    """How a remedy is called."""

    key: Remedy
    title: Label
    meaning: Line


class SeverityWords(PlaybookModel):
    """How a severity is called."""

    key: Severity
    title: Label
    meaning: Line


class ResolutionWords(PlaybookModel):
    """How a resolution is called."""

    key: Resolution
    title: Label
    meaning: Line


class RoleWords(PlaybookModel):
    """One of the four people, and what they do."""

    key: Role
    title: Label
    does: Text


class CriterionWords(PlaybookModel):
    """One of the three criteria, and the question that tests it."""

    key: Criterion
    title: Label
    question: Line
    unmet: Text


class UseCaseWords(PlaybookModel):
    """A typical use case."""

    key: UseCase
    title: Label
    target: Line
    suggestion: Text


class OverdueTo(StrEnum):
    """Who hears of a request that nobody answered until its deadline."""

    STAND_IN = "stand_in"
    TEAM_APPROVER = "team_approver"
    SPONSOR = "sponsor"
    LEAD = "lead"


class SubjectWords(PlaybookModel):
    """What an approval can be about.

    `stand_in` names a person by Slack id or by name; `overdue_to` says who hears of a request that
    nobody answered, the first who is there and is neither its approver nor its requester.
    """

    key: Subject
    title: Label
    deadline_hours: PositiveHours
    asks: ApprovalText
    stand_in: Line | None = None
    overdue_to: Annotated[tuple[OverdueTo, ...], Field(max_length=4)] = (
        OverdueTo.STAND_IN,
        OverdueTo.TEAM_APPROVER,
        OverdueTo.SPONSOR,
    )


class AnswerOption(PlaybookModel):
    """One possible answer to a debrief question."""

    key: Key
    title: Label
    words: Text


class DebriefQuestion(PlaybookModel):
    """One of the five questions."""

    key: QuestionKey
    title: Line
    asks: Text
    options: tuple[AnswerOption, ...] = ()

    def option(self, key: str) -> AnswerOption:
        """Return the option with this key; KeyError when the question has none such."""
        return _named(self.options, key)


PathSteps = Annotated[tuple[Text, ...], Field(min_length=1, max_length=10)]


class NothingOpenWords(PlaybookModel):
    """What a path means, and asks for, where nothing that stops is open."""

    meaning: Text
    plan: PathSteps


class NothingKnownWords(NothingOpenWords):
    """What stands in a path's place where nothing was recorded."""

    title: Label


class PathWords(PlaybookModel):
    """One of the three paths: what it means and what it asks for."""

    key: Path
    title: Label
    meaning: Text
    plan: PathSteps
    share_percent: Annotated[StrictInt, Field(ge=0, le=100)]
    nothing_open: NothingOpenWords | None = None
    nothing_known: NothingKnownWords | None = None

    def where(self, *, anything_open: bool, anything_known: bool) -> PathWords:
        """Return the words for a sprint with or without an open cause, or a record at all."""
        own = self.nothing_open if anything_known else self.nothing_known
        return self if anything_open or own is None else self.model_copy(update=dict(own))


class TimelineWords(PlaybookModel):
    """One of the four orders of time, from over the previous one's days to `up_to_days`."""

    key: TimelineBand
    title: Label
    meaning: Line
    up_to_days: Days | None = None


class Comparison(PlaybookModel):
    """What organisations usually pay to learn the same."""

    key: Key
    title: Line
    amount: Amount
    per: Label | None = None


class Costs(PlaybookModel):
    """The editable figures of the cost comparison."""

    currency: Annotated[StrictStr, Field(pattern=r"^[A-Z]{3}$")]
    person_hour: Amount
    assessment: Amount
    assessment_months: tuple[Months, Months]
    comparisons: tuple[Comparison, ...] = ()


class QuietHours(PlaybookModel):
    """Local times between which nobody is pinged."""

    start: TimeOfDay
    end: TimeOfDay


class Reminders(PlaybookModel):
    """When the bot asks again, in hours.

    `blocker_ages` counts from when a blocker was logged; `approval_before_deadline` counts back
    from an approval's deadline, and `approval_share` is the part of its time after which the first
    reminder goes out.
    """

    blocker_ages: tuple[PositiveHours, ...]
    approval_share: Annotated[StrictFloat, Field(gt=0, lt=1)]
    approval_before_deadline: tuple[PositiveHours, ...]


class GoLive(PlaybookModel):
    """What a model needs before hour48 gives it traffic.

    `approvals` names the subjects that have to be approved; the other conditions always hold.
    """

    approvals: Annotated[tuple[Subject, ...], Field(max_length=7)] = (
        Subject.SECURITY,
        Subject.PRIVACY,
        Subject.BUSINESS,
        Subject.PRODUCTION,
    )


class Playbook(PlaybookModel):
    """The whole method, as a sprint runs it."""

    name: Key
    title: Line
    promise: Text
    length: PositiveHours
    digest_every_hours: PositiveHours
    follow_up_days: Annotated[tuple[Days, ...], Field(min_length=1, max_length=12)]
    quiet_hours: QuietHours | None = None
    reminders: Reminders
    go_live: GoLive = GoLive()
    costs: Costs
    buttons: tuple[ButtonLabel, ...]
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=12)]
    hours: tuple[Hour, ...]
    categories: tuple[CategoryWords, ...]
    kinds: tuple[KindWords, ...]
    remedies: tuple[RemedyWords, ...]
    severities: tuple[SeverityWords, ...]
    resolutions: tuple[ResolutionWords, ...]
    roles: tuple[RoleWords, ...]
    criteria: tuple[CriterionWords, ...]
    use_cases: tuple[UseCaseWords, ...]
    subjects: tuple[SubjectWords, ...]
    questions: tuple[DebriefQuestion, ...]
    paths: tuple[PathWords, ...]
    timelines: tuple[TimelineWords, ...]
    priors: PriorData | None = None

    @cached_property
    def _hours(self) -> dict[int, Hour]:
        return {entry.hour: entry for entry in self.hours}

    @property
    def scenario_titles(self) -> dict[tuple[str, str], str]:
        """(phase, scenario) → its title."""
        return {(p.key, each.key): each.title for p in self.phases for each in p.scenarios}

    @property
    def scenario_learnings(self) -> dict[tuple[str, str], str]:
        """(phase, scenario) → what it means for the team."""
        return {(p.key, each.key): each.learning for p in self.phases for each in p.scenarios}

    def hour(self, hour: int) -> Hour:
        """Return what stands at `hour`; KeyError outside of 0 to `length`."""
        return self._hours[hour]

    def phase_at(self, hour: float) -> Phase:
        """Return the phase that runs at `hour`; at the end and after it, the last one."""
        running = [phase for phase in self.phases if phase.start <= hour]
        return running[-1] if running else self.phases[0]

    def phase(self, key: str) -> Phase:
        """Return the phase with this key; KeyError when there is none such."""
        return _named(self.phases, key)

    def button(self, key: str) -> ButtonLabel:
        """Return the words of a prompt's button."""
        return _named(self.buttons, key)

    def category(self, key: str) -> CategoryWords:
        """Return the words of a category."""
        return _named(self.categories, key)

    def kind(self, key: str) -> KindWords:
        """Return the words of a kind."""
        return _named(self.kinds, key)

    def remedy(self, key: str) -> RemedyWords:
        """Return the words of a remedy."""
        return _named(self.remedies, key)

    def severity(self, key: str) -> SeverityWords:
        """Return the words of a severity."""
        return _named(self.severities, key)

    def resolution(self, key: str) -> ResolutionWords:
        """Return the words of a resolution."""
        return _named(self.resolutions, key)

    def role(self, key: str) -> RoleWords:
        """Return the words of a role."""
        return _named(self.roles, key)

    def criterion(self, key: str) -> CriterionWords:
        """Return the words of a criterion."""
        return _named(self.criteria, key)

    def use_case(self, key: str) -> UseCaseWords:
        """Return the words of a use case."""
        return _named(self.use_cases, key)

    def subject(self, key: str) -> SubjectWords:
        """Return the words of an approval's subject."""
        return _named(self.subjects, key)

    def question(self, key: str) -> DebriefQuestion:
        """Return a debrief question."""
        return _named(self.questions, key)

    def path(self, key: str) -> PathWords:
        """Return the words of a path."""
        return _named(self.paths, key)

    def timeline(self, key: str) -> TimelineWords:
        """Return the words of an order of time."""
        return _named(self.timelines, key)


def _named(parts: tuple[K, ...], key: str) -> K:
    for part in parts:
        if part.key == key:
            return part
    raise KeyError(key)
