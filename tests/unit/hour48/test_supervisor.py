"""A process that makes no progress is known to all of them, and the page says so."""

from __future__ import annotations

import asyncio
import os
import time

import httpx
from prometheus_client import CollectorRegistry

from handlers.web import build_ops, build_web
from hour48.supervisor import HUNG_SECONDS, Heartbeats


def test_a_part_without_progress_is_hung_until_it_makes_some():
    heartbeats = Heartbeats()
    heartbeats.watch(["worker", "web-0"])
    assert heartbeats.hung() == frozenset()
    heartbeats.write("worker", time.monotonic() - HUNG_SECONDS - 1)
    assert heartbeats.hung() == {"worker"}
    heartbeats.write("worker", time.monotonic() - HUNG_SECONDS + 1)
    assert heartbeats.hung() == frozenset()


def test_what_one_process_writes_is_read_in_the_others():
    heartbeats = Heartbeats()
    heartbeats.watch(["worker"])
    child = os.fork()
    if child == 0:
        heartbeats.write("worker", 0.0)
        os._exit(0)
    os.waitpid(child, 0)
    assert heartbeats.hung() == {"worker"}


def test_both_pages_say_which_process_makes_no_progress():
    hung = set()
    registry = CollectorRegistry()
    pages = [build_web({}, registry, hung=lambda: hung), build_ops({}, registry, lambda: hung)]
    for path in ("/healthz", "/livez"):
        for page in pages:
            hung.clear()
            assert _get(page, path) == (200, "ok\n")
            hung.add("worker")
            assert _get(page, path) == (503, "no progress: worker\n")


def _get(page, path):
    async def get():
        transport = httpx.ASGITransport(page)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as visitor:
            answer = await visitor.get(path)
            return answer.status_code, answer.text

    return asyncio.run(get())
