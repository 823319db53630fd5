"""The time of the prediction is the earliest date of the row itself, whatever its name."""

import numpy as np
import pandas as pd
import pytest

from probes.baseline.columns import plan_frame, prepare, with_moments
from probes.baseline.event_time import TimeChoice, find_event_time

ROWS = 400
OPENED = pd.Series(pd.date_range("2024-01-01", periods=ROWS, freq="7h"))


def days(mean, seed=1):
    return pd.to_timedelta(np.random.default_rng(seed).exponential(mean, ROWS), unit="D")


def gaps(column):
    return column.where(np.random.default_rng(2).random(ROWS) > 0.3)


BORN = pd.Series(pd.Timestamp("1950-01-01") + days(9_000))


@pytest.mark.parametrize(
    ("columns", "taken", "choice"),
    [
        ({"a": OPENED}, "a", TimeChoice.ONLY),
        ({"updated_at": OPENED + days(3), "zz": OPENED}, "zz", TimeChoice.EARLIEST),
        ({"a": OPENED + days(9), "b": OPENED, "c": OPENED + days(2)}, "b", TimeChoice.EARLIEST),
        ({"closed": gaps(OPENED - days(3)), "opened": OPENED}, "opened", TimeChoice.ONLY),
        ({"first": BORN, "opened": OPENED}, "opened", TimeChoice.EARLIEST),
        ({"date_of_birth": BORN}, None, TimeChoice.NOT_COMPLETE),
        ({"snapshot": pd.Series([pd.Timestamp("2024-05-01")] * ROWS)}, None, "not_complete"),
        ({"x": pd.Series(range(ROWS))}, None, TimeChoice.NO_DATE),
    ],
)
def test_the_earliest_complete_date_of_the_row_is_taken(columns, taken, choice):
    found = find_event_time(pd.DataFrame(columns))
    assert (found.column, found.choice) == (taken, choice)


def test_a_date_that_belongs_to_whom_the_row_is_about_orders_nothing():
    people = np.repeat(np.arange(ROWS // 8), 8)
    joined = (OPENED.iloc[::8] - pd.Timedelta(days=200)).to_numpy()[people]
    found = find_event_time(pd.DataFrame({"joined": joined, "ordered": OPENED}), entities=people)
    assert found.column == "ordered"
    assert found.others == ("joined",)


def test_dates_that_order_the_rows_otherwise_are_rivals_once_for_each_order():
    since = pd.Series(OPENED.sample(ROWS, random_state=1).to_numpy()) - pd.Timedelta(days=900)
    frame = pd.DataFrame({"since": since, "opened": OPENED, "updated": OPENED + days(1)})
    assert find_event_time(frame).rivals == ("opened",)
    assert find_event_time(frame.drop(columns="since")).rivals == ()
    assert find_event_time(frame, asked="since").rivals == ()


def test_the_named_column_is_taken_even_where_another_is_earlier():
    frame = pd.DataFrame({"opened": OPENED, "assigned": OPENED + days(2)})
    found = find_event_time(frame, asked="assigned")
    assert (found.column, found.choice) == ("assigned", TimeChoice.ASKED)


def whole(column, form="%Y%m%d"):
    return column.dt.strftime(form).astype("int64")


@pytest.mark.parametrize(
    "written",
    [
        whole(OPENED),
        whole(OPENED).astype(str),
        whole(OPENED, "%Y%m%d%H%M%S"),
        whole(OPENED).astype("float64").where(np.arange(ROWS) > 5),
        whole(OPENED).where(np.arange(ROWS) > 5, 99_991_231),
    ],
    ids=["number", "text", "with a clock", "with gaps", "with a date for never"],
)
def test_dates_that_are_written_as_whole_numbers_order_the_rows(written):
    frame, notations = with_moments(pd.DataFrame({"day": written, "x": range(ROWS)}))
    assert find_event_time(frame).column == "day"
    plan = plan_frame(frame, {}, notations)
    again = prepare(pd.DataFrame({"day": written, "x": range(ROWS)}), plan)
    assert again["day"].iloc[-1] == pytest.approx((OPENED.iloc[-1] - pd.Timestamp(0)).days, abs=1)
    assert again["day · month"].iloc[-1] == 4


@pytest.mark.parametrize(
    "column",
    [np.random.default_rng(3).integers(19_000_000, 21_000_000, ROWS), np.arange(ROWS) + 20_230_000],
    ids=["drawn", "running"],
)
def test_other_whole_numbers_of_eight_digits_are_no_dates(column):
    assert with_moments(pd.DataFrame({"number": column}))[1] == {}
