"""`hour48 verify-plan`: every check of a plan at once, beside a running bot or without one."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hour48.commands import app
from hour48.options import AsJson, Config, Team
from hour48.texts import say, table

if TYPE_CHECKING:
    from bot.fixes.verify import VerifiedPlan

LOOK_AGAIN: Final = 0.5
"""Seconds between looks at what a running bot's worker took."""


@app.command("verify-plan")
def verify_plan(
    sprint: Annotated[int, typer.Argument(help="a sprint's number; `hour48 sprints` lists them")],
    as_json: AsJson = False,
    team: Team = None,
    config: Config = None,
) -> None:
    """Run every check of a sprint's plan and write down what they say; exit code 1 if one fails."""
    from bot.fixes import verify
    from bot.settings import load, probe_sections
    from hour48.database import writing_workspace
    from probes.settings import read_settings
    from scheduler.check_worker import CheckWorker

    settings = load(config)
    with writing_workspace(settings, team) as (runtime, team_id):
        before = verify.ask_all(runtime, team_id, sprint)
        worker = CheckWorker(
            runtime, read_settings(probe_sections(settings), file=settings.file), nightly=False
        )
        while verify.is_waiting(runtime, sprint):
            if not worker.work_once():
                time.sleep(LOOK_AGAIN)  # a running bot took the rest
        found = verify.verified(runtime, team_id, sprint, before)
        if as_json:
            typer.echo(json.dumps(found.plain(), ensure_ascii=False, indent=2))
        else:
            _show(found)
    raise typer.Exit(0 if found.holds else 1)


def _show(found: VerifiedPlan) -> None:
    from rich.console import Console
    from rich.table import Table

    from bot.messages.catalog import say_plain

    console = Console()
    counts = found.counts
    columns = table("plan_columns", str).values()
    listed = Table(*columns, title=found.title, title_justify="left")
    for item in found.items:
        before, state = (say_plain(f"fix.word_{each}") for each in (item.before, item.state))
        if item.held_until:
            state = say("held_until", state=state, day=item.held_until[:10])
        check = item.check or say("nothing_check")
        listed.add_row(f"{item.number}. {item.text}", before, state, check, item.says)
    console.print(listed, markup=False)
    console.print(
        say(
            "plan_items_total",
            proved=counts["proved"],
            count=counts["count"],
            claimed=counts["claimed"],
            regressed=counts["regressed"],
            stuck=counts["stuck"],
            open=counts["open"],
        ),
        highlight=False,
    )
    for each in found.kept:
        place = ".".join(filter(None, (each["source"], each["table"])))
        console.print(
            say(
                "kept_check",
                place=place,
                rule=each["rule"],
                outcome=each["outcome"] or say("run_yet"),
                says=each["says"],
            ),
            markup=False,
        )
