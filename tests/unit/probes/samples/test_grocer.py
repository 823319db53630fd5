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


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    from probes.samples.generated_grocer import write_tables
    from probes.samples.grocer import build_grocer

    folder = tmp_path_factory.mktemp("generated")
    return build_grocer(folder, write_tables(folder / "tables"))


@pytest.mark.parametrize("name", ["transactions", "products", "households", "households_year"])
def test_without_the_public_data_the_files_have_the_same_columns(grocer, generated, name):
    import pandas as pd

    read = pd.read_parquet if grocer[name].suffix == ".parquet" else pd.read_csv
    public, own = read(grocer[name]), read(generated[name])
    assert list(own.columns) == list(public.columns)
    assert [kind.kind for kind in own.dtypes] == [kind.kind for kind in public.dtypes]


def test_generated_households_leave_and_have_gaps(generated):
    import pandas as pd

    households = pd.read_csv(generated["households"])
    assert 0.02 < households["churned"].mean() < 0.3
    assert 0.5 < households["age"].isna().mean() < 0.8
    active = households.groupby("churned")["baskets_last_4"].mean()
    assert active[0] > 2 * active[1]


def test_generated_tables_are_the_same_every_time(generated, tmp_path):
    from probes.samples.generated_grocer import write_tables
    from probes.samples.grocer import build_grocer

    again = build_grocer(tmp_path, write_tables(tmp_path / "tables"))
    assert again["households"].read_bytes() == generated["households"].read_bytes()
