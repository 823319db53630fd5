"""Export and erasure of a person of a workspace, over every table, the ledgers and the trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, delete, func, or_, select, update

from bot.db.audit_chain import AUDIT, LINKS, content_hash
from bot.db.audit_verify import REDACTED
from bot.db.deployment_models import Deployment
from bot.db.models import Approval, DirectChannel, Member, Person, Sprint
from bot.db.notice_models import ScoreEvent
from bot.db.outbox_models import OutboxItem, QueueLease
from bot.db.serving_models import Outcome, Prediction
from bot.domain.enums import UNFINISHED, ApprovalState, AuditAction, AuditSubject
from bot.domain.errors import InputError
from bot.domain.traffic import pseudonym as ledger_pseudonym
from bot.messages.catalog import say_plain
from bot.outbox.queue import person_queue
from bot.privacy import scope
from bot.privacy.ledgers import forget_person
from bot.privacy.scrubber import Scrubber, new_pseudonym
from bot.unit_of_work import BOT_ACTOR, UnitOfWork

LEDGERS: Final = (Prediction, Outcome, ScoreEvent)


@dataclass(frozen=True, slots=True)
class Who:
    """Whom it is about.

    Args:
        user_id: their id in Slack.
        names: every name by which texts may call them.
        entities: what callers of deployed models call them, such as a customer number.
    """

    user_id: str
    names: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


@dataclass(slots=True)
class Erased:
    """What an erasure did.

    Args:
        pseudonym: what stands for the person from now on, in the audit trail too.
        changed: rows in which it stands now, by table.
        deleted: rows that are gone, by table.
    """

    pseudonym: str
    changed: dict[str, int] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)


def find_person(
    uow: UnitOfWork, user_id: str, also: Iterable[str] = (), entities: Iterable[str] = ()
) -> Who:
    """Return whom a command is about, with the name that Slack gave."""
    person = uow.person(user_id)
    names = dict.fromkeys([person.name] if person else [])
    names |= dict.fromkeys(name.strip() for name in also)
    known = tuple(name for name in names if name and name != user_id)
    return Who(user_id, known, tuple(dict.fromkeys([user_id, *entities])))


def export_person(uow: UnitOfWork, who: Who) -> dict[str, Any]:
    """Return every row that holds a person, as plain JSON, by table.

    Raises:
        InputError: nothing about them is kept.
    """
    words = Scrubber(dict.fromkeys((who.user_id, *who.names), ""))
    found: dict[str, Any] = {}
    for table in (*scope.tables(), AUDIT):
        condition = scope.of_team(table, uow.team_id)
        if condition is None:
            continue
        rows = [_plain(row) for row in _rows_with(uow, table, condition, words)]
        if rows:
            found[table.name] = rows
    for ledger in LEDGERS:
        table = cast("Table", ledger.__table__)
        rows = [_plain(row) for row in _ledger_rows(uow, table, who)]
        if rows:
            found.setdefault(table.name, []).extend(rows)
    if not found:
        raise InputError(say_plain("privacy.nobody", user_id=who.user_id))
    about = {"team_id": uow.team_id, "user_id": who.user_id, "names": list(who.names)}
    return {"person": about, "at": uow.now.isoformat(), "tables": found}


def _rows_with(
    uow: UnitOfWork, table: Table, condition: ColumnElement[bool], scrubber: Scrubber
) -> list[dict[str, Any]]:
    """Return the rows of a table in which a person stands."""
    key = table.primary_key.columns.values()[0]
    columns = [key, *(table.c[name] for name in scope.written_columns(table) if name != key.key)]
    wanted = select(*columns).where(condition, scope.holds(table, scrubber.words))
    ids = [
        row[key.key]
        for row in _mapped(uow, wanted)
        if any(scrubber(value) != value for value in row.values())
    ]
    whole = select(*(column for column in table.columns)).where(key.in_(ids)).order_by(key)
    return _mapped(uow, whole) if ids else []


def _mapped(uow: UnitOfWork, wanted: Any) -> list[dict[str, Any]]:
    names = [column.key for column in wanted.selected_columns]
    return [dict(zip(names, row, strict=True)) for row in uow.session.execute(wanted)]


def _ledger_rows(uow: UnitOfWork, table: Table, who: Who) -> list[dict[str, Any]]:
    keyed = uow.session.execute(
        select(Deployment.id, Deployment.pseudonym_key)
        .join(Sprint, Sprint.id == Deployment.sprint_id)
        .where(Sprint.team_id == uow.team_id, Deployment.pseudonym_key.is_not(None))
    ).all()
    found = []
    for deployment_id, key in keyed:
        names = [ledger_pseudonym(entity, str(key)) for entity in who.entities]
        mine = (table.c.deployment_id == deployment_id) & table.c.entity.in_(names)
        found += _mapped(uow, select(*table.columns.values()).where(mine))
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _told(value) for name, value in row.items()}


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{len(value)} bytes" if isinstance(value, bytes | memoryview) else value


def erase_person(uow: UnitOfWork, who: Who) -> Erased:
    """Take a person out of everything that a workspace keeps.

    Who they are to Slack and what was said to them alone is deleted. Elsewhere a pseudonym stands
    for them, in the audit trail too, whose chain keeps holding.

    Raises:
        InputError: they still have a part in something unfinished, or nothing is kept.
    """
    refuse_unfinished(uow, who)
    export_person(uow, who)
    done = Erased(new_pseudonym())
    forgotten = [forget_person(uow, BOT_ACTOR, entity) for entity in who.entities]
    done.deleted["predictions"] = sum(each.predictions for each in forgotten)
    done.deleted["outcomes"] = sum(each.outcomes for each in forgotten)
    _delete_own_rows(uow, who, done)
    scrubber = Scrubber(dict.fromkeys((who.user_id, *who.names), done.pseudonym))
    for table in scope.tables():
        condition = scope.of_team(table, uow.team_id)
        if condition is not None:
            done.changed[table.name] = scrub_table(uow, table, condition, scrubber)
    redacted = redact_trail(uow, AUDIT.c.team_id == uow.team_id, scrubber)
    done.changed[AUDIT.name] = len(redacted)
    uow.audit(
        None,
        BOT_ACTOR,
        AuditAction.ERASED,
        AuditSubject.PERSON,
        None,
        pseudonym=done.pseudonym,
        **{REDACTED: redacted},
    )
    uow.session.expire_all()
    return done


def refuse_unfinished(uow: UnitOfWork, who: Who) -> None:
    """Refuse to erase somebody whom a sprint still needs, before anybody is asked whether to.

    Raises:
        InputError: names the sprints.
    """
    in_team = select(Member.sprint_id).where(Member.user_id == who.user_id)
    decides = select(Approval.sprint_id).where(
        Approval.approver_id == who.user_id, Approval.state == ApprovalState.WAITING
    )
    titles = uow.session.scalars(
        select(Sprint.title)
        .where(Sprint.team_id == uow.team_id, Sprint.status.in_(UNFINISHED))
        .where(
            or_(
                Sprint.lead_id == who.user_id,
                Sprint.sponsor_id == who.user_id,
                Sprint.id.in_(in_team),
                Sprint.id.in_(decides),
            )
        )
        .order_by(Sprint.id)
    ).all()
    if titles:
        quoted = ", ".join(f"“{title}”" for title in titles)
        raise InputError(say_plain("privacy.unfinished", user_id=who.user_id, titles=quoted))


def _delete_own_rows(uow: UnitOfWork, who: Who, done: Erased) -> None:
    """Delete who the person is to Slack, and what was or is to be said to them alone."""
    own_queues = (person_queue(who.user_id), f"person:{who.user_id}", f"home:{who.user_id}")
    for model, mine in (
        (OutboxItem, OutboxItem.queue.in_(own_queues)),
        (QueueLease, QueueLease.queue.in_(own_queues)),
        (DirectChannel, DirectChannel.user_id == who.user_id),
        (Person, Person.user_id == who.user_id),
    ):
        gone = uow.count(delete(model).where(model.team_id == uow.team_id, mine))
        done.deleted[model.__tablename__] = gone


def scrub_table(
    uow: UnitOfWork, table: Table, condition: ColumnElement[bool], scrubber: Scrubber
) -> int:
    """Replace people in a table's rows; return how many rows were changed."""
    key = table.primary_key.columns.values()[0]
    written = scope.written_columns(table)
    wanted = select(key, *(table.c[name] for name in written if name != key.key)).where(
        condition, scope.holds(table, scrubber.words)
    )
    count = 0
    for row in _mapped(uow, wanted):
        anew = {name: after for name in written if (after := scrubber(row[name])) != row[name]}
        if anew:
            uow.session.execute(update(table).where(key == row[key.key]).values(anew))
            count += 1
    return count


def redact_trail(
    uow: UnitOfWork, condition: ColumnElement[bool], scrubber: Scrubber
) -> dict[str, str]:
    """Take people out of entries of the trail.

    The salt of an entry's link goes first, so that what was committed to cannot be guessed again.

    Returns:
        Each entry's place in the chain → the hash of what is left of it, for the trail to note.
    """
    uow.session.flush()
    _refuse_unchained(uow)
    wanted = (
        select(AUDIT.c.id, AUDIT.c.actor_id, AUDIT.c.facts, LINKS.c.seq)
        .join(LINKS, LINKS.c.audit_id == AUDIT.c.id)
        .where(condition, scope.holds(AUDIT, scrubber.words))
        .order_by(LINKS.c.seq)
    )
    left: dict[str, str] = {}
    for entry in uow.session.execute(wanted).all():
        actor, facts = scrubber(entry.actor_id), scrubber(entry.facts)
        if (actor, facts) == (entry.actor_id, entry.facts):
            continue
        uow.session.execute(update(LINKS).where(LINKS.c.audit_id == entry.id).values(salt=None))
        uow.session.execute(
            update(AUDIT).where(AUDIT.c.id == entry.id).values(actor_id=actor, facts=facts)
        )
        left[str(entry.seq)] = content_hash(actor, facts)
    return left


def _refuse_unchained(uow: UnitOfWork) -> None:
    """Refuse to empty an entry that is in no link: nothing would say what it was.

    Entries of this transaction are linked when it commits; they never name whom it is about.
    """
    linked = select(LINKS.c.audit_id)
    newest = select(func.max(LINKS.c.audit_id)).where(LINKS.c.team_id == uow.team_id)
    older = AUDIT.c.id < newest.scalar_subquery()
    mine = select(AUDIT.c.id).where(
        AUDIT.c.team_id == uow.team_id, older, AUDIT.c.id.not_in(linked)
    )
    if uow.session.execute(mine.limit(1)).first() is not None:
        raise InputError(say_plain("privacy.unchained"))
