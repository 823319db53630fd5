"""The units of work of one request: opened by dispatch where a handler asks for one, ended by it.

A handler takes `ctx.uow` to change something and `ctx.reading` to look. Opening the first makes
sure that the person is known and refuses a delivery that was acted on before; dispatch commits it
once the handler has returned, and rolls it back when the handler raises.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from bot.unit_of_work import Runtime, UnitOfWork
from handlers.request import Request


class _UndoneError(Exception):
    """Ends a unit of work without keeping it."""


class Transaction:
    """What one request reads and writes; one thread uses it.

    Args:
        runtime: where units of work are opened.
        request: who acts where, and what names the delivery.
        introduce: asks Slack who somebody is, before the database is locked; None where that was.
    """

    def __init__(
        self,
        runtime: Runtime,
        request: Request,
        introduce: Callable[[str, str], None] | None = None,
    ) -> None:
        self._runtime = runtime
        self._request = request
        self._introduce = introduce
        self._writes, self._reads = ExitStack(), ExitStack()
        self._uow: UnitOfWork | None = None
        self._reading: UnitOfWork | None = None
        self.has_committed = False

    @property
    def uow(self) -> UnitOfWork:
        """The unit that writes.

        Raises:
            AlreadyDone: the delivery was acted on before, by any bot.
        """
        if self._uow is None:
            request = self._request
            if self._introduce is not None and request.user_id:
                self._introduce(request.team_id, request.user_id)
            uow = self._writes.enter_context(self._runtime.uow(request.team_id, request.channel_id))
            if not self.has_committed:
                uow.once(request.signed)
                uow.once(request.receipt)
            uow.ensure_person(request.user_id, request.user_name)
            self._uow = uow
        return self._uow

    @property
    def reading(self) -> UnitOfWork:
        """A unit that only reads; what was written and not committed is seen through the other."""
        if self._uow is not None:
            return self._uow
        if self._reading is None:
            request = self._request
            self._reading = self._reads.enter_context(
                self._runtime.reading(request.team_id, request.channel_id)
            )
        return self._reading

    @property
    def is_unchecked(self) -> bool:
        """Whether something is written that nobody's permission was asked for."""
        return self._uow is not None and not self._uow.is_allowed

    def commit(self) -> None:
        """Keep what was written; a later look opens a unit of its own and sees it."""
        self._end_reading()
        if self._uow is not None:
            self._uow = None
            self._writes.close()
            self.has_committed = True

    def undo(self) -> None:
        """Take back what was written, for a handler that answers otherwise than it began."""
        self._end_reading()
        if self._uow is not None:
            self._uow = None
            self._writes.__exit__(_UndoneError, _UndoneError(), None)

    def _end_reading(self) -> None:
        self._reading = None
        self._reads.close()

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_reading()
        self._uow = None
        self._writes.__exit__(kind, error, trace)
