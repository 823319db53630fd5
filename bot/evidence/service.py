"""Evidence about blockers: people link tickets and ask for access, systems report what happened.

A wait that has ended does not resolve its blocker: the card's thread offers that, and a person
confirms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import select

from bot.blockers.service import card_key, locked_blocker, show_blocker
from bot.db.evidence_models import EvidenceLink, EvidenceSystem
from bot.db.models import Blocker, Sprint
from bot.domain.enums import LIVE, AuditAction, AuditSubject, BlockerState, LinkOrigin
from bot.domain.errors import FormError, InputError
from bot.domain.permissions import Action
from bot.domain.waits import SystemEvent
from bot.evidence import links
from bot.evidence.forms import AccessForm, check_access
from bot.evidence.links import ACCESS, CALENDAR
from bot.evidence.systems import Connected, as_connected, systems
from bot.forms import FieldRule
from bot.messages.catalog import say_plain
from bot.messages.evidence_card import ended_offer, label_of
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.slack.blocks import Block
from bot.sprints.card_threads import post_below, say_below
from bot.unit_of_work import BOT_ACTOR, UnitOfWork

CONNECTED: Final = FieldRule("ticket", "evidence.none_connected", bool)
MENTIONED: Final = FieldRule("ticket", "evidence.no_ticket", bool)
TICKET: Final = FieldRule("ticket", "evidence.linked_already")
SOURCE: Final = FieldRule("source", "evidence.asked_already")


def link_ticket(uow: UnitOfWork, actor_id: str, blocker_id: int, text: str) -> EvidenceLink:
    """Link a blocker to the ticket that somebody named by its key or its address.

    Raises:
        FormError: nothing is connected, the text names no ticket of a connected system, several
            systems could be meant, or the blocker has that link.
        InputError: they may not, or the sprint is over.
    """
    blocker, sprint = locked_blocker(uow, actor_id, blocker_id, Action.EDIT_BLOCKER)
    connected = CONNECTED.checked(
        [each for each in systems(uow.session, uow.team_id) if each.adapter.keys]
    )
    found = [
        (each, key) for each in connected for key in each.adapter.mentions(text, each.settings)
    ]
    system, key = _the_one(uow, connected, found, text)
    added = links.add_link(
        uow, blocker, actor_id, system.adapter.name, key, LinkOrigin.BUTTON, system=system
    )
    link = TICKET.checked(added, ticket=key)
    show_blocker(uow, sprint, blocker)
    say_below(
        uow,
        card_key(blocker),
        "evidence.line_linked",
        who=uow.name(actor_id),
        what=label_of(link),
    )
    _offer_if_over(uow, sprint, blocker, link)
    return link


def _the_one(
    uow: UnitOfWork, connected: list[Connected], found: list[tuple[Connected, str]], text: str
) -> tuple[Connected, str]:
    """Return the ticket that is meant: the only one, or the only one a system has reported."""
    names = ", ".join(each.adapter.label for each in connected)
    MENTIONED.checked(found, text=text[:80], systems=names)
    if len(found) == 1:
        return found[0]
    known = [(each, key) for each, key in found if links.facts_about(uow, each.origin, key)]
    if len(known) == 1:
        return known[0]
    keys = {key for _, key in found}
    code = "evidence.several_keys" if len(keys) > 1 else "evidence.several_systems"
    names = ", ".join(each.name for each, _ in found)
    raise FormError({"ticket": say_plain(code, keys=", ".join(sorted(keys)), systems=names)})


def ask_access(
    uow: UnitOfWork, actor_id: str, blocker_id: int, form: AccessForm, sources: Sequence[str]
) -> EvidenceLink:
    """Note that access to a source was asked for; it is looked at until a row can be read.

    Args:
        uow: the open unit.
        actor_id: who says so.
        blocker_id: the blocker that waits for it.
        form: what access was asked for, and when.
        sources: the names of the configured ones.

    Raises:
        FormError: fields that cannot be taken, or that access is measured already.
        InputError: they may not, or the sprint is over.
    """
    blocker, sprint = locked_blocker(uow, actor_id, blocker_id, Action.EDIT_BLOCKER)
    check_access(uow, form, sources)
    place, asked_at = form.place, form.moment(uow.now)
    added = links.add_link(
        uow, blocker, actor_id, ACCESS, place, LinkOrigin.ASKED, asked_at=asked_at
    )
    link = SOURCE.checked(added, place=place)
    show_blocker(uow, sprint, blocker)
    who = uow.name(actor_id)
    say_below(uow, card_key(blocker), "evidence.line_asked", who=who, place=place)
    return link


def unlink(uow: UnitOfWork, actor_id: str, link_id: int) -> int:
    """Take a link off its blocker; what was measured by it no longer counts.

    Returns:
        The blocker.

    Raises:
        InputError: it is not there, they may not, or the sprint is over.
    """
    link = uow.session.get(EvidenceLink, link_id)
    if link is None or link.team_id != uow.team_id:
        raise InputError(say_plain("evidence.link_gone"))
    blocker, sprint = locked_blocker(uow, actor_id, link.blocker_id, Action.EDIT_BLOCKER)
    uow.drop_timers(sprint.id, links.look_key(blocker, link))
    what = label_of(link)
    uow.audit(
        *(sprint.id, actor_id, AuditAction.UNLINKED, AuditSubject.BLOCKER, blocker.id),
        number=blocker.number,
        adapter=link.adapter,
        key=link.subject,
    )
    uow.session.delete(link)
    uow.session.flush()
    show_blocker(uow, sprint, blocker)
    say_below(uow, card_key(blocker), "evidence.line_unlinked", who=uow.name(actor_id), what=what)
    return blocker.id


def take_facts(uow: UnitOfWork, system_id: int, facts: Iterable[SystemEvent]) -> int:
    """Store what a system reported, and bring the blockers up to date that wait for it.

    Args:
        uow: the open unit.
        system_id: the system's row.
        facts: in any order; those that are known change nothing.

    Returns:
        How many blockers are linked to what was told.
    """
    row = uow.session.get_one(EvidenceSystem, system_id)
    row.last_event_at, row.error = uow.now, None
    system = as_connected(row)
    subjects = links.keep_facts(uow, system.origin, facts)
    if not subjects:
        return 0
    new = {link.id for link in links.link_matching(uow, system, subjects)}
    touched = uow.session.execute(
        select(EvidenceLink.id, EvidenceLink.sprint_id).where(
            EvidenceLink.team_id == uow.team_id,
            EvidenceLink.system_id == system_id,
            EvidenceLink.subject.in_(links.all_keys(uow, system.origin, subjects)),
        )
    ).all()
    for link_id, sprint_id in sorted(touched, key=lambda pair: (pair[1], pair[0])):
        bring_up_to_date(uow, sprint_id, link_id, is_new=link_id in new)
    return len(touched)


def bring_up_to_date(
    uow: UnitOfWork, sprint_id: int, link_id: int, *, is_new: bool = False
) -> None:
    """Measure a link anew, show its blocker, and offer to resolve it when the wait is over.

    The sprint is locked first, so of two facts that come at once the second sees both.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    link = uow.session.get(EvidenceLink, link_id, populate_existing=True)
    if link is None:
        return
    before = _measured(link)
    links.measure(uow, link)
    after = _measured(link)
    blocker = uow.session.get_one(Blocker, link.blocker_id)
    if before == after and not is_new:
        return
    uow.audit(
        *(sprint.id, BOT_ACTOR, AuditAction.MEASURED, AuditSubject.BLOCKER, blocker.id),
        number=blocker.number,
        adapter=link.adapter,
        key=link.subject,
        standing=link.standing,
    )
    show_blocker(uow, sprint, blocker)
    if is_new or before[0] != after[0]:
        _offer_if_over(uow, sprint, blocker, link)
        links.look_on(uow, sprint, blocker)  # a ticket that was reopened is asked about again


def _measured(link: EvidenceLink) -> tuple[object, ...]:
    """Return what a blocker's card shows of a link; when the wait ended comes first."""
    began = (link.opened_at, link.meets_at)
    return (link.ended_at, *began, link.standing, link.state, link.held)


def _offer_if_over(uow: UnitOfWork, sprint: Sprint, blocker: Blocker, link: EvidenceLink) -> None:
    is_open = blocker.state == BlockerState.OPEN and sprint.status in LIVE
    if link.ended_at is not None and is_open and link.adapter != CALENDAR:
        args = {"link": link.id, "blocker": blocker.id}
        post_below(uow, card_key(blocker), Template.EVIDENCE_ENDED, args)


def render_ended(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render the offer to resolve a blocker whose wait has ended."""
    blocker = uow.session.get_one(Blocker, args["blocker"])
    link = uow.session.get(EvidenceLink, args["link"])
    return ended_offer(blocker, link)
