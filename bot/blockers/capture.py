"""What a blocker's own words say, taken over into its empty fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum

from bot.blockers.forms import BlockerForm
from bot.domain.errors import InputError
from bot.domain.vocabulary import Severity
from bot.messages.blocker_card import LONGEST_FIELD
from bot.messages.catalog import say_plain
from bot.reading import Reading, read
from bot.sprints.pings import can_act, find_person
from bot.unit_of_work import UnitOfWork


class HowLong(StrEnum):
    """The quick answers to how long a blocker takes."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    NOBODY = "nobody"


def form_of_line(
    uow: UnitOfWork, sprint_id: int, line: str, mentioned: Mapping[str, str] | None = None
) -> BlockerForm:
    """Return the blocker that one typed line is, with all that could be read from it.

    Args:
        uow: the open unit.
        sprint_id: the sprint.
        line: what was typed, as a person reads it.
        mentioned: name in lower case → id of those whom the line mentions.
    """
    reading = read(line, on=uow.now.date())
    owner = (mentioned or {}).get((reading.owner or "").casefold())
    form = BlockerForm(
        sprint_id=sprint_id,
        title=line,
        severity=Severity(reading.severity),
        owner=owner or _person(uow, reading.owner),
    )
    return _with_words(form, reading)


def filled(form: BlockerForm, on: date) -> BlockerForm:
    """Fill how long and whom it waits for from the title, where the form leaves them empty."""
    if form.lead_time and form.waits_for:
        return form
    return _with_words(form, read(form.sentence, on=on))


def prefilled(title: str, on: date) -> dict[str, str]:
    """Return what a form shows at first beside a title that is there already."""
    reading = read(title, on=on)
    shown = {
        "severity": reading.severity,
        "lead_time": _fitting(reading.lead_time),
        "waits_for": _fitting(reading.waits_for),
    }
    return {field: value for field, value in shown.items() if value}


def _with_words(form: BlockerForm, reading: Reading) -> BlockerForm:
    return replace(
        form,
        lead_time=form.lead_time or _fitting(reading.lead_time),
        waits_for=form.waits_for or _fitting(reading.waits_for),
    )


def _fitting(words: str | None) -> str:
    return words if words and len(words) <= LONGEST_FIELD else ""


def _person(uow: UnitOfWork, name: str | None) -> str | None:
    """Return the id of the one person that goes by a name; None if nobody or several do."""
    if name is None:
        return None
    try:
        found = name if uow.person(name) else find_person(uow, name)[0]
    except InputError:
        return None
    return found if can_act(uow, found) else None


def with_answer(text: str, answer: HowLong) -> str:
    """Return how long something takes after a quick answer; what was said before stays readable."""
    words = say_plain(f"blocker.how_long_{answer}_words")
    both = f"{text}, {words}" if text else words
    return both if len(both) <= LONGEST_FIELD else words
