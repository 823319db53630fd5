"""Every number that nobody said, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.record import SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.facts import record_fact
from bot.domain.verdict.model import Cause, FactRef, Figures, Sort
from bot.domain.verdict.priors import Priors, Unknown
from bot.domain.vocabulary import Remedy
from bot.texts import as_share


@dataclass(frozen=True, slots=True)
class Assumed:
    """A number that nobody said, and where it comes from.

    Args:
        what: what it is a number of.
        value: the number with its unit, as people read it.
        source: where it comes from.
        facts: the facts that it stands in for.
    """

    what: str
    value: str
    source: str
    facts: tuple[FactRef, ...] = ()


def assumed_by(
    record: SprintRecord,
    causes: Sequence[Cause],
    unknowns: Iterable[Unknown],
    priors: Priors,
    figures: Figures,
) -> tuple[Assumed, ...]:
    """Return what a verdict takes for granted, with the source of each number.

    Args:
        record: the sprint.
        causes: what is in the way.
        unknowns: the phases that nobody saw.
        priors: the playbook's figures.
        figures: what an hour and a classic assessment cost.
    """
    found = [_lead_time(cause) for cause in causes if not cause.days_stated]
    found += [_remedy(cause) for cause in causes if not cause.remedy_stated]
    found += [_phase(unknown, record) for unknown in unknowns]
    if any(cause.days_stated for cause in causes):
        found.append(_overrun(record, priors))
    return (*found, _hour(figures), _assessment(figures))


def _lead_time(cause: Cause) -> Assumed:
    key = {
        Sort.APPROVAL: "assumed_from_refusal" if cause.refused else "assumed_from_silence",
        Sort.GATE: "assumed_from_gate",
        Sort.FINDING: "assumed_from_finding",
        Sort.ROLLBACK: "assumed_from_rollback",
        Sort.GUARDRAIL: "assumed_from_guardrail",
    }.get(cause.fact.sort, "assumed_from_silence" if cause.is_silence else "assumed_from_kind")
    source = texts.say(key, kind=wording.kind_name(cause.kind))
    what = texts.say("assumed_lead_time", title=wording.quoted(cause.title))
    return Assumed(what, wording.say_range(cause.days), source, cause.records)


def _remedy(cause: Cause) -> Assumed:
    what = texts.say("assumed_remedy", title=wording.quoted(cause.title))
    source = texts.say("assumed_from_remedy", kind=wording.kind_name(cause.kind))
    return Assumed(what, texts.table("remedy_name", Remedy)[cause.remedy], source, cause.records)


def _phase(unknown: Unknown, record: SprintRecord) -> Assumed:
    titles = {phase.key: (phase.title or phase.key).lower() for phase in record.phases}
    trouble = sum(outcome.chance for outcome in unknown.outcomes if outcome.days is not None)
    what = texts.say("assumed_phase", phase=titles.get(unknown.phase, unknown.phase))
    value = texts.say("assumed_phase_value", share=as_share(trouble))
    return Assumed(what, value, texts.template("assumed_from_priors"), (record_fact(),))


def _overrun(record: SprintRecord, priors: Priors) -> Assumed:
    known = len(record.history)
    source = "assumed_from_history" if known else "assumed_from_studies"
    value = texts.say("assumed_overrun_value", median=f"{priors.overruns.median:g}")
    what = texts.template("assumed_overrun")
    return Assumed(what, value, texts.say(source, count=known), (record_fact(),))


def _hour(figures: Figures) -> Assumed:
    value = wording.say_money(figures.person_hour, figures.currency)
    return Assumed(texts.template("assumed_hour"), value, texts.template("assumed_from_costs"))


def _assessment(figures: Figures) -> Assumed:
    value = wording.say_money(figures.assessment, figures.currency)
    return Assumed(
        texts.template("assumed_assessment"), value, texts.template("assumed_from_costs")
    )
