"""Kinds that were guessed from a title and that the team's own answer at the gate contradicts.

The cause takes its kind from the scenario; so do its hours, shares and functions, or one page would
call the same blocker two things.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain.record import SprintRecord
from bot.domain.verdict.causes import groups_of, kind_teller
from bot.domain.verdict.model import Sort
from bot.domain.vocabulary import Kind


def told_kinds(record: SprintRecord) -> dict[str, Kind]:
    """Return blocker id → kind, for each whose guessed kind a gate's scenario outweighs."""
    guessed = {each.id: each.kind for each in record.blockers if each.kind_suggested}
    if not guessed or not record.gates:
        return {}
    found: dict[str, Kind] = {}
    for group in groups_of(record):
        teller = kind_teller(group.members)
        if teller.fact.sort is Sort.GATE:
            ids = {each.fact.id for each in group.members if each.fact.sort is Sort.BLOCKER}
            found |= {
                id_: teller.kind for id_ in ids if guessed.get(id_, teller.kind) is not teller.kind
            }
    return found


def with_told_kinds(record: SprintRecord) -> SprintRecord:
    """Return the record with the kinds that gates tell in place of the guesses they outweigh."""
    told = told_kinds(record)
    if not told:
        return record
    blockers = tuple(replace(each, kind=told.get(each.id, each.kind)) for each in record.blockers)
    return replace(record, blockers=blockers)
