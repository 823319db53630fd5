"""A question with the record it is asked of, and the reply it gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from bot.ask import lexicon
from bot.ask.facts import CitedFact
from bot.ask.say import clipped, hours, quoted, say
from bot.ask.slots import Slots, people_in, rare_words
from bot.ask.taken_back import taken_back
from bot.ask.wording import plain_form
from bot.domain.going_live import Ownership, Rollback
from bot.domain.record import (
    Approval,
    Blocker,
    CauseLink,
    Correction,
    Finding,
    GateAnswer,
    Override,
    PromptAnswer,
    SprintRecord,
)
from bot.domain.verdict import Verdict
from bot.domain.verdict.model import Forecast
from bot.domain.vocabulary import Decision, FindingLevel, Severity

_NUMBER: Final = re.compile(r"\d+")
Judge = Callable[[SprintRecord], Verdict]
WhatIf = Callable[[SprintRecord, Sequence[str]], tuple[float, Forecast]]


WHOLE: Final = 100
"""From this gravity the quotes of a line are cut last."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said to a question: a headline, lines that may be left out, the facts of all.

    `gravity` says of each line how late it is left out, from `WHOLE` on that its quotes stay whole;
    where it is empty the last goes first.
    One that `is_whole` tells all of what was named; nothing is put beside it. The lines of one that
    `is_ranked` are no list: the first is the likeliest answer, and the last are left out untold.
    """

    lines: Sequence[str]
    facts: Sequence[CitedFact] = ()
    head: str = ""
    gravity: Sequence[int] = ()
    is_whole: bool = False
    is_ranked: bool = False


@dataclass(frozen=True)
class Question:
    """A question and all that an answer may be drawn from.

    Args:
        text: the question.
        language: its language.
        record: the record as it was known at `now`.
        now: hours since kickoff.
        slots: what the question names.
        asker: the asker's name as the record has it; None where it is unknown.
        scenarios: (phase, scenario) → its title in the playbook.
        learnings: (phase, scenario) → what it means, in the playbook's words.
        is_as_logged: whether blockers are told as they were logged, whoever took them back.
        judge: gives the verdict on a record.
        try_fixes: gives the chance and the forecast with some fixes done.
    """

    text: str
    language: str
    record: SprintRecord
    now: float
    slots: Slots
    asker: str | None
    judge: Judge
    try_fixes: WhatIf
    scenarios: Mapping[tuple[str, str], str] = field(default_factory=dict)
    learnings: Mapping[tuple[str, str], str] = field(default_factory=dict)
    is_as_logged: bool = False

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict on the record as it was known."""
        return self.judge(self.record)

    @cached_property
    def folded(self) -> str:
        """The question as the patterns see it."""
        return plain_form(self.text, self.language).lstrip("¿¡ ")

    @cached_property
    def taken_back(self) -> Mapping[str, PromptAnswer]:
        """Blocker → the answer in which somebody took it back."""
        return {} if self.is_as_logged else taken_back(self.record)

    @cached_property
    def named_words(self) -> frozenset[str]:
        """The words and numbers of a question that name something it asks for."""
        whole = lexicon.pattern(self.language, "caught_up").sub(" ", self.folded)
        common = lexicon.common_words(self.language) | lexicon.neutral_words(self.language)
        words = {word for word in rare_words(whole) if word not in common}
        return frozenset(words | set(_NUMBER.findall(whole)))

    def says(self, name: str) -> bool:
        """Return whether the question holds a pattern of the lexicon."""
        return bool(lexicon.pattern(self.language, name).search(self.folded))

    def say(self, key: str, **facts: Any) -> str:
        """Return a sentence in the question's language."""
        return say(self.language, key, **facts)

    def quote(self, text: str) -> str:
        """Return a person's words in quotation marks."""
        return quoted(self.language, text)

    def subject(self, approval: Approval) -> str:
        """Return what an approval is about, in words."""
        return self.say(f"subject_{approval.subject}")

    def phase(self, key: str) -> str:
        """Return a phase's name: ours in the question's language, else the playbook's."""
        if f"phase_{key}" in lexicon.table("texts", "en"):
            return self.say(f"phase_{key}")
        return next((p.title or p.key for p in self.record.phases if p.key == key), key)

    def scenario(self, phase: str, key: str) -> str:
        """Return a scenario's title, quoted."""
        title = self.scenarios.get((phase, key))
        return self.quote(title) if title else key.replace("_", " ")

    def gate(self, gate: GateAnswer) -> str:
        """Return what a gate found, and how long that was said to take."""
        line = self.say(
            "gate_line",
            phase=self.phase(gate.phase),
            at=hours(gate.at),
            by=gate.by,
            scenario=self.scenario(gate.phase, gate.scenario),
        )
        return f"{line[:1].upper()}{line[1:]} {self.took(gate.lead_time)}".strip()

    def gate_meaning(self, gate: GateAnswer) -> str:
        """Return what a gate found and what the playbook says that means for the team."""
        learning = self.learnings.get((gate.phase, gate.scenario))
        means = self.say("gate_means", learning=self.quote(learning)) if learning else ""
        return f"{self.gate(gate)} {means}".strip()

    def why(self, reason: str | None) -> str:
        """Return a reason as the end of a sentence; nothing where nobody gave one."""
        return self.say("why", words=clipped(reason)) if reason else ""

    def decided(self, approval: Approval) -> str:
        """Return how a request ended, or that it has not."""
        if approval.decision is None:
            return self.pending(approval)
        at = approval.decided_at if approval.decided_at is not None else approval.due_at
        line = self.say(
            str(approval.decision),
            who=approval.approver,
            subject=self.subject(approval),
            at=hours(at),
            why=self.why(approval.reason),
        )
        return f"{line} {self.took(approval.lead_time)}".strip()

    def pending(self, approval: Approval) -> str:
        """Return that a request waits for its approver."""
        return self.say(
            "pending",
            who=approval.approver,
            subject=self.subject(approval),
            requester=approval.requested_by,
            at=hours(approval.requested_at),
            due=hours(approval.due_at),
        )

    def overdue(self, approval: Approval) -> str:
        """Return that nobody answered a request in time."""
        return self.say(
            "waiting_overdue" if approval.decision else "lapsed_line",
            requester=approval.requested_by,
            approver=approval.approver,
            subject=self.subject(approval),
            at=hours(approval.requested_at),
            due=hours(approval.due_at),
        )

    def pending_or_overdue(self, approval: Approval) -> str:
        """Return that a request waits for its approver, or that they let its deadline pass."""
        waits = approval.decision is None and self.now < approval.due_at
        return self.pending(approval) if waits else self.overdue(approval)

    def unsettled_line(self, approval: Approval) -> str:
        """Return a request without a yes in a few words, as one of a list."""
        is_refused = approval.decision is Decision.REJECTED
        key = "rest_rejected" if is_refused else "rest_unanswered"
        return self.say(key, subject=self.subject(approval), who=approval.approver)

    def silence(self, blocker: Blocker) -> Approval | None:
        """Return the request whose silence raised a blocker, which nobody logged."""
        found = (a for a in self.record.approvals if a.id == blocker.approval)
        return next((a for a in found if a.decision is Decision.EXPIRED), None)

    def answered(self, answer: PromptAnswer) -> str:
        """Return what somebody answered, and when."""
        words = clipped(answer.text)
        return self.say("event_answer", at=hours(answer.at), by=answer.by, words=words)

    def override(self, override: Override) -> str:
        """Return who went on in spite of a finding, and why."""
        return self.say(
            "override",
            by=override.by,
            code=override.code.replace("_", " "),
            why=clipped(override.why),
            at=hours(override.at),
        )

    def finding(self, finding: Finding) -> str:
        """Return what a probe found, where and when."""
        return self.say(
            "finding",
            probe=finding.probe,
            source=finding.source,
            at=hours(finding.at),
            says=clipped(finding.sentence),
            level=self.say(f"level_{finding.level}"),
        )

    def owns(self, own: Ownership) -> str:
        """Return who owns a part of it, since when, and who recorded that."""
        part = self.say(f"part_{own.part}")
        key = "owns_part" if own.by != own.owner else "owns_own_part"
        return self.say(key, owner=own.owner, by=own.by, part=part, at=hours(own.at))

    def why_back(self, back: Rollback) -> str:
        """Return the end of a line about a rollback: its reason, or that none was given."""
        if not back.reason:
            return self.say("rollback_untold")
        return self.say("rollback_reason", why=clipped(back.reason))

    def linked(self, link: CauseLink) -> str:
        """Return which records somebody joined into one cause, or separated."""
        records = ", ".join(self._named(name) for name in link.records)
        key = "links_same" if link.same else "links_parted"
        return self.say(key, by=link.by, at=hours(link.at), records=records)

    def joined(self, link: CauseLink) -> str:
        """Return who joined what was just told into one cause."""
        return self.say("links_these", by=link.by, at=hours(link.at))

    def _named(self, name: str) -> str:
        """Return a record as a sentence names it, by its sort and id, see `CauseLink`."""
        _, id_ = name.split(":", 1)
        titles = {b.id: self.quote(b.title) for b in self.record.blockers}
        titles |= {f.id: self.quote(f.sentence) for f in self.record.findings}
        titles |= {a.id: self.subject(a) for a in self.record.approvals}
        titles |= {
            g.id: self.say("gate_name", phase=self.phase(g.phase)) for g in self.record.gates
        }
        return titles.get(id_, name.replace(":", " ").replace("_", " "))

    def corrected(self, correction: Correction) -> str:
        """Return what somebody set beside a computed answer."""
        return self.say(
            "correction",
            by=correction.by,
            question=correction.question.replace("_", " "),
            answer=clipped(correction.answer),
            at=hours(correction.at),
        )

    @property
    def answers_naming(self) -> list[PromptAnswer]:
        """The answers in which somebody of the team speaks of the people that are named."""
        named = set(self.slots.people)
        return [a for a in self.record.answers if named & set(people_in(a.text, self.record))]

    @property
    def pending_approvals(self) -> list[Approval]:
        """The requests that wait for an answer, the next deadline first."""
        found = [a for a in self.record.approvals if a.decision is None and self.now < a.due_at]
        return sorted(found, key=lambda a: (a.due_at, a.requested_at))

    @property
    def open_blockers(self) -> list[Blocker]:
        """The open blockers that nobody took back, stopping ones first, in order of time."""
        back = self.taken_back
        found = [b for b in self.record.blockers if not (b.resolution or b.id in back)]
        return sorted(found, key=lambda b: (b.severity != Severity.STOPS, b.raised_at, b.id))

    @property
    def logged_blockers(self) -> list[Blocker]:
        """The open blockers that somebody logged; of a deadline that passed its request tells."""
        return [b for b in self.open_blockers if not self.silence(b)]

    @property
    def standing_refusals(self) -> list[Approval]:
        """The refusals that no later approval of the subject took back."""
        approvals = self.record.approvals
        return [
            a
            for a in approvals
            if a.decision is Decision.REJECTED
            and not any(
                b.subject is a.subject
                and b.decision is Decision.APPROVED
                and (b.decided_at or 0) >= (a.decided_at or 0)
                for b in approvals
            )
        ]

    @property
    def unsettled(self) -> list[Approval]:
        """The requests that nobody approved, the last one of each subject and approver."""
        last = {(a.subject, a.approver): a for a in self.record.approvals}
        approved = Decision.APPROVED
        given = {a.subject for a in last.values() if a.decision is approved}
        return [a for a in last.values() if a.subject not in given]

    @property
    def standing_findings(self) -> list[Finding]:
        """The stopping findings that nobody overrode or wrote down as a blocker."""
        gone = {b.finding for b in self.record.blockers} | {
            o.finding for o in self.record.overrides
        }
        codes = {o.code for o in self.record.overrides if not o.finding}
        return [
            f
            for f in self.record.findings
            if f.level == FindingLevel.STOPS and not (f.failed or f.id in gone or f.code in codes)
        ]

    def took(self, lead_time: str | None) -> str:
        """Return how long a refusal was said to take to overcome; nothing where nobody said."""
        return self.say("refusal_lead", words=clipped(lead_time)) if lead_time else ""

    def lead(self, blocker: Blocker) -> str:
        """Return how long a blocker takes, as it was said."""
        return self.say("lead", words=clipped(blocker.lead_time)) if blocker.lead_time else ""
