"""A newer, an older, a damaged or a read-only database is one sentence, here and in the doctor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from bot.clock import CompressedClock
from bot.db.engine import migrate, open_engine
from bot.db.roles import grant
from bot.db.schema_state import (
    SchemaState,
    known_revisions,
    require_newest,
    require_writable,
    schema_of,
)
from bot.domain.errors import InputError
from bot.playbook.loader import load_playbook
from bot.settings import DatabaseSettings
from bot.unit_of_work import Runtime
from hour48.cli import app
from hour48.doctor_database import look
from tests.databases import KINDS, fresh_database, migrated_database
from tests.runtimes import HOUR_0, TEAM, add_sprint, seat


@pytest.fixture(params=KINDS)
def engine(request, tmp_path):
    opened = open_engine(migrated_database(request.param, tmp_path))
    yield opened
    opened.dispose()


def url_of(engine):
    return engine.url.render_as_string(hide_password=False)


def be_newer(engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9001'"))


def test_a_newer_schema_is_one_sentence_at_the_start_and_in_the_doctor(engine):
    be_newer(engine)
    with pytest.raises(InputError, match="schema 9001, of a newer hour48") as refused:
        migrate(engine)
    assert "\n" not in refused.value.message
    said = look(DatabaseSettings(url=url_of(engine)))
    assert not said.is_well
    assert "9001" in said.says


def test_a_replica_that_runs_goes_on_beside_a_newer_schema(engine):
    """The version before is not asked again while it runs; schemas only ever grow."""
    runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    seat(runtime)
    be_newer(engine)
    number = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        uow.audit(number, "U1", "logged", "blocker", 1)
        assert uow.sprint(number, lock=True).title == "Churn pilot"


@pytest.mark.parametrize("kind", KINDS)
def test_where_run_does_not_migrate_it_says_who_does(kind, tmp_path):
    engine = open_engine(fresh_database(kind, tmp_path))
    migrate(engine, known_revisions()[-2])
    assert schema_of(engine).state is SchemaState.OLDER
    with pytest.raises(InputError, match="hour48 migrate"):
        require_newest(engine)
    said = look(DatabaseSettings(url=url_of(engine), migrate_on_start=False))
    assert (said.is_well, "hour48 migrate" in said.advice) == (False, True)
    assert look(DatabaseSettings(url=url_of(engine))).is_well
    migrate(engine)
    require_newest(engine)
    engine.dispose()


# --- two users on PostgreSQL ----------------------------------------------------------------


@pytest.fixture
def two_users(tmp_path):
    """A database of a user who owns its tables, and one who may only run."""
    admin = make_url(fresh_database("postgresql", tmp_path))
    owner, runner = f"own_{admin.database}", f"run_{admin.database}"
    opened = create_engine(admin.set(drivername="postgresql+psycopg"))
    with opened.begin() as connection:
        for role in (owner, runner):
            connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'x'"))
        connection.execute(text(f"GRANT CREATE, USAGE ON SCHEMA public TO {owner}"))
    opened.dispose()
    urls = [
        admin.set(username=role, password="x").render_as_string(hide_password=False)
        for role in (owner, runner)
    ]
    return (*urls, runner)


def test_one_user_owns_the_tables_and_another_runs(two_users, tmp_path):
    owner_url, runner_url, runner = two_users
    config = tmp_path / "hour48.toml"
    config.write_text(
        f'[database]\nurl = "{runner_url}"\nowner_url = "{owner_url}"\nmigrate_on_start = false\n'
    )
    as_command = ["migrate", "--config", str(config)]
    check = CliRunner().invoke(app, [*as_command, "--check"])
    assert (check.exit_code, "sets up" in check.output) == (1, True)
    done = CliRunner().invoke(app, [*as_command, "--grant", runner])
    assert done.exit_code == 0, done.output
    assert CliRunner().invoke(app, [*as_command, "--check"]).exit_code == 0
    engine = open_engine(runner_url)
    require_newest(engine)
    migrate(engine)  # nothing to do, so no right is needed
    runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    seat(runtime)
    number = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        uow.audit(number, "U1", "logged", "blocker", 1)
        uow.upsert("a", None, {"text": "a", "blocks": []}, queue="channel:C1")
    for forbidden in (
        "DROP TRIGGER audit_is_written_once ON audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TABLE audit_chain",
        "TRUNCATE audit_chain",
        "CREATE TABLE mine (id int)",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE OR REPLACE FUNCTION audit_is_written_once() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NEW; END $$",
    ):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(forbidden))
    with pytest.raises(DBAPIError, match="written once"), engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))
    engine.dispose()


def test_a_table_that_was_not_granted_is_named_before_anybody_presses(two_users):
    """A migration that adds a table, run without `--grant`, leaves the one that runs without it."""
    owner_url, runner_url, runner = two_users
    owner = open_engine(owner_url)
    migrate(owner)
    grant(owner, runner)
    engine, database = open_engine(runner_url), DatabaseSettings(url=runner_url)
    require_writable(engine)
    assert look(database).is_well
    with owner.begin() as connection:
        connection.execute(text(f"REVOKE INSERT ON receipts, drafts FROM {runner}"))
    with pytest.raises(InputError, match=r"tables: drafts, receipts\. Run `hour48 migrate --grant"):
        require_writable(engine)
    said = look(database)
    assert (said.is_well, "drafts, receipts" in said.says) == (False, True)
    owner.dispose()
    engine.dispose()


def test_who_may_not_change_the_schema_reads_who_does(two_users):
    owner_url, runner_url, runner = two_users
    owner = open_engine(owner_url)
    migrate(owner, known_revisions()[-2])
    grant(owner, runner)
    engine = open_engine(runner_url)
    with pytest.raises(InputError, match="may not change the schema"):
        migrate(engine)
    for role, why in (("nobody_here", "no role"), ('x"; DROP', "cannot be the name")):
        with pytest.raises(InputError, match=why):
            grant(owner, role)
    owner.dispose()
    engine.dispose()


# --- disks ------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "rows"
    place.mkdir()
    url = migrated_database("sqlite", place)
    return place, Path(url.removeprefix("sqlite:///"))


def configured(tmp_path, url):
    config = tmp_path / "hour48.toml"
    config.write_text(f'[database]\nurl = "{url}"\n[slack]\nbot_token = "x"\napp_token = "x"\n')
    return config


def run(*words, user=None):
    return subprocess.run(
        [sys.executable, "-m", "hour48", *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        user=user,
        env={**os.environ, "HOME": "/tmp"},
    )


DAMAGE = {
    "no database at all": lambda raw: b"This is a letter. " * 500,
    "a header that is broken": lambda raw: b"\0" * 200 + raw[200:],
    "pages in the middle": lambda raw: raw[:4096] + b"\xa5" * (len(raw) - 4096),
    "cut off": lambda raw: raw[: len(raw) // 3],
}


@pytest.mark.smoke
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_a_sentence(folder, tmp_path, damage):
    _place, file = folder
    file.write_bytes(DAMAGE[damage](file.read_bytes()))
    said = look(DatabaseSettings(url=f"sqlite:///{file}"))
    assert not said.is_well
    assert "damaged" in said.says
    told = run("run", "--config", str(configured(tmp_path, f"sqlite:///{file}")))
    assert told.returncode == 2, told.stderr
    assert "damaged" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_file_that_may_only_be_read_is_a_sentence(folder, tmp_path):
    _place, file = folder
    url = f"sqlite:///file:{file}?mode=ro&uri=true"
    told = run("run", "--config", str(configured(tmp_path, url)))
    assert told.returncode == 2, told.stderr
    assert "read-only" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.fixture
def small_disk(tmp_path, folder):
    """A disk of three megabytes with a database on it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if subprocess.run(mounted, check=False, capture_output=True).returncode:
        pytest.skip("a disk cannot be mounted here")
    shutil.copy(folder[1], disk / "rows.db")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_and_one_that_is_read_only_are_a_sentence_each(small_disk):
    database = DatabaseSettings(url=f"sqlite:///{small_disk}/rows.db")
    assert look(database).is_well
    with (small_disk / "full").open("wb", buffering=0) as full, suppress(OSError):
        for _ in range(1_000):
            full.write(b"x" * 4096)
    said = look(database)
    assert not said.is_well
    assert "disk of the database is full" in said.says
    (small_disk / "full").unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    said = look(database)
    assert not said.is_well
    assert "read-only" in said.says


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_may_only_be_read_is_a_sentence(folder, tmp_path):
    place, file = folder
    config = configured(tmp_path, f"sqlite:///{file}")
    for each in [tmp_path, *tmp_path.parents]:
        if str(each).startswith("/tmp/"):
            each.chmod(each.stat().st_mode | 0o055)
    place.chmod(0o555)
    try:
        told = run("run", "--config", str(config), user=65_534)
    except PermissionError:
        pytest.skip("another user cannot read this checkout")
    if "No module named" in told.stderr or "Permission denied: '/" in told.stderr:
        pytest.skip("another user cannot read this checkout")
    assert told.returncode == 2, told.stderr
    assert "write" in told.stderr
    assert "Traceback" not in told.stderr
