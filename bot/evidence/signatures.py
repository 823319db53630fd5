"""How webhooks are signed: each vendor's own scheme, compared in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import timedelta
from typing import Final

from bot.evidence.contract import Verify, WebhookDelivery, moment

AGE: Final = timedelta(minutes=5)
"""How far a signature's own time may be from ours; an older one is a replay."""


def hub_signature(header: str) -> Verify:
    """Return the check of `sha256=HEX` over the body, as GitHub and Jira Cloud sign."""

    def verify(secret: str, delivery: WebhookDelivery) -> bool:
        scheme, _, given = delivery.headers.get(header, "").partition("=")
        return scheme == "sha256" and _same(given.lower(), _hex(secret, delivery.body))

    return verify


def hex_signature(header: str) -> Verify:
    """Return the check of bare `HEX` over the body, as Linear signs."""

    def verify(secret: str, delivery: WebhookDelivery) -> bool:
        given = delivery.headers.get(header, "")
        return bool(given) and _same(given.lower(), _hex(secret, delivery.body))

    return verify


def token_header(header: str) -> Verify:
    """Return the check of a token that is sent along as it is, as GitLab does."""

    def verify(secret: str, delivery: WebhookDelivery) -> bool:
        given = delivery.headers.get(header, "")
        return bool(given) and _same(given, secret)

    return verify


def basic(secret: str, delivery: WebhookDelivery) -> bool:
    """Check HTTP basic authentication, as Azure DevOps and ServiceNow send it.

    Any user name is taken; the password is the secret.
    """
    scheme, _, given = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        password = base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return False
    return bool(password) and _same(password, secret)


def standard(secret: str, delivery: WebhookDelivery) -> bool:
    """Check the Standard Webhooks scheme: `v1,BASE64` over id, time and body.

    A secret that begins with `whsec_` is base64, as the standard has it; another one is text.
    """
    headers = delivery.headers
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    sent = moment(at) if at.isdigit() else None
    if not name or sent is None or abs(delivery.now - sent) > AGE:
        return False
    signed = f"{name}.{at}.".encode() + delivery.body
    wanted = base64.b64encode(hmac.new(_raw(secret), signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split()
    return any(_same(each.removeprefix("v1,"), wanted) for each in given if each[:3] == "v1,")


def any_of(*checks: Verify) -> Verify:
    """Return the check that one of several schemes holds."""
    return lambda secret, delivery: any(check(secret, delivery) for check in checks)


def _raw(secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def _hex(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
