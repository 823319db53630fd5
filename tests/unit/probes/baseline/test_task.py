"""Recommendation, demand and unmarked anomalies from raw tables; notations and the calendar."""

from functools import cache

import pytest

from bot.domain.vocabulary import UseCase
from probes.baseline.options import Options
from probes.contract import ProbeContext, ProbeFault, no_progress
from probes.settings import ProbeSettings


@cache
def rng():
    import numpy as np

    return np.random.default_rng(5)


@cache
def days():
    import pandas as pd

    return pd.date_range("2024-01-01", periods=120)


def context(folder):
    return ProbeContext(ProbeSettings(), folder, no_progress)


def purchases(tastes):
    """Return purchases of 200 customers, each of one of so many tastes of 20 items each."""
    import numpy as np
    import pandas as pd

    rows = 200 * 12
    customer = np.repeat(np.arange(200), 12)
    item = (customer % tastes) * 20 + rng().integers(0, 20, rows)
    when = rng().choice(days(), rows)
    return pd.DataFrame({"customer_id": customer, "item_id": item, "bought_on": when})


def recommended(frame, folder):
    from probes.baseline.recommend import find_purchases, run_recommendation

    found = find_purchases(frame, Options())
    return run_recommendation(frame, found, context(folder), "shop", "purchases")


def test_customers_with_tastes_are_shown_better_items_than_what_sells_most(tmp_path):
    result = recommended(purchases(tastes=10), tmp_path)
    assert result.findings[0].code == "better_than_popular"
    assert result.facts["customers"] > 100


def test_customers_without_tastes_are_served_as_well_by_what_sells_most(tmp_path):
    assert recommended(purchases(tastes=1), tmp_path).findings[0].code == "no_better_than_popular"


def test_customers_who_never_come_back_are_one_finding(tmp_path):
    import numpy as np

    once = purchases(tastes=2)
    late = once.bought_on >= once.bought_on.quantile(0.8)
    once["customer_id"] = np.where(late, once.customer_id + 1_000, once.customer_id)
    with pytest.raises(ProbeFault) as fault:
        recommended(once, tmp_path)
    assert fault.value.finding.code == "too_few_customers"


def test_a_table_without_customers_or_times_holds_no_purchases():
    import pandas as pd

    from probes.baseline.recommend import find_purchases

    assert find_purchases(pd.DataFrame({"item_id": [1], "price": [2.0]}), Options()) is None


def sales(noise):
    """Return the sales of five items, twice as many on Saturdays."""
    import pandas as pd

    rows = [
        {"sku": sku, "day": day, "units": max(0, 20 * (1 + (day.day_of_week == 5)) + noise())}
        for sku in range(5)
        for day in days()
    ]
    return pd.DataFrame(rows)


def foretold(frame, folder):
    from probes.baseline.demand import find_sales, run_demand

    return run_demand(frame, find_sales(frame, Options()), context(folder), "shop", "sales")


def test_noisy_demand_is_foretold_better_than_by_copying_last_week(tmp_path):
    result = foretold(sales(lambda: int(rng().normal(0, 6))), tmp_path)
    assert result.findings[0].code == "better_than_last_season"
    assert result.facts["season"] == 7


def test_demand_that_repeats_each_week_needs_no_model(tmp_path):
    result = foretold(sales(lambda: 0), tmp_path)
    assert result.findings[0].code == "no_better_than_last_season"


def test_sales_of_three_weeks_are_too_short(tmp_path):
    short = sales(lambda: 0)
    with pytest.raises(ProbeFault) as fault:
        foretold(short[short.day < days()[21]], tmp_path)
    assert fault.value.finding.code == "too_few_periods"


def test_unmarked_anomalies_are_named_as_unknown_and_stand_out_by_their_column():
    import pandas as pd

    from probes.baseline.unlabelled import run_unlabelled

    frame = pd.DataFrame(rng().normal(size=(1_000, 4)), columns=list("abcd"))
    frame.loc[:9, "c"] = 40.0
    result = run_unlabelled(frame, Options(use_case=UseCase.ANOMALY), source="s", table="t")
    codes = {one.code: one for one in result.findings}
    assert list(codes) == [
        "anomalies_unmarked",
        "flags_steady",
        "rule_beside_forest",
        "stands_out_by",
    ]
    assert codes["rule_beside_forest"].evidence["common"] > 0.8
    assert next(iter(codes["stands_out_by"].evidence["columns"])) == "c"


NOTATIONS = [
    (["1,234.50", "12.00", "7"], "point", [1234.5, 12, 7]),
    (["1.234,50", "12,00", "7"], "comma", [1234.5, 12, 7]),
    (["12,5 €", "3,0 €", "1.000,0 €"], "comma", [12.5, 3, 1000]),
    (["12 %", "3.5%", "40%"], "point", [12, 3.5, 40]),
    (["1e3", "2", "-4.5"], "", [1000, 2, -4.5]),
]


@pytest.mark.parametrize(("texts", "notation", "numbers"), NOTATIONS)
def test_numbers_are_read_in_the_notation_of_their_column(texts, notation, numbers):
    import pandas as pd

    from probes.baseline.notations import number_notation, read_numbers

    column = pd.Series(texts)
    assert number_notation(column) == notation
    assert read_numbers(column, notation).tolist() == numbers


@pytest.mark.parametrize("words", [["a", "b"], ["1a", "2b"], ["12 Main St", "4 Elm"]])
def test_words_are_no_numbers_and_no_dates(words):
    import pandas as pd

    from probes.baseline.notations import date_notation, number_notation

    assert number_notation(pd.Series(words)) is None
    assert date_notation(pd.Series(words)) is None


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S"]
)
def test_dates_are_read_in_the_notation_of_their_column(form):
    import pandas as pd

    from probes.baseline.notations import date_notation, read_moments

    texts = pd.Series(days().strftime(form))
    notation = date_notation(texts)
    assert notation is not None
    assert (read_moments(texts, notation) == days()).all()


def test_a_column_that_only_says_when_is_left_out_and_what_comes_round_is_kept():
    import numpy as np
    import pandas as pd

    from probes.baseline.calendar import without_calendar
    from probes.baseline.columns import plan_frame

    when = pd.date_range("2024-01-01", periods=24 * 200, freq="h")
    frame = pd.DataFrame(
        {
            "when": when,
            "month": when.month,
            "order_no": np.arange(len(when)) * 3,
            "clock": when.hour,
            "price": rng().normal(size=len(when)),
        }
    )
    plan = without_calendar(frame, plan_frame(frame, {}), "when")
    assert plan.prepared_names == ["when · hour", "when · day of week", "clock", "price"]
    assert {one.name for one in plan.left_out} == {"month", "order_no"}


def test_a_served_row_is_read_as_the_learnt_ones_were():
    import pandas as pd

    from probes.baseline.columns import plan_frame, prepare, with_moments

    raw = pd.DataFrame({"when": days().strftime("%d.%m.%Y"), "price": ["1.234,5", "2,5"] * 60})
    read, notations = with_moments(raw)
    plan = plan_frame(read, {}, notations)
    one = prepare(raw.iloc[[40]], plan)
    assert one["price"].tolist() == [1234.5]
    assert one["when · month"].tolist() == [days()[40].month]
