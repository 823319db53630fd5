"""Planted defects are named and untouched public tables left in peace, in both halves."""

from __future__ import annotations

import pytest

from bot.domain.vocabulary import FindingLevel
from tests.integration.probes.judge.clean import COUNTED_FACTS, alarms, chosen
from tests.integration.probes.judge.hosts import GROUPS, PLANTS
from tests.integration.probes.judge.public_tables import Half
from tests.integration.probes.judge.recall import shares, trials

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CLEAN_TABLES = 200
RECALL_ALL = 0.85
RECALL_GROUP = 0.75
TOLD_SLOWS = 0.25
"""Every kind of `slows` a table but counted facts; most are true of these tables."""


def test_every_kind_has_a_name_and_a_group_of_its_own() -> None:
    assert len({plant.name for plant in PLANTS}) == len(PLANTS) >= 100
    assert {plant.group for plant in PLANTS} == set(GROUPS)


@pytest.mark.parametrize("half", ["tuned", "unseen"])
def test_planted_defects_are_named_in_every_group(half: Half) -> None:
    done = list(trials(half, 1))
    counted = shares(done)
    missed = [trial.plant.name for trial in done if not trial.found]
    found, total = counted.pop("all")
    assert found >= RECALL_ALL * total, missed
    for group, (of_group, all_of_group) in counted.items():
        assert of_group >= RECALL_GROUP * all_of_group, (group, missed)


@pytest.mark.parametrize("half", ["tuned", "unseen"])
def test_untouched_public_tables_are_left_in_peace(half: Half) -> None:
    tables = chosen(half, CLEAN_TABLES)
    assert len(tables) == CLEAN_TABLES
    told = [
        (table.title, finding)
        for table, finding in alarms(tables)
        if finding.code not in COUNTED_FACTS
    ]
    assert [title for title, finding in told if finding.level is FindingLevel.STOPS] == []
    judged = {(title, one.code) for title, one in told}
    assert len(judged) <= TOLD_SLOWS * len(tables), judged
