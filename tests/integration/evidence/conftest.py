from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from bot.db.encryption import Encryption, new_key
from bot.evidence.contract import SystemSettings
from bot.evidence.systems import NewSystem, connect
from handlers.evidence_hooks import EvidenceHooks
from handlers.page_server import ServedPage
from handlers.shared_socket import SharedSocket
from handlers.web import build_web
from tests.integration.probes.conftest import as_reader, postgres  # noqa: F401 - fixtures here too
from tests.runtimes import TEAM

SECRET = "a secret of the webhook"


@pytest.fixture
def encryption():
    return Encryption([new_key()])


@pytest.fixture
def connected(runtime, encryption):
    """Connect a system of an adapter; return its row's id and slug."""

    def connect_one(adapter, name="", *, token="", allow_internal=True, **settings):
        asked = NewSystem(
            adapter,
            name,
            SystemSettings(**settings),
            SECRET,
            token,
            allow_internal=allow_internal,
        )
        with runtime.sessions.begin() as session:
            row, _ = connect(session, TEAM, asked, encryption, runtime.clock.now())
            return row.id, row.slug

    return connect_one


@pytest.fixture
def page(runtime, encryption):
    """The bot's real web page with the address of webhooks, on loopback."""
    routes = EvidenceHooks(runtime, encryption).routes()
    web = build_web({}, CollectorRegistry(), more=routes)
    served = ServedPage(web, SharedSocket("127.0.0.1", 0))
    served.start()
    yield served.base_url
    served.stop()
