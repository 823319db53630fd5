"""The `hour48` command: what needs a running bot; `hour48.commands` has the rest.

Packages are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

import gc
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from hour48 import (  # noqa: F401 - registers their commands
    audit_commands,
    deployment_commands,
    evidence_commands,
    export,
    forecast_commands,
    migrate_command,
    person_commands,
    score,
    serve,
    verify_command,
)
from hour48.commands import OptionalFile, app
from hour48.component import Component
from hour48.options import Config
from hour48.shipped import MANIFEST
from hour48.texts import say


def _tell_where(form: str, page_url: str) -> None:
    """Say that the bot is up; in the log's own form where a machine reads that."""
    if form == "json":
        import structlog

        structlog.get_logger().info("bot.running", page=page_url)
    else:
        typer.echo(say("demo_running", page_url=page_url), err=True)


def _load_plain_structlog() -> None:
    """Load structlog without what draws tracebacks in colour; our log has plain ones.

    It loads that where it is there, which takes a twentieth of a start.
    """
    if "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  # how Python says that a module is not there
    try:
        import structlog.dev  # noqa: F401 - loaded for those that come after
    finally:
        del sys.modules["rich"]


@app.command("doctor")
def doctor(
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON list")] = False,
) -> None:
    """Check tokens, scopes, database, sources and clock; exit code 1 if anything is wrong."""
    import dataclasses
    import json

    from bot.settings import load, probe_sections
    from hour48.doctor import examine
    from probes.cli import unreadable_sources

    settings = load(config)
    checks = examine(settings, MANIFEST, lambda: unreadable_sources(probe_sections(settings)))
    found = []
    for check in checks:
        found.append(check)
        if not as_json:
            advice = f"\n       {check.advice}" if check.advice else ""
            typer.echo(f"{'ok' if check.is_well else 'FAIL':4} {check.name}: {check.says}{advice}")
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(check) for check in found], indent=2))
    raise typer.Exit(0 if all(check.is_well for check in found) else 1)


@app.command("run")
def run_bot(
    config: Config = None,
    only: Annotated[
        Component | None,
        typer.Option(help="web answers people, worker does the rest; PostgreSQL only"),
    ] = None,
) -> None:
    """Run the bot until it is stopped."""
    from bot.metrics_files import counted_together

    gc.disable()  # nothing that a start makes is garbage
    _load_plain_structlog()
    with counted_together():
        from bot.logs import log_to
        from bot.settings import load
        from handlers.readiness import require_shared_database, require_tokens
        from hour48.container import STOP_SECONDS, Bot
        from hour48.supervisor import keep_running

        settings = load(config)
        require_tokens(settings)
        if only is not None:
            require_shared_database(settings)
        log_to(settings.log)
        bot = Bot(settings)
        try:
            tell_where = partial(_tell_where, settings.log.form)
            keep_running(bot.as_processes(tell_where, only), STOP_SECONDS)
        finally:
            bot.core.release()


@app.command(cls=OptionalFile)
def demo(
    story: Annotated[Path | None, typer.Argument(help="a story; the grocer when left out")] = None,
    json_to: Annotated[
        str | None,
        typer.Option("--json", metavar="[FILE]", help="print the figures as JSON, or write FILE"),
    ] = None,
    keep: Annotated[bool, typer.Option(help="leave the workspace open in the browser")] = False,
) -> None:
    """Run one whole sprint from a story in a local workspace, pressing real buttons."""
    from hour48.local_workspace import open_local_bot
    from playground.showcase import show_demo

    show_demo(story, json_to, keep=keep, local=open_local_bot)


@app.command()
def play(
    port: Annotated[int, typer.Option(help="where to serve it; 0 takes a free port")] = 0,
    browser: Annotated[bool, typer.Option(help="open the browser")] = True,
) -> None:
    """Open the local workspace with a fresh team, to type /sprint plan and go."""
    from hour48.local_workspace import open_local_bot
    from playground.showcase import play_here

    play_here(port, local=open_local_bot, browser=browser)


def main() -> None:
    """Run the command line; a refusal is one sentence on standard error and exit code 2."""
    from bot.domain.errors import InputError, UnknownSprint
    from bot.slack.text import Mrkdwn, plain_words

    try:
        app()
    except UnknownSprint as refusal:
        typer.echo(say("sprint_unknown", number=refusal.sprint_id), err=True)
        raise SystemExit(2) from None
    except InputError as refusal:
        is_marked = isinstance(refusal.message, Mrkdwn)
        typer.echo(plain_words(refusal.message) if is_marked else refusal.message, err=True)
        raise SystemExit(2) from None
    except Exception as error:
        sentence = _sentence_of(error)
        if sentence is None:
            raise
        typer.echo(sentence, err=True)
        raise SystemExit(2) from None


def _sentence_of(error: Exception) -> str | None:
    """Return what is wrong with a file or the database; this loads nothing that was not before."""
    if isinstance(error, OSError) and error.filename is not None:
        return say("file_failed", file=error.filename, why=error.strerror)
    if "sqlalchemy" not in sys.modules:
        return None
    from bot.db.error_messages import sentence_of

    return sentence_of(error)
