"""Defects of rows and structure, across columns, and of a schema that drifts."""
# ruff: noqa: E501  (one choice a line reads as a table)

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.integration.probes.judge.hosts import Host, plant


def fresh(host: Host, rows: int | None = None) -> pd.DataFrame:
    """Replace the host's columns by an orders table written by its seed, for defects of whole rows."""
    n = rows or host.pick([900, 2000], [1300, 2600])
    host.frame = pd.DataFrame(
        {
            host.pick(["region"], ["filiale"]): host.rng.choice(
                host.pick([["north", "south", "east"]], [["Kiel", "Bonn", "Jena", "Gera"]]), n
            ),
            host.pick(["product"], ["artikel"]): [
                f"item {at}" for at in host.rng.integers(1, 60, n)
            ],
            host.pick(["units"], ["menge"]): host.rng.integers(1, 40, n),
            host.pick(["revenue"], ["erlös"]): (50 * np.exp(host.rng.normal(0, 0.7, n))).round(2),
        }
    )
    return host.frame


@plant("rows", "total_rows")
def total_row_at_the_end(host: Host) -> None:
    frame = fresh(host)
    word = host.pick(["Total", "Grand Total"], ["Summe", "Gesamt", "TOTAL:"])
    row = [word, None, *(frame.iloc[:, at].sum() for at in (2, 3))]
    host.frame = pd.concat([frame, pd.DataFrame([row], columns=frame.columns)], ignore_index=True)


@plant("rows", "total_rows")
def subtotal_rows(host: Host) -> None:
    frame = fresh(host)
    parts = []
    for key, part in frame.groupby(frame.columns[0]):
        sums = [
            f"{key} {host.pick(['total', 'subtotal'], ['Zwischensumme', 'gesamt'])}",
            None,
            part.iloc[:, 2].sum(),
            part.iloc[:, 3].sum(),
        ]
        parts += [part, pd.DataFrame([sums], columns=frame.columns)]
    host.frame = pd.concat(parts, ignore_index=True)


@plant("rows", "title_lines", "total_rows", "footer_lines")
def title_lines_above(host: Host) -> None:
    frame = fresh(host)
    title = host.pick(
        ["Sales report 2023\nCreated on 2024-01-03\n\n"],
        ["Auswertung Filialen\n", "Report: revenue by branch;confidential\n\n"],
    )
    host.raw = title + frame.to_csv(index=False)


@plant("rows", "footer_lines", "total_rows")
def footnotes_below(host: Host) -> None:
    frame = fresh(host)
    host.raw = frame.to_csv(index=False) + host.pick(
        ["\nSource: warehouse extract\n"],
        ["Ende der Datei\n", "* provisional figures\nprinted by ERP\n"],
    )


@plant("rows", "header_rows")
def headers_repeated(host: Host) -> None:
    lines = fresh(host).to_csv(index=False).splitlines()
    for at in range(host.pick([400], [250, 700]), len(lines), host.pick([400], [350])):
        lines.insert(at, lines[0])
    host.raw = "\n".join(lines) + "\n"


@plant("rows", "near_duplicates", "duplicate_rows")
def near_duplicates(host: Host) -> None:
    n = host.pick([900], [1400])
    host.frame = pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "name": [
                f"{a} {b}"
                for a, b in zip(
                    host.rng.choice(["Nordic", "Alpine", "Blue", "Grand", "Silver", "First"], n),
                    host.rng.choice(["Foods", "Motors", "Tools", "Labs", "Media"], n),
                    strict=True,
                )
            ],
            "opened": (
                pd.Timestamp("2015-01-01")
                + pd.to_timedelta(host.rng.integers(0, 3000, n), unit="D")
            ).astype(str),
            "revenue": host.rng.normal(5e5, 1e5, n).round(2),
            "staff": host.rng.integers(2, 900, n),
        }
    )
    twins = host.frame.sample(
        round(host.pick([0.03], [0.02]) * n), random_state=host.seed % 2**31
    ).copy()
    twins["id"] = np.arange(n + 1, n + 1 + len(twins))
    twins["name"] = host.pick(
        [twins["name"].str.upper(), twins["name"] + " "],
        [twins["name"].str.replace("o", "0", n=1), twins["name"] + " Ltd"],
    )
    host.frame = (
        pd.concat([host.frame, twins]).sample(frac=1, random_state=1).reset_index(drop=True)
    )


@plant("rows", "duplicate_rows")
def batch_loaded_twice(host: Host) -> None:
    frame = fresh(host)
    again = frame.iloc[host.pick([100], [300]) :][: host.pick([60], [120])]
    host.frame = pd.concat([frame, again], ignore_index=True)


@plant("rows", "duplicate_keys", "near_duplicates")
def keys_given_twice(host: Host) -> str:
    keys = np.arange(1, host.rows + 1) * 7 + 10_000
    keys[host.some(host.pick([0.01], [0.02]))] = keys[5]
    return host.add(host.pick(["order_id"], ["vorgang_nr", "ticket"]), keys)


@plant("rows", "shifted_rows", "mixed_types", "numbers_as_text")
def shifted_cells(host: Host) -> None:
    lines = fresh(host).to_csv(index=False).splitlines()
    for at in host.dice.sample(range(1, len(lines)), host.pick([12], [20])):
        cells = lines[at].split(",")
        lines[at] = ",".join([host.pick(["x"], ["neu"]), *cells[:-1]])
    host.raw = "\n".join(lines) + "\n"


@plant("rows", "blank_rows")
def blank_rows(host: Host) -> None:
    lines = fresh(host).to_csv(index=False).splitlines()
    for at in range(50, len(lines), host.pick([60], [90])):
        lines.insert(at, ",,,")
    host.raw = "\n".join(lines) + "\n"


@plant("rows", "row_limit_hit")
def cut_at_a_limit(host: Host) -> None:
    fresh(host, host.pick([10_000, 65_535], [50_000, 65_536]))


@plant("across", "order_broken")
def end_before_start(host: Host) -> tuple[str, str]:
    first, last = host.pick(
        [("start_date", "end_date"), ("ordered_at", "shipped_at")],
        [("beginn", "ende"), ("opened", "resolved"), ("check_in", "check_out")],
    )
    start = host.days("2021-01-01", 700)
    end = start + pd.to_timedelta(host.rng.integers(1, 40, host.rows), unit="D")
    bad = host.some(host.pick([0.02, 0.1], [0.01, 0.05]))
    host.add(first, start.where(~bad, end))
    return host.add(last, end.where(~bad, start)), first


@plant("across", "part_over_total", "order_broken")
def part_over_total(host: Host) -> tuple[str, str]:
    whole, part = host.pick(
        [("total", "paid"), ("seats", "occupied")],
        [("capacity", "used"), ("gesamt", "davon_export"), ("invited", "attended")],
    )
    total = host.rng.integers(50, 900, host.rows)
    some = (total * host.rng.uniform(0.1, 1, host.rows)).astype(int)
    host.add(whole, total)
    return host.add(
        part,
        np.where(
            host.some(host.pick([0.02], [0.01, 0.03])),
            total + host.rng.integers(5, 200, host.rows),
            some,
        ),
    ), whole


@plant("across", "coordinates_swapped", "impossible_values")
def coordinates_swapped(host: Host) -> tuple[str, str]:
    lat0, lon0 = host.pick(
        [(52.5, 13.4), (40.7, -74.0)], [(48.1, 11.6), (-33.9, 151.2), (45.5, 9.2)]
    )
    lat, lon = lat0 + host.rng.normal(0, 0.2, host.rows), lon0 + host.rng.normal(0, 0.3, host.rows)
    bad = host.some(host.pick([0.03], [0.02]))
    a, b = host.pick([("latitude", "longitude")], [("lat", "lon"), ("geo_lat", "geo_lng")])
    host.add(a, np.where(bad, lon, lat).round(5))
    return host.add(b, np.where(bad, lat, lon).round(5)), a


@plant("across", "sum_broken")
def sums_that_do_not_add_up(host: Host) -> tuple[str, ...]:
    names = host.pick(
        [("net", "tax", "gross")],
        [("material", "lohn", "summe"), ("domestic", "export", "sales_all")],
    )
    one, two = host.amounts(100, 0.6), host.amounts(20, 0.5)
    host.add(names[0], one)
    host.add(names[1], two)
    host.add(
        names[2],
        np.where(
            host.some(host.pick([0.03], [0.02])), one + two + host.amounts(9, 0.4), one + two
        ).round(2),
    )
    return names


@plant("across", "product_broken")
def quantity_times_price(host: Host) -> tuple[str, ...]:
    names = host.pick([("qty", "unit_price", "line_total")], [("anzahl", "preis", "betrag")])
    qty, price = host.rng.integers(1, 30, host.rows), host.amounts(15, 0.7)
    host.add(names[0], qty)
    host.add(names[1], price)
    host.add(
        names[2],
        np.where(host.some(host.pick([0.02], [0.03])), qty * price * 1.19, qty * price).round(2),
    )
    return names


@plant("across", "dependency_broken")
def one_code_two_names(host: Host) -> tuple[str, str]:
    code = host.rng.integers(0, host.pick([40], [25]), host.rows)
    a, b = host.pick([("dept_code", "dept_name")], [("plz", "ort"), ("sku", "brand")])
    names = np.array(
        [
            f"{x} {y}"
            for x in ("Upper", "Lower", "Old", "New", "West")
            for y in ("Hill", "Brook", "Field", "Gate", "Mill", "Ford", "Dale", "Wood")
        ]
    )
    host.add(a, [f"C{c:03}" for c in code])
    return host.add(
        b, np.where(host.some(host.pick([0.02], [0.01])), names[(code + 3) % 40], names[code])
    ), a


@plant("across", "derived_broken")
def age_against_birth(host: Host) -> tuple[str, str]:
    born = host.days("1950-01-01", 18_000)
    age = (2024 - born.dt.year).to_numpy()
    a, b = host.pick([("birth_date", "age")], [("geboren", "alter")])
    host.add(a, born)
    return host.add(
        b,
        np.where(
            host.some(host.pick([0.04], [0.03])), age + host.rng.integers(5, 30, host.rows), age
        ),
    ), a


@plant("across", "presence_broken", "dependency_broken")
def closed_without_a_date(host: Host) -> tuple[str, str]:
    status = host.choose(host.pick([["open", "closed"]], [["aktiv", "beendet", "ruhend"]]))
    done = host.pick(["closed", "beendet"][:1], ["beendet"])
    a, b = host.pick([("status", "closed_on")], [("zustand", "ende_datum")])
    days = host.days("2022-01-01", 500)
    closed = (status == done) & ~host.some(host.pick([0.02], [0.015]))
    host.add(a, status)
    return host.add(b, days.where(closed)), a


@plant("across", "impossible_values", "zero_for_nothing", "coordinates_zero")
def null_island(host: Host) -> tuple[str, str]:
    bad = host.some(host.pick([0.03], [0.02]))
    host.add("lat", np.where(bad, 0, 50 + host.rng.normal(0, 1, host.rows)).round(4))
    return host.add(
        host.pick(["lon"], ["lng"]), np.where(bad, 0, 8 + host.rng.normal(0, 1, host.rows)).round(4)
    ), "lat"


def monthly(host: Host, count: int) -> dict[str, pd.DataFrame]:
    return {
        f"{host.pick(['sales'], ['umsatz'])}_2023_{month:02}": fresh(
            host, host.pick([300], [420])
        ).assign(day=host.days(f"2023-{month:02}-01", 28).to_numpy())
        for month in range(1, count + 1)
    }


@plant("schema", "schema_drift")
def renamed_between_files(host: Host) -> None:
    files = monthly(host, host.pick([6], [5]))
    last = list(files)[-1]
    old = files[last].columns[3]
    files[last] = files[last].rename(columns={old: host.pick(["rev"], ["Umsatz netto"])})
    host.files = files


@plant("schema", "schema_drift")
def retyped_between_files(host: Host) -> None:
    files = monthly(host, host.pick([6], [5]))
    name = list(files)[host.pick([3], [2])]
    column = files[name].columns[2]
    files[name][column] = files[name][column].astype(str) + host.pick([" pcs"], [" St."])
    host.files = files


@plant("schema", "schema_drift")
def column_gone_in_one_file(host: Host) -> None:
    files = monthly(host, host.pick([6], [5]))
    name = list(files)[-2]
    files[name] = files[name].drop(columns=[files[name].columns[1]])
    host.files = files


@plant("schema", "schema_drift")
def retyped_between_parquet_files(host: Host) -> None:
    files = monthly(host, host.pick([5], [4]))
    name = list(files)[1]
    column = files[name].columns[2]
    files[name][column] = files[name][column].astype(host.pick(["str"], ["float64"]))
    host.files, host.typed = files, True


@plant("schema", "column_replaced", "stopped_filling", "started_filling")
def renamed_within_a_table(host: Host) -> tuple[str, str]:
    host.add("at", host.days("2022-01-01", 600, ordered=True))
    cut = int(host.rows * host.pick([0.6], [0.7]))
    values = pd.Series(host.amounts(30, 0.5))
    host.add(host.pick(["amount_eur"], ["kwh_alt"]), values.where(values.index < cut))
    return host.add(
        host.pick(["amount"], ["kwh_neu"]), values.where(values.index >= cut)
    ), host.frame.columns[-2]


@plant("schema", "format_changed", "date_formats_mixed", "units_mixed", "number_formats_mixed")
def format_changes_over_time(host: Host) -> str:
    host.add("at", host.days("2022-01-01", 600, ordered=True))
    cut = int(host.rows * host.pick([0.6], [0.75]))
    number = host.rng.integers(1000, 9999, host.rows)
    old, new = host.pick([("C{}", "CUST-00{}")], [("{}", "K{}"), ("M-{}", "{}/M")])
    return host.add(
        host.pick(["customer_ref"], ["messstelle"]),
        [(old if at < cut else new).format(n) for at, n in enumerate(number)],
    )
