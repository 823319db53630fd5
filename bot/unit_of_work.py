"""What every use case works with: a unit, one transaction with rows, timers and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Final, NoReturn, cast

from sqlalchemy import ColumnElement, CursorResult, Engine, UpdateBase, bindparam, select, update
from sqlalchemy.orm import Session
from structlog.contextvars import bind_contextvars, get_contextvars

from bot.clock import Clock
from bot.db.access_models import ReportLink
from bot.db.check_models import KeptCheck
from bot.db.deployment_models import Deployment
from bot.db.engine import reading_session_factory, session_factory
from bot.db.models import (
    TIMER_WAITS,
    AuditEntry,
    Blocker,
    CauseLink,
    FixItem,
    GateAnswer,
    Note,
    Person,
    ProbeRun,
    Receipt,
    Sprint,
    Timer,
)
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import AuditSubject, OutboxKind, TimerState
from bot.domain.errors import AlreadyDone, InputError, UnknownSprint
from bot.messages import keys
from bot.messages.catalog import say_plain
from bot.messages.templates import Template
from bot.outbox import queue as outbox
from bot.outbox.queue import SPRINT_QUEUE, Priority, TemplateArgs
from bot.playbook.loader import in_language
from bot.playbook.model import Playbook
from bot.priority_gate import PriorityGate
from bot.report_links import ReportLinks
from bot.texts import FALLBACK, language, speaking_else

SPRINT: Final = "sprint"
"""What a sprint's number is called in the log."""
SEVERAL: Final = ""
"""The workspace of a unit that is shared by several: no row has it, so nothing else is found."""
BOT_ACTOR: Final = "hour48"
"""Who acts, in the audit trail, where the bot does something by itself."""
Audited = (
    Sprint
    | Blocker
    | CauseLink
    | Deployment
    | FixItem
    | GateAnswer
    | KeptCheck
    | Note
    | ProbeRun
    | ReportLink
)
AUDITED: Final[Mapping[type[Any], AuditSubject]] = {
    Sprint: AuditSubject.SPRINT,
    Blocker: AuditSubject.BLOCKER,
    CauseLink: AuditSubject.CAUSE,
    Deployment: AuditSubject.DEPLOYMENT,
    FixItem: AuditSubject.FIX,
    GateAnswer: AuditSubject.GATE,
    KeptCheck: AuditSubject.CHECK,
    Note: AuditSubject.NOTE,
    ProbeRun: AuditSubject.PROBE,
    ReportLink: AuditSubject.LINK,
}
"""What the audit trail calls a row of each table."""


SPRINT_READ: Final = select(Sprint).where(
    Sprint.id == bindparam("sprint_id"), Sprint.team_id == bindparam("team_id")
)
SPRINT_LOCKED: Final = SPRINT_READ.with_for_update()
PERSON: Final = select(Person).where(
    Person.team_id == bindparam("team_id"), Person.user_id == bindparam("user_id")
)
PEOPLE: Final = select(Person).where(
    Person.team_id == bindparam("team_id"), Person.user_id.in_(bindparam("ids", expanding=True))
)
FIRST_RECEIPT: Final = {
    dialect: insert(Receipt.__table__).on_conflict_do_nothing().returning(Receipt.__table__.c.id)
    for dialect, insert in outbox.INSERTS.items()
}
"""Questions of every press, which are put together once: that takes longer than their answer."""


class Change(Enum):
    """What somebody waits for, who would else have to ask the database after every unit."""

    TIMERS = auto()
    PROBES = auto()
    CHECKS = auto()
    DEPLOYMENTS = auto()
    BATCHES = auto()
    NOTICES = auto()
    EVIDENCE = auto()


def no_such_sprint(sprint_id: int) -> UnknownSprint:
    """Return the refusal of a sprint that is not there, or not for them to see."""
    return UnknownSprint(sprint_id, say_plain("errors.no_such_sprint", sprint_id=sprint_id))


def name_in_log(sprint_id: int) -> None:
    """Let every later line of the log that belongs to this request or timer name its sprint.

    Where no request or timer has opened a scope for it, nothing would ever take it back.
    """
    if SPRINT in get_contextvars():
        bind_contextvars(**{SPRINT: sprint_id})


class Runtime:
    """The long-lived parts that use cases share.

    Args:
        engine: the database.
        clock: the time of all sprints.
        playbook: the method.
        links: makes links to reports; None where they are served nowhere.
        language_of: the language of a workspace by its id; English where left out.
        install_url: where a workspace grants what is missing; None where no page installs it.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        playbook: Playbook,
        links: ReportLinks | None = None,
        language_of: Callable[[str], str] | None = None,
        install_url: Callable[[str], str] | None = None,
    ) -> None:
        self.install_url = install_url
        self.engine = engine
        self.clock = clock
        self._playbook = playbook
        self.language_of = language_of or (lambda _team_id: FALLBACK)
        self.links = links
        self.dialect = engine.dialect.name
        self.priority_gate = PriorityGate(self.dialect)
        self.sessions = session_factory(engine)
        self.reading_sessions = reading_session_factory(engine)
        self._listeners: list[tuple[Change | None, Callable[[], None]]] = []

    @property
    def playbook(self) -> Playbook:
        """The method, in the reader's language just now."""
        return in_language(self._playbook, language())

    def on_commit(self, listener: Callable[[], None], after: Change | None = None) -> None:
        """Call `listener` after committed units; delivery and the alarm look again then.

        Args:
            listener: what is called, in the thread of the unit.
            after: only units that changed this count; None for all.
        """
        self._listeners.append((after, listener))

    @contextmanager
    def uow(self, team_id: str, channel_id: str | None = None) -> Iterator[UnitOfWork]:
        """Open a transaction for one workspace; all of it is kept, or nothing.

        Args:
            team_id: the workspace.
            channel_id: where somebody acts, as Slack says, which proves that they are in there.
        """
        with speaking_else(self.language_of(team_id)), self.sessions.begin() as session:
            unit = UnitOfSeveral if team_id == SEVERAL else UnitOfWork
            uow = unit(self, session, team_id, self.clock.now(), channel_id)
            yield uow
        for after, listener in self._listeners:
            if after is None or after in uow.changes:
                listener()

    @contextmanager
    def reading(self, team_id: str, channel_id: str | None = None) -> Iterator[UnitOfWork]:
        """Open a transaction that only reads; see `uow`."""
        with speaking_else(self.language_of(team_id)), self.reading_sessions() as session:
            yield UnitOfWork(self, session, team_id, self.clock.now(), channel_id, only_reads=True)


@dataclass(slots=True)
class UnitOfWork:
    """One transaction of one workspace.

    Args:
        runtime: the shared parts.
        session: the open session.
        team_id: the workspace; no query of a unit sees another one's rows. `SEVERAL` where due
            sprints of several workspaces share statements.
        now: the moment at which all of it happens, in UTC.
        channel_id: where somebody acts; None outside of a channel.
        changes: what of it somebody else waits for.
        only_reads: nothing may be written in it.
        is_allowed: somebody's permission was asked for in it, and given.
    """

    runtime: Runtime
    session: Session
    team_id: str
    now: datetime
    channel_id: str | None = None
    changes: set[Change] = field(default_factory=set)
    only_reads: bool = False
    is_allowed: bool = False
    _people: dict[str, Person | None] = field(default_factory=dict)

    @property
    def playbook(self) -> Playbook:
        """The method that this workspace runs by."""
        return self.runtime.playbook

    @property
    def dialect(self) -> str:
        """The name of the database's dialect: `sqlite` or `postgresql`."""
        return self.runtime.dialect

    def within(self, team_id: str) -> UnitOfWork:
        """Return this transaction as the unit of one workspace, for what is not shared."""
        if team_id == self.team_id:
            return self
        return UnitOfWork(self.runtime, self.session, team_id, self.now, changes=self.changes)

    def sprint(self, sprint_id: int, *, lock: bool = False) -> Sprint:
        """Return a sprint of this workspace.

        Raises:
            InputError: there is none of that number here.
        """
        wanted = SPRINT_LOCKED if lock else SPRINT_READ
        asked = {"sprint_id": sprint_id, "team_id": self.team_id}
        found = self.session.scalars(wanted, asked).one_or_none()
        if found is None:
            raise no_such_sprint(sprint_id)
        name_in_log(found.id)
        return found

    def sprint_of(self, row: Any) -> Sprint:
        """Return the sprint of a row of this workspace; one that was read before is not read again.

        Raises:
            InputError: it is not here.
        """
        found = self.session.get(Sprint, row.sprint_id)
        if found is None or found.team_id != self.team_id:
            raise no_such_sprint(row.sprint_id)
        name_in_log(found.id)
        return found

    def row(self, model: type[Any], row_id: int, what: str) -> Any:
        """Return a row of this workspace and lock it until the unit ends.

        Args:
            model: a table with `team_id`.
            row_id: its number.
            what: what people call it, for the refusal.

        Raises:
            InputError: there is none of that number here.
        """
        found = self.session.scalars(
            select(model).where(model.id == row_id, model.team_id == self.team_id).with_for_update()
        ).one_or_none()
        if found is None:
            raise InputError(say_plain("errors.row_gone", what=what))
        return found

    def count(self, statement: UpdateBase) -> int:
        """Run a statement that changes or deletes rows, and return how many."""
        return cast("CursorResult[Any]", self.session.execute(statement)).rowcount

    def audit(
        self,
        sprint_id: int | None,
        actor_id: str,
        action: str,
        subject: str,
        subject_id: int | None = None,
        **facts: Any,
    ) -> None:
        """Write a change of state into the append-only trail."""
        self.session.add(
            AuditEntry(
                team_id=self.team_id,
                sprint_id=sprint_id,
                at=self.now,
                actor_id=actor_id,
                action=action,
                subject=subject,
                subject_id=subject_id,
                facts=facts,
            )
        )

    def audit_row(self, actor_id: str, action: str, row: Audited, /, **facts: Any) -> None:
        """Write a change of a sprint's row, or of the sprint, into the append-only trail."""
        sprint_id = row.id if isinstance(row, Sprint) else row.sprint_id
        self.audit(sprint_id, actor_id, action, AUDITED[type(row)], row.id, **facts)

    def upsert(
        self,
        key: str,
        template: Template | None,
        args: Mapping[str, Any],
        *,
        sprint_id: int | None = None,
        to: str | None = None,
        queue: str | None = None,
        **more: Any,
    ) -> OutboxItem:
        """Declare what Slack has to show; it is rendered when it is sent.

        Args:
            key: names the thing in the workspace; see `bot.messages.keys`.
            template: what renders it, from the rows as they are by then; None for an operation.
            args: what the template renders; without a template, the operation's arguments.
            sprint_id: the sprint it belongs to, in whose channel it stands.
            to: who gets it as a direct message instead.
            queue: which other channel it goes to.
            more: `kind`, `thread_key` and `priority`, as `bot.outbox.queue.put` takes them.
        """
        if queue is None:
            queue = outbox.person_queue(to) if to else outbox.sprint_queue(cast("int", sprint_id))
        return outbox.put(
            self.session,
            team_id=self.team_id,
            now=self.now,
            key=key,
            queue=queue,
            args=args,
            template=template,
            sprint_id=sprint_id,
            **more,
        )

    def upsert_many(
        self,
        sprints: Sequence[Sprint],
        name: str,
        template: Template,
        args: TemplateArgs,
        *,
        kind: str = OutboxKind.MESSAGE,
        queue: str | ColumnElement[str] = SPRINT_QUEUE,
        priority: Priority = Priority.NORMAL,
        below: str | None = None,
    ) -> None:
        """Declare a message for each of these sprints; see `bot.outbox.queue.upsert_many`."""
        self.session.flush()
        outbox.upsert_many(
            self.session,
            now=self.now,
            sprint_ids=[sprint.id for sprint in sprints],
            name=name,
            template=template,
            args=args,
            kind=kind,
            queue=queue,
            priority=priority,
            below=below,
        )

    def find_message(self, key: str) -> OutboxItem | None:
        """Return what was put into the outbox under `key`, or None."""
        return outbox.find(self.session, team_id=self.team_id, key=key)

    def set_timer(
        self, sprint_id: int, key: str, kind: str, due_at: datetime, **facts: Any
    ) -> Timer:
        """Let something fall due; setting the same key again moves it and wakes it up."""
        self.changes.add(Change.TIMERS)
        timer = self.session.scalars(
            select(Timer).where(Timer.sprint_id == sprint_id, Timer.key == key)
        ).one_or_none()
        if timer is None:
            timer = Timer(team_id=self.team_id, sprint_id=sprint_id, key=key)
            self.session.add(timer)
        timer.kind = kind
        timer.due_at = due_at
        timer.nominal_at = due_at
        timer.state = TimerState.WAITING
        timer.facts = facts
        return timer

    def drop_timers(self, sprint_id: int, prefix: str = "") -> None:
        """Let nothing whose key starts with `prefix` fall due any more."""
        self.session.execute(
            update(Timer)
            .where(
                Timer.sprint_id == sprint_id,
                TIMER_WAITS,
                Timer.key.startswith(prefix, autoescape=True),
            )
            .values(state=TimerState.DROPPED),
            execution_options={"synchronize_session": "fetch"},
        )

    def once(self, receipt: str | None) -> None:
        """Go on only for the first delivery of a command or a form; Slack and people repeat them.

        Args:
            receipt: what names the delivery; None for what may be repeated.

        Raises:
            AlreadyDone: it was acted on before.
        """
        if receipt is None:
            return
        received_at = datetime.now(UTC)  # the machine's time, by which receipts are forgotten
        row = {"team_id": self.team_id, "key": receipt, "received_at": received_at}
        kept = FIRST_RECEIPT[self.dialect]
        if self.session.execute(kept, row).first() is None:
            raise AlreadyDone

    def person(self, user_id: str) -> Person | None:
        """Return somebody of this workspace, read once in a unit; None where nobody met them."""
        if user_id not in self._people:
            asked = {"team_id": self.team_id, "user_id": user_id}
            self._people[user_id] = self.session.scalars(PERSON, asked).one_or_none()
        return self._people[user_id]

    def preload_people(self, user_ids: Iterable[str]) -> None:
        """Read several people at once, whom `name` then tells without asking for each."""
        new = set(user_ids) - self._people.keys()
        if new:
            self._people |= dict.fromkeys(new)
            for person in self.session.scalars(PEOPLE, {"team_id": self.team_id, "ids": [*new]}):
                self._people[person.user_id] = person

    def name(self, user_id: str | None) -> str:
        """Return what people call somebody; until Slack has said it, the id stands for it."""
        if not user_id or user_id == BOT_ACTOR:
            return BOT_ACTOR
        person = self.person(user_id)
        return person.name if person else user_id

    def ensure_person(self, user_id: str, name: str | None = None) -> None:
        """Remember that somebody is there, and ask Slack about them once."""
        if not user_id or user_id == BOT_ACTOR or self.person(user_id) is not None:
            return
        person = Person(team_id=self.team_id, user_id=user_id, name=name or user_id)
        self.session.add(person)
        self.session.flush()
        self._people[user_id] = person
        self.upsert(
            keys.person(user_id),
            None,
            {"user_id": user_id},
            queue=keys.person(user_id),
            kind=OutboxKind.PERSON,
            priority=Priority.BACKGROUND,
        )


class UnitOfSeveral(UnitOfWork):
    """One transaction of several workspaces; a statement takes each row's from its sprint.

    What is written row by row needs the unit of its own workspace; see `within`.
    """

    def audit(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse an entry that names no workspace."""
        raise ValueError("a row of one workspace is written by a unit of several: see `within`")

    upsert = audit
