"""The kinds of defects that `plants_trades` plants."""
# ruff: noqa: E501  (lines of data read better as they are)

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np
import pandas as pd

from tests.integration.probes.judge.plants_trades import Table, kind, month

STATES = "presence_broken dependency_broken"
DECIDED = "dependency_broken derived_broken"
PERSONAL = "personal_data personal_data_in_text"
FIRST = ("Anna", "Piotr", "Maria", "Thomas", "Julia", "Pavel", "Susanne", "Henrik")
LAST = ("Lindner", "Kowalczyk", "Novotny", "Berger", "Okafor", "Steiner", "Walsh", "Duarte")


# --- across columns


@kind("across", STATES, "state", "end")
def open_and_closed(t: Table) -> None:
    t.put("state", t.some(0.07, t.frame["state"] == t.trade.states[1]), t.trade.states[0])


@kind("across", STATES, "state", "end")
def done_without_a_day(t: Table) -> None:
    t.put("end", t.some(0.04, t.frame["state"] == t.trade.states[1]), pd.NaT)


@kind("across", "order_broken", "start", "end")
def ends_before_it_starts(t: Table) -> None:
    rows = t.some(0.04, t.frame["end"].notna())
    t.frame.loc[rows, "end"] = t.frame.loc[rows, "start"] - pd.Timedelta(days=9)


@kind("across", "sum_broken product_broken", "net", "tax", "gross")
def total_is_no_sum(t: Table) -> None:
    t.put("gross", t.some(0.03), (t.frame["gross"] * 1.07 + 3).round(2).to_numpy())


@kind("across", "product_broken", "qty", "price", "net")
def net_is_no_product(t: Table) -> None:
    rows = t.some(0.03)
    t.put("net", rows, (t.frame["net"] * 1.25).round(2).to_numpy())


@kind("across", DECIDED, "land", "money")
def wrong_currency(t: Table) -> None:
    t.put("money", t.some(0.03), t.other("money"))


@kind("across", DECIDED, "zip", "town")
def town_of_another_postcode(t: Table) -> None:
    t.put("town", t.some(0.025), t.other("town"))


@kind("across", DECIDED, "code", "label")
def label_of_another_code(t: Table) -> None:
    t.put("label", t.some(0.03), t.other("label"))


@kind("across", "derived_broken dependency_broken", "age", "born")
def age_of_somebody_else(t: Table) -> None:
    t.put("age", t.some(0.06), t.other("age"))


@kind("across", "derived_broken dependency_broken", "weekday", "at")
def wrong_weekday(t: Table) -> None:
    t.put("weekday", t.some(0.04), t.other("weekday"))


@kind("across", "parents_absent", "parent", "id")
def parents_that_are_not_there(t: Table) -> None:
    t.put("parent", t.some(0.04, t.frame["parent"].notna()), t.frame["parent"].to_numpy() + 40_000)


@kind("across", "order_broken part_over_total sum_broken", "net", "gross")
def net_and_gross_changed_places(t: Table) -> None:
    rows = t.some(0.03)
    net, gross = t.frame["net"].to_numpy(), t.frame["gross"].to_numpy()
    t.put("net", rows, gross)
    t.put("gross", rows, net)


@kind("across", "sum_broken dependency_broken product_broken", "order", "total", "net")
def order_total_is_another(t: Table) -> None:
    orders = t.frame["order"].isin(t.rng.choice(t.frame["order"].unique(), 30, replace=False))
    t.put("total", orders.to_numpy(), (t.frame["total"] + 42).round(2).to_numpy())


@kind("across", STATES, "state", "qty", "net")
def cancelled_but_charged(t: Table) -> None:
    gone = t.frame["state"] == t.trade.states[2]
    rows = np.asarray(gone) & (t.rng.random(len(t.frame)) > 0.07)
    for name in ("qty", "net"):
        t.put(name, rows, 0)


@kind("across", DECIDED, "who", "born", "age")
def customer_number_used_twice(t: Table) -> None:
    rows = t.some(0.025)
    for name in ("born", "age"):
        t.put(name, rows, t.other(name))


@kind("across", DECIDED + " product_broken", "code", "price", "label")
def another_price_of_the_article(t: Table) -> None:
    rows = t.some(0.02)
    t.put("price", rows, (t.frame["price"] * 1.3).round(2).to_numpy())
    t.frame["net"] = (t.frame["qty"] * t.frame["price"].astype(float)).round(2)


@kind("across", "product_broken sum_broken", "share", "off", "net")
def discount_of_another_rate(t: Table) -> None:
    rows = t.some(0.03, t.frame["share"] > 0)
    t.put("off", rows, (t.frame["off"] * 2.4).round(2).to_numpy())


@kind("across", "product_broken", "kg", "lb")
def pounds_that_are_kilograms(t: Table) -> None:
    t.put("lb", t.some(0.03), t.frame["kg"].to_numpy())


@kind("across", "part_over_total order_broken", "qty", "ordered")
def more_than_was_ordered(t: Table) -> None:
    t.put("ordered", t.some(0.03), (t.frame["qty"] * 0.5).astype(int).to_numpy())


# --- people


def _full(rng: Any) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def _mail(rng: Any) -> str:
    return f"{rng.choice(FIRST)}.{rng.choice(LAST)}@mail{rng.integers(1, 9)}.example.com".lower()


@kind("people", PERSONAL, "path")
def mail_in_a_request(t: Table) -> None:
    t.text(0.05, lambda r: f"/v1/find?q={_mail(r).replace('@', '%40')}&page=1", "path")


@kind("people", PERSONAL, "remark")
def initials_and_birthday(t: Table) -> None:
    t.text(
        0.12,
        lambda r: (
            f"caller {r.choice(list('ABEKMS'))}.{r.choice(list('BHLTW'))}., *{r.integers(1, 28):02}."
            f"{r.integers(1, 12):02}.{r.integers(1940, 2002)}, confirmed"
        ),
    )


@kind("people", PERSONAL, "remark")
def plate_in_the_note(t: Table) -> None:
    t.text(
        0.12,
        lambda r: (
            f"van with plate {r.choice(['B', 'HH', 'M', 'WI'])}-{r.choice(['KT', 'AL', 'ZE'])} {r.integers(100, 9999)}"
        ),
    )


@kind("people", PERSONAL, "remark")
def account_in_the_note(t: Table) -> None:
    def said(r: Any) -> str:
        body = f"10050000{r.integers(10**9, 10**10 - 1):010}"
        check = 98 - int(body + "131400") % 97
        raw = f"DE{check:02}{body}"
        return "refund to " + " ".join(raw[at : at + 4] for at in range(0, len(raw), 4))

    t.text(0.1, said)


@kind("people", PERSONAL, "remark")
def passport_in_the_note(t: Table) -> None:
    t.text(
        0.1, lambda r: f"shown at the desk: passport C{r.integers(10**7, 10**8 - 1)}, valid to 2031"
    )


@kind("people", PERSONAL, "remark")
def illness_in_the_note(t: Table) -> None:
    ills = ("on dialysis", "has epilepsy", "after a stroke", "chemotherapy on Tuesdays", "HIV")
    t.text(0.05, lambda r: f"{_full(r)} {r.choice(ills)}, please be patient")


@kind("people", PERSONAL, "remark")
def faith_in_the_note(t: Table) -> None:
    faiths = ("is muslim", "is catholic", "member of the trade union", "jehovah's witness")
    t.text(0.06, lambda r: f"{_full(r)} {r.choice(faiths)}, no visit on holidays")


@kind("people", PERSONAL, "remark")
def machine_address_in_the_note(t: Table) -> None:
    t.text(
        0.25,
        lambda r: (
            f"login from {r.integers(60, 210)}.{r.integers(0, 255)}.{r.integers(0, 255)}."
            f"{r.integers(1, 254)} refused"
        ),
    )


@kind("people", PERSONAL, "handset")
def number_of_the_handset(t: Table) -> None:
    from stdnum import luhn

    bodies = [f"35{t.rng.integers(10**11, 10**12 - 1)}" for _ in range(260)]
    every = np.array([f"{body}{luhn.calc_check_digit(body)}" for body in bodies])
    t.frame["handset"] = every[t.frame["who"] - 5_200]


@kind("people", PERSONAL, "advertising_key")
def advertising_ids(t: Table) -> None:
    import uuid

    every = np.array([str(uuid.UUID(bytes=t.rng.bytes(16), version=4)) for _ in range(260)])
    t.frame["advertising_key"] = every[t.frame["who"] - 5_200]


@kind("people", PERSONAL, "remark")
def where_they_live(t: Table) -> None:
    t.text(
        0.3, lambda r: f"last seen {r.uniform(52.3, 52.7):.5f},{r.uniform(13.1, 13.7):.5f} by app"
    )


@kind("people", PERSONAL, "remark")
def salary_in_the_note(t: Table) -> None:
    t.text(
        0.08,
        lambda r: f"{_full(r)} earns {r.integers(21, 64) * 100} EUR a month, instalments agreed",
    )


@kind("people", PERSONAL, "remark")
def mail_said_with_at(t: Table) -> None:
    marks = ("&#64;", " (at) ", "[at]")
    t.text(0.1, lambda r: f"write to {_mail(r).replace('@', str(r.choice(marks)))} please")


@kind("people", PERSONAL, "payload")
def mail_in_base64(t: Table) -> None:
    t.frame["payload"] = [
        b64encode(f"u={_mail(t.rng)};s=1".encode()).decode() for _ in range(len(t.frame))
    ]


@kind("people", PERSONAL, "file")
def name_in_a_file(t: Table) -> None:
    t.frame["file"] = [
        f"scans/2026/{t.rng.choice(LAST)}_{t.rng.choice(FIRST)}_{t.rng.integers(100, 999)}.pdf"
        for _ in range(len(t.frame))
    ]


@kind("people", PERSONAL, "remark")
def signed_by_somebody(t: Table) -> None:
    t.text(0.15, lambda r: f"Meter was read, all fine. Kind regards {_full(r)}")


@kind("people", PERSONAL, "event")
def person_in_json(t: Table) -> None:
    t.frame["event"] = [
        f'{{"type":"{t.rng.choice(["open", "close"])}","user":{{"name":"{_full(t.rng)}","plan":2}}}}'
        for _ in range(len(t.frame))
    ]


# --- between files: the fourth month of six is another


def _values(name: str, change: Any) -> Any:
    return lambda _t, part: part.assign(**{name: change(part[name])})


def _coded(name: str, write: Any) -> Any:
    """Return a change that writes another code for each value of a column."""

    def change(t: Table, part: pd.DataFrame) -> pd.DataFrame:
        levels = sorted(t.frame[name].unique())
        return part.assign(**{name: part[name].map({one: write(levels, one) for one in levels})})

    return change


def _swapped(one: str, two: str) -> Any:
    return lambda _t, part: part.assign(**{one: part[two], two: part[one]})


def _text(encoding: str = "utf-8", **options: Any) -> Any:
    def change(_t: Table, part: pd.DataFrame) -> tuple[str, str]:
        named = part.rename(columns=lambda name: f"«{name}»")
        return named.to_csv(index=False, **options), encoding

    return change


def _another_month(t: Table, part: pd.DataFrame) -> pd.DataFrame:
    earlier = t.frame[t.frame["at"].dt.month == part["at"].dt.month.iloc[0] - 2]
    return earlier.sample(frac=0.97, random_state=3).assign(id=lambda one: one["id"] + 50_000)


def _delivered_twice(t: Table, part: pd.DataFrame) -> pd.DataFrame:
    earlier = t.frame[t.frame["at"].dt.month == part["at"].dt.month.iloc[0] - 1]
    return earlier.sample(frac=1, random_state=3)


def _summed(_t: Table, part: pd.DataFrame) -> pd.DataFrame:
    keys = [part["at"].dt.normalize(), part["state"]]
    sums = part.groupby(keys, sort=False)[["qty", "net", "tax", "gross", "kg"]]
    first = part.groupby(keys, sort=False).first().reset_index(drop=True)
    return first.assign(
        at=part.groupby(keys, sort=False)["at"].min().dt.normalize().to_numpy(),
        state=part.groupby(keys, sort=False)["state"].first().to_numpy(),
        **{name: values.to_numpy().round(2) for name, values in sums.sum().items()},
    )[list(part.columns)]


def _first_ids(t: Table, part: pd.DataFrame) -> pd.DataFrame:
    return part.assign(id=t.frame["id"].iloc[: len(part)].to_numpy())


CHANGES: dict[str, Any] = {
    "metres_in_one_month": _values("km", lambda one: (one * 1000).round()),
    "miles_in_one_month": _values("km", lambda one: (one / 1.609).round(1)),
    "other_words_in_one_month": _coded(
        "label", lambda levels, one: f"K{levels.index(one)}{one[:1]}"
    ),
    "numbers_for_words_in_one_month": _coded("label", lambda levels, one: levels.index(one) + 101),
    "other_numbers_in_one_month": _coded("code", lambda levels, one: 900 + levels.index(one)),
    "columns_swapped_in_one_month": _swapped("net", "tax"),
    "words_swapped_in_one_month": _swapped("site", "place"),
    "another_delimiter": _text(sep=";"),
    "decimal_comma": _text(sep=";", decimal=","),
    "another_encoding": _text(encoding="cp1252"),
    "another_order_of_dates": _values("start", lambda one: one.dt.strftime("%d/%m/%Y")),
    "month_of_another_file": _another_month,
    "month_delivered_twice": _delivered_twice,
    "sums_for_rows": _summed,
    "file_cut_off": lambda _t, part: part.iloc[: int(0.4 * len(part))],
    "ids_begin_again": _first_ids,
    "one_site_only": lambda _t, part: part[part["site"] == part["site"].iloc[0]],
    "closed_ones_only": lambda t, part: part[part["state"] == t.trade.states[1]],
    "no_header": _text(header=False),
    "another_time_zone": _values("at", lambda one: one.dt.strftime("%Y-%m-%dT%H:%M:%S+02:00")),
    "capitals_in_one_month": _values("label", lambda one: one.str.upper()),
    "zeros_for_nothing": _values("remark", lambda one: one.fillna("0")),
    "minus_nines_for_nothing": _values("parent", lambda one: one.fillna(-999)),
    "whole_numbers_only": _values("kg", lambda one: one.round()),
    "cents_in_one_month": _values("net", lambda one: (one * 100).round()),
    "taxes_in_the_net": lambda _t, part: part.assign(net=part["gross"]),
}
FILES = "schema_drift duplicate_rows near_duplicates duplicate_keys encoding_not_utf8"
for _name, _change in CHANGES.items():
    _make = month(3, _change)
    _make.__name__ = _name
    kind("schema", FILES)(_make)
