"""An SFTP folder that files are dropped into: written aside, renamed, read back, deleted."""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import Coroutine, Iterator
from typing import Any, Final
from urllib.parse import unquote

import asyncssh

from probes.contract import Finding
from probes.guard import checked_addresses
from probes.integration import latency, prediction_call, reach
from probes.integration.calls import CallResult, Facts
from probes.integration.queue_call import ABSENT, UrlSession, credentials
from probes.integration.texts import CODES

_PREFIX: Final = ".hour48-probe-"

_FAULTS: Final[tuple[tuple[Any, CallResult], ...]] = (
    (asyncssh.HostKeyNotVerifiable, CallResult(0.0, fault="host_key_differs")),
    (asyncssh.PermissionDenied, CallResult(0.0, 403)),
    (asyncssh.KeyImportError, CallResult(0.0, 403)),
    (asyncssh.SFTPNoSuchFile, CallResult(0.0, ABSENT)),
    (asyncssh.SFTPPermissionDenied, CallResult(0.0, 200, refusal="write_refused")),
    (asyncssh.SFTPError, CallResult(0.0, 500)),
    (TimeoutError, CallResult(0.0, fault="timed_out")),
    ((asyncssh.Error, OSError, ValueError), CallResult(0.0, fault="connect_failed")),
)
"""The first kind that fits tells how a drop went."""


class Target(UrlSession):
    """One SFTP server; the URL's path is the folder, `//` in front of it an absolute one."""

    default_port = 22
    encrypted_scheme = "sftp"

    @property
    def folder(self) -> str:
        """The folder, from the login's own one unless it is absolute."""
        return unquote(self.url.path).removeprefix("/") or "."

    def __init__(self, target: Any) -> None:
        super().__init__(target)
        # In a thread of its own: whoever probes may have a loop already.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._connection: Any = None
        self._sftp: Any = None
        self.fault: CallResult | None = None

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something on the connection, within the target's time."""
        timed = asyncio.wait_for(work, self.target.timeout_seconds)
        return asyncio.run_coroutine_threadsafe(timed, self._loop).result()

    async def _connect(self) -> None:
        addresses = checked_addresses(
            self.host, self.port, allow_internal=self.target.allow_internal
        )
        plain = socket.create_connection((addresses[0], self.port), self.target.timeout_seconds)
        plain.setblocking(False)
        known = str(self.target.known_hosts) if self.target.known_hosts else None
        keys = [str(self.target.key_file)] if self.target.key_file else None
        self._connection = await asyncssh.connect(
            self.host,
            self.port,
            sock=plain,
            username=self.user or (),
            password=self.password,
            client_keys=keys,
            known_hosts=known,
            agent_path=None,
            config=None,
        )
        self._sftp = await self._connection.start_sftp_client()

    def connect(self) -> Any:
        """Return the SFTP session, opened when it is first needed."""
        if self._sftp is None:
            self.run(self._connect())
        return self._sftp

    def _once(self) -> CallResult:
        try:
            self.connect()
            return CallResult(0.0, 200, body=self.run(self._drop()))
        except Exception as broken:  # asyncssh raises its own, asyncio's and the system's
            found = next((one for kinds, one in _FAULTS if isinstance(broken, kinds)), None)
            if found is None:
                raise
            return found

    async def _drop(self) -> bytes:
        """Write a file, rename it, read it and delete it; what could not be done comes back."""
        base = f"{self.folder.rstrip('/')}/{_PREFIX}{uuid.uuid4().hex}"
        part, whole, payload = f"{base}.part", f"{base}.json", self.payload()
        async with self._sftp.open(part, "wb") as file:
            await file.write(payload)
        name, trouble = part, []
        try:
            await self._sftp.rename(part, whole)
            name = whole
        except asyncssh.SFTPError:
            trouble.append("rename_refused")
        try:
            async with self._sftp.open(name, "rb") as file:
                if await file.read() != payload:
                    trouble.append("drop_changed")
        except asyncssh.SFTPError:
            trouble.append("drop_write_only")
        try:
            await self._sftp.remove(name)
        except asyncssh.SFTPError:
            trouble.append("drop_not_deleted")
        return ",".join(trouble).encode()

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self.run(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _hang_up(self) -> None:
        self._connection.abort()
        await self._connection.wait_closed()


def reach_host(session: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Resolve the name; the server's key stands in a certificate's place."""
    allow = session.target.allow_internal
    try:
        facts["addresses"] = len(
            checked_addresses(session.host, session.port, allow_internal=allow)
        )
    except OSError:
        yield reach.unreachable(name, "resolve_failed")
        return
    except ValueError:
        yield reach.unreachable(name, "refused_address")
        return
    if session.target.known_hosts is None:
        yield CODES.finding("host_key_unchecked", name=name)


def drop(session: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Drop one file as a job would, and say what could not be done with it."""
    answer = session.call()
    if answer.fault == "host_key_differs":
        facts["works"] = False
        yield CODES.finding("host_key_differs", name=name)
        return
    yield from prediction_call.answer_findings(answer, name, facts)
    for code in filter(None, answer.body.decode().split(",")):
        yield CODES.finding(code, name=name)


CHECKS: Final = (
    ("resolving_connecting", reach_host),
    ("dropping_test_file", drop),
    ("looking_login", credentials),
    ("timing_drops", latency.latency),
)
