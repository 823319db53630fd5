"""The audit trail is chained: whatever is changed, cut or added behind its back is named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from bot.clock import CompressedClock
from bot.db.audit_chain import adopt
from bot.db.audit_verify import Flaw, snapshot, verify, verify_all
from bot.db.engine import migrate, open_engine
from bot.db.models import AuditEntry
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from tests.databases import KINDS, fresh_database, migrated_database
from tests.runtimes import HOUR_0, TEAM

ENTRY = {
    "team_id": TEAM,
    "actor_id": "U1",
    "action": "logged",
    "subject": "blocker",
    "facts": {},
}
UNGUARDED = {
    "sqlite": (
        *("audit_never_changed", "audit_never_deleted"),
        *("audit_chain_never_changed", "audit_chain_never_deleted"),
    ),
    "postgresql": ("audit_is_written_once", "audit_chain_is_written_once"),
}
TABLE_OF = {"audit_is_written_once": "audit", "audit_chain_is_written_once": "audit_chain"}


@pytest.fixture(params=KINDS)
def runtime(request, tmp_path):
    engine = open_engine(migrated_database(request.param, tmp_path))
    yield Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    engine.dispose()


def write(runtime, count=5, team=TEAM, start=0):
    for number in range(start, start + count):
        with runtime.uow(team) as uow:
            uow.audit(None, "U1", "logged", "blocker", number, title=f"Nº {number}", n=0.1 * number)


def tamper(runtime, *statements):
    """Change rows as somebody does who owns the database and takes its triggers away."""
    with runtime.engine.begin() as connection:
        for trigger in UNGUARDED[runtime.dialect]:
            on = f" ON {TABLE_OF[trigger]}" if runtime.dialect == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}{on}"))
        for statement in statements:
            connection.execute(text(statement))


def found(runtime, team=TEAM, anchor=None):
    with snapshot(runtime.engine) as connection:
        return verify(connection, team, anchor)


def test_an_untouched_trail_is_whole_and_ends_in_its_head(runtime):
    write(runtime)
    write(runtime, 2, team="T2")
    trail = found(runtime)
    assert (trail.entries, trail.finding) == (5, None)
    assert found(runtime, "T2").entries == 2
    assert found(runtime, anchor=trail.head).finding is None
    assert found(runtime, anchor="f" * 64).finding.flaw is Flaw.OTHER_HEAD


def test_a_noted_link_is_looked_for_in_all_workspaces(runtime):
    write(runtime)
    write(runtime, 2, team="T2")
    with snapshot(runtime.engine) as connection:
        noted, lost = found(runtime, "T2").head, "f" * 64
        assert [trail.finding for trail in verify_all(connection, noted)] == [None, None]
        flaws = [trail.finding.flaw for trail in verify_all(connection, lost)]
    assert flaws == [Flaw.OTHER_HEAD] * 2


AT = "UPDATE audit SET at = '2020-01-01 00:00:00.000000'"
FACTS = """UPDATE audit SET facts = '{"title": "x", "n": 0}'"""
ABOUT = "UPDATE audit SET subject_id = 9"
CHANGES = {
    "the actor": ("UPDATE audit SET actor_id = 'U9' WHERE subject_id = 2", Flaw.CHANGED, 3),
    "the moment": (AT + " WHERE subject_id = 1", Flaw.CHANGED, 2),
    "the action": ("UPDATE audit SET action = 'resolved' WHERE subject_id = 4", Flaw.CHANGED, 5),
    "a fact": (FACTS + " WHERE subject_id = 0", Flaw.CHANGED, 1),
    "the subject's number": (ABOUT + " WHERE subject_id = 3", Flaw.CHANGED, 4),
    "the row is gone": ("DELETE FROM audit WHERE subject_id = 2", Flaw.MISSING, 3),
    "the newest row is gone": ("DELETE FROM audit WHERE subject_id = 4", Flaw.MISSING, 5),
    "the link is gone": ("DELETE FROM audit_chain WHERE seq = 2", Flaw.GAP, 2),
    "the newest link is gone": ("DELETE FROM audit_chain WHERE seq = 5", Flaw.CUT, 5),
    "a link's hash": (f"UPDATE audit_chain SET hash = '{'0' * 64}' WHERE seq = 2", Flaw.CHANGED, 2),
    "a link's salt": ("UPDATE audit_chain SET salt = 'ab' WHERE seq = 2", Flaw.CHANGED, 2),
    "emptied without a note": ("UPDATE audit_chain SET salt = NULL WHERE seq = 2", Flaw.BLANKED, 2),
    "the head": ("UPDATE audit_heads SET seq = 4", Flaw.HEAD, 5),
    "no head": ("DELETE FROM audit_heads", Flaw.NO_HEAD, 5),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_first_entry_that_differs_is_named(runtime, change):
    write(runtime)
    statement, flaw, seq = CHANGES[change]
    tamper(runtime, statement)
    finding = found(runtime).finding
    assert (finding.flaw, finding.seq) == (flaw, seq)


def test_a_row_and_its_link_gone_together_leave_a_gap(runtime):
    write(runtime)
    tamper(
        runtime,
        "DELETE FROM audit WHERE subject_id = 2",
        "DELETE FROM audit_chain WHERE seq = 3",
        "UPDATE audit_chain SET seq = seq - 1 WHERE seq = 4",
    )
    assert found(runtime).finding.flaw is Flaw.ORDER


def test_a_row_written_behind_its_back_is_named_and_can_be_adopted(runtime):
    write(runtime, 2)
    with runtime.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit (team_id, at, actor_id, action, subject, facts) "
                "VALUES ('T1', '2026-03-09 09:00:00.000000', 'U9', 'approved', 'approval', '{}')"
            )
        )
    assert found(runtime).finding.flaw is Flaw.UNCHAINED
    with runtime.engine.begin() as connection:
        assert adopt(connection, TEAM) == 1
    write(runtime, 1, start=7)
    assert (found(runtime).finding, found(runtime).entries) == (None, 4)


def test_what_is_rolled_back_leaves_no_link(runtime):
    write(runtime, 1)
    with runtime.sessions() as session:
        session.add(AuditEntry(**ENTRY, at=HOUR_0))
        session.flush()
        session.rollback()
        session.commit()
    write(runtime, 1, start=2)
    assert (found(runtime).finding, found(runtime).entries) == (None, 2)


def test_concurrent_writers_make_one_chain(runtime):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write(runtime, 10, start=100 * number), range(8)))
    trail = found(runtime)
    assert (trail.entries, trail.finding) == (80, None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trail_from_before_the_chain_is_chained_by_the_migration(kind, tmp_path):
    engine = open_engine(fresh_database(kind, tmp_path))
    migrate(engine, "0009")
    with engine.begin() as connection:
        for number in (3, 1, 2):
            connection.execute(
                text(
                    "INSERT INTO audit (team_id, at, actor_id, action, subject, subject_id, facts) "
                    "VALUES ('T1', '2026-03-09 09:00:00', 'U9', 'logged', 'blocker', :n, '{}')"
                ),
                {"n": number},
            )
    migrate(engine)
    with engine.connect() as connection:
        trail = verify(connection, TEAM)
    engine.dispose()
    assert (trail.entries, trail.finding) == (3, None)


def test_only_what_an_erasure_may_take_can_be_changed(runtime):
    """Without its salt a row may give up its person, and still nothing else."""
    write(runtime, 2)
    with runtime.engine.begin() as connection:
        connection.execute(text("UPDATE audit_chain SET salt = NULL WHERE seq = 1"))
        connection.execute(text("UPDATE audit SET actor_id = 'erased-1' WHERE subject_id = 0"))
    for statement in (
        "UPDATE audit SET action = 'x' WHERE subject_id = 0",
        "UPDATE audit SET actor_id = 'x' WHERE subject_id = 1",
        "UPDATE audit_chain SET seq = 9 WHERE seq = 1",
        "UPDATE audit_chain SET salt = 'x' WHERE seq = 1",
        "DELETE FROM audit_chain",
    ):
        with pytest.raises(Exception, match="written once"), runtime.engine.begin() as connection:
            connection.execute(text(statement))
    assert found(runtime).finding.flaw is Flaw.BLANKED
