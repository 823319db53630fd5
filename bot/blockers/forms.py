"""A blocker as somebody filled it in or typed it: what can be taken, and what a change changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import ValidationInfo
from sqlalchemy import ColumnElement, select

from bot.db.models import Approval, Blocker, ProbeRun
from bot.domain.enums import BlockerState
from bot.domain.errors import InputError
from bot.domain.vocabulary import Kind, PathFamily, Remedy, Severity
from bot.forms import check_form, refuse, with_rules
from bot.messages.blocker_card import LONGEST_FIELD, LONGEST_TITLE, kind_words
from bot.messages.catalog import say, say_plain
from bot.reading import Reading, read
from bot.slack.text import Mrkdwn, clean, one_line
from bot.sprints.pings import can_act, find_person
from bot.unit_of_work import UnitOfWork

SHORTEST_TITLE: Final = 3


def _title_fault(title: str, _info: ValidationInfo) -> str | None:
    title = _kept(title)
    if sum(map(str.isalnum, title)) < SHORTEST_TITLE:
        return say_plain("blocker.title_short")
    if len(title) > LONGEST_TITLE:
        return say_plain("blocker.title_long", length=len(title), limit=LONGEST_TITLE)
    return None


def _kept(title: str) -> str:
    return one_line(clean(title))


def _length_fault(words: str, _info: ValidationInfo) -> str | None:
    too_long = len(words) > LONGEST_FIELD
    return say_plain("blocker.text_long", limit=LONGEST_FIELD) if too_long else None


def _owner_fault(owner: str | None, info: ValidationInfo) -> str | None:
    uow: Any = info.context
    if not owner or can_act(uow, owner):
        return None
    return say_plain("blocker.owner_cannot", who=uow.name(owner))


_Line = Annotated[str, refuse(_length_fault)]


@with_rules
@dataclass(frozen=True, slots=True)
class BlockerForm:
    """A blocker as somebody filled it in; field names are those of the form, for the errors.

    Args:
        sprint_id: the sprint it blocks.
        title: what stops them, in their words.
        kind: None lets hour48 suggest it.
        severity: whether the sprint can go on past it.
        remedy: what would remove it, where they know.
        lead_time: how long its removal takes, as people say it.
        waits_for: the function it waits for.
        owner: who takes care of it.
        family: None lets the verdict derive it.
        permalink: the message it was made from.
        approval_id: the request whose silence or refusal it is.
        probe_run_id: the probe run it was found by.
        finding_code: which of the run's findings it is.
        finding_number: its place among them, since several may have one code.
    """

    sprint_id: int
    title: Annotated[str, refuse(_title_fault)]
    kind: Kind | None = None
    severity: Severity = Severity.STOPS
    remedy: Remedy | None = None
    lead_time: _Line = ""
    waits_for: _Line = ""
    owner: Annotated[str | None, refuse(_owner_fault)] = None
    family: PathFamily | None = None
    permalink: str | None = None
    approval_id: int | None = None
    probe_run_id: int | None = None
    finding_code: str | None = None
    finding_number: int | None = None

    @property
    def sentence(self) -> str:
        """The title as it is kept: one line, without control characters."""
        return _kept(self.title)


def check_blocker(uow: UnitOfWork, form: BlockerForm) -> None:
    """Refuse a form that cannot be taken.

    Raises:
        FormError: each field at fault with its sentence.
    """
    check_form(form, uow)


def refuse_twice(uow: UnitOfWork, form: BlockerForm) -> None:
    """Refuse a second blocker from the same message, finding or request, or one of elsewhere.

    Raises:
        InputError: it is logged already, says as which blocker; or it is not of this sprint.
    """
    _require_origin_here(uow, form)
    same = _same_origin(form)
    if not same:
        return
    found = uow.session.scalars(
        select(Blocker)
        .where(Blocker.sprint_id == form.sprint_id, Blocker.state != BlockerState.WITHDRAWN, *same)
        .limit(1)
    ).one_or_none()
    if found is not None:
        who = uow.name(found.raised_by)
        words = say_plain("blocker.already_logged", who=who, number=found.number, title=found.title)
        raise InputError(words)


def blocker_of_message(uow: UnitOfWork, sprint_id: int, permalink: str) -> Blocker | None:
    """Return the newest blocker that was logged from a message, withdrawn or not."""
    return uow.session.scalars(
        select(Blocker)
        .where(Blocker.sprint_id == sprint_id, Blocker.permalink == permalink)
        .order_by(Blocker.id.desc())
        .limit(1)
    ).one_or_none()


def _require_origin_here(uow: UnitOfWork, form: BlockerForm) -> None:
    origins = ((Approval, form.approval_id, "request"), (ProbeRun, form.probe_run_id, "probe"))
    for model, row_id, what in origins:
        if row_id is not None and uow.row(model, row_id, what).sprint_id != form.sprint_id:
            raise InputError(say_plain("blocker.origin_elsewhere", what=what))


def _same_origin(form: BlockerForm) -> list[ColumnElement[bool]]:
    if form.probe_run_id is not None:
        run, code = Blocker.probe_run_id, Blocker.finding_code
        if form.finding_number is None:
            return [run == form.probe_run_id, code == form.finding_code]
        number = Blocker.finding_number
        return [
            run == form.probe_run_id,
            code == form.finding_code,
            number.is_(None) | (number == form.finding_number),
        ]
    if form.approval_id is not None:
        return [Blocker.approval_id == form.approval_id]
    return [Blocker.permalink == form.permalink] if form.permalink else []


def details(form: BlockerForm) -> dict[str, str | None]:
    """Return the columns that a form fills as it is."""
    return {
        "severity": form.severity.value,
        "remedy": form.remedy.value if form.remedy else None,
        "lead_time": one_line(clean(form.lead_time)) or None,
        "waits_for": one_line(clean(form.waits_for)) or None,
        "owner_id": form.owner,
        "family": form.family.value if form.family else None,
    }


def field_words(uow: UnitOfWork, blocker: Blocker) -> dict[str, str]:
    """Return what people read of a blocker, field by field."""
    playbook = uow.playbook
    return {
        "title": blocker.title,
        "kind": kind_words(playbook, blocker.kind),
        "severity": playbook.severity(blocker.severity).title,
        "remedy": playbook.remedy(blocker.remedy).title if blocker.remedy else "",
        "lead_time": blocker.lead_time or "",
        "waits_for": blocker.waits_for or "",
        "owner": uow.name(blocker.owner_id) if blocker.owner_id else "",
        "family": say_plain(f"blocker.family_{blocker.family}") if blocker.family else "",
    }


def changes_between(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """Return field → [before, after] for what is not the same."""
    return {key: [old, after[key]] for key, old in before.items() if old != after[key]}


def changes_text(changes: dict[str, list[str]]) -> Mrkdwn:
    """Return changes as one half of a sentence."""
    parts = [
        say("blocker.change_title", before=old)
        if key == "title"
        else say(
            "blocker.change",
            label=say_plain(f"blocker.label_{key}"),
            before=old,
            after=new,
        )
        for key, (old, new) in changes.items()
    ]
    return Mrkdwn("; ".join(parts))


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
