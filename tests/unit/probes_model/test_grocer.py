"""The demo's sample is honest: known at week 40, foretold after it, the same every time."""

import pytest


def test_every_household_once_with_a_label_that_both_values_take(grocer):
    import pandas as pd

    households = pd.read_csv(grocer["households"])
    assert households["household_id"].is_unique
    assert set(households["churned"]) == {0, 1}
    assert 0.02 < households["churned"].mean() < 0.3


def test_what_was_bought_later_is_not_among_the_features(grocer):
    import pandas as pd

    households = pd.read_csv(grocer["households"])
    assert households["weeks_since_last"].between(0, 39).all()
    assert not [name for name in households if name.endswith("_year")]


def test_every_sampled_transaction_has_its_product(grocer):
    import pandas as pd

    transactions = pd.read_parquet(grocer["transactions"], columns=["product_id"])
    products = pd.read_parquet(grocer["products"], columns=["product_id"])
    assert transactions["product_id"].isin(products["product_id"]).mean() > 0.99
    assert len(transactions) > 200_000


@pytest.mark.slow
def test_building_twice_gives_the_same_rows(grocer, tmp_path):
    from probes.samples.grocer import build_grocer

    again = build_grocer(tmp_path)
    for name in ("households", "spend_halves"):
        assert again[name].read_bytes() == grocer[name].read_bytes()
