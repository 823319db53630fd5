"""Who may: an Action and its subject in a handler's table entry, asked before the handler runs.

This is asked where something is only shown or opened. What changes something asks once more in its
use case, under the row's lock: a form can lie open for hours, and a press, a reply in a thread, a
reaction and the command line end in the same use case.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from bot.db.models import Sprint
from bot.deployments import queries
from bot.domain.permissions import Action
from bot.sprints.people import About, require
from bot.unit_of_work import UnitOfWork
from handlers.context import Handler, HandlerContext
from handlers.request import Answer, Request
from handlers.sprint_lookup import sprint_meant
from handlers.typed_text import unpack

Subject = Callable[[UnitOfWork, Request], About]


def asks(
    action: Action | Callable[[Request], Action],
    about: Subject,
    handler: Handler,
    *,
    writes: bool = False,
) -> Handler:
    """Let a handler run only for people who may.

    Args:
        action: what is done, where it depends on the request as a function.
        about: finds what it is done to.
        handler: what runs then.
        writes: whether the handler changes something of its own, without a use case that asks.

    Raises:
        InputError: they may not, or there is no such thing.
    """

    @wraps(handler)
    def asked(ctx: HandlerContext, request: Request) -> Answer:
        uow = ctx.uow if writes else ctx.reading
        wanted = action if isinstance(action, Action) else action(request)
        require(uow, request.user_id, wanted, about(uow, request))
        return handler(ctx, request)

    return asked


def nothing(_uow: UnitOfWork, _request: Request) -> None:
    """Return that there is nothing yet that it could be done to."""


def of_sprint(uow: UnitOfWork, request: Request) -> Sprint:
    """Return the sprint that a button or form names, else the one that a command is about."""
    if request.value or request.private:
        return uow.sprint(_number(request, "sprint"))
    return sprint_meant(uow, request)


def of_deployment(uow: UnitOfWork, request: Request) -> Sprint:
    """Return the sprint of the deployment that a button or form names."""
    return queries.find(uow, _number(request, "deployment"))[1]


def _number(request: Request, name: str) -> int:
    is_packed = not request.value and request.private.startswith("{")
    return unpack(request).required(name) if is_packed else request.number()
