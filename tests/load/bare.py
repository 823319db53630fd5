"""A bare Bolt app that only acks, on the bot's own page: `python -m tests.load.bare PORT SLACK`."""

from __future__ import annotations

import re
import sys

import uvicorn
from prometheus_client import CollectorRegistry
from slack_bolt import Ack, App
from slack_sdk import WebClient

from handlers.web import build_web
from tests.load.crowd import SECRET


def bare_app(slack: str) -> App:
    """Return an app whose listeners do nothing but ack."""
    client = WebClient("xoxb-bare", base_url=f"{slack}/api/")
    app = App(client=client, signing_secret=SECRET, token_verification_enabled=False)

    def only_ack(ack: Ack) -> None:
        ack()

    app.command(re.compile(".*"))(only_ack)
    app.action(re.compile(".*"))(only_ack)
    return app


if __name__ == "__main__":
    web = build_web({}, CollectorRegistry(), bare_app(sys.argv[2]))
    uvicorn.run(web, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
