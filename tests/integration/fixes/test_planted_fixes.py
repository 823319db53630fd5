"""Done is pressed on planted defects, half of them mended: proved and refused, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from bot.db.models import FixItem
from bot.domain.enums import FixState
from bot.fixes import runs, service
from bot.timers.dispatcher import run_due
from scheduler.check_worker import CheckWorker
from tests.integration.fixes.planted import DENIED, FILES, TABLES, World, open_world
from tests.runtimes import ANA, TEAM, advance

SIZES = [
    pytest.param(1, 1, 1, marks=pytest.mark.smoke),
    pytest.param(FILES, TABLES, DENIED, marks=pytest.mark.slow),
]


def work_off(world: World) -> None:
    """Take every look that waits."""
    for nightly in (False, True):
        worker = CheckWorker(world.runtime, world.settings, nightly=nightly)
        while worker.work_once():
            pass


def states(world: World) -> dict[int, str]:
    with world.runtime.reading(TEAM) as uow:
        return dict(uow.session.execute(select(FixItem.id, FixItem.state)).all())


def press_all(world: World) -> None:
    for defect in world.defects:
        with world.runtime.uow(TEAM) as uow:
            service.press_done(uow, ANA, defect.item_id)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("files", "tables", "denied"), SIZES)
def test_what_is_mended_is_proved_and_nothing_else(
    runtime, postgres, tmp_path, files, tables, denied
):
    world = open_world(runtime, tmp_path, postgres, files=files, tables=tables, denied=denied)
    mended, left = world.defects[::2], world.defects[1::2]
    for defect in mended:
        defect.mend()
    press_all(world)
    work_off(world)
    after = states(world)
    assert {each.name: after[each.item_id] for each in mended} == dict.fromkeys(
        [each.name for each in mended], FixState.PROVED
    )
    assert Counter(after[each.item_id] for each in left) == {FixState.OPEN: len(left)}
    with runtime.reading(TEAM) as uow:
        refused = {
            item.id: item.check_words
            for item in uow.session.scalars(select(FixItem).where(FixItem.state == FixState.OPEN))
        }
    assert all(refused.values())

    broken = mended[:: max(1, len(mended) // 5)][:5]
    for defect in broken:
        defect.plant()
    advance(runtime, 24 * 3)
    run_due(runtime)
    work_off(world)
    again = states(world)
    assert {each.name for each in mended if again[each.item_id] == FixState.REGRESSED} == {
        each.name for each in broken
    }
    assert Counter(again.values()) == Counter(
        {
            FixState.REGRESSED: len(broken),
            FixState.PROVED: len(mended) - len(broken),
            FixState.OPEN: len(left),
        }
    )
    assert not runs.is_checking(runtime)
