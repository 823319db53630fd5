"""The prediction service: one model, `/predict`, `/healthz`, `/status`, `/metrics`."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import pandas as pd
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.domain.errors import InputError
from probes.baseline.artifact import ServedModel
from serving.monitor import Watch
from serving.share import takes_part

MOST_BYTES: Final = 2_000_000
MOST_ROWS: Final = 1_000


class Service:
    """One model behind HTTP, serving a share of the entities until it is taken back.

    Args:
        served: the opened model.
        percent: of all entities, 0 to 100.
        watch: counts the calls and says when to give up.
    """

    def __init__(self, served: ServedModel, percent: float, watch: Watch) -> None:
        self.served = served
        self.percent = percent
        self.watch = watch
        self.taken_back: str | None = None
        self.registry = CollectorRegistry()
        self._calls = Counter("calls", "Calls by outcome", ["outcome"], registry=self.registry)
        self._time = Histogram("predict_seconds", "Time to predict", registry=self.registry)
        self._drift = Gauge("score_drift", "Stability index of scores", registry=self.registry)

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/predict", self.predict, methods=["POST"]),
                Route("/healthz", self.health),
                Route("/status", self.status),
                Route("/metrics", self.metrics),
            ]
        )

    async def predict(self, request: Request) -> Response:
        """Foretell for the rows whose entity is in the share; others get `served: false`."""
        body = await _body(request)
        refusal = _refusal(body)
        if refusal:
            return JSONResponse({"error": refusal}, status_code=400)
        if self.taken_back is not None:
            return JSONResponse({"error": f"taken back: {self.taken_back}"}, status_code=503)
        started = time.perf_counter()
        try:
            answers = await run_in_threadpool(self._answers, body["rows"])
        except InputError as refused:
            return JSONResponse({"error": refused.message}, status_code=400)
        except Exception as broken:
            self._count("failed", started, failed=True)
            error = {"error": f"the model failed: {type(broken).__name__}"}
            return JSONResponse(error, status_code=500)
        scores = [answer["score"] for answer in answers if answer["served"]]
        if scores:
            self._count("served", started, failed=False, scores=scores)
        else:
            self._calls.labels("not_in_share").inc()
        return JSONResponse({"predictions": answers})

    def _answers(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        chosen = [takes_part(str(row["entity"]), self.percent) for row in rows]
        inside = [row["values"] for row, taken in zip(rows, chosen, strict=True) if taken]
        if not inside:
            return [{"entity": row["entity"], "served": False} for row in rows]
        for values in inside:
            self.served.require(values)
        frame = pd.DataFrame(inside, dtype=object)
        foretold = iter(zip(self.served.scores(frame), self.served.outcomes(frame), strict=True))
        return [
            self._one(row, next(foretold) if taken else None)
            for row, taken in zip(rows, chosen, strict=True)
        ]

    @staticmethod
    def _one(row: dict[str, Any], foretold: tuple[float, Any] | None) -> dict[str, Any]:
        if foretold is None:
            return {"entity": row["entity"], "served": False}
        score, outcome = foretold
        return {"entity": row["entity"], "served": True, "score": float(score), "outcome": outcome}

    def _count(
        self, outcome: str, started: float, *, failed: bool, scores: list[float] | None = None
    ) -> None:
        took = time.perf_counter() - started
        self._calls.labels(outcome).inc()
        self._time.observe(took)
        self.watch.note(failed=failed, milliseconds=took * 1000, scores=scores or [])
        self.taken_back = self.taken_back or self.watch.why_roll_back()

    async def health(self, _: Request) -> Response:
        """Say whether the model answers: 200, or 503 once it was taken back."""
        alive = self.taken_back is None
        return JSONResponse({"ok": alive}, status_code=200 if alive else 503)

    async def status(self, _: Request) -> Response:
        """Say what is served, to whom, how it runs, and why it was taken back."""
        return JSONResponse(
            {
                "target": self.served.target,
                "about": dict(self.served.about),
                "percent": self.percent,
                "taken_back": self.taken_back,
                **self.watch.figures(),
            }
        )

    async def metrics(self, _: Request) -> Response:
        """Give the figures as Prometheus reads them."""
        self._drift.set(self.watch.figures()["drift"] or 0.0)
        return Response(generate_latest(self.registry), media_type="text/plain; version=0.0.4")


async def _body(request: Request) -> Any:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _refusal(body: Any) -> str | None:
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_ROWS:
        return f"send JSON with rows: 1 to {MOST_ROWS} objects with entity and values"
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("values"), dict):
            return "each row needs an entity and values"
        if not isinstance(row.get("entity"), str | int):
            return "each row needs an entity: text or a whole number"
    return None
