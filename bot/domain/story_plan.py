"""A story's `plan`: what became of the plan's items after the debrief, in order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from bot.domain.enums import FixState
from bot.domain.plan_facts import FixChange, FixOutcome, PlannedFix
from bot.domain.story_fields import FieldLocation, Name, StoryModel, Text, between, read
from bot.domain.texts import say
from bot.domain.transitions import after_fix_outcome

LONGEST_PLAN: Final = 366.0
"""Days after the debrief."""
NAMED: Final = 12


class _Entry(StoryModel):
    day: Annotated[float, between(0, LONGEST_PLAN)]
    by: Name | None = None
    fix: Name
    outcome: FixOutcome
    says: Text = ""
    held_until: Annotated[float, between(0, "day")] | None = None


def plan_of(
    raw: Sequence[Any], place: FieldLocation, known: Mapping[str, str]
) -> tuple[PlannedFix, ...]:
    """Return the items that the story's `plan` tells of, each as it stands in the end.

    Args:
        raw: the plan's entries.
        place: where the story stands.
        known: how a story may name what an item is about -> the item's reference.

    Raises:
        InputError: an entry names nothing of the story, or says what cannot have happened.
    """
    entries = [_entry(each, place.within(["plan", n]), known) for n, each in enumerate(raw)]
    items: dict[str, PlannedFix] = {}
    for where, reference, change in sorted(entries, key=lambda entry: entry[2].day):
        item = items.get(reference, PlannedFix(reference, FixState.OPEN))
        state = after_fix_outcome(item.state, change.outcome)
        if state is None:
            fault = say(
                "item_outcome_impossible", day=change.day, state=item.state, outcome=change.outcome
            )
            where.refuse("outcome", fault)
        items[reference] = PlannedFix(reference, state, (*item.changes, change))
    return tuple(items.values())


def _entry(
    raw: Any, place: FieldLocation, known: Mapping[str, str]
) -> tuple[FieldLocation, str, FixChange]:
    given = raw if isinstance(raw, Mapping) else {}
    known_as = [f"{key} {str(given[key])[:60]}" for key in ("day", "fix") if key in given]
    if known_as:
        place = replace(place, where=f"{place.where} ({', '.join(known_as)})")
    entry = read(_Entry, raw, place)
    if entry.fix not in known:
        names = ", ".join(sorted(known)[:NAMED]) or "none"
        place.refuse("fix", say("record_known", name=entry.fix, names=names))
    if entry.held_until is not None and entry.outcome is not FixOutcome.REGRESSED:
        place.refuse("held_until", say("belongs_item_regressed"))
    if entry.by is None and entry.outcome not in (FixOutcome.PROVED, FixOutcome.REGRESSED):
        place.refuse("by", say("check_by_missing"))
    change = FixChange(entry.day, entry.outcome, entry.by, entry.says, entry.held_until)
    return place, known[entry.fix], change
