"""A backup holds everything, is taken beside a running bot, and restores on either database."""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.db.backup import back_up, restore
from bot.db.engine import open_engine, session_factory
from bot.db.models import ProbeRun
from bot.db.serving_models import Model
from bot.deployments import model_store
from bot.domain.errors import InputError
from tests.databases import KINDS, fresh_database
from tests.runtimes import TEAM, add_sprint, open_runtime, seat

EVERYTHING = ("people", "sprints", "members", "outbox", "audit", "timers")


@pytest.fixture
def runtime(tmp_path):
    opened = open_runtime(tmp_path / "from.db")
    seat(opened)
    number = add_sprint(opened)
    with opened.uow(TEAM) as uow:
        uow.upsert(
            "card", None, {"text": "Grüße <ok> 🎉", "blocks": [{"a": None}]}, queue="channel:C1"
        )
        uow.set_timer(number, "prompt:1", "prompt", uow.now, hour=1)
        uow.audit(number, "U1", "started", "sprint", number, why="ünïcode")
    yield opened
    opened.engine.dispose()


def _rows(engine, table):
    with engine.connect() as connection:
        found = connection.execute(text(f"select * from {table} order by id")).mappings()
        return [{key: _plain(value) for key, value in row.items()} for row in found]


def _plain(value):
    if isinstance(value, str) and (value[:1] in "[{" or value == "null"):
        return json.loads(value)
    if isinstance(value, int):
        return int(value)
    return str(value)[:19] if hasattr(value, "isoformat") else value


def _comparable(rows):
    return [{key: str(value)[:19] for key, value in row.items()} for row in rows]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kept_model_s_bytes_come_back_as_they_were(runtime, tmp_path, kind):
    content = bytes(range(256)) * 500
    with runtime.uow(TEAM) as uow:
        uow.session.add(
            Model(
                team_id=TEAM,
                sha256=hashlib.sha256(content).hexdigest(),
                target="churned",
                kind="yes or no",
                family="linear",
                size=len(content),
                content=content,
                kept_at=uow.now,
            )
        )
    back_up(runtime.engine, tmp_path / "b.zip")
    engine = open_engine(fresh_database(kind, tmp_path))
    restore(engine, tmp_path / "b.zip")
    with session_factory(engine)() as session:
        assert session.scalars(select(Model.content)).one() == content


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_in_a_folder_comes_back_without_its_folder(runtime, tmp_path, kind, monkeypatch):
    monkeypatch.setattr(model_store, "LARGEST_BLOB", 10)
    with runtime.uow(TEAM) as uow:
        run = ProbeRun(team_id=TEAM, sprint_id=1, probe="baseline", asked_by="U1", asked_at=uow.now)
        uow.session.add(run)
        uow.session.flush()
        kept = model_store.keep_model(uow, run, model_store.KeptModel(b"x" * 99), tmp_path / "m")
        assert kept.content is None
        assert Path(kept.folder_path).read_bytes() == b"x" * 99
    back_up(runtime.engine, tmp_path / "b.zip")
    Path(tmp_path / "m" / f"{hashlib.sha256(b'x' * 99).hexdigest()}.skops").unlink()
    engine = open_engine(fresh_database(kind, tmp_path))
    restore(engine, tmp_path / "b.zip")
    with session_factory(engine)() as session:
        assert model_store.content_of(session.scalars(select(Model)).one()) == b"x" * 99


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_backed_up_is_restored_row_by_row(runtime, tmp_path, kind):
    counts = back_up(runtime.engine, tmp_path / "b.zip")
    engine = open_engine(fresh_database(kind, tmp_path))
    assert restore(engine, tmp_path / "b.zip") == counts
    for table in EVERYTHING:
        wanted, found = _rows(runtime.engine, table), _rows(engine, table)
        assert wanted
        assert _comparable(found) == _comparable(wanted)
    engine.dispose()


def test_a_restored_postgresql_goes_on_counting_and_gives_its_rows_back(runtime, tmp_path):
    from bot.playbook.loader import load_playbook
    from bot.unit_of_work import Runtime

    back_up(runtime.engine, tmp_path / "b.zip")
    engine = open_engine(fresh_database("postgresql", tmp_path))
    restore(engine, tmp_path / "b.zip")
    again = Runtime(engine, runtime.clock, load_playbook())
    assert add_sprint(again, channel_id="C2") == 2
    counts = back_up(engine, tmp_path / "c.zip")
    home = open_engine(f"sqlite:///{tmp_path / 'home.db'}")
    assert restore(home, tmp_path / "c.zip") == counts
    engine.dispose()
    home.dispose()


def test_a_backup_beside_a_writing_bot_holds_no_half_of_a_transaction(runtime, tmp_path):
    """Every unit writes an outbox row and an audit row together; so must the backup hold them."""
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            with runtime.uow(TEAM) as uow:
                uow.upsert(
                    f"beside:{number}", None, {"text": "x", "blocks": []}, queue="channel:C1"
                )
                uow.audit(None, "U1", "beside", "sprint", number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            back_up(runtime.engine, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        writer.join()
    for number in range(3):
        with zipfile.ZipFile(tmp_path / f"{number}.zip") as archive:
            messages = archive.read("outbox.jsonl").count(b'"beside:')
            steps = archive.read("audit.jsonl").count(b'"beside"')
        assert messages == steps


def test_a_backup_never_replaces_a_file(runtime, tmp_path):
    (tmp_path / "b.zip").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        back_up(runtime.engine, tmp_path / "b.zip")
    assert (tmp_path / "b.zip").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no zip", "not a backup"),
        ({"other.json": "{}"}, "not a backup"),
        ({"about.json": "[1"}, "not a backup"),
        ({"about.json": '{"form": 2}'}, "newer"),
        ({"about.json": '{"form": 1, "revision": "9999", "tables": []}'}, "does not know"),
    ],
)
def test_what_is_no_backup_is_refused_in_a_sentence(tmp_path, content, told):
    file = tmp_path / "b.zip"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        with zipfile.ZipFile(file, "w") as archive:
            for name, words in content.items():
                archive.writestr(name, words)
    engine = open_engine(f"sqlite:///{tmp_path / 'to.db'}")
    with pytest.raises(InputError, match=told):
        restore(engine, file)


def test_nothing_is_restored_over_rows(runtime, tmp_path):
    back_up(runtime.engine, tmp_path / "b.zip")
    with pytest.raises(InputError, match="has rows in it"):
        restore(runtime.engine, tmp_path / "b.zip")


def test_an_empty_database_is_not_backed_up(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(InputError, match="never run"):
        back_up(engine, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()
