"""What a deployment shows, and what it lacks: being live hides nothing that is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.going_live import Deployment, LiveMeasures
from bot.domain.record import SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.facts import deployment_fact, guardrail_fact, record_fact
from bot.domain.verdict.model import Cause, Sentence
from bot.domain.verdict.wording import listed
from bot.domain.vocabulary import Decision, GuardrailOutcome, OwnedPart

_OWNED: Final = (OwnedPart.MODEL, OwnedPart.SERVICE, OwnedPart.OUTCOME)
"""What somebody must have accepted by name before a deployment counts as owned."""
_MOST_NAMED: Final = 3


def unowned_parts(record: SprintRecord) -> tuple[str, ...]:
    """Return the parts of a deployment that nobody accepted by name."""
    owned = {each.part for each in record.owners}
    return tuple(texts.table("owned_part", OwnedPart)[part] for part in _OWNED if part not in owned)


def missing_for_live(record: SprintRecord) -> tuple[str, ...]:
    """Return what the record lacks beside a deployment, in words."""
    missing = []
    if parts := unowned_parts(record):
        missing.append(texts.say("missing_owners", parts=listed(parts)))
    given = {each.subject for each in record.approvals if each.decision is Decision.APPROVED}
    if not given:
        missing.append(texts.template("missing_approvals"))
    if record.action_plan is None or not record.action_plan.ready:
        missing.append(texts.template("missing_plan"))
    return tuple(missing)


def last_deployment(record: SprintRecord) -> Deployment:
    """Return the deployment that stands."""
    return max(record.deployments, key=lambda deployment: (deployment.at, deployment.id))


def live_sentences(record: SprintRecord, causes: Sequence[Cause]) -> tuple[Sentence, ...]:
    """Return what is known of a deployment that stands: what shows it, what is open, what lacks."""
    last = last_deployment(record)
    fact = deployment_fact(last)
    sentences = [Sentence(_how_live(last), (fact,))]
    if last.observed:
        sentences += [Sentence(text, (fact,)) for text in _observed(last.observed)]
    sentences += _guardrails(record)
    if causes:
        titles = listed(wording.quoted_title(cause.title) for cause in causes[:_MOST_NAMED])
        more = len(causes) - _MOST_NAMED
        titles += texts.say("and_more", count=more) if more > 0 else ""
        facts = tuple(cause.fact for cause in causes)
        key = "live_open" if last.verified else "claimed_open"
        sentences.append(Sentence(texts.say(key, count=len(causes), titles=titles), facts))
    if missing := missing_for_live(record):
        key = "live_missing" if last.verified else "claimed_missing"
        sentences.append(Sentence(texts.say(key, missing=listed(missing)), (fact, record_fact())))
    return tuple(sentences)


def _how_live(last: Deployment) -> str:
    if last.made_here:
        return texts.say("live_made_here", at=int(last.at), percent=last.percent)
    if last.evidence:
        evidence = wording.quoted_title(last.evidence)
        return texts.say("live_verified", at=int(last.at), percent=last.percent, evidence=evidence)
    return texts.say("live_claimed", who=last.by, at=int(last.at), percent=last.percent)


def _observed(observed: LiveMeasures) -> list[str]:
    figures: dict[str, dict[str, float | None]] = {
        "observed_hours": {"hours": observed.hours_live},
        "observed_calls": {"calls": observed.calls},
        "observed_people": {"people": observed.people},
        "observed_uptime": {"uptime": observed.uptime},
        "observed_alarms": {"alarms": observed.alarms, "answered": observed.alarms_answered},
        "observed_rollback": {"seconds": observed.rollback_seconds},
    }
    facts = [
        texts.say(key, **values)
        for key, values in figures.items()
        if all(value is not None for value in values.values())
    ]
    facts += [text for text in (observed.quality, observed.effect) if text]
    return [texts.say("observed", facts=", ".join(facts))] if facts else []


def _guardrails(record: SprintRecord) -> list[Sentence]:
    """Say which guardrails were breached and have not been found well since."""
    last = {
        guardrail.name.casefold(): guardrail
        for guardrail in sorted(record.guardrails, key=lambda each: (each.at, each.id))
    }
    breached = [g for g in last.values() if g.outcome is GuardrailOutcome.BREACHED]
    if not breached:
        return []
    facts = tuple(map(guardrail_fact, breached))
    names = listed(dict.fromkeys(each.name for each in breached))
    return [Sentence(texts.say("guardrail_breached", names=names), facts)]
