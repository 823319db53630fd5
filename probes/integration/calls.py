"""One call to a target, bounded in time and size whatever the other side does."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from bot.domain.errors import InputError
from probes.guard import guarded_client
from probes.settings import TargetSettings, fill_from_environment

MOST_BYTES: Final = 1_000_000
Facts = dict[str, Any]
"""What one check leaves for the next ones and for the report."""

TEST_BODY: Final = {"prediction": 0.5, "model": "hour48-probe", "test": True}


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or the reason why nothing did."""

    milliseconds: float
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: str = ""

    @property
    def works(self) -> bool:
        """Whether the target took the call."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_cut(self) -> bool:
        """Whether the answer was longer than what is read of one."""
        return len(self.body) >= MOST_BYTES


class Caller:
    """Calls one target, with its secrets taken from the environment. Use as a context manager."""

    def __init__(self, target: TargetSettings) -> None:
        self.target = target
        self.url = fill_from_environment(target.url.get_secret_value())
        if not self.url.startswith(("http://", "https://")):
            raise InputError("A target's url starts with https:// or http://.", field="targets")
        self._ends = 0.0
        self._client = guarded_client(
            timeout=target.timeout_seconds,
            allow_internal=target.allow_internal,
            context=tls_context(target.verify_tls, target.ca_file),
            left=lambda: self._ends - time.monotonic(),
        )

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @property
    def host(self) -> str:
        """The target's host."""
        return httpx.URL(self.url).host

    @property
    def port(self) -> int:
        """The target's port."""
        url = httpx.URL(self.url)
        return url.port or (443 if url.scheme == "https" else 80)

    def credentials(self) -> dict[str, str]:
        """Return the headers that carry the target's secrets."""
        named = {
            name: fill_from_environment(value.get_secret_value())
            for name, value in self.target.headers.items()
        }
        if self.target.token is not None:
            token = fill_from_environment(self.target.token.get_secret_value())
            named["Authorization"] = f"Bearer {token}"
        return named

    def call(
        self,
        *,
        method: str | None = None,
        url: str | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        known: bool = True,
    ) -> Answer:
        """Make one call and never wait longer than the target's timeout.

        Args:
            method: the target's own when left out.
            url: the target's own when left out; only its own host gets the secrets.
            body: sent as JSON; the target's test prediction when left out.
            headers: besides the credentials.
            known: send the credentials.
        """
        verb = (method or self.target.method).upper()
        place = url or self.url
        own = httpx.URL(place).host == self.host
        sent = {**(self.credentials() if known and own else {}), **(headers or {})}
        payload = None if verb in {"GET", "HEAD", "OPTIONS"} else (body or self.body())
        started = time.monotonic()
        self._ends = started + self.target.timeout_seconds
        try:
            with self._client.stream(verb, place, json=payload, headers=sent) as answer:
                content = _read(answer)
                took = (time.monotonic() - started) * 1000
                return Answer(took, answer.status_code, dict(answer.headers), content)
        except _FAULTS as broken:
            return Answer((time.monotonic() - started) * 1000, fault=_fault(broken))

    def body(self) -> dict[str, Any]:
        """Return the test prediction that is sent."""
        return dict(self.target.body or TEST_BODY)


_FAULTS: Final = (httpx.HTTPError, httpx.InvalidURL, InputError, ssl.SSLError)


def _read(answer: httpx.Response) -> bytes:
    content = bytearray()
    for part in answer.iter_bytes():
        content += part
        if len(content) > MOST_BYTES:
            break
    return bytes(content[:MOST_BYTES])


def _fault(broken: Exception) -> str:
    if isinstance(broken, InputError):
        return "refused_address"
    if isinstance(broken, httpx.TimeoutException):
        return "timed_out"
    if isinstance(broken, httpx.RemoteProtocolError | httpx.DecodingError):
        return "answer_unreadable"
    if "certificate" in str(broken).lower() or "ssl" in str(broken).lower():
        return "tls_untrusted"
    return "resolve_failed" if "resolve" in str(broken) else "connect_failed"


def tls_context(verify: bool, ca_file: Path | None) -> ssl.SSLContext:
    """Return how certificates are checked for a target."""
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def as_json(answer: Answer) -> Any:
    """Return an answer's body as JSON, or nothing when it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
