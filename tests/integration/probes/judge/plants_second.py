"""A second set of that kind, written after the first one was mended."""
# ruff: noqa: E501  (one choice a line reads as a table)

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.integration.probes.judge.hosts import Host, plant
from tests.integration.probes.judge.plants_time import later, timed


@plant("values", "date_order_mixed", "date_formats_mixed")
def slashes_both_ways_with_clock(host: Host) -> str:
    d = host.days("2021-02-01", 700)
    return host.add(
        "prüfdatum",
        np.where(host.some(0.1), d.dt.strftime("%m/%d/%Y 14:30"), d.dt.strftime("%d/%m/%Y 14:30")),
    )


@plant("values", "mixed_scales", "units_by_group")
def grams_beside_kilograms(host: Host) -> str:
    v = host.amounts(2.4, 0.4, 3)
    return host.add("packing_weight", np.where(host.some(0.08), np.round(v * 1000), v))


@plant("values", "mixed_scales", "impossible_values", "unexpected_unit")
def shares_beside_per_cent(host: Host) -> str:
    v = host.rng.beta(6, 4, host.rows)
    return host.add("fill_rate", np.where(host.some(0.25), (v * 100).round(1), v.round(3)))


@plant("values", "currencies_mixed", "units_mixed", "number_notations")
def signs_of_two_currencies(host: Host) -> str:
    v = host.amounts(75, 0.5)
    return host.add(
        "total_paid", np.where(host.some(0.12), [f"£{x:.2f}" for x in v], [f"€{x:.2f}" for x in v])
    )


@plant("values", "ids_rounded", "number_notations", "mixed_types")
def some_serials_rounded(host: Host) -> str:
    n = host.rng.integers(10**11, 10**12, host.rows)
    return host.add(
        "seriennummer", np.where(host.some(0.3), [f"{x:.5E}" for x in n], n.astype(str))
    )


@plant("values", "lost_zeros")
def post_codes_of_the_east(host: Host) -> str:
    n = host.rng.integers(1001, 99_998, host.rows)
    return host.add("plz", n)


@plant("values", "default_dates", "sentinel_dates")
def contracts_that_never_end(host: Host) -> str:
    d = host.days("2023-01-01", 900).dt.strftime("%d.%m.%Y")
    return host.add("gültig_bis", np.where(host.some(0.3), "31.12.2099", d))


@plant("values", "zero_for_nothing", "sentinel_numbers", "impossible_values")
def people_of_no_height(host: Host) -> str:
    return host.add(
        "height_cm", np.where(host.some(0.04), 0, host.rng.normal(171, 9, host.rows).round())
    )


@plant("values", "sentinel_numbers")
def nine_nines_for_unknown(host: Host) -> str:
    return host.add("umsatz_vorjahr", np.where(host.some(0.02), 999999, host.amounts(5200, 0.6)))


@plant("values", "broken_encoding", "lost_letters")
def umlauts_as_question_marks(host: Host) -> str:
    town = host.choose(["Nürnberg", "Düsseldorf", "Fürth", "Göttingen", "Ulm"])
    return host.add(
        "stadt",
        np.where(host.some(0.05), [x.replace("ü", "?").replace("ö", "?") for x in town], town),
    )


@plant("values", "truncated_text")
def comments_of_eighty(host: Host) -> str:
    words = [
        "Die",
        "Anlage",
        "lief",
        "nach",
        "dem",
        "Wechsel",
        "der",
        "Dichtung",
        "wieder",
        "ohne",
        "Störung",
        "bis",
        "abends",
    ]
    return host.add(
        "bericht",
        [
            " ".join(host.dice.choices(words, k=host.dice.randint(9, 24)))[:80]
            for _ in range(host.rows)
        ],
    )


@plant("values", "entities_in_text")
def ampersands_left_encoded(host: Host) -> str:
    return host.add(
        "firma",
        np.where(
            host.some(0.06),
            host.choose(["Koch &amp; Sohn", "M&uuml;ller KG"]),
            host.choose(["Koch und Sohn", "Bauer KG", "Arndt AG"]),
        ),
    )


@plant("values", "check_digit_wrong")
def typed_bar_codes(host: Host) -> str:
    def ean(n: int) -> str:
        body = f"{400638133 + n % 900000:012d}"[:12]
        total = sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(body))
        return body + str(-total % 10)

    good = [ean(int(n)) for n in host.rng.integers(0, 900000, host.rows)]
    return host.add(
        "ean",
        np.where(host.some(0.03), [x[:5] + str((int(x[5]) + 3) % 10) + x[6:] for x in good], good),
    )


@plant("people", "personal_data")
def full_names_in_capitals(host: Host) -> str:
    given, family = (
        ("ANNA", "PETER", "JULIA", "THOMAS", "LAURA", "MARTIN", "EVA", "PAUL"),
        ("SCHMIDT", "KELLER", "BRAUN", "KOCH", "VOGT", "HAAS"),
    )
    return host.add(
        "ansprechpartner",
        [f"{host.dice.choice(given)} {host.dice.choice(family)}" for _ in range(host.rows)],
    )


@plant("people", "personal_data")
def french_numbers_in_pairs(host: Host) -> str:
    return host.add(
        "joindre",
        [
            "0"
            + host.dice.choice("1345679")
            + "".join(f" {host.dice.randint(0, 99):02d}" for _ in range(4))
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data_in_text", "personal_data")
def addresses_in_delivery_notes(host: Host) -> str:
    there = [f"please leave it at {n} Maple Avenue with the neighbour" for n in range(10, 90)]
    return host.add(
        "instruction",
        np.where(host.some(0.08), host.choose(there), "ring twice and wait at the door"),
    )


@plant("people", "personal_data_in_text")
def account_numbers_in_letters(host: Host) -> str:
    return host.add(
        "letter",
        np.where(
            host.some(0.04),
            [
                f"refund to DE{host.dice.randint(10, 99)} 3704 0044 0532 0130 {host.dice.randint(10, 99)} please"
                for _ in range(host.rows)
            ],
            "the parcel came open, please call back soon",
        ),
    )


@plant("people", "personal_data_in_text")
def names_of_patients_in_notes(host: Host) -> str:
    who = [
        f"spoke with Mrs {x} about the results"
        for x in ("Miller", "Young", "Fischer", "Lopez", "Brown", "Wagner")
    ]
    return host.add(
        "log", np.where(host.some(0.07), host.choose(who), "lab sent the results by mail")
    )


@plant("people", "personal_data")
def polish_numbers_typed(host: Host) -> str:
    host.typed = True

    def pesel() -> int:
        body = f"{host.dice.randint(50, 99)}{host.dice.randint(1, 12):02d}{host.dice.randint(1, 28):02d}{host.dice.randint(1000, 9999)}"
        total = sum(int(d) * w for d, w in zip(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True))
        return int(body + str(-total % 10))

    return host.add("ewidencja", [pesel() for _ in range(host.rows)])


@plant("people", "personal_data")
def plates_and_mails_two_columns(host: Host) -> str:
    return host.add(
        "kunde_mail", [f"k{n}@post.example" if n % 3 else None for n in range(host.rows)]
    )


@plant("rows", "total_rows")
def totals_of_each_region(host: Host) -> None:
    parts = []
    for region in ("Nord", "Ost", "Süd"):
        part = pd.DataFrame(
            {
                "region": region,
                "monat": range(1, 61),
                "menge": host.rng.integers(20, 90, 60),
                "wert": host.rng.uniform(100, 900, 60).round(2),
            }
        )
        total = pd.DataFrame(
            [
                {
                    "region": f"Summe {region}",
                    "monat": None,
                    "menge": part["menge"].sum(),
                    "wert": part["wert"].sum().round(2),
                }
            ]
        )
        parts += [part, total]
    host.frame = pd.concat(parts, ignore_index=True)


@plant("rows", "footer_lines")
def a_source_line_below(host: Host) -> None:
    frame = host.frame.head(400).select_dtypes("number")
    frame = (
        frame
        if frame.shape[1] > 2
        else pd.DataFrame(host.rng.normal(5, 2, (400, 4)).round(2), columns=list("abcd"))
    )
    host.raw = frame.to_csv(index=False) + "\nSource: office of statistics\n"


@plant("rows", "near_duplicates", "duplicate_keys")
def guests_entered_twice(host: Host) -> None:
    n = 900
    frame = pd.DataFrame(
        {
            "booking": range(n),
            "guest": [
                f"{host.dice.choice('ABCDEFGH')}{host.dice.randint(1000, 9999)}" for _ in range(n)
            ],
            "arrival": pd.date_range("2024-01-01", periods=n, freq="7h"),
            "nights": host.rng.integers(1, 9, n),
            "price": host.rng.uniform(60, 300, n).round(2),
            "room": host.rng.integers(1, 80, n),
        }
    )
    again = frame.sample(18, random_state=host.seed % 1000).copy()
    again["booking"] = range(n, n + 18)
    again["room"] = again["room"] + 1
    host.frame = pd.concat([frame, again], ignore_index=True)


@plant("time", "recoded")
def words_become_numbers(host: Host) -> str:
    timed(host)
    at = host.rng.integers(0, 3, host.rows)
    old, new = np.array(["offen", "läuft", "fertig"], object), np.array(["10", "20", "90"], object)
    return host.add("auftragsstatus", np.where(later(host), new[at], old[at]))


@plant("time", "category_drift", "recoded")
def orders_move_to_the_app(host: Host) -> str:
    timed(host)
    a, b = (
        host.choose(["app", "web", "store"], [1, 5, 4]),
        host.choose(["app", "web", "store"], [8, 1, 1]),
    )
    return host.add("ordered_by", np.where(later(host), b, a))


@plant("time", "label_drift", "label_immature")
def fraud_is_counted_otherwise(host: Host) -> str:
    timed(host)
    host.target = host.add(
        "is_fraud", (host.rng.random(host.rows) < np.where(later(host), 0.28, 0.07)).astype(int)
    )
    return host.target


@plant("time", "started_filling", "missing")
def a_column_of_this_year(host: Host) -> str:
    timed(host)
    return host.add(
        "delivery_window",
        np.where(np.arange(host.rows) < 0.6 * host.rows, None, host.choose(["am", "pm", "eve"])),
    )


@plant("time", "zone_shift")
def clocks_moved_three_hours(host: Host) -> str:
    n = 6000
    day = np.sort(host.rng.integers(0, 240, n))
    hour = np.clip(host.rng.normal(13, 2.5, n), 0, 23.9)
    hour = np.where(day > 140, (hour + 3) % 24, hour)
    at = (
        pd.Timestamp("2023-03-01")
        + pd.to_timedelta(day, unit="D")
        + pd.to_timedelta((hour * 3600).astype(int), unit="s")
    )
    host.frame = pd.DataFrame({"logged_at": at, "size": host.rng.integers(1, 90, n)})
    return "logged_at"


@plant("time", "volume_shift", "volume_drop", "time_gaps")
def a_shop_closes(host: Host) -> str:
    per_day = [*([40] * 200), *([18] * 120)]
    days = np.repeat(np.arange(320), [host.dice.randint(n - 4, n + 4) for n in per_day])
    host.frame = pd.DataFrame(
        {
            "sold_on": pd.Timestamp("2023-01-01") + pd.to_timedelta(days, unit="D"),
            "amount": host.rng.uniform(2, 60, len(days)).round(2),
        }
    )
    return "sold_on"


@plant("time", "frozen_value", "flat_line")
def one_pump_is_stuck(host: Host) -> str:
    parts = []
    at = pd.date_range("2024-05-01", periods=900, freq="h")
    for pump in range(6):
        v = 30 + pump + host.rng.normal(0, 1.5, 900)
        if pump == 4:
            v[780:] = v[780]
        parts.append(pd.DataFrame({"pump": f"P{pump}", "at": at, "bar": v.round(2)}))
    host.frame = pd.concat(parts, ignore_index=True)
    return "bar"


@plant("time", "interval_changed")
def from_minutes_to_quarters(host: Host) -> str:
    a = pd.date_range("2024-01-01", periods=900, freq="5min")
    b = pd.date_range(a[-1] + pd.Timedelta(minutes=15), periods=700, freq="15min")
    at = a.append(b)
    host.frame = pd.DataFrame({"messzeit": at, "wert": host.rng.normal(8, 1, len(at)).round(2)})
    return "messzeit"


@plant("across", "order_broken")
def left_before_it_came(host: Host) -> tuple[str, str]:
    a = pd.Timestamp("2024-01-01 06:00") + pd.to_timedelta(
        np.sort(host.rng.integers(0, 20_000_000, host.rows)), unit="s"
    )
    b = a + pd.to_timedelta(host.rng.integers(600, 30_000, host.rows), unit="s")
    swap = host.some(0.01)
    host.add("gate_in", np.where(swap, b, a))
    host.add("gate_out", np.where(swap, a, b))
    return "gate_in", "gate_out"


@plant("across", "product_broken")
def hours_times_rate(host: Host) -> tuple[str, ...]:
    h, r = (
        host.rng.uniform(1, 40, host.rows).round(1),
        host.rng.uniform(30, 120, host.rows).round(2),
    )
    host.add("hours_worked", h)
    host.add("rate", r)
    host.add("invoice", np.where(host.some(0.02), np.round(h * r * 1.1, 2), np.round(h * r, 2)))
    return "hours_worked", "rate", "invoice"


@plant("across", "derived_broken")
def years_that_do_not_fit(host: Host) -> tuple[str, ...]:
    d = host.days("2015-01-01", 3000)
    host.add("entry_date", d.dt.strftime("%Y-%m-%d"))
    host.add("entry_year", np.where(host.some(0.01), d.dt.year + 1, d.dt.year))
    return "entry_date", "entry_year"


@plant("across", "presence_broken")
def refunded_without_a_reason(host: Host) -> tuple[str, ...]:
    refunded = host.rng.random(host.rows) < 0.2
    reason = np.where(refunded, host.choose(["broken", "late", "wrong"]), None)
    host.add("refunded", np.where(refunded, "yes", "no"))
    reason[np.flatnonzero(refunded)[:3]] = None
    host.add("refund_reason", reason)
    return "refunded", "refund_reason"


@plant("across", "part_over_total")
def more_passed_than_tested(host: Host) -> tuple[str, ...]:
    tested = host.rng.integers(20, 400, host.rows)
    passed = np.floor(tested * host.rng.beta(8, 2, host.rows)).astype(int)
    host.add("pieces_total", tested)
    host.add("pieces_passed", np.where(host.some(0.015), tested + 5, passed))
    return "pieces_total", "pieces_passed"


@plant("schema", "schema_drift")
def one_month_in_another_case(host: Host) -> None:
    files = {}
    for month in range(1, 7):
        frame = pd.DataFrame(
            {
                "Kunde": host.rng.integers(1, 60, 90),
                "Betrag": host.rng.uniform(5, 90, 90).round(2),
                "Tag": pd.date_range(f"2024-{month:02}-01", periods=90, freq="7h"),
            }
        )
        files[f"buchungen_2024_{month:02}"] = (
            frame.rename(columns=str.upper) if month == 5 else frame
        )
    host.files = files


@plant("schema", "schema_drift")
def dates_as_text_in_one_file(host: Host) -> None:
    files = {}
    for month in range(1, 6):
        tag = pd.Series(pd.date_range(f"2023-{month:02}-01", periods=80, freq="8h"))
        files[f"log-{month}"] = pd.DataFrame(
            {
                "at": tag.dt.strftime("%d of %b") if month == 4 else tag,
                "n": host.rng.integers(1, 9, 80),
                "who": host.rng.integers(1, 30, 80),
            }
        )
    host.files = files
