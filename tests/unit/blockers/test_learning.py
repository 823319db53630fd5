"""Suggestions learn from a workspace's corrections, and never fail for want of learning."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from bot.blockers.kind_suggestion import suggested_kind
from bot.blockers.learning import Learning, weights_of
from bot.db.models import KindCorrection
from bot.domain.vocabulary import Kind
from tests.runtimes import TEAM

TAUGHT = (
    "Blue card missing for the vault",
    "No blue card, no vault",
    "Blue card of the vault lapsed",
)
ASKED = "Somebody lost the blue card again, so the vault stays shut for our job"


def correct(runtime, kind=Kind.DECISION_AUTHORITY):
    with runtime.uow(TEAM) as uow:
        uow.session.add_all(
            KindCorrection(
                team_id=TEAM,
                text=text,
                kind=kind.value,
                corrected_by="U1",
                corrected_at=datetime(2026, 3, 9, tzinfo=UTC),
            )
            for text in TAUGHT
        )


def asked(runtime, text=ASKED):
    with runtime.reading(TEAM) as uow:
        return suggested_kind(uow, text)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut off"])
def test_damaged_weights_give_way_to_the_shipped_ones(runtime, content):
    text = "Read access needs a form that two directors sign"
    before = asked(runtime, text)
    weights = weights_of(runtime.engine, TEAM)
    weights.parent.mkdir()
    weights.write_bytes(content)
    assert asked(runtime, text) is before is not None


def test_weights_of_a_workspace_that_corrects_nothing_are_forgotten(runtime):
    weights = weights_of(runtime.engine, "T0GONE")
    weights.parent.mkdir()
    weights.write_bytes(b"old")
    assert Learning(runtime).run() == []
    assert not weights.exists()


@pytest.mark.slow
def test_corrections_are_learnt_once_and_unlearnt_when_they_go(runtime):
    correct(runtime)
    learning, weights = Learning(runtime), weights_of(runtime.engine, TEAM)
    assert learning.run() == [TEAM]
    learnt = weights.stat().st_mtime_ns
    assert learning.run() == []
    assert weights.stat().st_mtime_ns == learnt
    assert asked(runtime) is Kind.DECISION_AUTHORITY
    weights.write_bytes(b"damaged")
    assert learning.run() == [TEAM]
    with runtime.uow(TEAM) as uow:
        uow.session.execute(delete(KindCorrection))
    assert learning.run() == []
    assert not weights.exists()


@pytest.mark.slow
def test_a_stopping_bot_breaks_its_training_off(runtime):
    correct(runtime)
    learning = Learning(runtime)
    running = threading.Thread(target=learning.run)
    running.start()
    time.sleep(0.5)
    learning.stop()
    running.join(5)
    assert not running.is_alive()
    assert not weights_of(runtime.engine, TEAM).exists()
    assert learning.run() == []
