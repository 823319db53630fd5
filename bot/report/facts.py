"""Every fact of a record in words, findable by what a verdict's sentences point at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain import record as records
from bot.domain.record import SprintRecord
from bot.domain.verdict.model import FactRef, Sort
from bot.domain.verdict.model import Sentence as Stated
from bot.domain.vocabulary import Decision
from bot.playbook.model import Playbook
from bot.report.content import ReportFact, Sentence
from bot.report.formatting import Calendar, hours_text
from bot.report.texts import say, table


def sort_title(sort: str) -> str:
    """Return what people call a sort of fact."""
    return table("sort", str)[sort]


def decision_words(decision: Decision | None) -> str:
    """Return how a request was decided; None is one that waits."""
    return table("decision", str)[decision or "open"]


def _place(fact: ReportFact) -> tuple[float, list[str | int]]:
    """Return where a fact stands in the record: by its hour, and the tenth after the ninth."""
    parts = re.split(r"(\d+)", fact.id)
    return fact.hour or 0, [int(part) if part.isdecimal() else part for part in parts]


class FactBook:
    """The record's facts in words.

    Args:
        record: what happened.
        playbook: the titles of phases, scenarios and subjects.
        calendar: when an hour is.
    """

    def __init__(self, record: SprintRecord, playbook: Playbook, calendar: Calendar) -> None:
        self._playbook = playbook
        self._calendar = calendar
        facts = [*self._told(record)]
        self._by_id = {fact.id: fact for fact in facts}
        changes = [*self._changes(record)]
        both = [*facts, *changes]
        self.in_order = tuple(sorted(both, key=_place))

    def fact(self, ref: FactRef) -> ReportFact:
        """Return the fact that `ref` points at, or what `ref` itself says of it."""
        known = self._by_id.get(f"{ref.sort}:{ref.id}")
        words = ref.label or f"{ref.sort} {ref.id}"
        return known or ReportFact(
            f"{ref.sort}:{ref.id}", sort_title(ref.sort), words, link=safe(ref.permalink)
        )

    def sentence(self, stated: Stated) -> Sentence:
        """Return a verdict's sentence with its facts in words, each once."""
        return Sentence(stated.text, tuple(self.fact(ref) for ref in dict.fromkeys(stated.facts)))

    def sentences(self, stated: tuple[Stated, ...]) -> tuple[Sentence, ...]:
        """Return a verdict's sentences with their facts in words."""
        return tuple(self.sentence(each) for each in stated)

    def findings(self) -> tuple[ReportFact, ...]:
        """Return what the probes found, in order of time."""
        title = sort_title(Sort.FINDING)
        return tuple(fact for fact in self.in_order if fact.sort == title)

    def answers(self, record: SprintRecord) -> dict[float, tuple[ReportFact, ...]]:
        """Return what the team answered in words, by the hour that asked."""
        found: dict[float, tuple[ReportFact, ...]] = {}
        for each in sorted(record.answers, key=lambda answer: (answer.hour, answer.at)):
            found[each.hour] = (*found.get(each.hour, ()), self._by_id[f"answer:{each.id}"])
        return found

    def kept(self, record: SprintRecord) -> tuple[ReportFact, ...]:
        """Return the messages that were kept for the debrief."""
        return tuple(self._by_id[f"note:{each.id}"] for each in record.notes)

    def _made(
        self, sort: str, id_: str, words: str, at: float, by: str, link: str | None
    ) -> ReportFact:
        when = self._calendar.day_and_clock(at)
        return ReportFact(f"{sort}:{id_}", sort_title(sort), words, at, when, by, safe(link))

    def _told(self, record: SprintRecord) -> Iterator[ReportFact]:
        for blocker in record.blockers:
            words, at = blocker.title, blocker.raised_at
            yield self._made(Sort.BLOCKER, blocker.id, words, at, blocker.by, blocker.permalink)
        for approval in record.approvals:
            words, at = self._approval(approval), approval.requested_at
            by, link = approval.requested_by, approval.permalink
            yield self._made(Sort.APPROVAL, approval.id, words, at, by, link)
        yield from self._tried(record)
        yield from self._said(record)

    def _tried(self, record: SprintRecord) -> Iterator[ReportFact]:
        for gate in record.gates:
            words = f"{self.phase_title(gate.phase)}: {self.scenario_title(gate)}"
            yield self._made(Sort.GATE, gate.id, words, gate.at, gate.by, gate.permalink)
        for each in record.deployments:
            words = say("live_traffic", percent=each.percent)
            yield self._made(Sort.DEPLOYMENT, each.id, words, each.at, each.by, each.permalink)
        for back in record.rollbacks:
            key = "taken_back" if back.reason else "taken_back_silently"
            words = say(key, reason=back.reason)
            yield self._made(Sort.ROLLBACK, back.id, words, back.at, back.by, back.permalink)

    def _said(self, record: SprintRecord) -> Iterator[ReportFact]:
        for plan in record.action_plans:
            ready = say("business_knows") if plan.ready else say("business_know")
            words = _with_remark(say("will_output", ready=ready), plan.note)
            yield self._made(Sort.ACTION_PLAN, plan.id, words, plan.at, plan.by, plan.permalink)
        for found in record.findings:
            by, words = say("probe_of", probe=found.probe, source=found.source), found.sentence
            yield self._made(Sort.FINDING, found.id, words, found.at, by, found.permalink)
        for answer in record.answers:
            at, by, link = answer.at, answer.by, answer.permalink
            yield self._made("answer", answer.id, answer.text, at, by, link)
        for note in record.notes:
            by = note.said_by or note.by
            yield self._made("note", note.id, note.text, note.at, by, note.permalink)
        for own in record.corrections:
            words = _with_remark(
                say("team_answer", answer=own.answer.replace("_", " ")), own.reason
            )
            yield self._made(Sort.CORRECTION, own.id, words, own.at, own.by, own.permalink)

    def _changes(self, record: SprintRecord) -> Iterator[ReportFact]:
        for blocker in record.blockers:
            for number, change in enumerate(blocker.history):
                how = (
                    self._playbook.resolution(change.how).title if change.how else say("back_again")
                )
                words = _with_remark(f"{how}: {blocker.title}", change.note)
                id_ = f"{blocker.id}/{number}"
                yield self._made(Sort.BLOCKER, id_, words, change.at, change.by, change.permalink)

    def _approval(self, approval: records.Approval) -> str:
        subject = self._playbook.subject(approval.subject).title
        decided = decision_words(approval.decision)
        if approval.decided_at is not None and approval.decision is not Decision.EXPIRED:
            waited = hours_text(approval.decided_at - approval.requested_at)
            decided = say("decided_after", decided=decided, waited=waited)
        asked = say("asked_of", subject=subject, approver=approval.approver, decided=decided)
        return _with_remark(asked, approval.reason)

    def phase_title(self, key: str) -> str:
        """Return a phase's title; the key itself where the playbook has no such phase."""
        return next((phase.title for phase in self._playbook.phases if phase.key == key), key)

    def scenario_title(self, gate: records.GateAnswer) -> str:
        """Return the title of a gate's scenario; the key where the playbook has none such."""
        for phase in self._playbook.phases:
            for scenario in phase.scenarios:
                if (phase.key, scenario.key) == (gate.phase, gate.scenario):
                    return scenario.title
        return gate.scenario


def safe(link: str | None) -> str | None:
    """Return a link that a page may carry: https and nothing else."""
    return link if link and link.startswith("https://") else None


def _with_remark(words: str, remark: str | None) -> str:
    return f"{words} ({remark})" if remark else words
