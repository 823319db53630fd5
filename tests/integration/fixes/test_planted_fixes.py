"""Done is pressed on planted defects, half of them mended: proved and refused, and nothing else."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec

import pytest

from bot.domain.enums import FixState
from bot.fixes import runs
from bot.timers.dispatcher import run_due
from scheduler.check_worker import CheckWorker
from tests.integration.fixes.planted import TUNED, World, open_world
from tests.integration.fixes.third import THIRD
from tests.integration.fixes.unseen import UNSEEN
from tests.mariadb import IS_INSTALLED
from tests.runtimes import advance

needs_mariadb = pytest.mark.skipif(
    not IS_INSTALLED or find_spec("pymysql") is None, reason="MariaDB or its driver is missing"
)
SIZES = [
    pytest.param(TUNED, (1, 1, 1), marks=pytest.mark.smoke, id="few"),
    pytest.param(TUNED, None, marks=pytest.mark.slow, id="tuned"),
    pytest.param(UNSEEN, None, marks=pytest.mark.slow, id="unseen"),
    pytest.param(THIRD, None, marks=[pytest.mark.slow, needs_mariadb], id="third"),
]


def work_off(world: World) -> None:
    """Take every look that waits."""
    for nightly in (False, True):
        worker = CheckWorker(world.runtime, world.settings, nightly=nightly)
        while worker.work_once():
            pass


def states(world: World) -> dict[str, str]:
    """Return how each defect's item stands."""
    items = world.items()
    return {each.name: items[each.item_id].state for each in world.defects}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("batch", "sizes"), SIZES)
def test_what_is_mended_is_proved_and_nothing_else(runtime, postgres, tmp_path, batch, sizes):
    world = open_world(runtime, tmp_path, postgres, batch, sizes=sizes)
    mended, left = world.defects[::2], world.defects[1::2]
    for defect in mended:
        defect.mend()
    world.press_all()
    work_off(world)
    wanted = dict.fromkeys([each.name for each in left], FixState.OPEN) | dict.fromkeys(
        [each.name for each in mended], FixState.PROVED
    )
    said = {item.number: item.check_words for item in world.items().values()}
    assert states(world) == wanted, said
    assert all(said.values())

    broken = mended[:: max(1, len(mended) // 5)][:5]
    for defect in broken:
        defect.plant()
    advance(runtime, 24 * 3)
    run_due(runtime)
    work_off(world)
    again = states(world)
    assert {each.name for each in mended if again[each.name] == FixState.REGRESSED} == {
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
