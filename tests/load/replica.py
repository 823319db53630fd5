"""One replica's delivery in a process of its own: `python -m tests.load.replica DB SLACK WORKERS`.

It delivers until its standard input is closed.
"""

from __future__ import annotations

import sys

from bot.db.engine import open_engine, reading_session_factory, session_factory
from bot.outbox.calls import WorkspaceClient
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.rate_limiter import RateLimiter
from bot.outbox.sender import quiet_client
from bot.sprints.delivery_failures import notify_lead


def main(url: str, slack: str, workers: int) -> None:
    """Deliver what waits; a workspace's token is its own id."""
    engine = open_engine(url)
    delivery = Dispatcher(
        session_factory(engine),
        reading_session_factory(engine),
        lambda team_id: WorkspaceClient(quiet_client(team_id, slack), "UBOT"),
        RateLimiter(),
        notify_lead,
        workers=workers,
    )
    delivery.start()
    sys.stdin.read()
    delivery.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
