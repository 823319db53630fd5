"""A third set by another hand, measured once on packages that no earlier set had used.

The probe was mended by general rules afterwards; `plants_fourth` was written before that.
"""
# ruff: noqa: E501  (one choice a line reads as a table)

from __future__ import annotations

import numpy as np
import pandas as pd
from stdnum import isbn
from stdnum.be import nn
from stdnum.ch import ssn as ahv
from stdnum.cl import rut

from tests.integration.probes.judge.hosts import Host, plant
from tests.integration.probes.judge.plants_time import later, timed


def either(host: Host, share: float, spoilt: object, sound: object) -> np.ndarray:
    """Return sound values, and spoilt ones in a share of the rows."""
    return np.where(
        host.some(share), np.asarray(spoilt, dtype=object), np.asarray(sound, dtype=object)
    )


def _stamps(host: Host, first: str = "2022-03-05", days: int = 620) -> pd.Series:
    return host.days(first, days) + pd.to_timedelta(
        host.rng.integers(0, 86_400, host.rows), unit="s"
    )


# --- one column's formats and values


@plant("values", "date_order_mixed", "date_formats_mixed")
def dots_both_ways(host: Host) -> str:
    d = host.days("2022-01-01", 700)
    return host.add(
        "lieferung", either(host, 0.12, d.dt.strftime("%m.%d.%Y"), d.dt.strftime("%d.%m.%Y"))
    )


@plant("values", "date_formats_mixed")
def iso_beside_local(host: Host) -> str:
    d = host.days("2021-06-01", 700)
    return host.add(
        "valuta", either(host, 0.05, d.dt.strftime("%Y-%m-%d"), d.dt.strftime("%d/%m/%Y"))
    )


@plant("values", "date_serials", "mixed_types", "date_formats_mixed")
def a_few_day_numbers(host: Host) -> str:
    d = host.days("2023-01-01", 500)
    serial = (d - pd.Timestamp("1899-12-30")).dt.days.astype(str)
    return host.add("eingang", either(host, 0.03, serial, d.dt.strftime("%Y-%m-%d")))


@plant("values", "mixed_scales", "date_serials", "outliers", "impossible_dates")
def milliseconds_beside_seconds(host: Host) -> str:
    s = (_stamps(host) - pd.Timestamp("1970-01-01")).dt.total_seconds().astype("int64")
    return host.add("received_ts", np.where(host.some(0.1), s * 1000, s))


@plant("values", "units_by_group", "mixed_scales", "ratio_clusters")
def one_survey_in_feet(host: Host) -> str:
    site = host.choose(["north face", "ridge", "valley"], [3, 2, 1])
    metres = host.rng.normal(1900, 160, host.rows)
    host.add("surveyed_at_site", site)
    return host.add("elevation", np.where(site == "valley", metres * 3.2808, metres).round(0))


@plant("values", "mixed_scales")
def tonnes_beside_kilograms(host: Host) -> str:
    kg = host.amounts(18_000, 0.3, 0)
    return host.add("net_load", np.where(host.some(0.1), kg / 1000, kg))


@plant("values", "units_mixed", "mixed_types", "number_notations", "numbers_as_text")
def a_percent_sign_now_and_then(host: Host) -> str:
    v = host.rng.beta(3, 8, host.rows)
    return host.add("discount", either(host, 0.1, [f"{x:.0%}" for x in v], [f"{x:.3f}" for x in v]))


@plant("values", "currencies_mixed", "number_formats_mixed")
def three_currencies_by_code(host: Host) -> str:
    v = host.amounts(60, 0.6)
    code = host.choose(["EUR", "USD", "CHF"], [8, 2, 1])
    return host.add("fee", [f"{c} {x:.2f}" for c, x in zip(code, v, strict=True)])


@plant(
    "values",
    "ids_as_floats",
    "number_notations",
    "mixed_types",
    "spelling_variants",
    "format_changed",
)
def orders_with_a_point_and_zero(host: Host) -> str:
    n = host.rng.integers(100_000, 999_999, host.rows)
    return host.add("order_no", either(host, 0.3, [f"{x}.0" for x in n], [str(x) for x in n]))


@plant("values", "lost_zeros")
def zips_of_new_england(host: Host) -> str:
    zips = host.choose(
        ["2139", "1002", "4101", "10012", "30301", "60614", "94110", "73301", "98101"],
        [2, 1, 1, 4, 4, 4, 4, 3, 3],
    )
    return host.add("zip", zips)


@plant("values", "sentinel_dates", "default_dates")
def nobody_knows_since_when(host: Host) -> str:
    d = host.days("2017-01-01", 2500).dt.strftime("%Y-%m-%d")
    return host.add("customer_since", either(host, 0.12, "1900-01-01", d))


@plant("values", "sentinel_numbers")
def nines_for_a_missing_reading(host: Host) -> str:
    return host.add(
        "air_temp", np.where(host.some(0.01), 9999, host.rng.normal(14, 7, host.rows).round(1))
    )


@plant("values", "sentinel_numbers", "impossible_values")
def minus_one_for_not_asked(host: Host) -> str:
    return host.add(
        "household_size", np.where(host.some(0.05), -1, host.rng.integers(1, 8, host.rows))
    )


@plant("values", "zero_for_nothing", "sentinel_numbers", "impossible_values")
def newborns_of_no_weight(host: Host) -> str:
    return host.add(
        "birth_weight_g",
        np.where(host.some(0.03), 0, host.rng.normal(3350, 470, host.rows).round()),
    )


@plant("values", "broken_encoding")
def polish_towns_decoded_wrongly(host: Host) -> str:
    town = host.choose(["Łódź", "Gdańsk", "Poznań", "Warszawa", "Lublin"])
    spoilt = [x.encode().decode("latin-1") for x in town]
    return host.add("miasto", either(host, 0.2, spoilt, town))


@plant("values", "offsets_mixed")
def summer_zone_beside_utc(host: Host) -> str:
    at = _stamps(host).dt.strftime("%Y-%m-%dT%H:%M:%S")
    return host.add("logged", either(host, 0.25, at + "Z", at + "+02:00"))


@plant("values", "truncated_text")
def letters_of_at_most_255(host: Host) -> str:
    words = [
        "the",
        "client",
        "asked",
        "again",
        "whether",
        "a",
        "later",
        "delivery",
        "could",
        "be",
        "had",
        "without",
        "any",
        "extra",
        "charge",
        "for",
        "storage",
    ]
    return host.add(
        "correspondence",
        [
            " ".join(host.dice.choices(words, k=host.dice.randint(10, 60)))[:255]
            for _ in range(host.rows)
        ],
    )


@plant("values", "number_formats_mixed")
def commas_from_one_office(host: Host) -> str:
    v = host.amounts(41, 0.5)
    return host.add(
        "preis",
        either(host, 0.3, [f"{x:.2f}".replace(".", ",") for x in v], [f"{x:.2f}" for x in v]),
    )


@plant("values", "spelling_near", "spelling_variants")
def slips_in_countries(host: Host) -> str:
    land = host.choose(["Germany", "Portugal", "Netherlands", "Denmark"])
    slips = {
        "Germany": "Germny",
        "Portugal": "Portugual",
        "Netherlands": "Netherland",
        "Denmark": "Denmarc",
    }
    return host.add("origin", either(host, 0.012, [slips[x] for x in land], land))


@plant("values", "booleans_mixed", "spelling_variants", "labels_mixed")
def agreed_in_four_spellings(host: Host) -> str:
    return host.add(
        "newsletter", host.choose(["Y", "N", "yes", "no", "TRUE", "FALSE"], [5, 5, 2, 2, 1, 1])
    )


@plant("values", "capped_values")
def speed_stops_at_the_scale(host: Host) -> str:
    return host.add("wind_gust", np.minimum(host.rng.gamma(5, 4.2, host.rows), 35).round(1))


@plant("values", "sign_flips", "impossible_values")
def lengths_below_zero(host: Host) -> str:
    v = host.rng.normal(220, 30, host.rows).round(1)
    return host.add("rod_length", np.where(host.some(0.015), -v, v))


@plant("values", "lists_in_text")
def allergens_in_one_cell(host: Host) -> str:
    return host.add(
        "allergens",
        [
            ", ".join(
                host.dice.sample(["milk", "nuts", "gluten", "soy", "egg"], host.dice.randint(1, 3))
            )
            for _ in range(host.rows)
        ],
    )


@plant("values", "placeholder_text")
def nothing_in_three_languages(host: Host) -> str:
    return host.add(
        "beruf",
        either(
            host,
            0.08,
            host.choose(["keine Angabe", "unbekannt", "sin datos", "nicht erfasst"]),
            host.choose(["Bäcker", "Lehrerin", "Fahrer", "Köchin", "Tischler"]),
        ),
    )


@plant("values", "check_digit_wrong")
def books_typed_by_hand(host: Host) -> str:
    def book() -> str:
        body = f"978{host.dice.randint(0, 10**9 - 1):09d}"
        return body + isbn.ean.calc_check_digit(body)

    good = [book() for _ in range(host.rows)]
    bad = [x[:6] + str((int(x[6]) + 1) % 10) + x[7:] for x in good]
    return host.add("isbn", either(host, 0.02, bad, good))


@plant("values", "ids_rounded", "number_notations", "mixed_types")
def bar_codes_with_a_comma(host: Host) -> str:
    n = host.rng.integers(4 * 10**12, 5 * 10**12, host.rows)
    return host.add(
        "gtin", either(host, 0.4, [f"{x:.5E}".replace(".", ",") for x in n], n.astype(str))
    )


@plant("values", "impossible_dates", "date_formats_mixed", "mixed_types")
def thirteenth_months(host: Host) -> str:
    d = host.days("2022-01-01", 600)
    return host.add("due", either(host, 0.02, d.dt.strftime("%Y-13-%d"), d.dt.strftime("%Y-%m-%d")))


@plant("values", "control_characters", "edge_spaces", "spelling_variants")
def invisible_spaces(host: Host) -> str:
    place = host.choose(["Depot A", "Depot B", "Depot C"])
    return host.add(
        "warehouse", either(host, 0.05, [x.replace(" ", "\u200b ") for x in place], place)
    )


# --- personal data


@plant("people", "personal_data")
def mails_under_a_blunt_name(host: Host) -> str:
    return host.add(
        "field_7",
        [
            f"{host.dice.choice('abcdef')}.{host.dice.choice(['lind', 'okafor', 'silva'])}{n}@{host.dice.choice(['mail', 'corp'])}.example"
            for n in range(host.rows)
        ],
    )


@plant("people", "personal_data")
def american_phones_with_dots(host: Host) -> str:
    return host.add(
        "reach",
        [
            f"{host.dice.randint(201, 989)}.{host.dice.randint(201, 989)}.{host.dice.randint(0, 9999):04d}"
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data")
def belgian_register_numbers(host: Host) -> str:
    def one() -> str:
        body = f"{host.dice.randint(50, 99)}{host.dice.randint(1, 12):02d}{host.dice.randint(1, 28):02d}{host.dice.randint(1, 997):03d}"
        full = body + f"{97 - int(body) % 97:02d}"
        assert nn.is_valid(full)
        return f"{full[:2]}.{full[2:4]}.{full[4:6]}-{full[6:9]}.{full[9:]}"

    return host.add("dossier", [one() for _ in range(host.rows)])


@plant("people", "personal_data")
def swiss_insurance_numbers(host: Host) -> str:
    def one() -> str:
        body = f"756{host.dice.randint(0, 10**9 - 1):09d}"
        return ahv.format(body + ahv.ean.calc_check_digit(body))

    return host.add("versichert", [one() for _ in range(host.rows)])


@plant("people", "personal_data")
def chilean_tax_numbers(host: Host) -> str:
    def one() -> str:
        body = str(host.dice.randint(5_000_000, 25_000_000))
        return f"{body}-{rut.calc_check_digit(body)}"

    return host.add("rut", [one() for _ in range(host.rows)])


@plant("people", "personal_data")
def american_express_numbers(host: Host) -> str:
    def one() -> str:
        body = f"37{host.dice.randint(0, 10**12 - 1):012d}"
        total = sum(
            d if at % 2 else (2 * d - 9 if d > 4 else 2 * d)
            for at, d in enumerate(map(int, reversed(body)))
        )
        return body + str(-total % 10)

    return host.add("payment_ref", [one() for _ in range(host.rows)])


@plant("people", "personal_data")
def french_addresses(host: Host) -> str:
    return host.add(
        "livraison",
        [
            f"{host.dice.randint(1, 160)} {host.dice.choice(['rue des Lilas', 'avenue Foch', 'boulevard Voltaire'])}, {host.dice.choice(['75011 Paris', '69003 Lyon', '44000 Nantes'])}"
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data")
def family_name_comma_given(host: Host) -> str:
    return host.add(
        "responsible",
        [
            f"{host.dice.choice(['Novak', 'Weber', 'Rossi', 'Silva', 'Lund'])}, {host.dice.choice(['Maria', 'Thomas', 'Julia', 'Paul', 'Sofia', 'Lukas'])}"
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data")
def addresses_of_machines_of_people(host: Host) -> str:
    return host.add(
        "origin_of_call",
        [
            f"{host.dice.randint(11, 199)}.{host.dice.randint(0, 255)}.{host.dice.randint(0, 255)}.{host.dice.randint(1, 254)}"
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data")
def born_under_a_short_name(host: Host) -> str:
    return host.add("geb_am", host.days("1945-01-01", 20_000).dt.strftime("%d.%m.%Y"))


@plant("people", "personal_data_in_text", "personal_data")
def callers_say_who_they_are(host: Host) -> str:
    who = [
        f"hello, this is {x} calling about the invoice"
        for x in ("Karen Walsh", "Peter Lund", "Julia Meyer", "Thomas Reed", "Laura Santos")
    ]
    return host.add(
        "transcript",
        either(
            host,
            0.08,
            host.choose(who),
            host.choose(
                [
                    "the line was dropped twice",
                    "asked for a copy of the invoice",
                    "wants to be called after lunch",
                ]
            ),
        ),
    )


@plant("people", "personal_data_in_text", "personal_data")
def german_diagnoses_in_remarks(host: Host) -> str:
    ill = [
        "krankgeschrieben wegen Depression",
        "Diabetes mellitus Typ 2, Rücksprache",
        "nach Herzinfarkt nur halbtags",
        "Asthma, bitte Maske",
    ]
    return host.add(
        "bemerkung",
        either(
            host,
            0.06,
            host.choose(ill),
            host.choose(["Schicht getauscht", "Schlüssel abgegeben", "Urlaub eingetragen"]),
        ),
    )


@plant("people", "personal_data_in_text", "personal_data")
def accounts_of_france_in_mails(host: Host) -> str:
    # A real check: FR76 with the digits of an example in the standard.
    return host.add(
        "mail_body",
        either(
            host,
            0.05,
            "merci de virer sur FR76 3000 6000 0112 3456 7890 189 avant lundi",
            host.choose(
                ["merci pour la livraison", "le colis est arrivé ouvert", "à quand la facture"]
            ),
        ),
    )


@plant("people", "credentials")
def passwords_in_tickets(host: Host) -> str:
    return host.add(
        "ticket_text",
        either(
            host,
            0.03,
            [f"user locked out, new password: Wint{n}er!{n % 89}" for n in range(host.rows)],
            host.choose(["printer is out of toner", "screen stays dark", "no sound in room four"]),
        ),
    )


# --- rows and structure


@plant("rows", "total_rows")
def world_beside_its_countries(host: Host) -> None:
    years, land = range(1980, 2020), ["Brazil", "India", "Kenya", "Norway", "Peru", "Spain"]
    frame = pd.DataFrame(
        [
            {
                "country": c,
                "year": y,
                "output": round(host.rng.uniform(20, 400), 1),
                "plants": int(host.rng.integers(3, 60)),
            }
            for c in land
            for y in years
        ]
    )
    world = (
        frame.groupby("year", as_index=False)[["output", "plants"]].sum().assign(country="World")
    )
    host.frame = pd.concat([frame, world[frame.columns]], ignore_index=True)


@plant("rows", "title_lines")
def three_lines_and_a_blank(host: Host) -> None:
    host.raw = "Quarterly report on stock\nPrinted: 2024-04-02\nAll sites\n\n" + host.frame.iloc[
        :500, :8
    ].to_csv(index=False)


@plant("rows", "footer_lines")
def a_note_on_provisional_figures(host: Host) -> None:
    host.raw = (
        host.frame.iloc[:500, :8].to_csv(index=False)
        + "\n* provisional figures\n** estimated\nSource: own survey\n"
    )


@plant("rows", "header_rows")
def a_heading_for_every_page(host: Host) -> None:
    frame = host.frame.iloc[:600, :8]
    head, *body = frame.to_csv(index=False).splitlines()
    host.raw = (
        "\n".join(
            [
                head,
                *(
                    line
                    for at, one in enumerate(body)
                    for line in ([head, one] if at and at % 60 == 0 else [one])
                ),
            ]
        )
        + "\n"
    )


@plant("rows", "near_duplicates")
def patients_admitted_twice(host: Host) -> None:
    n = 1100
    frame = pd.DataFrame(
        {
            "case_no": np.arange(n) + 70_000,
            "ward": host.rng.integers(1, 12, n),
            "admitted": pd.date_range("2023-01-01", periods=n, freq="5h"),
            "los_hours": host.rng.gamma(3, 30, n).round(1),
            "score": host.rng.normal(50, 9, n).round(2),
            "cost": host.rng.gamma(4, 900, n).round(2),
        }
    )
    again = frame.sample(22, random_state=host.seed % 997)
    host.frame = pd.concat(
        [frame, again.assign(case_no=np.arange(22) + 90_000, cost=again["cost"] + 1)],
        ignore_index=True,
    )


@plant("rows", "duplicate_rows", "near_duplicates")
def one_export_appended_again(host: Host) -> None:
    host.frame = pd.concat(
        [
            host.frame.assign(reading=host.rng.normal(0, 9, host.rows).round(4)),
        ],
        ignore_index=True,
    )
    host.frame = pd.concat(
        [host.frame, host.frame.iloc[-max(60, host.rows // 12) :]], ignore_index=True
    )


@plant("rows", "shifted_rows", "unreadable_lines")
def a_comma_in_the_street(host: Host) -> None:
    lines = ["id,name,street,city,amount,paid_on"]
    for n in range(700):
        street = "Bay Road, Unit 4" if n % 70 == 7 else "Bay Road 12"
        row = [
            str(n),
            f"Firm {n % 40}",
            street,
            host.dice.choice(["Cork", "Leeds", "Bern"]),
            f"{host.rng.uniform(4, 90):.2f}",
            f"2024-{n % 12 + 1:02}-{n % 27 + 1:02}",
        ]
        lines.append(",".join(row))
    host.raw = "\n".join(lines) + "\n"


@plant("rows", "row_limit_hit")
def exactly_ten_thousand(host: Host) -> None:
    host.frame = pd.DataFrame(
        {
            "nr": np.arange(10_000),
            "kind": host.rng.choice(["a", "b", "c"], 10_000),
            "value": host.rng.normal(5, 2, 10_000).round(3),
        }
    )


# --- over time and label maturity


@plant("time", "level_shift", "drift")
def the_scale_was_recalibrated(host: Host) -> str:
    timed(host)
    v = host.rng.normal(72, 5, host.rows)
    return host.add("reading_kg", np.where(later(host), v + 11, v).round(1))


@plant("time", "drift", "level_shift")
def prices_creep_up(host: Host) -> str:
    timed(host)
    return host.add(
        "fare", (20 + np.linspace(0, 9, host.rows) + host.rng.normal(0, 2.2, host.rows)).round(2)
    )


@plant("time", "recoded", "new_category")
def risk_classes_get_numbers(host: Host) -> str:
    timed(host)
    at = host.rng.integers(0, 4, host.rows)
    old, new = (
        np.array(["low", "medium", "high", "critical"], object),
        np.array(["R1", "R2", "R3", "R4"], object),
    )
    return host.add("risk_class", np.where(later(host), new[at], old[at]))


@plant("time", "new_category", "category_drift", "recoded")
def a_carrier_leaves(host: Host) -> str:
    timed(host)
    return host.add(
        "carrier",
        np.where(
            later(host),
            host.choose(["Nordline", "Parcelo"], [5, 4]),
            host.choose(["Nordline", "Parcelo", "Quickway"], [4, 3, 4]),
        ),
    )


def _series(host: Host, steps: int = 2400) -> pd.DatetimeIndex:
    return pd.date_range("2023-03-06", periods=steps, freq="h")


@plant("time", "frozen_value", "flat_line")
def the_flow_meter_hangs_at_the_end(host: Host) -> str:
    at = _series(host)
    v = 12 + 3 * np.sin(at.hour.to_numpy() / 24 * 6.283) + host.rng.normal(0, 0.8, len(at))
    v[-260:] = v[-260]
    host.frame = pd.DataFrame(
        {"stamp": at, "flow": v.round(2), "ph": host.rng.normal(7, 0.2, len(at)).round(2)}
    )
    return "flow"


@plant("time", "counter_reset")
def the_odometer_starts_again(host: Host) -> str:
    at = _series(host, 1500)
    v = np.cumsum(host.rng.uniform(3, 40, 1500))
    v[900:] -= v[900]
    host.frame = pd.DataFrame(
        {"recorded": at, "odometer": v.round(1), "load": host.rng.normal(4, 1, 1500).round(2)}
    )
    return "odometer"


@plant("time", "zone_shift", "seasonality_break")
def the_gateway_switches_to_utc(host: Host) -> str:
    at = _series(host)
    hour = np.where(np.arange(len(at)) > 1500, (at.hour.to_numpy() + 5) % 24, at.hour.to_numpy())
    v = 300 + 180 * np.sin((hour - 7) / 24 * 6.283) + host.rng.normal(0, 25, len(at))
    host.frame = pd.DataFrame({"hour_start": at, "visitors": v.round(0)})
    return "hour_start"


@plant("time", "volume_shift", "volume_drop", "volume_spike")
def a_second_branch_is_added(host: Host) -> str:
    days = np.repeat(
        np.arange(360),
        [host.dice.randint(26, 34) if d < 210 else host.dice.randint(56, 66) for d in range(360)],
    )
    host.frame = pd.DataFrame(
        {
            "visit_day": pd.Timestamp("2023-01-02") + pd.to_timedelta(days, unit="D"),
            "spent": host.rng.gamma(2, 9, len(days)).round(2),
        }
    )
    return "visit_day"


@plant("time", "interval_changed")
def hourly_becomes_daily(host: Host) -> str:
    a = pd.date_range("2023-01-01", periods=1000, freq="h")
    at = a.append(pd.date_range(a[-1].normalize() + pd.Timedelta(days=1), periods=300, freq="D"))
    host.frame = pd.DataFrame({"read_at": at, "level_m": host.rng.normal(3, 0.4, len(at)).round(2)})
    return "read_at"


@plant("time", "label_immature", "label_drift")
def claims_take_a_quarter_to_come(host: Host) -> str:
    at = timed(host)
    age = (at.max() - at).dt.days.to_numpy()
    host.target = host.add(
        "claimed", (host.rng.random(host.rows) < 0.24 * np.minimum(1, age / 90)).astype(int)
    )
    return host.target


@plant("time", "column_replaced", "started_filling", "stopped_filling")
def a_field_gets_a_successor(host: Host) -> tuple[str, str]:
    timed(host)
    new = later(host)
    grade = host.choose(["bronze", "silver", "gold"])
    host.add("tier", np.where(new, None, grade))
    host.add("tier_v2", np.where(new, grade, None))
    return "tier", "tier_v2"


@plant("time", "format_changed")
def part_numbers_lose_their_dash(host: Host) -> str:
    timed(host)
    n = host.rng.integers(10_000, 99_999, host.rows)
    return host.add("part", np.where(later(host), [f"XK{x}" for x in n], [f"XK-{x}-A" for x in n]))


@plant("time", "time_twins", "duplicate_keys")
def two_values_for_some_hours(host: Host) -> str:
    at = _series(host, 1200)
    frame = pd.DataFrame({"at": at, "kw": host.rng.normal(50, 6, 1200).round(2)})
    again = frame.sample(40, random_state=3).assign(kw=lambda one: one["kw"] + 4)
    host.frame = pd.concat([frame, again]).sort_values("at", ignore_index=True)
    return "at"


# --- across columns


@plant("across", "order_broken")
def paid_before_billed(host: Host) -> tuple[str, ...]:
    a = host.days("2022-05-01", 600)
    b = a + pd.to_timedelta(host.rng.integers(1, 60, host.rows), unit="D")
    bad = host.some(0.012)
    host.add("billed", np.where(bad, b.dt.strftime("%Y-%m-%d"), a.dt.strftime("%Y-%m-%d")))
    host.add("paid", np.where(bad, a.dt.strftime("%Y-%m-%d"), b.dt.strftime("%Y-%m-%d")))
    return "billed", "paid"


@plant("across", "order_broken", "part_over_total")
def lowest_above_highest(host: Host) -> tuple[str, ...]:
    low = host.rng.normal(8, 6, host.rows).round(1)
    high = (low + host.rng.gamma(3, 2, host.rows) + 0.2).round(1)
    bad = host.some(0.01)
    host.add("temp_min", np.where(bad, high, low))
    host.add("temp_max", np.where(bad, low, high))
    return "temp_min", "temp_max"


@plant("across", "sum_broken")
def three_parts_and_a_sum(host: Host) -> tuple[str, ...]:
    a, b, c = host.amounts(300, 0.4), host.amounts(80, 0.5), host.amounts(20, 0.6)
    whole = (a + b + c).round(2)
    for name, v in (("labour", a), ("material", b), ("travel", c)):
        host.add(name, v)
    host.add("invoice_sum", np.where(host.some(0.015), whole + 50, whole))
    return "labour", "material", "travel", "invoice_sum"


@plant("across", "dependency_broken", "spelling_near")
def one_airport_two_cities(host: Host) -> tuple[str, ...]:
    towns = dict(
        zip(
            ["AAX", "BBR", "CCL", "DDO", "EEV", "FFI"],
            ["Arlon", "Brest", "Calais", "Dover", "Evora", "Faro"],
            strict=True,
        )
    )
    code = host.choose(list(towns))
    town = np.array([towns[x] for x in code], object)
    host.add("airport", code)
    host.add("served_city", np.where(host.some(0.008), np.roll(town, 1), town))
    return "airport", "served_city"


@plant("across", "coordinates_swapped")
def stations_mirrored(host: Host) -> tuple[str, ...]:
    lat, lon = (
        host.rng.uniform(45, 52, host.rows).round(5),
        host.rng.uniform(-4, 8, host.rows).round(5),
    )
    bad = host.some(0.015)
    host.add("lat", np.where(bad, lon, lat))
    host.add("lng", np.where(bad, lat, lon))
    return "lat", "lng"


@plant("across", "derived_broken")
def weekdays_that_do_not_fit(host: Host) -> tuple[str, ...]:
    d = host.days("2021-01-01", 900)
    host.add("shift_date", d.dt.strftime("%Y-%m-%d"))
    host.add(
        "weekday",
        either(
            host, 0.01, "Sunday", np.where(d.dt.day_name() == "Sunday", "Sunday", d.dt.day_name())
        ),
    )
    return "shift_date", "weekday"


@plant("across", "presence_broken")
def ended_though_active(host: Host) -> tuple[str, ...]:
    active = host.rng.random(host.rows) < 0.7
    end = np.where(active, None, host.days("2023-01-01", 300).dt.strftime("%Y-%m-%d"))
    end[np.flatnonzero(active)[:4]] = "2023-05-05"
    host.add("contract_status", np.where(active, "active", "ended"))
    host.add("ended_on", end)
    return "contract_status", "ended_on"


@plant("across", "product_broken")
def density_from_mass_and_volume(host: Host) -> tuple[str, ...]:
    volume, density = (
        host.rng.uniform(1, 30, host.rows).round(2),
        host.rng.uniform(0.7, 1.6, host.rows).round(3),
    )
    mass = volume * density
    host.add("volume_l", volume)
    host.add("density", density)
    host.add("mass_kg", np.where(host.some(0.015), mass * 2, mass).round(3))
    return "volume_l", "density", "mass_kg"


# --- schema drift


def _monthly(host: Host, stem: str, count: int = 6) -> dict[str, pd.DataFrame]:
    return {
        f"{stem}_2024-{month:02}": pd.DataFrame(
            {
                "account": host.rng.integers(1000, 9999, 110),
                "posted": pd.date_range(f"2024-{month:02}-01", periods=110, freq="6h"),
                "value": host.rng.gamma(2, 40, 110).round(2),
                "branch": host.rng.choice(["A", "B", "C"], 110),
            }
        )
        for month in range(1, count + 1)
    }


@plant("schema", "schema_drift")
def underscore_becomes_blank(host: Host) -> None:
    host.files = {
        name: one.rename(
            columns={"value": "value eur"} if "04" in name[-2:] else {"value": "value_eur"}
        )
        for name, one in _monthly(host, "ledger").items()
    }


@plant("schema", "schema_drift")
def a_note_in_a_number_column(host: Host) -> None:
    host.files = _monthly(host, "postings")
    last = host.files["postings_2024-06"]
    last["value"] = np.where(np.arange(110) % 9 == 0, "not yet", last["value"].astype(str))


@plant("schema", "schema_drift")
def a_column_more_since_may(host: Host) -> None:
    host.files = {
        name: one.assign(channel="web") if name[-2:] in ("05", "06") else one
        for name, one in _monthly(host, "sales").items()
    }


@plant("schema", "schema_drift")
def whole_numbers_become_text_typed(host: Host) -> None:
    host.typed = True
    host.files = _monthly(host, "accounts")
    host.files["accounts_2024-03"]["account"] = host.files["accounts_2024-03"]["account"].map(
        lambda x: f"ACC{x}"
    )


@plant("schema", "schema_drift")
def a_column_missing_in_a_quarter(host: Host) -> None:
    host.typed = True
    host.files = {
        name: one.drop(columns="branch") if name[-2:] in ("01", "02") else one
        for name, one in _monthly(host, "moves").items()
    }
