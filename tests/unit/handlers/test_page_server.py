"""A page at rest wakes seldom, and ends at once all the same."""

from __future__ import annotations

import time

import uvicorn
from starlette.applications import Starlette

from handlers.page_server import ServedPage
from handlers.shared_socket import SharedSocket


def test_a_page_at_rest_ticks_seldom_and_ends_when_asked_to(monkeypatch):
    ticks = []
    on_tick = uvicorn.Server.on_tick

    async def note(self, counter):
        ticks.append(counter)
        return await on_tick(self, counter)

    monkeypatch.setattr(uvicorn.Server, "on_tick", note)
    page = ServedPage(Starlette(), SharedSocket("127.0.0.1", 0))
    page.start()
    time.sleep(1.5)
    assert not ticks
    asked = time.monotonic()
    page.stop()
    assert time.monotonic() - asked < 1
    assert len(ticks) == 1
