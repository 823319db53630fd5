"""What answers calls with somebody's model reads its database and its models, and nothing else."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.isolation import landlock, seccomp
from bot.isolation.confinement import Network
from serving import confining

pytestmark = pytest.mark.skipif(not landlock.version(), reason="this system has no Landlock")


def tried(folder: Path, url: str, **asked: tuple[object, ...]) -> dict[str, str]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.integration.isolation.curious_worker"]
    subprocess.run(
        [*command, str(folder), url, json.dumps(asked)], check=True, timeout=60, cwd=Path()
    )
    return dict(json.loads((folder / "told.json").read_text(encoding="utf-8")))


def test_a_served_process_opens_no_outside_file_and_no_connection(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "rows.csv").write_text("rows", encoding="utf-8")
    (tmp_path / "bot.db").write_text("db", encoding="utf-8")
    (tmp_path / "hour48.toml").write_text("secret", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        told = tried(
            tmp_path / "models",
            f"sqlite:///{tmp_path / 'bot.db'}",
            outside=("read", f"at:{outside / 'rows.csv'}"),
            listed=("list", f"at:{outside}"),
            written=("write", f"at:{outside / 'new'}"),
            configuration=("read", f"at:{tmp_path / 'hour48.toml'}"),
            other_memory=("read", f"at:/proc/{os.getpid()}/environ"),
            database=("read", f"at:{tmp_path / 'bot.db'}"),
            beside_it=("write", f"at:{tmp_path / 'bot.db-wal'}"),
            models=("write", f"at:{tmp_path / 'models' / 'new'}"),
            call=("connect", *listening.getsockname()),
        )
    refused = {name for name, answer in told.items() if answer == "PermissionError"}
    closed = {"outside", "listed", "written", "configuration", "other_memory"}
    assert refused == (closed | {"call"} if seccomp.is_available() else closed)
    assert told["database"] == "db"


def test_with_its_rows_on_a_server_a_worker_may_call_its_port_alone(tmp_path: Path) -> None:
    here = ("127.0.0.1", 0)
    with socket.create_server(here) as listening, socket.create_server(here) as other:
        told = tried(
            tmp_path / "models",
            f"postgresql+psycopg://bot@127.0.0.1:{listening.getsockname()[1]}/bot",
            outside=("read", f"at:{Path(__file__)}"),
            call=("connect_without_waiting", *listening.getsockname()),
            other=("connect_without_waiting", *other.getsockname()),
        )
    assert told["outside"] == "PermissionError"
    assert told["call"] in {"Success", "Operation now in progress"}
    assert landlock.version() < landlock.PORTS_FROM or told["other"] == "Permission denied"


@pytest.mark.parametrize(
    ("url", "network", "port"),
    [
        (None, Network.NONE, 0),
        ("postgresql+psycopg://bot@db/bot", Network.HELD, 5432),
        ("postgresql+psycopg://bot@db:6432/bot", Network.HELD, 6432),
        ("postgresql+psycopg://bot@/bot?host=db1:5432&host=db2:5433", Network.OPEN, 0),
    ],
)
def test_the_url_of_its_rows_says_what_a_worker_may_call(
    url: str | None, network: Network, port: int
) -> None:
    reached = confining.reach_of(url)
    assert (reached.network, reached.port) == (network, port)


def test_where_the_system_refuses_a_worker_answers_all_the_same_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setenv("SQLITE_TMPDIR", "")
    monkeypatch.setattr(confining, "confine", refuse)
    confining.confine_worker(tmp_path, None, ())
    assert "serving.not_confined" in capsys.readouterr().out
