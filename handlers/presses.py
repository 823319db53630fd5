"""Handlers of buttons that make one change of what they name, or show one view of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.unit_of_work import UnitOfWork
from handlers.context import Handler, HandlerContext
from handlers.request import Answer, Done, Ephemeral, Open, Request

Change = Callable[[UnitOfWork, str, int], object]
View = Callable[[UnitOfWork, str, int], Mapping[str, Any]]


def acts(change: Change) -> Handler:
    """Return what makes a change of the row that a button or form names.

    Args:
        change: takes who acts and the row's number; words that it returns are for them alone.
    """

    def act(ctx: HandlerContext, request: Request) -> Answer:
        notice = change(ctx.uow, request.user_id, request.number())
        return Ephemeral(notice) if isinstance(notice, str) else Done()

    return act


def shows(view: View) -> Handler:
    """Return what opens a view of the row that a button names, for who pressed."""
    return lambda ctx, request: Open(view(ctx.reading, request.user_id, request.number()))
