"""A story's further facts, event by event: probes, overrides, owners, guardrails, links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.domain.failed_probes import failed_by_words
from bot.domain.going_live import Guardrail, Ownership
from bot.domain.record import CauseLink, Finding, Override, PromptAnswer, SprintRecord
from bot.domain.story_events import Answered, Event, Guarded, Overridden, Owned, Probed
from bot.domain.story_fields import FieldLocation
from bot.domain.texts import say
from bot.domain.vocabulary import FindingLevel


class StoryFacts:
    """Takes a story's probes, overrides, owners, guardrails, prompt answers and cause links.

    Args:
        head: the record before its events.
    """

    def __init__(self, head: SprintRecord) -> None:
        self._head = head
        self._findings: list[Finding] = []
        self._overrides: list[Override] = []
        self._owners: list[Ownership] = []
        self._guardrails: list[Guardrail] = []
        self._answers: list[PromptAnswer] = []
        self._links: list[CauseLink] = []

    def added_to(self, record: SprintRecord) -> SprintRecord:
        """Return the record with the facts taken so far."""
        return replace(
            record,
            findings=tuple(self._findings),
            overrides=tuple(self._overrides),
            owners=tuple(self._owners),
            guardrails=tuple(self._guardrails),
            answers=tuple(self._answers),
            links=tuple(self._links),
        )

    def names(self) -> dict[str, str]:
        """Return how a story may name a finding or guardrail -> its reference; the last counts."""
        findings = {
            name: f"finding:{finding.id}"
            for finding in self._findings
            for name in (finding.code, f"finding {finding.code}", f"probe {finding.code}")
        }
        return findings | {f"guardrail {g.name}": f"guardrail:{g.id}" for g in self._guardrails}

    def probe(self, event: Probed, _place: FieldLocation) -> None:
        """Take what a probe found on a source."""
        for found in event.findings:
            self._findings.append(
                Finding(
                    id=self._free(found.code),
                    probe=event.probe,
                    source=event.source,
                    level=found.level,
                    code=found.code,
                    sentence=found.says,
                    at=event.at,
                    failed=failed_by_words(found.code, found.says),
                )
            )

    def _free(self, code: str) -> str:
        seen = sum(finding.code == code for finding in self._findings)
        return f"{code}-{seen + 1}" if seen else code

    def override(self, event: Overridden, place: FieldLocation) -> None:
        """Take the team's written word that a stopping finding does not stop it."""
        code = event.override
        stopping = {f.code for f in self._findings if f.level == FindingLevel.STOPS}
        if code not in stopping:
            known = ", ".join(sorted(stopping)) or "none yet"
            fault = say("stopping_probe_missing", status=code, at=event.at, known=known)
            place.refuse("override", fault)
        id_ = _next("override", self._overrides)
        self._overrides.append(Override(id_, code, event.why, event.at, event.by))

    def owner(self, event: Owned, _place: FieldLocation) -> None:
        """Take who accepted to own a part of what goes live."""
        id_ = _next("owner", self._owners)
        self._owners.append(Ownership(id_, event.owner, event.of, event.at, event.by))

    def guardrail(self, event: Guarded, _place: FieldLocation) -> None:
        """Take what came of a limit that was watched."""
        id_ = _next("guardrail", self._guardrails)
        self._guardrails.append(Guardrail(id_, event.guardrail, event.outcome, event.at, event.by))

    def answer(self, event: Answered, place: FieldLocation) -> None:
        """Take an answer to the prompt of an hour."""
        if event.hour > event.at:
            fault = say("answer_out_of_time", asked=event.hour, at=event.at)
            place.refuse("hour", fault)
        id_ = _next("answer", self._answers)
        self._answers.append(PromptAnswer(id_, event.hour, event.answer, event.at, event.by))

    def link(
        self, event: Event, place: FieldLocation, known: Mapping[str, str], *, same: bool
    ) -> None:
        """Take that records are about one cause, or of different ones.

        Args:
            event: the event.
            place: where it stands.
            known: how a story names a record -> the record's reference.
            same: whether the records are one cause.
        """
        records: list[str] = []
        for name in event.value:
            wanted = " ".join(name.split()) if isinstance(name, str) else name
            if not isinstance(wanted, str) or wanted not in known:
                names = ", ".join(sorted(known)[:12]) or "none yet"
                fault = say("record_hour_known", name=name, at=event.at, names=names)
                place.refuse(event.verb, fault)
            records.append(known[wanted])
        if len(set(records)) < len(records):
            place.refuse(event.verb, say("record_named_twice"))
        id_ = _next("link", self._links)
        self._links.append(CauseLink(id_, tuple(records), same, event.at, event.by))


def _next(name: str, taken: list[Any]) -> str:
    return f"{name}-{len(taken) + 1}"
