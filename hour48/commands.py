"""The commands that need no running bot: each is one call into the package that does the work.

Packages are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from typer.core import TyperCommand

from bot.texts import use_language
from hour48.options import AsJson, Config, Output, Team
from hour48.texts import own_language, say

app = typer.Typer(
    name="hour48",
    help="Run a 48-hour AI deployment sprint in Slack and learn what really stops you.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


NewFolder = Annotated[Path, typer.Argument(help="the folder to write; it may hold nothing yet")]
STORY_SUFFIXES: Final = (".yaml", ".yml")


class OptionalFile(TyperCommand):
    """A command whose `--json` takes a file or stands alone, which then means standard output."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer's own context
        """Put `-` after a `--json` that is followed by no file of its own."""
        filled = list(args)
        for place in [index for index, arg in enumerate(args) if arg == "--json"][::-1]:
            following = args[place + 1] if place + 1 < len(args) else "--"
            if following.startswith("--") or following.endswith(STORY_SUFFIXES):
                filled.insert(place + 1, "-")
        return super().parse_args(ctx, filled)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"hour48 {version('hour48')}")
        raise typer.Exit


OF_FILES: Final = frozenset({"ask", "lint-fix", "probe", "read", "replay", "suggest"})
"""Commands about a file or a line of text, which no workspace gives a language."""


@app.callback()
def begin(
    ctx: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", help="print the version", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Run a 48-hour AI deployment sprint in Slack and learn what really stops you."""
    is_of_file = ctx.invoked_subcommand in OF_FILES
    ctx.with_resource(use_language(own_language() if is_of_file else None))


@app.command("manifest")
def manifest(
    as_json: AsJson = False,
) -> None:
    """Print the app manifest, to paste where Slack asks for it."""
    import json

    import yaml

    from hour48.shipped import MANIFEST

    text = MANIFEST.read_text("utf-8")
    typer.echo(json.dumps(yaml.safe_load(text), indent=2) if as_json else text.rstrip())


@app.command("sbom")
def sbom(
    output: Output = None,
) -> None:
    """Print the bill of materials of what is installed here and runs, as CycloneDX JSON."""
    from hour48.sbom import bill_of_materials

    text = bill_of_materials()
    if output is None:
        typer.echo(text)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(f"{text}\n", encoding="utf-8")
    typer.echo(say("wrote_file", file=output))


ops_app = typer.Typer(help="Files for operators: settings, alerts, dashboard, deployment.")
app.add_typer(ops_app, name="ops", no_args_is_help=True)


@ops_app.command("copy")
def ops_copy(folder: NewFolder) -> None:
    """Copy the operator's files into the new FOLDER."""
    from hour48.shipped import copy_files

    files = copy_files(folder)
    typer.echo(say("copied_files", files=len(files), folder=folder))


keys_app = typer.Typer(help="Keys that seal the tokens of several workspaces.")
app.add_typer(keys_app, name="keys", no_args_is_help=True)


@keys_app.command("new")
def keys_new() -> None:
    """Print a fresh key, to stand first in database.encryption_keys."""
    from bot.db.encryption import new_key

    typer.echo(new_key())


@keys_app.command("seal")
def keys_seal(
    config: Config = None,
) -> None:
    """Read a secret from standard input and print it sealed, to stand in hour48.toml."""
    from bot.db.encryption import Encryption
    from bot.domain.errors import InputError
    from bot.settings import load
    from handlers.language_model import SEALED

    secret = typer.get_text_stream("stdin").read().strip()
    if not secret:
        raise InputError(say("nothing_to_seal"))
    typer.echo(f"{SEALED}{Encryption(load(config).keys()).seal(secret)}")


@keys_app.command("rotate")
def keys_rotate(
    config: Config = None,
) -> None:
    """Seal every token with the first key; older keys can be removed afterwards."""
    from bot.db.encryption import Encryption
    from bot.db.engine import session_factory
    from bot.db.existing import open_stored
    from bot.db.installations import Installations
    from bot.evidence.systems import reseal
    from bot.settings import load

    settings = load(config)
    encryption = Encryption(settings.keys())
    engine = open_stored(settings.database.url.get_secret_value())
    sessions = session_factory(engine)
    count = Installations(sessions, encryption).reseal()
    with sessions.begin() as session:
        connected = reseal(session, encryption)
    text = say("workspaces_evidence_systems", count=count, connected=connected)
    typer.echo(say("tokens_sealed", workspaces=text))


playbook_app = typer.Typer(help="Copy and check the playbook, the method as data.")
app.add_typer(playbook_app, name="playbook", no_args_is_help=True)


@playbook_app.command("copy")
def playbook_copy(folder: NewFolder) -> None:
    """Copy the standard playbook into the new FOLDER, to change it there."""
    from bot.playbook.loader import copy_playbook

    files = copy_playbook(folder)
    typer.echo(say("playbook_copied", files=len(files), folder=folder))


@playbook_app.command("check")
def playbook_check(
    folder: Annotated[Path, typer.Argument(help="what `hour48 playbook copy` wrote")],
) -> None:
    """Say everything that is wrong with the playbook in FOLDER; exit code 1 if anything is."""
    from bot.playbook.loader import check_playbook

    problems = check_playbook(folder)
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(
        say("playbook_to_correct", number=len(problems)) if problems else say("playbook_can_used")
    )
    raise typer.Exit(1 if problems else 0)


@app.command("probe")
def probe(
    name: Annotated[str, typer.Argument(help="which probe; --list names them")] = "",
    places: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE[.TABLE]", help="what it looks at")
    ] = None,
    *,
    target: Annotated[str | None, typer.Option(help="the label column")] = None,
    template: Annotated[str | None, typer.Option(help="churn, anomaly, inventory …")] = None,
    when: Annotated[
        str | None, typer.Option("--time", help="the date you would predict at")
    ] = None,
    option: Annotated[list[str] | None, typer.Option(help="key=value for the probe")] = None,
    json: AsJson = False,
    timeout: Annotated[float | None, typer.Option(help="seconds")] = None,
    memory: Annotated[int | None, typer.Option(help="megabytes")] = None,
    config: Config = None,
    show_all: Annotated[bool, typer.Option("--all", help="print every finding")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="name the probes")] = False,
    checks: Annotated[Path | None, typer.Option(help="confirmed checks to run again")] = None,
    save_checks: Annotated[Path | None, typer.Option(help="write the checks it proposes")] = None,
    report_to: Annotated[str | None, typer.Option(help="send the findings to a sprint")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="HOUR48_REPORT_TOKEN", help="what `/probe … remote` gave")
    ] = None,
) -> None:
    """Look at a source: a configured NAME, a file's path or a database URL, then .TABLE."""
    from probes.cli import list_probes, probe_command

    if show_list or not name:
        return list_probes(as_json=json)
    return probe_command(
        name,
        places or [],
        target=target,
        options=[
            *(option or []),
            *([f"use_case={template}"] if template else []),
            *([f"time={when}"] if when else []),
        ],
        as_json=json,
        timeout=timeout,
        memory=memory,
        config=config,
        everything=show_all,
        checks=checks,
        save_checks=save_checks,
        report_to=report_to,
        token=token,
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

    found = answers(text, file)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else shown(found))


@app.command("read")
def read_line(
    text: Annotated[str | None, typer.Argument(help="what somebody typed")] = None,
    file: Annotated[Path | None, typer.Option(help="a text file with one such line a line")] = None,
    on: Annotated[str | None, typer.Option(help="the day it was said, YYYY-MM-DD; today")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """Read how long, whom it waits for, how bad and who has it from what somebody typed."""
    from hour48.reading import lines_read, shown

    for line in lines_read(text, file, on):
        typer.echo(shown(line, as_json=as_json))


@app.command("ask")
def ask_story(
    story: Annotated[Path, typer.Argument(help="a story file: one sprint as YAML")],
    question: Annotated[str, typer.Argument(help="what you want to know, in quotes")],
    at: Annotated[float | None, typer.Option(help="as known at this hour of the sprint")] = None,
    asker: Annotated[str | None, typer.Option("--as", help="who asks, by name")] = None,
    after: Annotated[list[str] | None, typer.Option(help="a question that it follows up")] = None,
    as_json: AsJson = False,
    playbook: Annotated[Path | None, typer.Option(help="the story's own playbook")] = None,
    config: Config = None,
) -> None:
    """Answer a question about a sprint from its record alone."""
    import json

    from hour48.asking import answer_story, shown

    words = playbook or _configured_playbook(config)
    told = answer_story(story, question, at=at, asker=asker, playbook=words, after=after or ())
    plain = json.dumps(told.as_json(), ensure_ascii=False, indent=2) if as_json else shown(told)
    typer.echo(plain)


@app.command("lint-fix")
def lint_fix_item(
    text: Annotated[str, typer.Argument(help="a fix-it item")],
    owner: Annotated[str | None, typer.Option(help="who, if the text doesn't say")] = None,
    due: Annotated[str | None, typer.Option(help="by when, if the text doesn't say")] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a fix-it item names who, what, where and when; exit code 1 if it is vague."""
    import dataclasses
    import json

    from bot.fix_lint import lint_fix

    found = lint_fix(text, owner=owner, due=due)
    shown = json.dumps(dataclasses.asdict(found), ensure_ascii=False, indent=2)
    typer.echo(shown if as_json else f"{found.message}\n{found.suggestion}".strip())
    raise typer.Exit(0 if found.ok else 1)


@app.command("replay")
def replay(
    story: Annotated[Path | None, typer.Argument(help="a story file: one sprint as YAML")] = None,
    sprint: Annotated[int | None, typer.Option(help="a sprint's number in the database")] = None,
    json: AsJson = False,
    playbook: Annotated[Path | None, typer.Option(help="the story's own playbook")] = None,
    team: Team = None,
    config: Config = None,
) -> None:
    """Judge a sprint from its story; exit code 1 if the story expects another verdict."""
    if (story is None) == (sprint is None):
        raise typer.BadParameter("name a story file, or a sprint with --sprint NUMBER")
    if sprint is not None:
        from bot.settings import load
        from hour48.stored_sprints import replay_sprint

        return replay_sprint(load(config), sprint, team_id=team, as_json=json)
    from bot.playbook.replay import replay_story

    words = playbook or _configured_playbook(config)
    if story is not None and not replay_story(story, as_json=json, playbook=words):
        raise typer.Exit(1)
    return None


def _configured_playbook(config: Path | None) -> Path | None:
    """Return the administrator's own playbook; nothing is read where nothing is configured."""
    from bot.settings import DEFAULT_FILE, load

    return load(config).playbook if config or DEFAULT_FILE.is_file() else None


@app.command("report")
def report(
    sprint: Annotated[str, typer.Argument(help="a sprint's number, or a story file")],
    form: Annotated[str, typer.Option("--format", help="html, pdf, png, json or csv")] = "html",
    output: Output = None,
    playbook: Annotated[Path | None, typer.Option(help="your own playbook")] = None,
    kickoff: Annotated[str | None, typer.Option(help="hour 0, as in 2026-06-09T09:00")] = None,
    zone: Annotated[str, typer.Option(help="time zone, as in Europe/Berlin")] = "UTC",
    team: Team = None,
    config: Config = None,
) -> None:
    """Write a sprint's report to a file."""
    if sprint.isdecimal():
        from bot.settings import load
        from hour48.stored_sprints import report_sprint

        made = report_sprint(load(config), int(sprint), form, output, team_id=team)
    else:
        from bot.report.command import report_story

        story, words = Path(sprint), playbook or _configured_playbook(config)
        with use_language(own_language()):
            made = report_story(story, form, output, playbook=words, kickoff=kickoff, zone=zone)
    typer.echo(say("wrote_file", file=made))


@app.command("dossier")
def dossier(
    sprint: Annotated[int, typer.Argument(help="the sprint's number; `hour48 sprints` lists them")],
    approver: Annotated[
        str, typer.Option(help="security, privacy, legal or business")
    ] = "security",
    form: Annotated[str, typer.Option("--format", help="pdf, html or json")] = "pdf",
    output: Output = None,
    team: Team = None,
    config: Config = None,
) -> None:
    """Write what one approver needs to know about a sprint's model to a file."""
    from bot.settings import load
    from hour48.stored_sprints import dossier_sprint

    made = dossier_sprint(load(config), sprint, approver, form, output, team_id=team)
    typer.echo(say("wrote_file", file=made))


@app.command("sprints")
def list_sprints(
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON list")] = False,
    team: Team = None,
    config: Config = None,
) -> None:
    """List the sprints in the database, the newest first, with their numbers."""
    from bot.settings import load
    from hour48.stored_sprints import show_sprints

    show_sprints(load(config), team_id=team, as_json=as_json)


@app.command()
def portfolio(
    json: AsJson = False,
    team: Team = None,
    config: Config = None,
) -> None:
    """Say what all closed sprints say together: paths, hours lost, quotes against facts."""
    from bot.settings import load
    from hour48.stored_sprints import show_portfolio

    show_portfolio(load(config), team_id=team, as_json=json)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="the new file, for example hour48.backup")],
    config: Config = None,
) -> None:
    """Write all rows into FILE, beside a running bot if there is one."""
    from bot.db.backup import back_up
    from bot.db.existing import open_stored
    from bot.settings import load

    counts = back_up(open_stored(load(config).database.url.get_secret_value()), file)
    typer.echo(say("wrote_rows_tables", values=sum(counts.values()), counts=len(counts), file=file))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="what `hour48 backup` wrote")],
    config: Config = None,
) -> None:
    """Read FILE into the empty database of the configuration, of either kind."""
    from bot.db.backup import restore as read_back
    from bot.db.engine import open_engine
    from bot.db.single_instance import alone_on
    from bot.settings import load

    engine = open_engine(load(config).database.url.get_secret_value())
    with alone_on(engine):
        counts = read_back(engine, file)
    typer.echo(say("read_rows_tables", values=sum(counts.values()), counts=len(counts), file=file))
