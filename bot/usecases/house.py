"""What every use case works with: a unit, one transaction with rows, timers and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from structlog.contextvars import bind_contextvars, get_contextvars

from bot.clock import Clock
from bot.playbook.model import Playbook
from bot.report_links import ReportLinks
from bot.slack import outbox
from bot.slack.outbox import Priority, Recipe
from bot.sprint.errors import AlreadyDone, InputError
from bot.store.database import reading_session_factory, session_factory
from bot.store.models import AuditEntry, OutboxItem, Person, Receipt, Sprint, Timer

SPRINT: Final = "sprint"
"""What a sprint's number is called in the log."""
THE_CLOCK: Final = "hour48"
"""The actor of what happens because its time has come."""


def name_in_log(sprint_id: int) -> None:
    """Let every later line of the log that belongs to this request or timer name its sprint.

    Where no request or timer has opened a scope for it, nothing would ever take it back.
    """
    if SPRINT in get_contextvars():
        bind_contextvars(**{SPRINT: sprint_id})


class House:
    """The long-lived parts that use cases share.

    Args:
        engine: the database.
        clock: the time of all sprints.
        playbook: the method.
        links: makes links to reports; None where they are served nowhere.
    """

    def __init__(
        self, engine: Engine, clock: Clock, playbook: Playbook, links: ReportLinks | None = None
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.playbook = playbook
        self.links = links
        self.sessions = session_factory(engine)
        self.reading_sessions = reading_session_factory(engine)
        self._listeners: list[Callable[[], None]] = []
        self._delivery: str | None = None

    def answering(self, delivery: str | None) -> House:
        """Return this house for one delivery; its first unit writes it down or refuses it.

        Args:
            delivery: the receipt that names it; None where it need not be told from a replay.
        """
        mine = copy(self)
        mine._delivery = delivery
        return mine

    def on_unit_end(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every committed unit; delivery and the alarm look again then."""
        self._listeners.append(listener)

    @contextmanager
    def unit(self, team_id: str) -> Iterator[Unit]:
        """Open a transaction for one workspace; all of it is kept, or nothing.

        Raises:
            AlreadyDone: this house answers a delivery that was acted on before, by any bot.
        """
        with self.sessions.begin() as session:
            unit = Unit(self, session, team_id, self.clock.now())
            delivery, self._delivery = self._delivery, None
            unit.once(delivery)
            yield unit
        for listener in self._listeners:
            listener()

    @contextmanager
    def reading(self, team_id: str) -> Iterator[Unit]:
        """Open a transaction that only reads."""
        with self.reading_sessions() as session:
            yield Unit(self, session, team_id, self.clock.now())


@dataclass(slots=True)
class Unit:
    """One transaction of one workspace.

    Args:
        house: the shared parts.
        session: the open session.
        team_id: the workspace; no query of a unit sees another one's rows.
        now: the moment at which all of it happens, in UTC.
    """

    house: House
    session: Session
    team_id: str
    now: datetime
    names: dict[str, str] = field(default_factory=dict)

    @property
    def playbook(self) -> Playbook:
        """The method that this workspace runs by."""
        return self.house.playbook

    def sprint(self, sprint_id: int, *, lock: bool = False) -> Sprint:
        """Return a sprint of this workspace.

        Raises:
            InputError: there is none of that number here.
        """
        wanted = select(Sprint).where(Sprint.id == sprint_id, Sprint.team_id == self.team_id)
        found = self.session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
        if found is None:
            message = f"There is no sprint number {sprint_id} here. `/sprint list` shows them all."
            raise InputError(message)
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
            message = f"That {what} is not here any more."
            raise InputError(message)
        return found

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

    def wish(
        self,
        key: str,
        lane: str,
        body: Mapping[str, Any],
        *,
        kind: str = "message",
        sprint_id: int | None = None,
        thread_key: str | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> OutboxItem:
        """Put something into the outbox; see `bot.slack.outbox.put`."""
        return outbox.put(
            self.session,
            team_id=self.team_id,
            now=self.now,
            key=key,
            lane=lane,
            body=body,
            kind=kind,
            sprint_id=sprint_id,
            thread_key=thread_key,
            priority=priority,
        )

    def tell(
        self,
        sprints: Sequence[Sprint],
        name: str,
        recipe: Recipe,
        *,
        kind: str = "message",
        lane: ColumnElement[str] | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> None:
        """Wish for a message about each of these sprints; see `bot.slack.outbox.tell`."""
        self.session.flush()
        outbox.tell(
            self.session,
            team_id=self.team_id,
            now=self.now,
            sprint_ids=[sprint.id for sprint in sprints],
            name=name,
            recipe=recipe,
            kind=kind,
            lane=lane,
            priority=priority,
        )

    def wished(self, key: str) -> OutboxItem | None:
        """Return what was put into the outbox under `key`, or None."""
        return outbox.find(self.session, team_id=self.team_id, key=key)

    def set_timer(
        self, sprint_id: int, key: str, kind: str, due_at: datetime, **facts: Any
    ) -> Timer:
        """Let something fall due; setting the same key again moves it and wakes it up."""
        timer = self.session.scalars(
            select(Timer).where(Timer.sprint_id == sprint_id, Timer.key == key)
        ).one_or_none()
        if timer is None:
            timer = Timer(team_id=self.team_id, sprint_id=sprint_id, key=key)
            self.session.add(timer)
        timer.kind = kind
        timer.due_at = due_at
        timer.nominal_at = due_at
        timer.state = "waiting"
        timer.facts = facts
        return timer

    def drop_timers(self, sprint_id: int, prefix: str = "") -> None:
        """Let nothing whose key starts with `prefix` fall due any more."""
        waiting = self.session.scalars(
            select(Timer).where(
                Timer.sprint_id == sprint_id,
                Timer.state == "waiting",
                Timer.key.startswith(prefix, autoescape=True),
            )
        )
        for timer in waiting:
            timer.state = "dropped"

    def once(self, receipt: str | None) -> None:
        """Go on only for the first delivery of a command or a form; Slack and people repeat them.

        Args:
            receipt: what names the delivery; None for what may be repeated.

        Raises:
            AlreadyDone: it was acted on before.
        """
        if receipt is None:
            return
        seen = self.session.scalar(
            select(Receipt.id).where(Receipt.team_id == self.team_id, Receipt.key == receipt)
        )
        if seen is not None:
            raise AlreadyDone
        received_at = datetime.now(UTC)  # the machine's time, by which receipts are forgotten
        self.session.add(Receipt(team_id=self.team_id, key=receipt, received_at=received_at))
        try:
            self.session.flush()
        except IntegrityError:
            raise AlreadyDone from None

    def name(self, user_id: str | None) -> str:
        """Return what people call somebody; until Slack has said it, the id stands for it."""
        if not user_id or user_id == THE_CLOCK:
            return THE_CLOCK
        if user_id not in self.names:
            known = self.session.scalar(
                select(Person.name).where(Person.team_id == self.team_id, Person.user_id == user_id)
            )
            self.names[user_id] = known or user_id
        return self.names[user_id]

    def meet(self, user_id: str, name: str | None = None) -> None:
        """Remember that somebody is there, and ask Slack about them once."""
        known = self.session.scalar(
            select(Person.id).where(Person.team_id == self.team_id, Person.user_id == user_id)
        )
        if known is None and user_id and user_id != THE_CLOCK:
            self.session.add(Person(team_id=self.team_id, user_id=user_id, name=name or user_id))
            self.session.flush()
            self.wish(
                f"person:{user_id}",
                f"person:{user_id}",
                {"user_id": user_id},
                kind="person",
                priority=Priority.BACKGROUND,
            )
