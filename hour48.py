"""The front door: the `hour48` command and the composition root. It alone knows all other rooms.

Rooms are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="hour48",
    help="Run a 48-hour AI deployment sprint in Slack and learn what really stops you.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def front_door() -> None:
    """Run a 48-hour AI deployment sprint in Slack and learn what really stops you."""


playbook_app = typer.Typer(help="Copy and check the playbook, the method as data.")
app.add_typer(playbook_app, name="playbook", no_args_is_help=True)


@playbook_app.command("copy")
def playbook_copy(folder: Path) -> None:
    """Copy the standard playbook into the new FOLDER, to change it there."""
    from bot.playbook.loader import copy_playbook

    files = copy_playbook(folder)
    typer.echo(f"Copied {len(files)} files to {folder}. Check them with `hour48 playbook check`.")


@playbook_app.command("check")
def playbook_check(folder: Path) -> None:
    """Say everything that is wrong with the playbook in FOLDER; exit code 1 if anything is."""
    from bot.playbook.loader import check_playbook

    problems = check_playbook(folder)
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(f"{len(problems)} to correct." if problems else "This playbook can be used.")
    raise typer.Exit(1 if problems else 0)


@app.command("probe")
def probe(
    name: Annotated[str, typer.Argument(help="which probe; --list names them")] = "",
    places: Annotated[list[str] | None, typer.Argument(metavar="SOURCE[.TABLE]")] = None,
    *,
    target: Annotated[str | None, typer.Option(help="the label column")] = None,
    option: Annotated[list[str] | None, typer.Option(help="key=value for the probe")] = None,
    json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
    timeout: Annotated[float | None, typer.Option(help="seconds")] = None,
    memory: Annotated[int | None, typer.Option(help="megabytes")] = None,
    config: Annotated[Path | None, typer.Option(help="instead of ./hour48.toml")] = None,
    show_all: Annotated[bool, typer.Option("--all", help="print every finding")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="name the probes")] = False,
) -> None:
    """Look at a source: a configured NAME, a file's path or a database URL, then .TABLE."""
    from probes.cli import list_probes, probe_command

    if show_list or not name:
        return list_probes(json)
    return probe_command(
        name,
        places or [],
        target=target,
        options=option,
        as_json=json,
        timeout=timeout,
        memory=memory,
        config=config,
        everything=show_all,
    )


@app.command()
def suggest(
    text: Annotated[str | None, typer.Argument(help="what stops you, in a sentence")] = None,
    file: Annotated[Path | None, typer.Option(help="a text file with one blocker a line")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="all twelve kinds, ranked")] = False,
) -> None:
    """Say which kind of blocker a text is about: its root cause, not its symptom."""
    import json

    from bot.suggest.answers import answers, shown

    told = answers(text, file)
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2) if as_json else shown(told))


@app.command("lint-fix")
def lint_fix_item(
    text: Annotated[str, typer.Argument(help="a fix-it item")],
    owner: Annotated[str | None, typer.Option(help="who, if the text doesn't say")] = None,
    due: Annotated[str | None, typer.Option(help="by when, if the text doesn't say")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Say whether a fix-it item is concrete: who does what to which system by when."""
    import dataclasses
    import json

    from bot.fixes import lint_fix

    told = lint_fix(text, owner=owner, due=due)
    shown = json.dumps(dataclasses.asdict(told), ensure_ascii=False, indent=2)
    typer.echo(shown if as_json else f"{told.message}\n{told.suggestion}".strip())


@app.command("replay")
def replay(
    story: Annotated[Path, typer.Argument(help="a story file: one sprint as YAML")],
    json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Judge a sprint from its story; exit code 1 if the story expects another verdict."""
    from bot.playbook.replay import replay_story

    if not replay_story(story, as_json=json):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; a refusal is one sentence on standard error and exit code 2."""
    from bot.sprint.errors import InputError

    try:
        app()
    except InputError as refusal:
        typer.echo(refusal.message, err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
