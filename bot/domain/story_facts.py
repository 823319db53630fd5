"""A story's further facts, event by event: probes, overrides, owners, guardrails, links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.domain.failed_probes import failed_by_words
from bot.domain.going_live import Guardrail, Ownership
from bot.domain.record import CauseLink, Finding, Override, PromptAnswer, SprintRecord
from bot.domain.story_fields import Fields
from bot.domain.texts import say
from bot.domain.vocabulary import FindingLevel, GuardrailOutcome, OwnedPart

MOST_FINDINGS: Final = 200
LEAST_LINKED: Final = 2


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """One event of a story, checked.

    Args:
        at: hours since kickoff.
        by: who did it.
        verb: a key of `EVENT_KEYS`.
        value: what stands behind the verb: an id, a phase, a subject, percent, a reason.
        fields: the event's other fields, as written.
    """

    at: float
    by: str
    verb: str
    value: Any
    fields: Mapping[str, Any] = field(default_factory=dict)


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

    def probe(self, event: StoryEvent, fields: Fields) -> None:
        """Take what a probe found on a source."""
        probe, source = fields.name("probe"), fields.name("source") if fields.has("source") else ""
        listed = fields.raw("findings", [])
        if not isinstance(listed, list):
            fields.place.refuse("findings", say("must_list"))
        if len(listed) > MOST_FINDINGS:
            fault = say("findings_probe_most", listed=len(listed), most_findings=MOST_FINDINGS)
            fields.place.refuse("findings", fault)
        for number, raw in enumerate(listed, 1):
            where = f"{fields.place.where}, finding {number}"
            found = Fields(raw, replace(fields.place, where=where))
            found.allow(("code", "level", "says"))
            code, sentence = found.name("code"), found.text("says")
            self._findings.append(
                Finding(
                    id=self._free(code),
                    probe=probe,
                    source=source,
                    level=found.choice("level", FindingLevel),
                    code=code,
                    sentence=sentence,
                    at=event.at,
                    failed=failed_by_words(code, sentence),
                )
            )

    def _free(self, code: str) -> str:
        seen = sum(finding.code == code for finding in self._findings)
        return f"{code}-{seen + 1}" if seen else code

    def override(self, event: StoryEvent, fields: Fields) -> None:
        """Take the team's written word that a stopping finding does not stop it."""
        code = fields.name("override")
        stopping = {f.code for f in self._findings if f.level == FindingLevel.STOPS}
        if code not in stopping:
            known = ", ".join(sorted(stopping)) or "none yet"
            fault = say("probe_found_stop_hour_found", status=code, at=event.at, known=known)
            fields.place.refuse("override", fault)
        why = fields.text("why")
        id_ = _next("override", self._overrides)
        self._overrides.append(Override(id_, code, why, event.at, event.by))

    def owner(self, event: StoryEvent, fields: Fields) -> None:
        """Take who accepted to own a part of what goes live."""
        part, owner = fields.choice("owner", OwnedPart), fields.name("of")
        id_ = _next("owner", self._owners)
        self._owners.append(Ownership(id_, part, owner, event.at, event.by))

    def guardrail(self, event: StoryEvent, fields: Fields) -> None:
        """Take what came of a limit that was watched."""
        name, outcome = fields.name("guardrail"), fields.choice("outcome", GuardrailOutcome)
        id_ = _next("guardrail", self._guardrails)
        self._guardrails.append(Guardrail(id_, name, outcome, event.at, event.by))

    def answer(self, event: StoryEvent, fields: Fields) -> None:
        """Take an answer to the prompt of an hour; without `hour` it is the event's own."""
        asked = fields.number("hour", 0, self._head.length) if fields.has("hour") else event.at
        if asked > event.at:
            fault = say("prompt_hour_cannot_answered_hour", asked=asked, at=event.at)
            fields.place.refuse("hour", fault)
        text, id_ = fields.text("answer"), _next("answer", self._answers)
        self._answers.append(PromptAnswer(id_, asked, text, event.at, event.by))

    def link(
        self, event: StoryEvent, fields: Fields, known: Mapping[str, str], *, same: bool
    ) -> None:
        """Take that records tell of one cause, or of different ones.

        Args:
            event: the event.
            fields: its fields.
            known: how a story names a record -> the record's reference.
            same: whether the records are one cause.
        """
        listed = fields.raw(event.verb)
        if not isinstance(listed, list) or len(listed) < LEAST_LINKED:
            fields.place.refuse(event.verb, say("must_list_least_two_records"))
        records: list[str] = []
        for name in listed:
            wanted = " ".join(name.split()) if isinstance(name, str) else name
            if not isinstance(wanted, str) or wanted not in known:
                names = ", ".join(sorted(known)[:12]) or "none yet"
                fault = say("record_hour_known", name=name, at=event.at, names=names)
                fields.place.refuse(event.verb, fault)
            records.append(known[wanted])
        if len(set(records)) < len(records):
            fields.place.refuse(event.verb, say("names_same_record_twice"))
        id_ = _next("link", self._links)
        self._links.append(CauseLink(id_, tuple(records), same, event.at, event.by))


def _next(name: str, taken: list[Any]) -> str:
    return f"{name}-{len(taken) + 1}"
