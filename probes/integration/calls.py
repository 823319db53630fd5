"""One call to a target, bounded in time and size whatever the other side does."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from bot.domain.errors import InputError
from probes.guard import guarded_client
from probes.integration.content import refusal_of
from probes.integration.openapi import FORM, MULTIPART, Operation
from probes.integration.texts import say
from probes.settings import TargetSettings, fill_from_environment

MOST_BYTES: Final = 1_000_000
Facts = dict[str, Any]
"""What one check leaves for the next ones and for the report."""

TEST_BODY: Final = {"prediction": 0.5, "model": "hour48-probe", "test": True}


@dataclass(frozen=True)
class CallResult:
    """What came back: a status, or the reason why nothing did.

    Args:
        milliseconds: from sending to the end of the answer.
        status: HTTP's, or what stands for it: 200 for a call that was taken.
        headers: of the answer.
        body: as far as it was read.
        fault: why there is no answer; a code of `reach`.
        refusal: why an answer of a successful status is none; a code of `content`.
        mismatch: how it differs from its OpenAPI description, and where.
    """

    milliseconds: float
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: str = ""
    refusal: str = ""
    mismatch: tuple[str, str] = ("", "")

    @property
    def arrived(self) -> bool:
        """Whether the status says that the call was taken, whatever the answer then says."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def works(self) -> bool:
        """Whether the target took the call: by its status, and by what the answer says."""
        return self.arrived and not self.refusal

    @property
    def is_cut(self) -> bool:
        """Whether the answer was longer than what is read of one."""
        return len(self.body) >= MOST_BYTES


class TargetSession(Protocol):
    """What a check needs of a target, whatever it speaks."""

    target: TargetSettings

    @property
    def is_ready(self) -> bool:
        """Whether it is known what to call."""

    def call(self) -> CallResult:
        """Make the target's own call once."""


def secret_headers(target: TargetSettings) -> dict[str, str]:
    """Return the headers that carry a target's secrets, filled in from the environment."""
    named = {
        name: fill_from_environment(value.get_secret_value())
        for name, value in target.headers.items()
    }
    if target.token is not None:
        token = fill_from_environment(target.token.get_secret_value())
        named["Authorization"] = f"Bearer {token}"
    return named


class Caller:
    """Calls one target, with its secrets taken from the environment. Use as a context manager."""

    def __init__(self, target: TargetSettings) -> None:
        self.target = target
        self.url = fill_from_environment(target.url.get_secret_value())
        if not self.url.startswith(("http://", "https://")):
            raise InputError(say("url_scheme_invalid"), field="targets")
        self.operation: Operation | None = None
        self._built: Any = None
        self._ends = 0.0
        self._client = guarded_client(
            timeout=target.timeout_seconds,
            allow_internal=target.allow_internal,
            context=tls_context(target.ca_file, verify=target.verify_tls),
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

    @property
    def is_ready(self) -> bool:
        """Whether it is known what to call: always, by its address."""
        return True

    @property
    def is_encrypted(self) -> bool:
        """Whether the target is called by HTTPS."""
        return httpx.URL(self.url).scheme == "https"

    @property
    def has_credentials(self) -> bool:
        """Whether anything secret is sent with a call."""
        return bool(self.credentials())

    def credentials(self) -> dict[str, str]:
        """Return the headers that carry the target's secrets."""
        return secret_headers(self.target)

    def call(
        self,
        *,
        method: str | None = None,
        url: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        known: bool = True,
    ) -> CallResult:
        """Make one call and never wait longer than the target's timeout.

        Args:
            method: the target's own when left out.
            url: the target's own when left out; only its own host gets the secrets.
            body: sent as JSON, or as a form where that is described; the target's test prediction
                when left out.
            headers: besides the credentials.
            known: send the credentials.
        """
        verb = (method or self.target.method).upper()
        is_ours = url is None and method is None
        place = url or (self._with_values(self.url) if is_ours else self.url)
        own = httpx.URL(place).host == self.host
        described = self.operation.values("header") if is_ours and self.operation else {}
        sent = {**described, **(self.credentials() if known and own else {}), **(headers or {})}
        payload = None
        if verb not in {"GET", "HEAD", "OPTIONS"}:
            payload = self.body() if body is None else body
        started = time.monotonic()
        self._ends = started + self.target.timeout_seconds
        try:
            with self._client.stream(verb, place, headers=sent, **self._encoded(payload)) as answer:
                content = _read(answer)
                took = (time.monotonic() - started) * 1000
                found = CallResult(took, answer.status_code, dict(answer.headers), content)
        except _FAULTS as broken:
            return CallResult((time.monotonic() - started) * 1000, fault=_fault(broken))
        return self._judged(found) if is_ours else found

    def fetch(self, url: str, content: bytes | None, headers: Mapping[str, str]) -> CallResult:
        """Get a document or post one, to this target's host or another; without judging it.

        Args:
            url: where; only the target's own host gets the secrets.
            content: posted as it is; got when left out.
            headers: besides the credentials.
        """
        own = httpx.URL(url).host == self.host
        sent = {**(self.credentials() if own else {}), **headers}
        started = time.monotonic()
        self._ends = started + self.target.timeout_seconds
        verb = "GET" if content is None else "POST"
        try:
            with self._client.stream(verb, url, headers=sent, content=content) as answer:
                body = _read(answer)
                took = (time.monotonic() - started) * 1000
                return CallResult(took, answer.status_code, dict(answer.headers), body)
        except _FAULTS as broken:
            return CallResult((time.monotonic() - started) * 1000, fault=_fault(broken))

    def _with_values(self, url: str) -> str:
        """Add the required query parameters that the configured address lacks."""
        missing = self.operation.values("query") if self.operation else {}
        address = httpx.URL(url)
        missing = {key: value for key, value in missing.items() if key not in address.params}
        return str(address.copy_merge_params(missing)) if missing else url

    def _encoded(self, payload: Any) -> dict[str, Any]:
        request = self.operation.request() if self.operation else None
        kind = request[0] if request else ""
        if kind in {FORM, MULTIPART} and isinstance(payload, Mapping):
            fields = {str(key): str(value) for key, value in payload.items()}
            if kind == FORM:
                return {"data": fields}
            return {"files": {key: (None, value) for key, value in fields.items()}}
        return {"json": payload} if payload is not None else {}

    def _judged(self, found: CallResult) -> CallResult:
        """Return an answer with what it says of itself and how it differs from its description."""
        if not found.arrived or found.is_cut:
            return found
        mismatch = ("", "")
        if self.operation is not None and found.status is not None:
            kind = found.headers.get("content-type", "").split(";")[0].strip()
            mismatch = self.operation.wrong_answer(
                found.status, kind, as_json(found), is_empty=not found.body.strip()
            )
        return replace(found, refusal=refusal_of(found.headers, found.body), mismatch=mismatch)

    def use(self, operation: Operation, body: Any) -> None:
        """Call as an OpenAPI document describes it from here on.

        Args:
            operation: what is called.
            body: a body that it allows; None keeps the configured one.
        """
        self.operation, self._built = operation, body

    def body(self) -> Any:
        """Return the test prediction that is sent: configured, described, or the usual one."""
        if self.target.body is not None:
            return dict(self.target.body)
        return dict(TEST_BODY) if self._built is None else self._built


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


def tls_context(ca_file: Path | None, *, verify: bool) -> ssl.SSLContext:
    """Return how certificates are checked for a target."""
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def as_json(answer: CallResult) -> Any:
    """Return an answer's body as JSON, or nothing when it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
