"""A local workspace with a bot in it, for `hour48 demo`, `hour48 play` and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hour48.shipped import MANIFEST

if TYPE_CHECKING:
    from bot.clock import CompressedClock
    from bot.unit_of_work import Runtime
    from hour48.container import Bot
    from playground.local_bot import LocalBot
    from playground.server import LocalSlack
    from playground.workspace import Workspace


@contextmanager
def open_local_bot(
    folder: Path,
    start: datetime,
    sources: Mapping[str, Any],
    probe_options: Mapping[str, Any],
    port: int = 0,
) -> Iterator[tuple[LocalBot, LocalSlack]]:
    """Open a local workspace with a bot in it that keeps its rows in `folder`."""
    from bot.clock import CompressedClock
    from bot.logs import log_to
    from bot.settings import LogSettings, Settings
    from hour48.container import Bot
    from playground.server import LocalSlack

    logs = LogSettings(level="error")
    log_to(logs)
    clock = CompressedClock(start)
    with LocalSlack(clock, manifest=MANIFEST, port=port) as slack:
        workspace = slack.add_workspace("Corner Grocers")
        settings = Settings(
            slack={
                "bot_token": workspace.bot_token,
                "app_token": workspace.app_token,
                "api_url": slack.api_url,
                "pace": False,
            },
            database={"url": f"sqlite:///{folder / 'hour48.db'}"},
            server={"port": 0},
            serving={"port": 0, "workers": 1, "models_folder": folder / "models"},
            sources=sources,
            governance={"audit": False},
            log=logs,
        )
        bot = Bot(settings, clock, probe_options)
        bot.start()
        workspace.hub.wait_for_connection()
        try:
            yield local_bot_of(bot, workspace, clock), slack
        finally:
            bot.stop()


def local_bot_of(bot: Bot, workspace: Workspace, clock: CompressedClock) -> LocalBot:
    """Return what the demo, `play` and the tests do with a bot in a local workspace."""
    from bot.debrief.service import newest_verdict
    from bot.deployments.monitoring import newest_address
    from bot.domain.enums import TimerKind
    from bot.evidence.polling import is_looking
    from bot.fixes.runs import is_checking
    from bot.probe_runs.claims import is_probing
    from bot.timers.dispatcher import next_due_at
    from playground.local_bot import LocalBot

    runtime = bot.core.runtime
    return LocalBot(
        workspace,
        clock,
        bot.worker.clock_loop.ring,
        lambda: (
            not is_probing(runtime)
            and not is_looking(runtime)
            and not is_checking(runtime)
            and bot.worker.delivery.is_idle()  # last: the others write what it sends
        ),
        lambda: next_due_at(runtime, without=[TimerKind.EVIDENCE_LOOK]),
        lambda: newest_verdict(runtime, workspace.team_id),
        lambda: newest_address(runtime),
        lambda: bot.worker.monitor.look(everything=True),
        lambda: _recorded(runtime, workspace.team_id),
    )


def _recorded(runtime: Runtime, team_id: str) -> frozenset[str]:
    from sqlalchemy import select

    from bot.db.models import AuditEntry

    wanted = select(AuditEntry.subject, AuditEntry.action).where(AuditEntry.team_id == team_id)
    with runtime.reading(team_id) as uow:
        found = uow.session.execute(wanted.distinct())
        return frozenset(f"{subject} {action}" for subject, action in found)
