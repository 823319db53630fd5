"""Calls one HTTP service from many connections, cheaply enough to share a machine with it.

Run as `python -m tests.bench.http_load URL BODIES OPTIONS…`; prints one JSON object. Only answers
that `accept` finds in count as throughput; a refusal never does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import numpy as np
import uvloop

Requests = Sequence[bytes]


class Caller(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last one is there."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._load.free(self)

    def send(self, request: bytes, began: float) -> None:
        assert self._transport is not None
        self._began = began
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, split, rest = self._buffer.partition(b"\r\n\r\n")
        if not split:
            return
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if len(rest) < int(length or 0):
            return
        self._buffer = b""
        self._load.note(head, rest, time.perf_counter() - self._began)
        self._load.free(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._load.lost += 1


class Load:
    """A run against a service.

    Args:
        requests: whole requests, sent in turn.
        accept: bytes that an answer must hold to count.
        rate: calls a second in an open loop; as fast as they are answered when 0.
    """

    def __init__(self, requests: Requests, accept: bytes, rate: float) -> None:
        self._requests = requests
        self._accept = accept
        self._rate = rate
        self._next = 0
        self._idle: list[Caller] = []
        self._due: list[float] = []
        self._ends = float("inf")
        self.latencies: list[float] = []
        self.refused = 0
        self.lost = 0
        self.begun = 0

    def free(self, caller: Caller) -> None:
        if self._rate:
            self._idle.append(caller)
            self._send_due()
        elif time.perf_counter() < self._ends:
            self._send(caller, time.perf_counter())

    def _send(self, caller: Caller, began: float) -> None:
        self.begun += 1
        self._next = (self._next + 1) % len(self._requests)
        caller.send(self._requests[self._next], began)

    def _send_due(self) -> None:
        while self._due and self._idle:
            self._send(self._idle.pop(0), self._due.pop(0))

    def note(self, head: bytes, body: bytes, took: float) -> None:
        if head[9:12] == b"200" and self._accept in body:
            self.latencies.append(took)
        else:
            self.refused += 1

    async def run(self, host: str, port: int, connections: int, seconds: float) -> float:
        loop = asyncio.get_running_loop()
        self._ends = time.perf_counter() + seconds
        began = time.perf_counter()
        made = [
            await loop.create_connection(lambda: Caller(self), host, port)
            for _ in range(connections)
        ]
        if self._rate:
            await self._at_a_rate(began)
        else:
            await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        await asyncio.sleep(0.2)
        for transport, _ in made:
            transport.abort()
        return took

    async def _at_a_rate(self, began: float) -> None:
        sent = 0
        while (now := time.perf_counter()) < self._ends:
            wanted = int((now - began) * self._rate)
            self._due += [began + number / self._rate for number in range(sent, wanted)]
            sent = wanted
            self._send_due()
            await asyncio.sleep(0.001)


def requests_of(url: str, bodies: Sequence[bytes], token: str | None) -> list[bytes]:
    """Return whole requests."""
    parts = urlsplit(url)
    key = f"authorization: Bearer {token}\r\n" if token else ""
    return [
        (
            f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\n{key}"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode()
        + body
        for body in bodies
    ]


def main() -> None:
    """Call, and print what came of it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("url")
    asked.add_argument("bodies", type=Path, help="a body a line")
    asked.add_argument("--token")
    asked.add_argument("--accept", default="")
    asked.add_argument("--connections", type=int, default=8)
    asked.add_argument("--seconds", type=float, default=5)
    asked.add_argument("--rate", type=float, default=0)
    chosen = asked.parse_args()
    parts = urlsplit(chosen.url)
    bodies = chosen.bodies.read_bytes().splitlines()
    load = Load(requests_of(chosen.url, bodies, chosen.token), chosen.accept.encode(), chosen.rate)
    took = uvloop.run(
        load.run(parts.hostname or "", parts.port or 80, chosen.connections, chosen.seconds)
    )
    sorted_ms = np.sort(np.asarray(load.latencies)) * 1000
    print(
        json.dumps(
            {
                "answered": len(load.latencies),
                "refused": load.refused,
                "lost": load.lost,
                "begun": load.begun,
                "rps": round(len(load.latencies) / took, 1),
                "p50_ms": round(float(np.quantile(sorted_ms, 0.5)), 3) if len(sorted_ms) else None,
                "p99_ms": round(float(np.quantile(sorted_ms, 0.99)), 3) if len(sorted_ms) else None,
            }
        )
    )


if __name__ == "__main__":
    main()
