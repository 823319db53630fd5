"""The HTTP interface of a deployed model: a bare ASGI application, measured in docs/serving.md."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.domain.traffic import Scope, pseudonym, pull_signature, token_hash
from serving.answering import Predictor, RowAnswer
from serving.control import DesiredStatePoller
from serving.desired import ClientFacts, OutcomeRow
from serving.ledger import Ledger
from serving.metrics import Meters
from serving.openapi import OUTPUT_WORDS, metadata, openapi
from serving.requests import (
    MOST_BYTES,
    RequestError,
    RequestRow,
    parse_inference,
    parse_json,
    parse_outcomes,
    parse_rows,
)
from serving.texts import say
from serving.tracing import Tell

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

AT_A_TIME: Final = 20
"""Rows that are answered before other calls get their turn."""
ARRIVED: Final = "hour48.arrived"
"""Where `serving.http` notes in the scope when the last byte of a request came."""
_JSON: Final = (b"content-type", b"application/json")
_SNIPPET: Final = Path(__file__).with_name("snippet.js")
_SCRIPT: Final = (
    (b"content-type", b"text/javascript; charset=utf-8"),
    (b"cache-control", b"max-age=300"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An answer to a call.

    Args:
        status: of HTTP.
        body: its bytes.
        headers: beside the length.
    """

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = (_JSON,)


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """What the process takes on.

    Args:
        wait_seconds: how long a call may have waited for its turn and still ask the model; one that
            waited longer gets the control answer, so that a queue shrinks instead of growing.
        needs_token: whether somebody without a token is refused even while no client is known.
    """

    wait_seconds: float = 0.05
    needs_token: bool = False


class HungUp(Exception):  # noqa: N818 - the caller went away; nothing is to be answered
    """The caller went away before its body was here."""


Handler = Callable[["Service", "HttpCall"], Awaitable[HttpReply]]


@dataclass(slots=True)
class HttpCall:
    """One request on its way."""

    scope: MutableMapping[str, Any]
    receive: Receive

    def waited(self) -> float:
        """Return for how many seconds the whole request has been here."""
        arrived: float | None = self.scope.get(ARRIVED)
        return 0.0 if arrived is None else time.perf_counter() - arrived

    async def body(self) -> bytes:
        """Return the body.

        Raises:
            RequestError: it is too large, or packed.
            HungUp: the caller went away.
        """
        coding = _header(self.scope["headers"], b"content-encoding")
        if coding not in {b"", b"identity"}:
            raise RequestError(415, say("body_packed"), "header.content-encoding")
        message = await self.receive()
        if message["type"] != "http.request":
            raise HungUp
        first: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return _within(first)
        parts = bytearray(first)
        while message.get("more_body"):
            message = await self.receive()
            if message["type"] != "http.request":
                raise HungUp
            parts += message.get("body", b"")
            _within(parts)
        return bytes(parts)


def _within(body: bytes | bytearray) -> bytes:
    if len(body) > MOST_BYTES:
        raise RequestError(413, f"A body has at most {MOST_BYTES:,} bytes.", "body")
    return bytes(body)


class Service:
    """One worker's interface.

    Args:
        name: of the model in the paths of the Open Inference Protocol.
        state: what is desired.
        ledger: where answers and outcomes are recorded.
        meters: what Prometheus reads.
        limits: what it takes on.
        traced: told of each answer, where calls are traced.
    """

    def __init__(
        self,
        name: str,
        state: DesiredStatePoller,
        ledger: Ledger,
        meters: Meters,
        limits: ServiceLimits,
        traced: Tell | None = None,
    ) -> None:
        self.name = name
        self.state = state
        self.ledger = ledger
        self._meters = meters
        self._limits = limits
        self._traced = traced
        self._answerer = Predictor(state, ledger)
        self._routes = _routes(name)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        try:
            reply = await self._reply(HttpCall(scope, receive))
        except RequestError as refusal:
            desired = self.state.desired
            self.ledger.refused(desired.generation if desired else 0)
            reply = _refusal(refusal)
        except HungUp:
            return
        seconds = time.perf_counter() - began
        self._meters.answered(scope["path"], reply.status, seconds)
        if self._traced is not None:
            self._traced(scope, reply.status, seconds)
        length = str(len(reply.body)).encode()
        headers = [*reply.headers, (b"content-length", length)]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else reply.body
        await send({"type": "http.response.body", "body": body})

    async def _reply(self, call: HttpCall) -> HttpReply:
        methods = self._routes.get(call.scope["path"])
        if methods is None:
            raise RequestError(404, "There is nothing here; GET /openapi.json lists what is.")
        method = call.scope["method"]
        handler = methods.get("GET" if method == "HEAD" else method)
        if handler is None:
            allowed = ", ".join(sorted(methods))
            return HttpReply(
                405,
                _json({"error": f"Use {allowed} here.", "field": None}),
                (_JSON, (b"allow", allowed.encode())),
            )
        return await handler(self, call)

    def client(self, call: HttpCall, scope: Scope) -> ClientFacts | None:
        """Return who calls; None where nobody has to say.

        Raises:
            RequestError: the token is missing, unknown or does not allow this.
        """
        desired = self.state.desired
        known = desired.clients if desired is not None else {}
        if not known and not self._limits.needs_token:
            return None
        token = _token(call.scope["headers"])
        found = known.get(token_hash(token)) if token else None
        if found is None:
            raise RequestError(
                401, "Send a known token: Authorization: Bearer …", "header.authorization"
            )
        if scope not in found.scopes:
            raise RequestError(
                403, f"The token of {found.name} does not allow {scope}.", "header.authorization"
            )
        return found

    async def predict(self, call: HttpCall) -> HttpReply:
        """Answer rows."""
        client = self.client(call, Scope.PREDICT)
        body = parse_json(await call.body())
        answers = await self._answers(call, parse_rows(body, self._entity_column()), client)
        return HttpReply(200, _json({"predictions": [_plain(one) for one in answers]}))

    async def infer(self, call: HttpCall) -> HttpReply:
        """Answer rows in the Open Inference Protocol."""
        client = self.client(call, Scope.PREDICT)
        body = parse_json(await call.body())
        answers = await self._answers(call, parse_inference(body, self._entity_column()), client)
        return HttpReply(200, _json(self._inferred(body, answers)))

    def _entity_column(self) -> str | None:
        desired = self.state.desired
        return desired.entity_column if desired is not None else None

    async def _answers(
        self, call: HttpCall, rows: Sequence[RequestRow], client: ClientFacts | None
    ) -> list[RowAnswer]:
        overloaded = call.waited() > self._limits.wait_seconds
        answers = self._answerer.answers(rows, client, overloaded=overloaded)
        if len(rows) <= AT_A_TIME:
            return list(answers)
        given: list[RowAnswer] = []
        for answer in answers:
            given.append(answer)
            if len(given) % AT_A_TIME == 0:
                await asyncio.sleep(0)
        return given

    def _inferred(self, body: Mapping[str, Any], answers: Sequence[RowAnswer]) -> dict[str, Any]:
        plain = [_plain(one) for one in answers]
        shape = [len(plain)]
        outputs = [
            {
                "name": "score",
                "datatype": "FP64",
                "shape": shape,
                "data": [one["score"] for one in plain],
            }
        ]
        for word in OUTPUT_WORDS:
            data = [None if one[word] is None else str(one[word]) for one in plain]
            outputs.append({"name": word, "datatype": "BYTES", "shape": shape, "data": data})
        answered = {"model_name": self.name, "model_version": self._version(), "outputs": outputs}
        return answered | ({"id": body["id"]} if isinstance(body.get("id"), str) else {})

    def _version(self) -> str:
        desired = self.state.desired
        return (desired.sha256 or "")[:12] if desired is not None else ""

    async def outcomes(self, call: HttpCall) -> HttpReply:
        """Take what happened."""
        client = self.client(call, Scope.OUTCOME)
        now = time.time()
        reported = parse_outcomes(parse_json(await call.body()), now)
        desired = self.state.desired
        if desired is None:
            return HttpReply(503, _json({"error": say("deployment_not_loaded")}))
        rows = [
            OutcomeRow(
                key=_outcome_key(one.key or f"{one.prediction}|{one.entity}|{one.at}"),
                prediction_key=one.prediction,
                entity=one.entity and pseudonym(one.entity, desired.pseudonym_key),
                at=one.at,
                received_at=now,
                value=one.value,
                client_id=client.id if client else None,
            )
            for one in reported
        ]
        return HttpReply(202, _json({"accepted": self.ledger.reported(rows), "sent": len(rows)}))

    async def pull(self, call: HttpCall) -> HttpReply:
        """Obey the red button past the database; what it says proves itself."""
        body = parse_json(await call.body())
        desired = self.state.desired
        if desired is None or not _is_signed(body, desired.deployment_id, desired.pseudonym_key):
            raise RequestError(403, "The signature does not fit this deployment.", "signature")
        self.state.pull(int(body["generation"]))
        return HttpReply(200, _json({"state": self.state.now()}))

    async def alive(self, _: HttpCall) -> HttpReply:
        """Say that the process runs."""
        return HttpReply(200, _json({"live": True}))

    async def ready(self, _: HttpCall) -> HttpReply:
        """Say whether the model can be asked, and what is obeyed."""
        desired, problem = self.state.desired, self.state.why_not_ready()
        form = self.state.form
        said = {
            "ready": problem is None,
            "name": self.name,
            "state": self.state.now(),
            "generation": desired.generation if desired else None,
            "percent": desired.percent if desired else None,
            "form": form.form if form else None,
            "form_reason": form.reason if form else None,
        }
        if problem is None:
            return HttpReply(200, _json(said))
        return HttpReply(503, _json(said | {"error": f"Not ready: {problem}."}))

    async def describe(self, _: HttpCall) -> HttpReply:
        """Return the model's metadata."""
        form = self.state.form
        if form is None:
            return HttpReply(503, _json({"error": f"Not ready: {self.state.why_not_ready()}."}))
        return HttpReply(200, _json(metadata(self.name, self._version(), form.facts)))

    async def server(self, _: HttpCall) -> HttpReply:
        """Return the server's metadata, as the protocol asks."""
        return HttpReply(200, _json({"name": "hour48", "version": "1", "extensions": []}))

    async def openapi(self, _: HttpCall) -> HttpReply:
        """Return the description of this interface."""
        form, desired = self.state.form, self.state.desired
        if form is None:
            return HttpReply(503, _json({"error": f"Not ready: {self.state.why_not_ready()}."}))
        needs_token = self._limits.needs_token or bool(desired and desired.clients)
        return HttpReply(200, _json(openapi(self.name, form.facts, needs_token=needs_token)))

    async def snippet(self, _: HttpCall) -> HttpReply:
        """Return the script that asks from a web page, through the page's own origin."""
        return HttpReply(200, _SNIPPET.read_bytes(), _SCRIPT)

    async def metrics(self, _: HttpCall) -> HttpReply:
        """Return the figures as Prometheus reads them."""
        self._meters.set_state(self.state, self.ledger)
        content, kind = self._meters.text()
        return HttpReply(200, content, ((b"content-type", kind.encode()),))


def _routes(name: str) -> Mapping[str, Mapping[str, Handler]]:
    model = f"/v2/models/{name}"
    looks: dict[str, Handler] = {
        "/livez": Service.alive,
        "/v2/health/live": Service.alive,
        "/readyz": Service.ready,
        "/v2/health/ready": Service.ready,
        f"{model}/ready": Service.ready,
        model: Service.describe,
        "/v2": Service.server,
        "/openapi.json": Service.openapi,
        "/snippet.js": Service.snippet,
        "/metrics": Service.metrics,
    }
    calls: dict[str, Handler] = {
        "/predict": Service.predict,
        f"{model}/infer": Service.infer,
        "/outcomes": Service.outcomes,
        "/pull": Service.pull,
    }
    return {path: {"GET": handler} for path, handler in looks.items()} | {
        path: {"POST": handler} for path, handler in calls.items()
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _plain(answer: RowAnswer) -> dict[str, Any]:
    return {
        "entity": answer.entity,
        "prediction": answer.prediction,
        "arm": answer.arm,
        "score": answer.score,
        "answer": answer.answer,
    }


def _refusal(refusal: RequestError) -> HttpReply:
    body = _json({"error": refusal.message, "field": refusal.field})
    if refusal.status == 401:
        return HttpReply(401, body, (_JSON, (b"www-authenticate", b"Bearer")))
    return HttpReply(refusal.status, body)


def _header(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes:
    return next((value for known, value in headers if known == name), b"")


def _token(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    value = _header(headers, b"authorization")
    return value[7:].strip().decode("latin-1") if value[:7].lower() == b"bearer " else None


def _outcome_key(digest: str) -> str:
    return hashlib.sha256(digest.encode("utf-8", "surrogatepass")).hexdigest()


def _is_signed(body: Any, deployment_id: int, key: str) -> bool:
    if not isinstance(body, dict):
        return False
    generation, signature = body.get("generation"), body.get("signature")
    if not isinstance(generation, int) or not 0 < generation < 2**62:
        return False
    wanted = pull_signature(deployment_id, generation, key)
    return isinstance(signature, str) and hmac.compare_digest(
        wanted.encode(), signature.encode("utf-8", "replace")
    )
