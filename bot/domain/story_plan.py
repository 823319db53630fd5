"""A story's `plan`: what became of the plan's items after the debrief, in order of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.domain.enums import FixState
from bot.domain.plan_facts import FixChange, FixOutcome, PlannedFix
from bot.domain.story_fields import Fields, Place
from bot.domain.story_history import listed
from bot.domain.texts import say
from bot.domain.transitions import after_fix_outcome

LONGEST_PLAN: Final = 366.0
"""Days after the debrief."""
NAMED: Final = 12
KEYS: Final = ("day", "by", "fix", "outcome", "says", "held_until")


def plan_of(top: Fields, place: Place, known: Mapping[str, str]) -> tuple[PlannedFix, ...]:
    """Return the items that the story's `plan` tells of, each as it stands in the end.

    Args:
        top: the story.
        place: where it stands.
        known: how a story may name what an item is about -> the item's reference.

    Raises:
        InputError: an entry names nothing of the story, or says what cannot have happened.
    """
    entries = [_entry(fields, known) for fields in listed(top, place, "plan")]
    items: dict[str, PlannedFix] = {}
    for fields, reference, change in sorted(entries, key=lambda entry: entry[2].day):
        item = items.get(reference, PlannedFix(reference, FixState.OPEN))
        state = after_fix_outcome(item.state, change.outcome)
        if state is None:
            fault = say("day_item_can_t", day=change.day, state=item.state, outcome=change.outcome)
            fields.place.refuse("outcome", fault)
        items[reference] = PlannedFix(reference, state, (*item.changes, change))
    return tuple(items.values())


def _entry(fields: Fields, known: Mapping[str, str]) -> tuple[Fields, str, FixChange]:
    fields.allow(KEYS)
    day, name = fields.number("day", 0, LONGEST_PLAN), fields.name("fix")
    fields.place = replace(fields.place, where=f"{fields.place.where} (day {day:g}, fix {name})")
    if name not in known:
        names = ", ".join(sorted(known)[:NAMED]) or "none"
        fields.place.refuse("fix", say("record_known", name=name, names=names))
    outcome = fields.choice("outcome", FixOutcome)
    if fields.has("held_until") and outcome is not FixOutcome.REGRESSED:
        fields.place.refuse("held_until", say("belongs_item_regressed"))
    if not fields.has("by") and outcome not in (FixOutcome.PROVED, FixOutcome.REGRESSED):
        fields.place.refuse("by", say("name_said_without_nightly_check"))
    change = FixChange(
        day,
        outcome,
        fields.name("by") if fields.has("by") else None,
        fields.maybe_text("says") or "",
        fields.number("held_until", 0, day) if fields.has("held_until") else None,
    )
    return fields, known[name], change
