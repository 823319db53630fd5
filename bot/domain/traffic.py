"""Which part of the traffic a deployed model answers: pure rules that the bot and serving share."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from enum import StrEnum
from typing import Final

from bot.domain.enums import MODEL_ASKED, DeploymentState

BUCKETS: Final = 1_000_000
"""Steps of a share: a ten-thousandth of a percent is the smallest that can be told apart."""


def obeyed(state: str) -> DeploymentState:
    """Return what serving does for a row's state: it asks the model in two of them, else never."""
    return next((asked for asked in MODEL_ASKED if asked == state), DeploymentState.PULLED)


class Arm(StrEnum):
    """Which answer a call got."""

    MODEL = "model"
    CONTROL = "control"
    SHADOW = "shadow"
    """The control answer, with the model's score recorded beside it."""


class Scope(StrEnum):
    """What a client's token allows."""

    PREDICT = "predict"
    OUTCOME = "outcome"


def in_share(entity: str, percent: float, salt: str) -> bool:
    """Return whether an entity is in the model's share: the same ones each time.

    A growing share keeps those that it had.

    Args:
        entity: a customer's, machine's or page's id.
        percent: of all entities, 0 to 100.
        salt: of the deployment; another salt makes another choice.
    """
    digest = hashlib.sha256(f"{salt}\0{entity}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS < percent / 100 * BUCKETS


def pseudonym(entity: str, key: str) -> str:
    """Return the name under which a deployment records an entity; without the key it says nothing.

    Args:
        entity: as the caller names it.
        key: the deployment's own, hexadecimal.
    """
    named = entity.encode("utf-8", "surrogatepass")
    return hmac.digest(bytes.fromhex(key), named, "sha256")[:16].hex()


def token_hash(token: str) -> str:
    """Return what is stored of a client's token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_secret() -> str:
    """Return a fresh salt or pseudonym key: 32 random bytes, hexadecimal."""
    return secrets.token_hex(32)


def pull_signature(deployment_id: int, generation: int, key: str) -> str:
    """Return what proves to a serving process that its deployment was pulled.

    The red button tells each process directly beside writing the row, so that one whose database
    is out of reach obeys as well. A generation is told once; a repeated or older one does nothing.

    Args:
        deployment_id: which was pulled.
        generation: of the row that says so.
        key: the deployment's pseudonym key, which only the bot and serving have.
    """
    message = f"pull:{deployment_id}:{generation}".encode()
    return hmac.digest(bytes.fromhex(key), message, "sha256").hex()


def notice_secret(notice_id: int, key: str) -> str:
    """Return the key that a webhook's calls are signed with.

    Args:
        notice_id: of the notice; another choice of webhook has another key.
        key: the deployment's pseudonym key.
    """
    return hmac.digest(bytes.fromhex(key), f"notice:{notice_id}".encode(), "sha256").hex()


def notice_signature(secret: str, seconds: int, body: bytes) -> str:
    """Return what the header `X-Hour48-Signature` says of a call.

    Args:
        secret: see `notice_secret`.
        seconds: since 1970, so that the receiver can refuse an old call.
        body: of the call.
    """
    signed = hmac.digest(secret.encode(), f"{seconds}.".encode() + body, "sha256").hex()
    return f"t={seconds},v1={signed}"
