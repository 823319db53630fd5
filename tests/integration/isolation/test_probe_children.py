"""A probe's process reaches its source and nothing else, and is given no secret but its own."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.isolation import landlock, seccomp
from probes import runner
from probes.contract import ProbeRequest
from probes.settings import ProbeSettings, read_settings

pytestmark = pytest.mark.skipif(
    landlock.version() < landlock.SCOPES_FROM or not seccomp.can_ask(),
    reason="this kernel has no Landlock 6 or lets nobody decide on calls",
)
SECRETS = {
    "HOUR48_SLACK__BOT_TOKEN": "xoxb-never",
    "HOUR48_DATABASE__ENCRYPTION_KEYS": '["never"]',
    "AWS_SECRET_ACCESS_KEY": "never",
    "GOOGLE_APPLICATION_CREDENTIALS": "/never.json",
    "OTHER_PASSWORD": "never",
    "CRM_PASSWORD": "for-crm",
}


@pytest.fixture
def port() -> Iterator[int]:
    yield from a_server()


@pytest.fixture
def other_port() -> Iterator[int]:
    yield from a_server()


def a_server() -> Iterator[int]:
    """Give a port of this machine on which each connection is told "hi"."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=greet, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def greet(server: socket.socket) -> None:
    while True:
        try:
            opened, _ = server.accept()
        except OSError:
            return
        with opened:
            opened.sendall(b"hi")


@pytest.fixture
def curious(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "CHILD", "tests.integration.isolation.curious_child")
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def tried(settings: ProbeSettings, source: str, trials: Mapping[str, Any]) -> Mapping[str, Any]:
    probe = "integration" if source in settings.targets else "access"
    request = ProbeRequest(probe, source, options={"try": dict(trials)})
    return runner.run_probe(request, settings).wait(60).facts


@pytest.mark.usefixtures("curious")
def test_a_database_probe_calls_its_database_and_nothing_else(
    port: int, other_port: int, tmp_path: Path
) -> None:
    outside = tmp_path / "hour48.toml"
    outside.write_text("ours")
    settings = read_settings(
        {
            "sources": {
                "crm": {"url": f"mysql://reader:${{CRM_PASSWORD}}@127.0.0.1:{port}/crm"},
                "other": {"url": f"mysql://reader:${{OTHER_PASSWORD}}@127.0.0.1:{other_port}/x"},
            }
        }
    )
    found = tried(
        settings,
        "crm",
        {
            "source": ("connect", "127.0.0.1", port),
            "source by name": ("connect", "localhost", port),
            "source without waiting": ("connect_without_waiting", "127.0.0.1", port),
            "other port": ("connect", "127.0.0.1", other_port),
            "other port without waiting": ("connect_without_waiting", "127.0.0.1", other_port),
            "from another process": ("in_another_process", "127.0.0.1", other_port),
            "other machine": ("connect", "192.0.2.1", port),
            "datagram": ("send_datagram", "127.0.0.1", other_port),
            "message": ("send_message", "127.0.0.1", other_port),
            "a name server": ("ask_name_server",),
            "listening": ("listen",),
            "a file of ours": ("read", f"at:{outside}"),
            "our folder": ("list", f"at:{tmp_path}"),
            "our environment": ("read", f"at:/proc/{os.getpid()}/environ"),
            "writing there": ("write", f"at:{tmp_path / 'left'}"),
            "writing into the temporary folder": ("write", "at:/tmp/hour48-left"),
            "a signal": ("signal", os.getpid()),
        },
    )
    assert {
        name: said for name, said in found.items() if name not in {"environment", "folders"}
    } == {
        "source": "hi",
        "source by name": "hi",
        "source without waiting": os.strerror(115),
        "other port": "PermissionError",
        "other port without waiting": os.strerror(13),
        "from another process": "PermissionError",
        "other machine": "PermissionError",
        "datagram": "PermissionError",
        "message": "PermissionError",
        "a name server": "PermissionError",
        "listening": "PermissionError",
        "a file of ours": "PermissionError",
        "our folder": "PermissionError",
        "our environment": "PermissionError",
        "writing there": "PermissionError",
        "writing into the temporary folder": "PermissionError",
        "a signal": "PermissionError",
    }
    assert set(SECRETS) & set(found["environment"]) == {"CRM_PASSWORD"}


@pytest.mark.usefixtures("curious")
def test_a_file_probe_has_no_network_and_reads_its_file_alone(port: int, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    found = tried(
        ProbeSettings(),
        str(tmp_path / "rows.csv"),
        {
            "its file": ("read", f"at:{tmp_path / 'rows.csv'}"),
            "another file": ("read", f"at:{tmp_path / 'other.csv'}"),
            "changing its file": ("write", f"at:{tmp_path / 'rows.csv'}"),
            "a socket": ("socket",),
            "a call": ("connect", "127.0.0.1", port),
        },
    )
    assert found["its file"] == "a,"
    for refused in ("another file", "changing its file", "a socket", "a call"):
        assert found[refused] == "PermissionError", refused
    assert not set(SECRETS) & set(found["environment"])


@pytest.mark.usefixtures("curious")
def test_a_target_probe_calls_its_target_and_gets_its_token_alone(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_TOKEN", "for-crm")
    settings = read_settings(
        {
            "targets": {
                "crm": {"url": f"http://127.0.0.1:{port}/score", "token": "${CRM_TOKEN}"},
                "other": {"url": "http://192.0.2.1/score", "token": "${OTHER_PASSWORD}"},
            }
        }
    )
    found = tried(
        settings,
        "crm",
        {
            "its target": ("connect", "127.0.0.1", port),
            "another": ("connect_without_waiting", "192.0.2.1", 80),
        },
    )
    assert (found["its target"], found["another"]) == ("hi", os.strerror(13))
    assert set(found["environment"]) & {"CRM_TOKEN", *SECRETS} == {"CRM_TOKEN"}


@pytest.mark.usefixtures("curious")
def test_nothing_of_a_probe_is_left_but_its_results(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    found = tried(ProbeSettings(), str(tmp_path / "rows.csv"), {})
    results, work = map(Path, found["folders"])
    assert results.is_dir()
    assert results.stat().st_mode & 0o777 == 0o700
    assert not work.exists()
