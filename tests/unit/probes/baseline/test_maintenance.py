"""From raw readings with failures to a question about the days ahead."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from bot.domain.vocabulary import UseCase
from probes.baseline.options import Options
from probes.contract import ProbeContext, ProbeFault, ProbeRequest, no_progress
from probes.settings import ProbeSettings

if TYPE_CHECKING:
    import pandas as pd

DAY = dt.timedelta(days=1)
START = dt.datetime.fromisoformat("2024-01-01")
OPTIONS = Options(use_case=UseCase.MAINTENANCE)


def readings(machines: int = 2, days: int = 40) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    at = np.tile(np.arange(days), machines)
    return pd.DataFrame(
        {
            "machine_id": np.repeat([f"M{n}" for n in range(machines)], days),
            "read_on": START + pd.to_timedelta(at, unit="D"),
            "heat": np.sin(at),
        }
    )


def labels(frame: pd.DataFrame, failures: str, machine: str, **options):
    from probes.baseline.maintenance import look_ahead

    ahead = look_ahead(frame, failures, Options(**options), asked=False)
    label = ahead.frame[ahead.target]
    return ahead, label[frame.machine_id == machine].to_list()


def expected(failing: range, days: int, horizon: int, censored: bool = True):
    import pandas as pd

    known = days - horizon
    return [1 if d in failing else (0 if d < known or not censored else pd.NA) for d in range(days)]


def same(found, wanted):
    return [str(one) for one in found] == [str(one) for one in wanted]


def test_a_date_of_failure_on_one_row_labels_the_days_before_it_for_that_machine_alone():
    frame = readings()
    fails = (frame.machine_id == "M1") & (frame.read_on == START + 20 * DAY)
    frame["failed_at"] = frame.read_on.where(fails)
    ahead, broken = labels(frame, "failed_at", "M1")
    assert same(broken, expected(range(13, 20), 40, 7))
    assert same(labels(frame, "failed_at", "M0")[1], expected(range(0), 40, 7))
    assert "failed_at" not in ahead.frame
    assert ahead.note.evidence == {"yes": 7, "rows": 66, "unknown": 14}


def test_a_date_repeated_on_every_row_of_a_machine_means_the_same():
    import numpy as np

    frame = readings()
    frame["failed_at"] = np.where(frame.machine_id == "M1", "2024-01-21", None)
    assert same(labels(frame, "failed_at", "M1")[1], expected(range(13, 20), 40, 7))


def test_a_flag_on_the_day_itself_is_asked_ahead_and_the_horizon_can_be_named():
    frame = readings()
    frame["failure"] = ((frame.machine_id == "M1") & (frame.read_on == START + 20 * DAY)) * 1
    assert same(labels(frame, "failure", "M1", horizon=3)[1], expected(range(17, 20), 40, 3))


def test_a_flag_somebody_named_and_a_table_without_machines_are_learnt_as_they_stand():
    from probes.baseline.maintenance import look_ahead

    frame = readings().assign(failure=[0, 1] * 40)
    assert look_ahead(frame, "failure", OPTIONS, asked=True) is None
    alone = frame.drop(columns="machine_id")
    assert look_ahead(alone, "failure", OPTIONS, asked=False) is None
    assert look_ahead(frame, "heat", OPTIONS, asked=False) is None
    assert look_ahead(frame, "absent", OPTIONS, asked=True) is None


def test_failures_without_a_time_of_the_reading_are_one_finding():
    from probes.baseline.maintenance import look_ahead

    frame = readings().assign(failed_at="2024-01-21").drop(columns="read_on")
    with pytest.raises(ProbeFault) as fault:
        look_ahead(frame, "failed_at", OPTIONS, asked=False)
    assert fault.value.finding.code == "failures_without_time"


@pytest.mark.slow
def test_wear_that_shows_before_a_failure_is_learnt_from_a_raw_table(tmp_path):
    import numpy as np

    from probes.baseline import run

    rng = np.random.default_rng(8)
    frame = readings(machines=30, days=200)
    day = np.tile(np.arange(200), 30)
    life = np.repeat(rng.integers(25, 60, 30), 200)
    age = day % life
    frame["heat"] = rng.normal(size=len(frame)) + np.where(life - age <= 7, 1.4, 0)
    frame["failed_at"] = frame.read_on.where((age == 0) & (day > 0)).dt.strftime("%d.%m.%Y")
    frame.to_csv(tmp_path / "readings.csv", index=False)
    context = ProbeContext(ProbeSettings(), tmp_path / "work", no_progress)
    options = {"use_case": "maintenance", "effort": "quick"}
    request = ProbeRequest("baseline", str(tmp_path / "readings.csv"), options=options)
    result = run(request, context)
    found = [one.code for one in result.findings]
    assert found[:2] == ["better_than_guessing", "label_looks_ahead"]
    assert result.facts["target"] == "failed_at within 7 days"
    assert result.facts["split"] == "in order of time"
    assert 0.75 < result.facts["headline"]["mean"] < 0.9
    assert not {code for code in found if code.startswith("leak_")} - {"leak_lift"}
