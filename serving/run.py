"""Starts the workers of a deployment: compiles the model once, then each answers on one port."""

from __future__ import annotations

import gc
import json
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from filelock import FileLock

from bot.domain.errors import InputError
from bot.domain.traffic import Scope, token_hash
from bot.isolation import environment
from serving.confining import confine_worker
from serving.control import DesiredStatePoller, PulledGeneration
from serving.desired import ClientFacts, Desired, ServingStore
from serving.form import COMPILED, CompiledModel, form_of
from serving.http import is_local, listening, server_of
from serving.ledger import Ledger
from serving.service import Service, ServiceLimits
from serving.texts import say
from serving.tracing import SpanLine

log = structlog.get_logger()

COMPILE_SECONDS: Final = 120
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""For compiling: on a busy machine, threads wait for each other longer than they work."""
SWITCH_SECONDS: Final = 0.001
"""How long the thread that writes the record may keep the one that answers from running."""

OpenStore = Callable[[], ServingStore]
"""Opens the store; called in each worker, since a connection cannot be shared by two processes."""


@dataclass(frozen=True)
class ServeOptions:
    """How a deployment is served.

    Args:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        workers: processes that share it.
        name: of the model in the paths of the Open Inference Protocol.
        certificate: file of TLS; a proxy's matter when left out.
        key: file of TLS.
    """

    host: str = "127.0.0.1"
    port: int = 0
    workers: int = 1
    name: str = "model"
    certificate: Path | None = None
    key: Path | None = None


@dataclass
class Serving:
    """A deployment that is about to be served: its port is taken, its model compiled.

    Args:
        open_store: opens the store in each worker.
        options: how it is served.
        folder: where compiled models are; only this user reads it.
        database: the URL of the rows, where they are in one.
        readable: further files and folders that a worker may read; no others.
        spans: where traced calls are told of.
    """

    open_store: OpenStore
    options: ServeOptions
    folder: Path
    database: str | None = None
    readable: tuple[Path, ...] = ()
    spans: SpanLine | None = None
    _sockets: list[socket.socket] = field(init=False)
    _pulled: PulledGeneration = field(default_factory=PulledGeneration)

    def __post_init__(self) -> None:
        first = listening(self.options.host, self.options.port)
        port = first.getsockname()[1]
        rest = [listening(self.options.host, port) for _ in range(self.options.workers - 1)]
        self._sockets = [first, *rest]

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Where callers reach it."""
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        return f"http{'s' if self.options.certificate else ''}://{host}:{self.port}"

    def prepare(self) -> Desired | None:
        """Read the desired state and compile its model, in a process of its own.

        Returns:
            The state; none while the database is away, with which the workers begin as well.

        Raises:
            InputError: there is nothing to serve, or strangers could call it without a token.
        """
        store = self.open_store()
        try:
            return self._prepare(store)
        finally:
            store.close()

    def _prepare(self, store: ServingStore) -> Desired | None:
        try:
            desired = store.desired()
        except InputError:
            raise
        except Exception as away:  # any driver's error
            log.warning("serving.database_away", error=type(away).__name__)
            return None
        if not is_local(self.options.host) and not desired.clients:
            raise InputError(
                say("token_needed", host=self.options.host),
                field="host",
            )
        if desired.sha256 is not None:
            with suppress(InputError):  # the workers say why
                compiled(desired.sha256, store, self.folder)
        return desired

    def work(self, place: int, ended: threading.Event) -> None:
        """Be one worker until stopped; to be run in a process of its own.

        Args:
            place: whose socket it takes, from 0. The first process keeps all of them open, so that
                who waits for a worker that dies is answered by the next one.
            ended: set when it is to end.
        """
        del ended  # uvicorn hears the signal itself
        sys.setswitchinterval(SWITCH_SECONDS)
        worker = f"{socket.gethostname()}:{self.port}:{uuid.uuid4().hex[:12]}"
        readable = (*self.readable, self.options.certificate, self.options.key)
        confine_worker(self.folder, self.database, readable)
        store = self.open_store()
        state = DesiredStatePoller(
            store, worker, self._pulled, partial(load_form, store, self.folder)
        )
        ledger = Ledger(store, worker)
        state.url, state.dropped = self.url, lambda: ledger.dropped
        from serving.metrics import Meters, forget_dead

        forget_dead()
        needs_token = not is_local(self.options.host)
        service = Service(
            self.options.name,
            state,
            ledger,
            Meters(self.options.name),
            ServiceLimits(needs_token=needs_token),
            self.spans.tell if self.spans else None,
        )
        state.start()
        ledger.start()
        gc.collect()
        gc.freeze()
        certificate, key = self.options.certificate, self.options.key
        server = server_of(
            service,
            certificate=str(certificate) if certificate else None,
            key=str(key) if key else None,
        )
        try:
            server.run(sockets=[self._sockets[place]])
        finally:
            state.stop()
            ledger.stop()


def compiled(sha256: str, store: ServingStore, folder: Path) -> Path:
    """Return the file of a compiled model, made when it is not there yet.

    Args:
        sha256: of the kept model's bytes.
        store: where they are.
        folder: where compiled models are.

    Raises:
        InputError: it is not kept, or cannot be opened.
    """
    out, source = folder / f"{sha256}.json", folder / f"{sha256}.skops"
    with FileLock(folder / f"{sha256}.lock"):
        if out.exists():
            return out
        source.write_bytes(store.model_bytes(sha256))
        unfinished = out.with_suffix(".part")
        command = [sys.executable, "-m", "serving.compiling", str(source), str(unfinished)]
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            command,
            capture_output=True,
            text=True,
            timeout=COMPILE_SECONDS,
            check=False,
            env=environment.scrubbed(()) | ONE_THREAD,
        )
        if done.returncode:
            problem = done.stderr.strip().splitlines()[-1:] or [say("ended_without_word")]
            raise InputError(say("model_cannot_opened", sha256=sha256[:12], problem=problem[0]))
        unfinished.replace(out)
        if json.loads(out.read_bytes())["form"] == COMPILED:
            source.unlink()
    return out


def load_form(store: ServingStore, folder: Path, sha256: str) -> CompiledModel:
    """Return a kept model's form, compiled when it is not yet.

    Raises:
        InputError: it is not kept, or cannot be opened.
    """
    plain: Mapping[str, Any] = json.loads(compiled(sha256, store, folder).read_bytes())
    form = form_of(plain, folder / f"{sha256}.skops")
    log.info("serving.model_loaded", sha256=sha256[:12], form=form.form, reason=form.reason)
    return form


def clients_of(path: Path | None) -> dict[str, ClientFacts]:
    """Return the clients that a file lists: a name and a token a line.

    Raises:
        InputError: a line is something else; names it.
    """
    if path is None:
        return {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        raise InputError(say("file", path=path), field="tokens") from None
    clients = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, token = line.strip().partition(" ")
        if len(token.strip()) < 16:
            raise InputError(
                say("token_line_invalid", path=path, number=number),
                field="tokens",
            )
        both = frozenset({Scope.PREDICT, Scope.OUTCOME})
        clients[token_hash(token.strip())] = ClientFacts(None, name, both)
    return clients
