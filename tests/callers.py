"""Callers of a deployed model who note until when it was the model that answered."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.deployed import TOKEN, Served


class Callers:
    """Calls each replica over and over as somebody of the model's share, and notes who answered.

    Args:
        replicas: running services.
        entity: who calls.
        values: of each call.
    """

    def __init__(self, replicas: Sequence[Served], entity: str, values: Mapping[str, Any]) -> None:
        self.model_at: dict[str, float] = {}
        self.failed: list[str] = []
        self.calls = 0
        self._stop = threading.Event()
        self._body = json.dumps({"entity": entity, "values": values})
        self._threads = [
            threading.Thread(target=self._call, args=(one.url,), daemon=True) for one in replicas
        ]
        for thread in self._threads:
            thread.start()

    def _call(self, url: str) -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=url, trust_env=False, timeout=10, headers=headers) as client:
            while not self._stop.is_set():
                answer = client.post("/predict", content=self._body)
                self.calls += 1
                if answer.status_code != 200:
                    self.failed.append(answer.text)
                elif answer.json()["predictions"][0]["arm"] == "model":
                    self.model_at[url] = time.monotonic()
                time.sleep(0.01)

    def stop(self) -> None:
        """Call no more."""
        self._stop.set()
        for thread in self._threads:
            thread.join(10)


def hang(url: str, stack: ExitStack, count: int = 10) -> None:
    """Leave calls half sent, as broken clients do."""
    place = urlsplit(url)
    for _ in range(count):
        line = stack.enter_context(socket.create_connection((place.hostname, place.port)))
        line.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{")
