"""Defects planted once before anything was tuned on them; the probe was mended afterwards."""
# ruff: noqa: E501  (one choice a line reads as a table)

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.integration.probes.judge.hosts import Host, plant
from tests.integration.probes.judge.plants_time import later, timed

STREETS = (
    "Lindenallee",
    "Hafenstraße",
    "Am Mühlbach",
    "Kirchgasse",
    "Elm Street",
    "Oak Avenue",
    "Station Road",
)
GIVEN = (
    "Anna",
    "Peter",
    "María",
    "Jan",
    "Sofia",
    "Lukas",
    "Emma",
    "Paul",
    "Laura",
    "Marek",
    "Julia",
    "Tom",
)
FAMILY = (
    "Schneider",
    "Nowak",
    "García",
    "Rossi",
    "Jansen",
    "Dubois",
    "Novák",
    "Hansen",
    "Weber",
    "Smith",
)


def _days(host: Host) -> pd.Series:
    return host.days("2023-01-01", 500)


# --- one column's formats and values


@plant("values", "date_order_mixed", "date_formats_mixed")
def two_digit_years_both_ways(host: Host) -> str:
    d = _days(host)
    return host.add(
        "shipped", np.where(host.some(0.2), d.dt.strftime("%m/%d/%y"), d.dt.strftime("%d/%m/%y"))
    )


@plant("values", "date_serials", "mixed_types", "date_formats_mixed")
def serials_with_the_hour(host: Host) -> str:
    d = _days(host)
    serial = (d - pd.Timestamp("1899-12-30")).dt.days + 0.375
    return host.add(
        "opened", np.where(host.some(0.04), serial.astype(str), d.dt.strftime("%d.%m.%Y 09:00"))
    )


@plant("values", "mixed_scales")
def some_prices_in_cents(host: Host) -> str:
    v = host.amounts(34, 0.5)
    return host.add("netto", np.where(host.some(0.15), np.round(v * 100), v))


@plant("values", "mixed_scales", "units_by_group", "ratio_clusters")
def one_depot_writes_miles(host: Host) -> str:
    depot = host.choose(["D1", "D2", "D3", "D4", "D5"])
    km = host.amounts(180, 0.25, 1)
    host.add("depot", depot)
    return host.add("trip_distance", np.where(depot == "D4", np.round(km / 1.609344, 1), km))


@plant("values", "currencies_mixed", "units_mixed", "number_notations")
def amounts_with_their_currency_behind(host: Host) -> str:
    v = host.amounts(250, 0.6)
    code = host.choose(["EUR", "CHF", "SEK"], [8, 1, 1])
    return host.add("fee", [f"{one:.2f} {which}" for one, which in zip(v, code, strict=True)])


@plant("values", "ids_rounded")
def parcel_numbers_from_a_spreadsheet(host: Host) -> str:
    ids = host.rng.integers(10**13, 10**14, host.rows)
    return host.add("parcel", [f"{one:.5E}" for one in ids])


@plant("values", "ids_as_floats", "ids_rounded")
def account_numbers_as_floats(host: Host) -> str:
    host.typed = True
    return host.add(
        "account_no", host.rng.integers(4 * 10**16, 5 * 10**16, host.rows).astype(float)
    )


@plant("values", "lost_zeros")
def branch_codes_without_their_zero(host: Host) -> str:
    codes = host.rng.integers(1, 9999, host.rows)
    kept = host.some(0.7)
    return host.add(
        "branch_code", np.where(kept, [f"{one:04d}" for one in codes], codes.astype(str))
    )


@plant("values", "default_dates", "sentinel_dates")
def a_third_on_the_first_of_the_century(host: Host) -> str:
    d = host.days("2018-01-01", 1500).dt.strftime("%Y-%m-%d")
    return host.add("birthday_of_contract", np.where(host.some(0.3), "2000-01-01", d))


@plant("values", "zero_for_nothing", "sentinel_numbers")
def pulse_of_zero(host: Host) -> str:
    v = host.rng.normal(72, 9, host.rows).round()
    return host.add("heart_rate", np.where(host.some(0.06), 0, v))


@plant("values", "broken_encoding")
def names_decoded_twice(host: Host) -> str:
    towns = host.choose(["Zürich", "Genève", "Malmö", "Łódź", "Basel", "Bern"])
    spoilt = [one.encode().decode("cp1252", errors="replace") for one in towns]
    return host.add("town", np.where(host.some(0.03), spoilt, towns))


@plant("values", "offsets_mixed")
def some_moments_in_utc(host: Host) -> str:
    at = _days(host) + pd.to_timedelta(host.rng.integers(0, 86_400, host.rows), unit="s")
    text = at.dt.strftime("%Y-%m-%dT%H:%M:%S")
    return host.add("sent", np.where(host.some(0.25), text + "Z", text + "+05:30"))


@plant("values", "truncated_text")
def remarks_cut_at_fifty(host: Host) -> str:
    words = [
        "customer",
        "asked",
        "again",
        "about",
        "the",
        "late",
        "parcel",
        "and",
        "wants",
        "a",
        "refund",
        "today",
    ]
    notes = [
        " ".join(host.dice.choices(words, k=host.dice.randint(6, 20)))[:50]
        for _ in range(host.rows)
    ]
    return host.add("remark", notes)


@plant("values", "number_formats_mixed", "number_notations")
def thousands_two_ways(host: Host) -> str:
    v = host.amounts(4800, 0.7)
    one = [f"{x:,.2f}" for x in v]
    other = [x.translate(str.maketrans(",.", ".,")) for x in one]
    return host.add("turnover", np.where(host.some(0.3), other, one))


@plant("values", "units_mixed", "number_notations", "mixed_types")
def doses_in_two_units(host: Host) -> str:
    mg = host.choose([100, 250, 500, 1000])
    return host.add(
        "dose", np.where(host.some(0.3), [f"{x / 1000:g} g" for x in mg], [f"{x} mg" for x in mg])
    )


@plant("values", "spelling_variants", "labels_mixed", "spelling_near")
def one_town_many_ways(host: Host) -> str:
    town = host.choose(["Frankfurt am Main", "Köln", "Berlin", "Hamburg"])
    other = {
        "Frankfurt am Main": "frankfurt am main",
        "Köln": "KÖLN",
        "Berlin": "berlin ",
        "Hamburg": "HAMBURG",
    }
    return host.add("standort", np.where(host.some(0.08), [other[x] for x in town], town))


@plant("values", "sign_flips", "impossible_values", "sentinel_numbers")
def returns_booked_as_sales(host: Host) -> str:
    v = host.amounts(60, 0.4)
    return host.add("unit_price", np.where(host.some(0.01), -v, v))


@plant("values", "placeholder_text")
def nothing_said_in_words(host: Host) -> str:
    town = host.choose(
        ["Oslo", "Bergen", "Tromsø", "Stavanger", "Bodø", "Ålesund", "Molde", "Narvik", "Hamar"]
    )
    return host.add(
        "kommune", np.where(host.some(0.05), host.choose(["n.a.", "k.A.", "??", "-"]), town)
    )


# --- personal data


@plant("people", "personal_data")
def names_surname_first(host: Host) -> str:
    return host.add(
        "kontakt",
        [f"{host.dice.choice(FAMILY)}, {host.dice.choice(GIVEN)}" for _ in range(host.rows)],
    )


@plant("people", "personal_data", "personal_data_in_text")
def addresses_on_one_line(host: Host) -> str:
    return host.add(
        "ort",
        [
            f"{host.dice.choice(STREETS)} {host.dice.randint(1, 140)}, {host.dice.randint(10000, 99999)} Neustadt"
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data_in_text")
def calls_noted_with_a_number(host: Host) -> str:
    said = "Kunde bittet um Rückruf unter "
    return host.add(
        "vermerk",
        np.where(
            host.some(0.06),
            [
                f"{said}0{host.dice.randint(151, 179)}/{host.dice.randint(1000000, 9999999)}"
                for _ in range(host.rows)
            ],
            "Lieferung in Ordnung",
        ),
    )


@plant("people", "personal_data")
def mobile_numbers_with_zero(host: Host) -> str:
    return host.add(
        "rueckruf",
        [
            f"0{host.dice.choice((151, 160, 170, 176))}-{host.dice.randint(1000000, 9999999)}"
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data_in_text")
def diagnoses_between_other_words(host: Host) -> str:
    ill = [
        f"Pat. seen, dx {c}, next visit in 2 weeks" for c in ("E11.9", "F32.1", "I10.9", "J45.0")
    ]
    return host.add(
        "entry", np.where(host.some(0.05), host.choose(ill), "seen, all well, no action")
    )


@plant("people", "personal_data_in_text")
def card_numbers_with_dashes_in_mail(host: Host) -> str:
    def card() -> str:
        body = "4" + "".join(host.dice.choices("0123456789", k=14))
        total = sum(
            (int(d) * 2 - 9 if int(d) * 2 > 9 else int(d) * 2) if at % 2 == 0 else int(d)
            for at, d in enumerate(body)
        )
        full = body + str(-total % 10)
        return "-".join(full[at : at + 4] for at in (0, 4, 8, 12))

    return host.add(
        "mail",
        np.where(
            host.some(0.02),
            [f"please charge {card()} as agreed" for _ in range(host.rows)],
            "thanks for the offer, we will come back",
        ),
    )


@plant("people", "personal_data")
def logins_that_are_addresses(host: Host) -> str:
    return host.add(
        "login",
        [
            f"{host.dice.choice(GIVEN).lower()}.{host.dice.choice(FAMILY).lower()}{n}@firma.example"
            for n in range(host.rows)
        ],
    )


@plant("people", "personal_data")
def spanish_identity_numbers(host: Host) -> str:
    numbers = host.rng.integers(10_000_000, 99_999_999, host.rows)
    return host.add("documento", [f"{n:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[n % 23]}" for n in numbers])


# --- rows and structure


@plant("rows", "total_rows")
def a_sum_below_the_rows(host: Host) -> None:
    host.frame = host.frame.iloc[:300].copy()
    host.frame.insert(0, "filiale", host.choose(["Nord", "Süd", "West"])[:300])
    host.add("umsatz", host.amounts(400, 0.4)[:300])
    last = dict.fromkeys(host.frame)
    last |= {"filiale": "Gesamtsumme", "umsatz": round(float(host.frame["umsatz"].sum()), 2)}
    host.frame = pd.concat([host.frame, pd.DataFrame([last])], ignore_index=True)


@plant("rows", "title_lines")
def two_lines_of_title(host: Host) -> None:
    host.raw = "Monthly report 03/2024\nprepared for the board\n" + host.frame.head(400).to_csv(
        index=False
    )


@plant("rows", "duplicate_rows")
def the_last_rows_twice(host: Host) -> None:
    host.add("beleg", range(host.rows))
    host.frame = pd.concat([host.frame, host.frame.tail(60)], ignore_index=True)


@plant("rows", "header_rows")
def pasted_with_its_header(host: Host) -> None:
    host.frame = host.frame.head(500)[[*host.frame.columns[:5]]].copy()
    host.add("abteilung", host.choose(["Einkauf", "Verkauf", "Lager"])[: host.rows])
    text = host.frame.to_csv(index=False)
    head, *rest = text.splitlines(keepends=True)
    host.raw = "".join([head, *rest[:250], head, *rest[250:]])


# --- over time


@plant("time", "drift", "level_shift")
def a_slow_warming(host: Host) -> str:
    timed(host)
    v = host.rng.normal(21, 1.2, host.rows) + np.linspace(0, 4.5, host.rows)
    return host.add("probe_3", v.round(2))


@plant("time", "recoded")
def grades_become_letters(host: Host) -> str:
    timed(host)
    at = host.rng.integers(0, 4, host.rows)
    old, new = (
        np.array(["1", "2", "3", "4"], object),
        np.array(["gold", "silver", "bronze", "none"], object),
    )
    return host.add("tier", np.where(later(host), new[at], old[at]))


@plant("time", "level_shift", "mixed_scales", "units_by_group")
def from_fahrenheit_to_celsius(host: Host) -> str:
    timed(host)
    f = host.rng.normal(68, 7, host.rows)
    return host.add("room_temp", np.where(later(host), (f - 32) / 1.8, f).round(1))


@plant("time", "stopped_filling")
def no_more_referrers(host: Host) -> str:
    timed(host)
    v = host.choose(["google", "mail", "friend", "ad"])
    return host.add("referrer", np.where(np.arange(host.rows) > 0.9 * host.rows, None, v))


@plant("time", "label_immature")
def outcomes_need_two_months(host: Host) -> str:
    at = timed(host)
    rate = np.where(at >= at.max() - pd.Timedelta(days=60), 0.02, 0.17)
    host.target = host.add("cancelled", (host.rng.random(host.rows) < rate).astype(int))
    return host.target


@plant("time", "noise_changed")
def a_sensor_grows_noisy(host: Host) -> str:
    timed(host)
    return host.add(
        "pressure",
        np.where(
            later(host), host.rng.normal(5, 0.9, host.rows), host.rng.normal(5, 0.2, host.rows)
        ).round(3),
    )


@plant("time", "flat_line", "frozen_value")
def stands_still_for_days(host: Host) -> str:
    at = pd.date_range("2024-02-01", periods=2000, freq="30min")
    v = 12 + np.cumsum(host.rng.normal(0, 0.2, 2000))
    v[900:1060] = v[900]
    host.frame = pd.DataFrame({"at": at, "level_m": v.round(3)})
    return "level_m"


@plant("time", "counter_reset")
def the_meter_was_changed(host: Host) -> str:
    at = pd.date_range("2023-05-01", periods=1500, freq="h")
    v = 52_000 + np.cumsum(host.rng.uniform(0.1, 3, 1500))
    v[1000:] -= v[1000] - 3
    host.frame = pd.DataFrame({"read_at": at, "kwh": v.round(1)})
    return "kwh"


@plant("time", "seasonality_break", "level_shift", "noise_changed")
def weekends_like_weekdays(host: Host) -> str:
    at = pd.date_range("2022-01-01", periods=700, freq="D")
    week = np.where(at.weekday < 5, 20.0, 0.0)
    week[450:] = 14.0
    host.frame = pd.DataFrame(
        {"day": at, "visitors": (60 + week + host.rng.normal(0, 3, 700)).round()}
    )
    return "visitors"


# --- across columns


@plant("across", "order_broken")
def delivered_before_ordered(host: Host) -> tuple[str, str]:
    a = host.days("2023-03-01", 300)
    b = a + pd.to_timedelta(host.rng.integers(1, 20, host.rows), unit="D")
    swap = host.some(0.02)
    host.add("bestellt", np.where(swap, b.dt.strftime("%Y-%m-%d"), a.dt.strftime("%Y-%m-%d")))
    host.add("geliefert", np.where(swap, a.dt.strftime("%Y-%m-%d"), b.dt.strftime("%Y-%m-%d")))
    return "bestellt", "geliefert"


@plant("across", "sum_broken")
def gross_is_not_net_and_tax(host: Host) -> tuple[str, ...]:
    net = host.amounts(90, 0.6)
    tax = np.round(net * 0.19, 2)
    host.add("net_amount", net)
    host.add("vat", tax)
    host.add(
        "gross_amount",
        np.where(host.some(0.03), np.round(net + tax + 10, 2), np.round(net + tax, 2)),
    )
    return "net_amount", "vat", "gross_amount"


@plant("across", "part_over_total")
def more_used_than_granted(host: Host) -> tuple[str, ...]:
    limit = host.choose([1000, 2000, 5000, 10000]).astype(float)
    used = np.round(limit * host.rng.beta(2, 3, host.rows), 2)
    host.add("credit_limit", limit)
    host.add("credit_used", np.where(host.some(0.01), limit * 1.3, used))
    return "credit_limit", "credit_used"


@plant("across", "coordinates_swapped")
def places_on_their_side(host: Host) -> tuple[str, ...]:
    lat, lon = host.rng.normal(60.2, 0.6, host.rows), host.rng.normal(24.9, 0.8, host.rows)
    swap = host.some(0.03)
    host.add("lat", np.where(swap, lon, lat).round(5))
    host.add("lng", np.where(swap, lat, lon).round(5))
    return "lat", "lng"


@plant("across", "dependency_broken")
def one_article_two_groups(host: Host) -> tuple[str, ...]:
    article = host.rng.integers(100, 140, host.rows)
    group = np.array(["tools", "paint", "wood", "garden"], object)[article % 4]
    host.add("article", [f"A{n}" for n in article])
    host.add("product_group", np.where(host.some(0.01), "misc", group))
    return "article", "product_group"


# --- schema drift


def _months(host: Host) -> dict[str, pd.DataFrame]:
    files = {}
    for month in range(1, 6):
        at = pd.date_range(f"2024-{month:02}-01", periods=28, freq="D").repeat(6)
        files[f"export_{month:02}_2024"] = pd.DataFrame(
            {
                "tag": at,
                "stueck": host.rng.integers(1, 40, len(at)),
                "preis": host.rng.uniform(3, 9, len(at)).round(2),
                "kunde": host.rng.integers(1, 90, len(at)),
            }
        )
    return files


@plant("schema", "schema_drift")
def a_column_written_small(host: Host) -> None:
    files = _months(host)
    files["export_04_2024"] = files["export_04_2024"].rename(columns={"kunde": "kunden_nr"})
    host.files = files


@plant("schema", "schema_drift")
def a_price_became_text(host: Host) -> None:
    files = _months(host)
    files["export_05_2024"]["preis"] = files["export_05_2024"]["preis"].map("{:.2f} €".format)
    host.files = files


@plant("schema", "schema_drift")
def a_new_column_in_march(host: Host) -> None:
    files = _months(host)
    files["export_03_2024"]["rabatt"] = 0.1
    host.files = files
