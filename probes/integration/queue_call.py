"""What queues share: the test message, the answer of a publish, and sessions by URL."""

from __future__ import annotations

import json
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

from probes.contract import Finding
from probes.guard import guarded_sockets
from probes.integration import reach
from probes.integration.calls import TEST_BODY, CallResult, Facts, tls_context
from probes.integration.texts import CODES
from probes.settings import TargetSettings, fill_from_environment

TEST_HEADER: Final = "hour48-test"
"""Marks our messages, so that consumers can drop them."""
REFUSED: Final = 403
ABSENT: Final = 404


class UrlSession(ABC):
    """A target that is reached by one connection, with user and password in its URL.

    Args:
        target: its section.
    """

    default_port: int
    encrypted_scheme: str

    def __init__(self, target: TargetSettings) -> None:
        self.target = target
        self.url = urlsplit(fill_from_environment(target.url.get_secret_value()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def host(self) -> str:
        """The target's host."""
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        """The target's port."""
        return self.url.port or self.default_port

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection is encrypted."""
        return self.url.scheme == self.encrypted_scheme

    @property
    def is_ready(self) -> bool:
        """Whether it is known what to call: always."""
        return True

    @property
    def user(self) -> str | None:
        """The user of the URL."""
        return unquote(self.url.username) if self.url.username else None

    @property
    def password(self) -> str | None:
        """The password: the URL's, or the configured token."""
        if self.target.token is not None:
            return fill_from_environment(self.target.token.get_secret_value())
        return unquote(self.url.password) if self.url.password else None

    def tls(self) -> Any:
        """Return how certificates are checked; nothing without encryption."""
        if not self.is_encrypted:
            return None
        return tls_context(self.target.ca_file, verify=self.target.verify_tls)

    def call(self) -> CallResult:
        """Send one test message or file and return how it went; never raise."""
        started = time.monotonic()
        with guarded_sockets(allow_internal=self.target.allow_internal) as was_refused:
            found = self._once()
            fault = "refused_address" if was_refused() else found.fault
        took = (time.monotonic() - started) * 1000
        return CallResult(took, found.status, found.headers, found.body, fault, found.refusal)

    @abstractmethod
    def _once(self) -> CallResult:
        """Send once; the time that the answer holds is not used."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection."""

    def payload(self) -> bytes:
        """Return the test prediction, marked so that the target's team can find it."""
        body = dict(self.target.body or TEST_BODY)
        return json.dumps({**body, "hour48_id": uuid.uuid4().hex}).encode()


def reach_by_scheme(session: UrlSession, name: str, facts: Facts) -> Iterator[Finding]:
    """Resolve the name and look at the certificate, as for a web address."""
    yield from reach.reach(session, name, facts)


def credentials(session: UrlSession, name: str, _: Facts) -> Iterator[Finding]:
    """Say so where nobody is asked who they are."""
    if session.user is None and session.password is None:
        yield CODES.finding("no_credentials", name=name)
