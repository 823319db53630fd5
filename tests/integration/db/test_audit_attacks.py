"""A thousand random changes behind the trail's back, also after erasures: each is found."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.clock import CompressedClock
from bot.db.audit_verify import verify
from bot.db.engine import open_engine
from bot.db.models import Person
from bot.playbook.loader import load_playbook
from bot.privacy.service import erase_person, find_person
from bot.unit_of_work import Runtime
from tests.databases import migrated_database
from tests.integration.db.test_audit_chain import tamper
from tests.runtimes import HOUR_0, TEAM, add_sprint, seat

pytestmark = pytest.mark.slow
TRIES = 1_000
SETTABLE = {
    "audit": ("at", "actor_id", "action", "subject", "subject_id", "facts", "sprint_id", "team_id"),
    "audit_chain": ("seq", "salt", "previous", "hash", "actor_commitment", "facts_commitment"),
    "audit_heads": ("seq", "hash"),
}


@pytest.fixture(scope="module")
def trail(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trail")
    engine = open_engine(migrated_database("sqlite", folder))
    runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    seat(runtime)
    sprint = add_sprint(runtime, status="closed")
    for number in range(24):
        with runtime.uow(TEAM) as uow:
            actor = ("U1", "UZOE77", "UMAX88")[number % 3]
            uow.audit(sprint, actor, "logged", "blocker", number, title=f"Nº {number} by {actor}")
    for user_id in ("UZOE77", "UMAX88"):
        with runtime.uow(TEAM) as uow:
            uow.session.add(Person(team_id=TEAM, user_id=user_id, name=f"Name of {user_id}"))
        with runtime.uow(TEAM) as uow:
            erase_person(uow, find_person(uow, user_id))
    tamper(runtime)
    yield runtime
    engine.dispose()


def _set(connection, draw):
    table = draw.choice(list(SETTABLE))
    column = draw.choice(SETTABLE[table])
    key = "rowid"
    rows = connection.execute(text(f"SELECT {key}, {column} FROM {table}")).all()
    row = draw.choice(rows)
    others = [each[1] for each in rows if each[1] != row[1]]
    made_up = {"at": "2020-01-01 00:00:00.000000", "facts": '{"title": "x"}'}.get(column)
    numbers = ("seq", "subject_id", "sprint_id")
    made_up = made_up or (draw.randrange(50, 90) if column in numbers else "ab" * 32)
    nothing = [None] if column in ("salt", "subject_id", "sprint_id") else []
    value = draw.choice([*others, made_up, *nothing])
    if value == row[1]:
        return None
    connection.execute(
        text(f"UPDATE OR REPLACE {table} SET {column} = :value WHERE {key} = :key"),
        {"value": value, "key": row[0]},
    )
    return f"{table}.{column} of {row[0]}: {row[1]!r} → {value!r}"


def _delete(connection, draw):
    table = draw.choice(["audit", "audit_chain", "audit_heads"])
    rows = connection.execute(text(f"SELECT rowid FROM {table}")).scalars().all()
    gone = draw.sample(rows, draw.randint(1, max(1, len(rows) // 4)))
    for each in gone:
        connection.execute(text(f"DELETE FROM {table} WHERE rowid = {each}"))
    return f"{gone} gone from {table}"


def _swap(connection, draw):
    """Let two entries change places, in the trail or in the chain."""
    table, columns = draw.choice(
        [("audit", "actor_id, facts, action, subject_id"), ("audit_chain", "audit_id, hash")]
    )
    rows = connection.execute(text(f"SELECT rowid, {columns} FROM {table}")).all()
    first, second = draw.sample(rows, 2)
    if first[1:] == second[1:]:
        return None
    names = columns.split(", ")
    if table == "audit_chain":  # both columns are unique, so that a place has to be made first
        connection.execute(
            text(f"UPDATE {table} SET audit_id = -1, hash = 'x' WHERE rowid = {first[0]}")
        )
    for target, source in ((second[0], first), (first[0], second)):
        assigned = ", ".join(f"{name} = :{name}" for name in names)
        connection.execute(
            text(f"UPDATE {table} SET {assigned} WHERE rowid = {target}"),
            dict(zip(names, source[1:], strict=True)),
        )
    return f"{first[0]} and {second[0]} of {table} swapped"


def _insert(connection, draw):
    row = draw.choice(connection.execute(text("SELECT id FROM audit")).scalars().all())
    connection.execute(
        text(
            "INSERT INTO audit (team_id, sprint_id, at, actor_id, action, subject, subject_id,"
            f" facts) SELECT team_id, sprint_id, at, actor_id, action, subject, subject_id, facts"
            f" FROM audit WHERE id = {row}"
        )
    )
    return f"a copy of {row}"


def _cut(connection, draw):
    """Cut the newest entries with their links and set the head back, as who owns it all can."""
    last = draw.randint(5, 22)
    connection.execute(
        text("DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_chain WHERE seq > :last)"),
        {"last": last},
    )
    connection.execute(text("DELETE FROM audit_chain WHERE seq > :last"), {"last": last})
    connection.execute(
        text(
            "UPDATE audit_heads SET seq = :last,"
            " hash = (SELECT hash FROM audit_chain WHERE seq = :last)"
        ),
        {"last": last},
    )
    return f"cut after {last}"


WAYS = (_set, _set, _set, _delete, _swap, _insert, _cut)


def test_each_of_a_thousand_random_changes_is_found(trail):
    draw, missed, made = random.Random(41), [], 0
    with trail.engine.connect() as connection:
        whole = verify(connection, TEAM)
        assert whole.finding is None
        connection.rollback()
        while made < TRIES:
            connection.begin()
            try:
                what = draw.choice(WAYS)(connection, draw)
                if what is not None:
                    made += 1
                    if verify(connection, TEAM, whole.head).finding is None:
                        missed.append(what)
            except IntegrityError:
                continue  # the database itself refused it
            finally:
                connection.rollback()
    assert missed == []
