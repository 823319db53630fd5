"""Lines as people type them: those the rules were tuned on, and those nobody looked at."""

import pytest

from tests.unit.reading.corpus import judge

FLOORS = {  # precision, recall, both bounds, waits-for; the measured figures are in docs/reading.md
    "lines_tuned.txt": (0.98, 0.97, 0.97, 0.93),
    "lines_dev.txt": (0.98, 0.97, 0.97, 0.90),
    "lines_held_out.txt": (0.98, 0.97, 0.96, 0.93),
    "lines_night_tuned.txt": (0.98, 0.93, 0.94, 0.90),
    "lines_night_set_aside.txt": (0.98, 0.92, 0.86, 0.90),
    "lines_night_further.txt": (0.98, 0.92, 0.87, 0.88),
    "lines_unseen.txt": (0.97, 0.97, 0.97, 0.85),
    "lines_first_run.txt": (0.93, 0.83, 0.78, 0.75),
}


@pytest.mark.parametrize("name", FLOORS)
def test_lines_are_read_as_well_as_documented(name):
    score = judge(name)
    precision, recall, bounds, waits = FLOORS[name]
    assert score.precision >= precision, score
    assert score.recall >= recall, score
    assert score.bounds >= bounds, score
    assert score.waits >= waits, score
