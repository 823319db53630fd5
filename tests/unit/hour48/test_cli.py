"""Every command that only asks leaves an empty folder empty, and says which database is missing."""

import json
from pathlib import Path

import pytest
from typer.core import TyperCommand as Command
from typer.main import get_command
from typer.testing import CliRunner

from hour48.cli import app, main
from tests.runtimes import TEAM, add_sprint, open_runtime

pytestmark = pytest.mark.smoke

ASKS: dict[str, int] = {
    "sprints": 0,
    "sprints --json": 0,
    "portfolio": 0,
    "portfolio --json": 0,
    "backtest": 0,
    "replay --sprint 1": 2,
    "report 1": 2,
    "doctor": 1,
    "backup kept.backup": 2,
    "restore kept.backup": 2,
    "keys new": 0,
    "manifest": 0,
    "sbom": 0,
    "probe --list": 0,
    "suggest replica": 0,
    "read waiting": 0,
    "lint-fix something": 1,
    "ask nowhere.yaml blocked?": 2,
    "playbook check nowhere": 2,
    "simulate --companies 1 --sprints 1": 0,
    "models list": 0,
    "models show abcd": 2,
    "models export abcd model.skops": 2,
    "clients list": 0,
    "clients create web": 2,
    "clients revoke web": 2,
    "deployments list": 0,
    "deployments check 1": 2,
    "deployments show 1": 2,
    "deployments open 1": 2,
    "deployments advance 1": 2,
    "deployments step-back 1": 2,
    "deployments shadow 1": 2,
    "deployments rehearse 1": 2,
    "deployments rollback 1": 2,
    "deployments end 1": 2,
    "forget-person someone": 2,
    "audit verify": 2,
    "audit adopt": 2,
    "bundle 1": 2,
    "map": 0,
    "evidence adapters": 0,
    "evidence list": 2,
    "evidence check jira": 2,
    "evidence connect jira": 2,
    "evidence disconnect jira": 2,
    "evidence import desk x.csv": 2,
    "person export someone": 2,
    "person erase someone --yes": 2,
    "person scrub-file": 2,
    "export docker out --deployment 1": 2,
    "score t --deployment 1 --entity id": 2,
    "serve --deployment 1": 2,
}
"""What is asked → its exit code where no database is."""
APART = {"run", "migrate", "demo", "play", "simulate"}
"""Commands that exist to make a database or to run for long; `ASKS` has a short `simulate`."""
STORED = {
    asked
    for asked in ASKS
    if asked.split()[0] in {"sprints", "portfolio", "backtest", "models", "clients", "deployments"}
}


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _commands() -> dict[str, Command]:
    found: dict[str, Command] = {}
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]  # it is a group
        inner = getattr(command, "commands", None)
        found |= {f"{name} {each}": inner[each] for each in inner} if inner else {name: command}
    return found


def _needed(command: Command) -> list[str]:
    """Return something for each argument that a command cannot do without."""
    needed = [
        each for each in command.params if each.param_type_name == "argument" and each.required
    ]
    return ["docker" if each.name == "platform" else "1" for each in needed]


@pytest.mark.parametrize("name", sorted(set(_commands()) - APART))
def test_no_command_creates_a_database_by_being_tried(name: str, nowhere: Path) -> None:
    CliRunner().invoke(app, [*name.split(), *_needed(_commands()[name])])
    assert not list(nowhere.glob("*.db*"))


@pytest.mark.parametrize("asked", ASKS)
def test_a_question_creates_nothing(asked: str, nowhere: Path) -> None:
    from bot.domain.errors import InputError

    told = CliRunner().invoke(app, asked.split())
    code = 2 if isinstance(told.exception, InputError) else told.exit_code
    assert code == ASKS[asked], told.output
    assert list(nowhere.iterdir()) == []
    if asked in STORED and code == 0:
        assert "no database at hour48.db" in told.stderr


def _told(asked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the refusal of a command, as somebody reads it."""
    monkeypatch.setattr("sys.argv", ["hour48", *asked.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("asked", ["replay --sprint 9", "report 9", "dossier 9", "verify-plan 9"])
def test_a_sprint_that_is_not_there_is_one_sentence(
    asked: str,
    nowhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = _told(asked, monkeypatch, capsys)
    assert told.count("\n") == 1
    assert "no database at hour48.db" in told
    open_runtime(nowhere / "hour48.db").engine.dispose()
    told = _told(asked, monkeypatch, capsys)
    assert told == "There is no sprint number 9 here. `hour48 sprints` lists them.\n"


@pytest.mark.parametrize("asked", ["sprints", "portfolio", "map", "backtest", "deployments list"])
def test_a_workspace_that_is_unknown_is_named_with_the_known_ones(
    asked: str,
    nowhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    runtime = open_runtime(nowhere / "hour48.db")
    add_sprint(runtime)
    runtime.engine.dispose()
    told = _told(f"{asked} --team TNOBODY", monkeypatch, capsys)
    assert told == f"No workspace “TNOBODY” keeps sprints here; there are {TEAM}.\n"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("sbom -o here", "here can't be used: Is a directory.\n"),
        ("serve --artifact empty", "empty is not a saved model. "),
        ("export docker out --artifact empty", "empty is not a saved model. "),
        ("sprints --config binary", "binary is not UTF-8 text; save it as UTF-8.\n"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(
    asked: str,
    told: str,
    nowhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("here").mkdir()
    Path("empty").touch()
    Path("binary").write_bytes(bytes(range(256)))
    said = _told(asked, monkeypatch, capsys)
    assert said.startswith(told)
    assert said.count("\n") == 1


def test_every_argument_and_option_says_what_it_is() -> None:
    silent = [
        f"{name} {param.name}"
        for name, command in _commands().items()
        for param in command.params
        if not getattr(param, "help", None)
    ]
    assert not silent


def test_sprints_lists_numbers_titles_and_states(nowhere: Path) -> None:
    runtime = open_runtime(nowhere / "hour48.db")
    add_sprint(runtime, title="Churn [bold]first[/bold]")
    runtime.engine.dispose()
    told = CliRunner().invoke(app, ["sprints"])
    assert "Churn [bold]first[/bold]" in told.stdout
    assert not told.stderr
    listed = json.loads(CliRunner().invoke(app, ["sprints", "--json"]).stdout)
    assert [(each["number"], each["state"]) for each in listed] == [(1, "running")]


def test_a_trail_that_is_gone_does_not_contain_a_noted_link(nowhere: Path) -> None:
    open_runtime(nowhere / "hour48.db").engine.dispose()
    whole = CliRunner().invoke(app, ["audit", "verify"])
    gone = CliRunner().invoke(app, ["audit", "verify", "--anchor", "f" * 64])
    assert (whole.exit_code, gone.exit_code) == (0, 1)
    assert "does not contain the link" in gone.stdout


@pytest.mark.parametrize("asked", ["sprints", "audit verify", "migrate", "backup x"])
def test_a_server_that_is_away_is_one_sentence(
    asked: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "postgresql://hour48:SECRET@localhost:1/hour48"
    monkeypatch.setenv("HOUR48_DATABASE__URL", url)
    monkeypatch.setattr("sys.argv", ["hour48", *asked.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told.startswith("PostgreSQL does not answer: ")
    assert (told.count("\n"), "SECRET" in told) == (1, False)


@pytest.mark.parametrize("folder", ["there", "not/there"])
def test_doctor_says_whether_the_database_can_be_created(folder: str, nowhere: Path) -> None:
    (nowhere / "there").mkdir()
    (nowhere / "hour48.toml").write_text(
        f'[database]\nurl = "sqlite:///{folder}/hour48.db"\n', encoding="utf-8"
    )
    told = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    database = next(check for check in told if check["name"] == "database")
    assert database["is_well"] is (folder == "there")
