"""The commands about deployments: kept models, callers, and the operator's way to the gate.

Packages are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hour48.commands import app
from hour48.database import chosen_team, opened_runtime, reading_runtime, team_of
from hour48.options import Config, Team
from hour48.texts import say, table

if TYPE_CHECKING:
    from bot.db.deployment_models import Deployment
    from bot.deployments.monitoring import Confirmation
    from bot.unit_of_work import Runtime, UnitOfWork

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON value")]

Hash = Annotated[str, typer.Argument(help="how its hash begins; `hour48 models list` shows them")]
Number = Annotated[int, typer.Argument(help="`hour48 deployments list` shows them")]

CONFIRM_SECONDS: Final = 5
"""How long a change waits for replicas that are up; a dead one is not counted after as long."""

models_app = typer.Typer(help="Models that baseline probes trained, kept by their hash.")
clients_app = typer.Typer(help="Callers of the prediction service and their tokens.")
deployments_app = typer.Typer(help="Deployments: what is live, and the way back from the machine.")
app.add_typer(models_app, name="models", no_args_is_help=True)
app.add_typer(clients_app, name="clients", no_args_is_help=True)
app.add_typer(deployments_app, name="deployments", no_args_is_help=True)


@contextmanager
def _reading(
    config: Path | None, team: str | None, deployment: int | None = None
) -> Iterator[UnitOfWork]:
    with reading_runtime(config) as runtime:
        of_row = team_of(runtime, deployment) if deployment and not team else None
        named = chosen_team(runtime, team or of_row, is_empty_fine=True)
        with runtime.reading(named) as uow:
            yield uow


@contextmanager
def _uow(config: Path | None, team: str | None) -> Iterator[UnitOfWork]:
    with opened_runtime(config) as runtime, runtime.uow(chosen_team(runtime, team)) as uow:
        yield uow


def _echo_json(value: object) -> None:
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@models_app.command("list")
def models_list(as_json: AsJson = False, config: Config = None) -> None:
    """List every kept model, the newest first."""
    from dataclasses import asdict

    from bot.deployments.model_store import list_models

    with reading_runtime(config) as runtime, runtime.reading_sessions() as session:
        found = list_models(session)
    if as_json:
        return _echo_json([asdict(each) for each in found])
    for each in found:
        about = f"{each.target or '–'} · {each.family or '–'} · {each.figure}"
        typer.echo(f"{each.sha256[:12]}  {each.kept_at:%Y-%m-%d %H:%M}  {about}  {each.sprint}")
    if not found:
        typer.echo(say("no_models"))
    return None


@models_app.command("show")
def models_show(sha: Hash, config: Config = None) -> None:
    """Print everything that is known of the model whose hash begins with SHA."""
    from bot.deployments.model_store import find_model

    with reading_runtime(config) as runtime, runtime.reading_sessions() as session:
        row = find_model(session, sha)
        _echo_json(
            {
                "sha256": row.sha256,
                "sprint": row.sprint_id,
                "run": row.probe_run_id,
                "target": row.target,
                "kind": row.kind,
                "family": row.family,
                "columns": row.columns,
                "figures": row.figures,
                "bytes": row.size,
                "kept_at": row.kept_at,
                "place": row.folder_path or "database",
            }
        )


@models_app.command("export")
def models_export(
    sha: Hash,
    file: Annotated[Path, typer.Argument(help="the file to write")],
    config: Config = None,
) -> None:
    """Write the model whose hash begins with SHA to FILE, after checking its bytes."""
    from bot.deployments.model_store import content_of, find_model
    from bot.domain.errors import InputError
    from bot.messages.catalog import say_plain

    if file.exists():
        raise InputError(say_plain("models.exists", file=file))
    with reading_runtime(config) as runtime, runtime.reading_sessions() as session:
        row = find_model(session, sha)
        file.write_bytes(content_of(row))
        typer.echo(say("wrote_model_bytes", sha256=row.sha256[:12], size=row.size, file=file))


@clients_app.command("create")
def clients_create(
    name: Annotated[str, typer.Argument(help="who calls, for example website")],
    scope: Annotated[
        list[str] | None, typer.Option(help="predict, outcome; both if left out")
    ] = None,
    deployment: Annotated[int | None, typer.Option(help="the only one that it may call")] = None,
    team: Team = None,
    config: Config = None,
) -> None:
    """Make a token for a caller; it is printed once and cannot be read again."""
    from bot.deployments.clients import create_client
    from bot.deployments.service import OPERATOR

    with _uow(config, team) as uow:
        client, token = create_client(uow, OPERATOR, name, scope or [], deployment)
        allowed = ", ".join(str(each) for each in client.scopes)
    typer.echo(say("client_created", name=name, allowed=allowed), err=True)
    typer.echo(token)


@clients_app.command("list")
def clients_list(as_json: AsJson = False, team: Team = None, config: Config = None) -> None:
    """List the callers; no token can be read."""
    from bot.deployments.clients import list_clients

    with _reading(config, team) as uow:
        found: list[dict[str, Any]] = [
            {
                "name": each.name,
                "scopes": list(each.scopes),
                "deployment": each.deployment_id,
                "created_at": each.created_at,
                "revoked_at": each.revoked_at,
            }
            for each in list_clients(uow)
        ]
    if as_json:
        return _echo_json(found)
    for each in found:
        state = table("client_state", str)["revoked" if each["revoked_at"] else "active"]
        deployment = each["deployment"]
        where = say("client_of_one", deployment=deployment) if deployment else say("client_of_all")
        typer.echo(f"{each['name']}  {', '.join(each['scopes'])}  {where}  {state}")
    if not found:
        typer.echo(say("no_clients"))
    return None


@clients_app.command("revoke")
def clients_revoke(
    name: Annotated[str, typer.Argument(help="`hour48 clients list` names them")],
    team: Team = None,
    config: Config = None,
) -> None:
    """Let a caller out; its next call is refused."""
    from bot.deployments.clients import revoke_client
    from bot.deployments.service import OPERATOR

    with _uow(config, team) as uow:
        revoke_client(uow, OPERATOR, name)
    typer.echo(say("client_revoked", name=name))


@deployments_app.command("list")
def deployments_list(as_json: AsJson = False, team: Team = None, config: Config = None) -> None:
    """List the workspace's deployments: what hour48 serves, and what runs elsewhere."""
    from bot.deployments.overview import list_deployments
    from bot.messages.catalog import say_plain

    with _reading(config, team) as uow:
        found = list_deployments(uow)
    if as_json:
        return _echo_json(found)
    for each in found:
        state = say_plain(f"rollout.state_{each['state']}")
        about = " · ".join(filter(None, (state, f"{each['percent']:g} %", each["trust"])))
        typer.echo(f"{each['id']}  {about}  {each['sprint']}")
    if not found:
        typer.echo(say("no_deployment"))
    return None


@deployments_app.command("show")
def deployments_show(
    number: Number, as_json: AsJson = False, team: Team = None, config: Config = None
) -> None:
    """Print what the live card says of deployment NUMBER: traffic, guards, alerts, replicas."""
    from bot.deployments.overview import deployment_facts, deployment_lines

    with _reading(config, team, number) as uow:
        if as_json:
            return _echo_json(deployment_facts(uow, number))
        for line in deployment_lines(uow, number):
            typer.echo(line)
    return None


@deployments_app.command("check")
def deployments_check(number: Number, team: Team = None, config: Config = None) -> None:
    """Say what deployment NUMBER still needs; exit code 1 while anything is missing."""
    with _reading(config, team, number) as uow:
        is_open = _echo_missing(uow, number)
    raise typer.Exit(0 if is_open else 1)


def _echo_missing(uow: UnitOfWork, number: int) -> bool:
    from bot.deployments.overview import missing_lines

    missing, where = missing_lines(uow, number)
    for line in missing:
        typer.echo(line)
    counted = say("still_missing", count=len(missing), where=where)
    typer.echo(counted if missing else say("nothing_missing"))
    return not missing


@deployments_app.command("open")
def deployments_open(
    number: Number,
    override: Annotated[str | None, typer.Option(help="why, although something is missing")] = None,
    team: Team = None,
    config: Config = None,
) -> None:
    """Give deployment NUMBER its first 1 %, through the same gate as the button in Slack."""
    from bot.deployments.service import OPERATOR, open_traffic

    def act(uow: UnitOfWork) -> str:
        return _on_percent(open_traffic(uow, OPERATOR, number, override=override))

    _change(config, team, number, act)


@deployments_app.command("advance")
def deployments_advance(number: Number, team: Team = None, config: Config = None) -> None:
    """Take deployment NUMBER to its next stage (5, 25, 100 %), if the guards say go."""
    from bot.deployments.service import OPERATOR, advance

    _change(config, team, number, lambda uow: _on_percent(advance(uow, OPERATOR, number)))


@deployments_app.command("step-back")
def deployments_step_back(number: Number, team: Team = None, config: Config = None) -> None:
    """Take deployment NUMBER to its next smaller stage; `rollback` takes it out."""
    from bot.deployments.service import OPERATOR, step_back

    _change(config, team, number, lambda uow: _on_percent(step_back(uow, OPERATOR, number)))


@deployments_app.command("shadow")
def deployments_shadow(
    number: Number,
    log: Annotated[str | None, typer.Argument(help="a log to replay: SOURCE, CSV, JSONL")] = None,
    entity: Annotated[str, typer.Option(help="column of whom a request is about")] = "entity",
    config: Config = None,
) -> None:
    """Start the shadow run of deployment NUMBER, and replay a log of requests in it."""
    from bot.deployments import batches, queries
    from bot.deployments.service import OPERATOR, start_shadow
    from bot.domain.batches import TO_SHADOW
    from bot.domain.enums import DeploymentState
    from hour48.score import opened_worker, work_off

    with opened_worker(config) as (runtime, worker):
        team_id = chosen_team(runtime, team_of(runtime, number))
        with runtime.uow(team_id) as uow:
            row, _ = queries.find(uow, number)
            if row.state != DeploymentState.SHADOW:
                start_shadow(uow, OPERATOR, number)
                typer.echo(say("in_shadow_run", number=number))
        if log is not None:
            asked = batches.BatchRequest(log, None, entity, TO_SHADOW)
            typer.echo(work_off(runtime, worker, number, asked))
            _look(runtime, number)
        with runtime.reading(team_id) as uow:
            _echo_missing(uow, number)


def _look(runtime: Runtime, number: int) -> None:
    """Let the guards look at what was replayed; the second look reads to the end."""
    from datetime import UTC, datetime

    from serving.watch import watcher_on

    watcher = watcher_on(runtime.engine)
    for _ in range(2):
        watcher.look(number, datetime.now(UTC))


@deployments_app.command("rehearse")
def deployments_rehearse(number: Number, team: Team = None, config: Config = None) -> None:
    """Rehearse the rollback of deployment NUMBER in its shadow run, and time it."""
    from bot.deployments.service import OPERATOR, rehearse
    from bot.messages.catalog import say_plain

    def act(uow: UnitOfWork) -> str:
        rehearse(uow, OPERATOR, number)
        return say_plain("rollout.machine_rehearsing", number=number)

    _change(config, team, number, act)


@deployments_app.command("rollback")
def deployments_rollback(
    number: Number,
    reason: Annotated[str, typer.Option(help="why; the channel reads it")] = "",
    team: Team = None,
    config: Config = None,
) -> None:
    """Pull deployment NUMBER: everybody gets the control answer within two seconds.

    Exit code 1 where a replica has not confirmed it within 5 seconds; it is named then.
    """
    from bot.deployments.service import OPERATOR, roll_back
    from bot.messages.catalog import say_plain

    def act(uow: UnitOfWork) -> str:
        _, changed = roll_back(uow, OPERATOR, number, reason)
        return say_plain("rollout.machine_rolled_back", number=number, changed=changed)

    _change(config, team, number, act)


@deployments_app.command("end")
def deployments_end(number: Number, team: Team = None, config: Config = None) -> None:
    """Take deployment NUMBER out of service for good."""
    from bot.deployments.service import OPERATOR, end
    from bot.messages.catalog import say_plain

    def act(uow: UnitOfWork) -> str:
        end(uow, OPERATOR, number)
        return say_plain("rollout.machine_ended", number=number)

    _change(config, team, number, act)


def _on_percent(row: Deployment) -> str:
    from bot.messages.catalog import say_plain

    return say_plain("rollout.machine_advanced", number=row.id, percent=f"{row.percent:g}")


def _change(
    config: Path | None, team: str | None, number: int, act: Callable[[UnitOfWork], str]
) -> None:
    """Make one change, say so once it is written, and then who has taken it.

    Serving processes obey the row, whether this waits for them or not; and where no bot runs,
    nobody else would tell those whose database is out of reach.
    """
    from bot.deployments.queries import newest_stage_id
    from scheduler.deployment_monitor import DeploymentMonitor

    with opened_runtime(config) as runtime:
        with runtime.uow(chosen_team(runtime, team or team_of(runtime, number))) as uow:
            notice = act(uow)
            stage_id = newest_stage_id(uow, number)
        typer.echo(notice)
        seen = DeploymentMonitor(runtime).confirm(stage_id, CONFIRM_SECONDS)
    _echo_confirmed(seen)
    if seen.waiting:
        raise typer.Exit(1)


def _echo_confirmed(seen: Confirmation) -> None:
    from bot.messages.catalog import say_plain

    words = "_not" if seen.waiting else "" if seen.replicas else "_nobody"
    text = say_plain(
        f"rollout.confirmed{words}",
        replicas=seen.replicas,
        milliseconds=round(seen.milliseconds or 0),
        seconds=CONFIRM_SECONDS,
        waiting=len(seen.waiting),
        named=", ".join(seen.waiting),
    )
    typer.echo(text)


@app.command("forget-person")
def forget(
    person: Annotated[str, typer.Argument(help="the id that callers send")],
    deployment: Annotated[int | None, typer.Option(help="only this one; all if left out")] = None,
    team: Team = None,
    config: Config = None,
) -> None:
    """Delete every prediction about a person and every outcome of theirs."""
    from bot.deployments.service import OPERATOR
    from bot.messages.catalog import say_plain
    from bot.privacy.ledgers import forget_person

    with _uow(config, team) as uow:
        gone = forget_person(uow, OPERATOR, person, deployment)
    typer.echo(say_plain("rollout.forgotten", **gone._asdict()))
