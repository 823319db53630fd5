"""Callers of the prediction service: a token is shown once, and only its hash is kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.db.serving_models import Client
from bot.domain.enums import AuditAction, AuditSubject
from bot.domain.errors import InputError
from bot.domain.traffic import Scope, token_hash
from bot.messages.catalog import say
from bot.slack.text import clean
from bot.unit_of_work import UnitOfWork

PREFIX: Final = "h48_"
LONGEST_NAME: Final = 80


def create_client(
    uow: UnitOfWork,
    actor_id: str,
    name: str,
    scopes: Sequence[str],
    deployment_id: int | None = None,
) -> tuple[Client, str]:
    """Let a caller in.

    Args:
        uow: the transaction.
        actor_id: who lets it in.
        name: what people call it.
        scopes: what its token allows; `predict`, `outcome` or both.
        deployment_id: the only deployment that it may call; None for all of the workspace.

    Returns:
        The client and its token, which nobody can read again.

    Raises:
        InputError: the name, a scope or the deployment cannot be taken.
    """
    wanted = clean(name).strip()[:LONGEST_NAME]
    if not wanted:
        raise InputError(say("models.client_name"), field="name")
    if any(each.name == wanted and each.revoked_at is None for each in list_clients(uow)):
        raise InputError(say("models.client_taken", name=wanted), field="name")
    checked = [_scope(each) for each in scopes] or list(Scope)
    if deployment_id is not None and not _is_here(uow, deployment_id):
        raise InputError(say("models.client_deployment", number=deployment_id))
    token = PREFIX + secrets.token_urlsafe(32)
    client = Client(
        team_id=uow.team_id,
        deployment_id=deployment_id,
        name=wanted,
        token_hash=token_hash(token),
        scopes=[scope.value for scope in dict.fromkeys(checked)],
        created_by=actor_id,
        created_at=datetime.now(UTC),
    )
    uow.session.add(client)
    uow.session.flush()
    uow.audit(
        None,
        actor_id,
        AuditAction.CREATED,
        AuditSubject.CLIENT,
        client.id,
        name=wanted,
        scopes=client.scopes,
    )
    return client, token


def _scope(word: str) -> Scope:
    try:
        return Scope(word.strip().lower())
    except ValueError:
        known = ", ".join(Scope)
        raise InputError(say("models.client_scope", scope=word[:40], known=known)) from None


def _is_here(uow: UnitOfWork, deployment_id: int) -> bool:
    mine = (
        select(Deployment.id)
        .join(Sprint)
        .where(Deployment.id == deployment_id, Sprint.team_id == uow.team_id)
    )
    return uow.session.scalars(mine).first() is not None


def list_clients(uow: UnitOfWork) -> Sequence[Client]:
    """Return the workspace's clients, in the order of their making."""
    return uow.session.scalars(
        select(Client).where(Client.team_id == uow.team_id).order_by(Client.id)
    ).all()


def revoke_client(uow: UnitOfWork, actor_id: str, name: str) -> Client:
    """Let a caller out; revoking again changes nothing.

    Raises:
        InputError: there is none of that name.
    """
    named = [each for each in list_clients(uow) if each.name == name.strip()]
    if not named:
        raise InputError(say("models.client_none", name=name[:40]), field="name")
    client = next((each for each in named if each.revoked_at is None), named[-1])
    if client.revoked_at is None:
        client.revoked_at = datetime.now(UTC)
        uow.audit(
            None, actor_id, AuditAction.REVOKED, AuditSubject.CLIENT, client.id, name=client.name
        )
    return client
