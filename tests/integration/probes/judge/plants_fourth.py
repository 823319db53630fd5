"""A fourth set, written before the probe was mended for the third and measured once afterwards."""
# ruff: noqa: E501  (one choice a line reads as a table)

from __future__ import annotations

import numpy as np
import pandas as pd
from stdnum.fi import hetu
from stdnum.it import codicefiscale

from tests.integration.probes.judge.hosts import Host, plant
from tests.integration.probes.judge.plants_third import either
from tests.integration.probes.judge.plants_time import later, timed

# --- one column's formats and values


@plant("values", "date_order_mixed", "date_formats_mixed")
def dashes_both_ways_with_seconds(host: Host) -> str:
    d = host.days("2020-02-01", 900)
    return host.add(
        "handed_over",
        either(host, 0.15, d.dt.strftime("%m-%d-%Y 08:15:00"), d.dt.strftime("%d-%m-%Y 08:15:00")),
    )


@plant("values", "date_formats_mixed", "mixed_types")
def months_in_words_now_and_then(host: Host) -> str:
    d = host.days("2022-02-01", 500)
    return host.add(
        "signed", either(host, 0.06, d.dt.strftime("%d %b %Y"), d.dt.strftime("%Y-%m-%d"))
    )


@plant("values", "date_serials", "mixed_types", "date_formats_mixed")
def seconds_since_1970_among_dates(host: Host) -> str:
    d = host.days("2022-02-01", 500)
    return host.add(
        "created",
        either(
            host,
            0.05,
            (d - pd.Timestamp("1970-01-01")).dt.total_seconds().astype("int64").astype(str),
            d.dt.strftime("%d/%m/%Y"),
        ),
    )


@plant("values", "mixed_scales", "units_by_group", "ratio_clusters")
def inches_beside_centimetres(host: Host) -> str:
    cm = host.rng.normal(172, 8, host.rows)
    return host.add("body_height", np.where(host.some(0.12), cm / 2.54, cm).round(1))


@plant("values", "mixed_scales", "outliers")
def thousands_beside_units(host: Host) -> str:
    v = host.amounts(48_000, 0.3, 0)
    return host.add("salary", np.where(host.some(0.06), v / 1000, v))


@plant("values", "currencies_mixed", "units_mixed", "number_notations")
def dollars_before_and_pounds_behind(host: Host) -> str:
    v = host.amounts(33, 0.5)
    return host.add(
        "price_shown", either(host, 0.2, [f"{x:.2f} GBP" for x in v], [f"${x:.2f}" for x in v])
    )


@plant("values", "currencies_mixed")
def a_currency_beside_the_claim(host: Host) -> str | tuple[str, ...]:
    host.add("claim", host.amounts(700, 0.5))
    host.add("claim_ccy", host.choose(["EUR", "USD", "PLN"], [7, 2, 1]))
    return "claim", "claim_ccy"


@plant("values", "units_mixed", "mixed_types", "numbers_as_text")
def doses_with_and_without_unit(host: Host) -> str:
    v = host.rng.integers(5, 80, host.rows)
    return host.add("dose", either(host, 0.2, [f"{x} ml" for x in v], [f"{x} mg" for x in v]))


@plant("values", "ids_as_floats", "ids_rounded")
def wide_ids_with_decimals(host: Host) -> str:
    return host.add(
        "device_id", host.rng.integers(10**15, 9 * 10**15, host.rows).astype(float) * 10
    )


@plant("values", "lost_zeros")
def cost_centres_without_zeros(host: Host) -> str:
    n = host.rng.integers(100, 99_999, host.rows)
    return host.add("cost_centre", either(host, 0.3, [str(x) for x in n], [f"{x:05d}" for x in n]))


@plant("values", "default_dates", "sentinel_dates")
def births_on_new_years_day(host: Host) -> str:
    d = host.days("1950-01-01", 18_000).dt.strftime("%Y-%m-%d")
    return host.add("date_of_birth", either(host, 0.15, "1980-01-01", d))


@plant("values", "sentinel_dates", "impossible_dates", "default_dates")
def open_until_9999(host: Host) -> str:
    return host.add(
        "valid_to",
        either(host, 0.35, "9999-12-31", host.days("2022-01-01", 800).dt.strftime("%Y-%m-%d")),
    )


@plant("values", "sentinel_numbers")
def minus_999_for_no_rain_gauge(host: Host) -> str:
    return host.add(
        "rain_mm", np.where(host.some(0.02), -999, host.rng.gamma(1, 4, host.rows).round(1))
    )


@plant("values", "sentinel_numbers", "outliers", "impossible_values")
def eighty_eight_for_refused(host: Host) -> str:
    return host.add("children", np.where(host.some(0.03), 88, host.rng.poisson(1.4, host.rows)))


@plant("values", "zero_for_nothing", "sentinel_numbers", "impossible_values")
def a_blood_pressure_of_zero(host: Host) -> str:
    return host.add(
        "diastolic", np.where(host.some(0.05), 0, host.rng.normal(78, 9, host.rows).round())
    )


@plant("values", "broken_encoding", "lost_letters")
def accents_twice_encoded(host: Host) -> str:
    town = host.choose(["São Paulo", "Brasília", "Goiânia", "Recife"])
    return host.add(
        "cidade", either(host, 0.15, [x.encode().decode("cp1252", "replace") for x in town], town)
    )


@plant("values", "offsets_mixed")
def some_without_a_zone(host: Host) -> str:
    at = (
        host.days("2023-01-01", 300)
        + pd.to_timedelta(host.rng.integers(0, 86_400, host.rows), unit="s")
    ).dt.strftime("%Y-%m-%d %H:%M:%S")
    return host.add("sent_at", either(host, 0.3, at, at + "-05:00"))


@plant("values", "clock_formats_mixed", "date_formats_mixed", "mixed_types")
def afternoon_written_twice(host: Host) -> str:
    minute = host.rng.integers(8 * 60, 20 * 60, host.rows)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(minute, unit="m")
    return host.add("slot", either(host, 0.2, at.strftime("%I:%M %p"), at.strftime("%H:%M")))


@plant("values", "truncated_text")
def goods_of_at_most_forty(host: Host) -> str:
    words = [
        "hex",
        "bolt",
        "steel",
        "zinc",
        "plated",
        "washer",
        "long",
        "short",
        "flange",
        "pipe",
        "valve",
        "ball",
        "brass",
    ]
    return host.add(
        "goods",
        [
            " ".join(host.dice.choices(words, k=host.dice.randint(4, 12)))[:40]
            for _ in range(host.rows)
        ],
    )


@plant("values", "number_formats_mixed", "number_notations")
def swiss_and_german_thousands(host: Host) -> str:
    v = host.amounts(5200, 0.5)
    return host.add(
        "umsatz",
        either(
            host,
            0.3,
            [f"{x:,.2f}" for x in v],
            [f"{x:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".") for x in v],
        ),
    )


@plant("values", "number_notations", "numbers_as_text", "mixed_types")
def credits_marked_cr(host: Host) -> str:
    v = host.amounts(120, 0.4)
    return host.add(
        "movement", either(host, 0.1, [f"{x:.2f} CR" for x in v], [f"{x:.2f}" for x in v])
    )


@plant("values", "censored_numbers")
def over_the_range_of_the_assay(host: Host) -> str:
    v = host.rng.gamma(2, 6, host.rows)
    return host.add("crp", np.where(v > 25, ">25", v.round(1).astype(str)))


@plant("values", "spelling_near", "spelling_variants")
def job_titles_mistyped(host: Host) -> str:
    job = host.choose(["Technician", "Accountant", "Electrician", "Supervisor"])
    slip = {
        "Technician": "Techncian",
        "Accountant": "Accuntant",
        "Electrician": "Elektrician",
        "Supervisor": "Superviser",
    }
    return host.add("position", either(host, 0.015, [slip[x] for x in job], job))


@plant("values", "labels_mixed")
def months_as_numbers_and_names(host: Host) -> str:
    code = {"M": "male", "F": "female"}
    short = host.choose(["M", "F"])
    return host.add("sex", either(host, 0.2, [code[x] for x in short], short))


@plant("values", "mixed_alphabets")
def a_greek_letter_in_a_code(host: Host) -> str:
    code = host.choose(["AX-100", "BO-210", "OK-330"])
    return host.add(
        "model", either(host, 0.04, [x.replace("O", "Ο").replace("A", "А") for x in code], code)
    )


@plant("values", "markup_in_text", "entities_in_text")
def paragraphs_from_a_web_form(host: Host) -> str:
    said = host.choose(["too late again", "good service", "box was open"])
    return host.add("feedback", either(host, 0.1, [f"<p>{x}</p><br/>" for x in said], said))


@plant("values", "json_in_text", "nested_column")
def settings_as_json(host: Host) -> str:
    return host.add(
        "prefs",
        [
            f'{{"lang": "{host.dice.choice(["en", "de"])}", "tips": {str(bool(n % 3)).lower()}}}'
            for n in range(host.rows)
        ],
    )


@plant("values", "blank_text", "placeholder_text", "edge_spaces")
def cells_of_blanks(host: Host) -> str:
    return host.add("remark_code", either(host, 0.15, "   ", host.choose(["K1", "K2", "K3"])))


# --- personal data


@plant("people", "personal_data")
def italian_tax_codes(host: Host) -> str:
    def one() -> str:
        body = (
            "".join(host.dice.choices("BCDFGLMNPRST", k=6))
            + f"{host.dice.randint(50, 99)}{host.dice.choice('ABCDEHLMPRST')}{host.dice.randint(1, 28):02d}{host.dice.choice(['H501', 'F205', 'L219'])}"
        )
        return body + codicefiscale.calc_check_digit(body)

    return host.add("codice", [one() for _ in range(host.rows)])


@plant("people", "personal_data")
def finnish_codes(host: Host) -> str:
    def one() -> str:
        day, serial = (
            f"{host.dice.randint(1, 28):02d}{host.dice.randint(1, 12):02d}{host.dice.randint(40, 99)}",
            f"{host.dice.randint(2, 899):03d}",
        )
        return f"{day}-{serial}{hetu._calc_checksum(day + serial)}"

    return host.add("tunnus", [one() for _ in range(host.rows)])


@plant("people", "personal_data")
def international_phones_with_zeros(host: Host) -> str:
    return host.add(
        "contact_1",
        [
            f"0044 {host.dice.randint(20, 79)}{host.dice.randint(10, 99)} {host.dice.randint(100000, 999999)}"
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data")
def given_names_alone(host: Host) -> str:
    return host.add(
        "who",
        host.choose(
            [
                "Anna",
                "Peter",
                "Laura",
                "Martin",
                "Sofia",
                "Thomas",
                "Julia",
                "Paul",
                "Eva",
                "Lukas",
                "Emma",
                "David",
            ]
        ),
    )


@plant("people", "personal_data")
def american_addresses(host: Host) -> str:
    return host.add(
        "ship_to",
        [
            f"{host.dice.randint(10, 9900)} {host.dice.choice(['Maple', 'Cedar', 'Lake'])} {host.dice.choice(['St', 'Ave', 'Dr'])}, {host.dice.choice(['Akron, OH 44301', 'Tulsa, OK 74103'])}"
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data")
def ibans_in_blocks(host: Host) -> str:
    def one() -> str:
        body = f"{host.dice.randint(0, 10**18 - 1):018d}"
        check = 98 - int(body + "131400") % 97
        whole = f"DE{check:02d}{body}"
        return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))

    return host.add("account", [one() for _ in range(host.rows)])


@plant("people", "personal_data_in_text")
def cards_read_out_on_the_phone(host: Host) -> str:
    return host.add(
        "call_note",
        either(
            host,
            0.04,
            "customer read card 4111 1111 1111 1111 to us, order placed",
            host.choose(["asked about returns", "wants the blue one", "will call again"]),
        ),
    )


@plant("people", "personal_data_in_text", "personal_data")
def birthdays_in_minutes(host: Host) -> str:
    return host.add(
        "intake",
        either(
            host,
            0.08,
            [f"born {d:%d.%m.%Y}, came with her son" for d in host.days("1940-01-01", 15_000)],
            "waited in the hall, brought own papers",
        ),
    )


@plant("people", "personal_data_in_text", "personal_data")
def spanish_diagnoses(host: Host) -> str:
    ill = [
        "paciente con diabetes tipo 2",
        "antecedentes de cáncer de mama",
        "toma pastillas por hipertensión",
    ]
    return host.add(
        "observaciones",
        either(
            host,
            0.07,
            host.choose(ill),
            host.choose(["llega tarde", "pide otra cita", "trae los papeles"]),
        ),
    )


@plant("people", "credentials")
def keys_in_a_log(host: Host) -> str:
    return host.add(
        "log_line",
        either(
            host,
            0.02,
            [
                f"retry with api_key=sk_live_{n:06d}aQ7xPz{n % 97:02d}LmK3 failed"
                for n in range(host.rows)
            ],
            host.choose(["job ended", "job began", "queue empty"]),
        ),
    )


# --- rows and structure


@plant("rows", "total_rows")
def a_grand_total_on_top(host: Host) -> None:
    frame = pd.DataFrame(
        {
            "store": [f"Store {n:03d}" for n in range(300)],
            "sales": host.rng.gamma(3, 900, 300).round(2),
            "returns": host.rng.gamma(2, 30, 300).round(2),
            "staff": host.rng.integers(3, 30, 300),
        }
    )
    top = pd.DataFrame(
        [{"store": "Grand total", **frame.drop(columns="store").sum().round(2).to_dict()}]
    )
    host.frame = pd.concat([top, frame], ignore_index=True)


@plant("rows", "title_lines")
def a_title_and_a_date_line(host: Host) -> None:
    host.raw = "Bestandsliste Werk 3;;;\nStand;01.02.2024;;\n" + pd.DataFrame(
        {
            "Artikel": [f"A{n}" for n in range(300)],
            "Menge": host.rng.integers(0, 90, 300),
            "Lager": host.rng.choice(["N", "S"], 300),
            "Wert": host.rng.integers(5, 900, 300),
        }
    ).to_csv(index=False, sep=";")


@plant("rows", "footer_lines", "unreadable_lines")
def count_of_rows_affected(host: Host) -> None:
    host.raw = host.frame.iloc[:450, :7].to_csv(index=False) + "\n(450 rows affected)\n"


@plant("rows", "header_rows")
def three_files_glued(host: Host) -> None:
    part = pd.DataFrame(
        {
            "meter": [f"M{n % 30}" for n in range(200)],
            "kwh": host.rng.gamma(3, 4, 200).round(2),
            "ok": host.rng.choice(["y", "n"], 200),
        }
    ).to_csv(index=False)
    host.raw = part * 3


@plant("rows", "near_duplicates")
def leads_typed_twice(host: Host) -> None:
    n = 800
    frame = pd.DataFrame(
        {
            "lead": [f"L{x:05d}" for x in range(n)],
            "budget": host.rng.gamma(3, 4000, n).round(2),
            "seats": host.rng.integers(1, 400, n),
            "visits": host.rng.poisson(9, n),
            "score": host.rng.uniform(0, 100, n).round(3),
            "source": host.rng.choice(["fair", "web", "call"], n),
        }
    )
    again = frame.sample(20, random_state=7)
    host.frame = pd.concat(
        [frame, again.assign(lead=[f"L{x:05d}" for x in range(n, n + 20)], source="fair")],
        ignore_index=True,
    )


@plant("rows", "duplicate_keys")
def some_policies_twice(host: Host) -> None:
    n = 900
    key = np.arange(n) + 500_000
    key[-12:] = key[:12]
    host.frame = pd.DataFrame(
        {
            "policy_id": key,
            "premium": host.rng.gamma(3, 90, n).round(2),
            "years": host.rng.integers(1, 30, n),
        }
    )


@plant("rows", "blank_rows")
def blank_lines_of_commas(host: Host) -> None:
    head, *body = host.frame.iloc[:400, :6].to_csv(index=False).splitlines()
    host.raw = (
        "\n".join(
            [
                head,
                *(
                    line
                    for at, one in enumerate(body)
                    for line in ([one, ",,,,,"] if at % 50 == 9 else [one])
                ),
            ]
        )
        + "\n"
    )


@plant("rows", "shifted_rows")
def cells_slipped_to_the_right(host: Host) -> None:
    n = 600
    frame = pd.DataFrame(
        {
            "nr": np.arange(n),
            "town": host.rng.choice(["Cork", "Bern", "Oslo"], n),
            "opened": pd.date_range("2024-01-01", periods=n, freq="9h").strftime("%Y-%m-%d"),
            "temp": host.rng.normal(9, 4, n).round(1),
            "state": host.rng.choice(["ok", "warn"], n),
        }
    ).astype(object)
    for row in range(40, 600, 70):
        frame.iloc[row, 2:] = ["Nord", *frame.iloc[row, 2:4]]
    host.frame = frame


# --- over time and label maturity


@plant("time", "level_shift", "drift")
def grams_since_summer(host: Host) -> str:
    timed(host)
    v = host.rng.normal(2.4, 0.3, host.rows)
    return host.add("portion", np.where(later(host), v * 1000, v).round(2))


@plant("time", "recoded", "new_category", "format_changed")
def departments_are_renamed(host: Host) -> str:
    timed(host)
    at = host.rng.integers(0, 3, host.rows)
    return host.add(
        "department",
        np.where(
            later(host),
            np.array(["People", "Growth", "Care"], object)[at],
            np.array(["HR", "Sales", "Support"], object)[at],
        ),
    )


@plant("time", "noise_changed")
def a_smoothing_filter(host: Host) -> str:
    timed(host)
    return host.add(
        "torque", (40 + host.rng.normal(0, 1, host.rows) * np.where(later(host), 0.6, 3)).round(2)
    )


@plant("time", "flat_line", "frozen_value")
def two_days_of_the_same(host: Host) -> str:
    at = pd.date_range("2023-06-01", periods=2000, freq="30min")
    v = 20 + 5 * np.sin(at.hour.to_numpy() / 24 * 6.283) + host.rng.normal(0, 0.7, 2000)
    v[800:900] = v[800]
    host.frame = pd.DataFrame(
        {"tstamp": at, "humidity": v.round(2), "co2": host.rng.normal(600, 60, 2000).round()}
    )
    return "humidity"


@plant("time", "counter_reset")
def one_of_four_meters_is_replaced(host: Host) -> str:
    parts = []
    for meter in range(4):
        v = np.cumsum(host.rng.uniform(0.2, 3, 800)) + 500 * meter
        if meter == 2:
            v[500:] -= v[500] - 3
        parts.append(
            pd.DataFrame(
                {
                    "meter": f"Z{meter}",
                    "at": pd.date_range("2023-01-01", periods=800, freq="h"),
                    "kwh_total": v.round(2),
                }
            )
        )
    host.frame = pd.concat(parts, ignore_index=True)
    return "kwh_total"


@plant("time", "seasonality_break")
def the_night_is_like_the_day(host: Host) -> str:
    at = pd.date_range("2023-02-06", periods=2800, freq="h")
    swing = np.where(np.arange(2800) < 1700, 90, 4)
    host.frame = pd.DataFrame(
        {
            "hour": at,
            "demand": (
                400
                + swing * np.sin((at.hour.to_numpy() - 6) / 24 * 6.283)
                + host.rng.normal(0, 18, 2800)
            ).round(1),
        }
    )
    return "demand"


@plant("time", "volume_spike", "near_duplicates", "duplicate_rows")
def one_day_fourfold(host: Host) -> str:
    days = np.repeat(
        np.arange(200), [120 if d in (77, 78) else host.dice.randint(26, 34) for d in range(200)]
    )
    host.frame = pd.DataFrame(
        {
            "day": pd.Timestamp("2023-01-02") + pd.to_timedelta(days, unit="D"),
            "amount": host.rng.gamma(2, 9, len(days)).round(2),
        }
    )
    return "day"


@plant("time", "series_gaps", "time_gaps")
def a_week_is_missing(host: Host) -> str:
    at = pd.date_range("2023-02-01", periods=2600, freq="h")
    keep = (at < "2023-03-10") | (at >= "2023-03-17")
    host.frame = pd.DataFrame(
        {"measured": at[keep], "no2": host.rng.gamma(4, 6, int(keep.sum())).round(1)}
    )
    return "measured"


@plant("time", "stopped_filling")
def the_survey_is_not_asked_any_more(host: Host) -> str:
    timed(host)
    v = host.choose(["1", "2", "3", "4", "5"])
    v[int(host.rows * 0.85) :] = None
    return host.add("satisfaction", v)


@plant("time", "label_drift", "label_immature")
def churn_counted_more_strictly(host: Host) -> str:
    timed(host)
    host.target = host.add(
        "churned", (host.rng.random(host.rows) < np.where(later(host), 0.08, 0.22)).astype(int)
    )
    return host.target


@plant("time", "future_times")
def some_clocks_run_ahead(host: Host) -> str:
    d = host.days("2023-01-01", 900)
    return host.add(
        "recorded_at",
        pd.Series(np.where(host.some(0.01), d + pd.DateOffset(years=30), d)).to_numpy(),
    )


# --- across columns


@plant("across", "order_broken")
def discharged_before_admitted(host: Host) -> tuple[str, ...]:
    a = pd.Timestamp("2023-01-01") + pd.to_timedelta(
        host.rng.integers(0, 30_000_000, host.rows), unit="s"
    )
    b = a + pd.to_timedelta(host.rng.integers(3600, 900_000, host.rows), unit="s")
    bad = host.some(0.01)
    host.add("admission", np.where(bad, b, a))
    host.add("discharge", np.where(bad, a, b))
    return "admission", "discharge"


@plant("across", "part_over_total")
def more_defects_than_pieces(host: Host) -> tuple[str, ...]:
    whole = host.rng.integers(50, 900, host.rows)
    part = (whole * host.rng.beta(1, 15, host.rows)).astype(int)
    host.add("pieces_made", whole)
    host.add("pieces_rejected", np.where(host.some(0.01), whole + 9, part))
    return "pieces_made", "pieces_rejected"


@plant("across", "sum_broken")
def balance_after_is_not_before_and_change(host: Host) -> tuple[str, ...]:
    before, change = (
        host.rng.uniform(100, 9000, host.rows).round(2),
        host.rng.normal(0, 400, host.rows).round(2),
    )
    after = (before + change).round(2)
    host.add("balance_before", before)
    host.add("change", change)
    host.add("balance_after", np.where(host.some(0.02), after + 100, after))
    return "balance_before", "change", "balance_after"


@plant("across", "dependency_broken")
def product_names_that_differ(host: Host) -> tuple[str, ...]:
    n = host.rng.integers(0, 25, host.rows)
    name = np.array([f"Article of type {chr(65 + x)}" for x in n], object)
    host.add("sku", [f"S{x:03d}" for x in n])
    host.add("sku_name", np.where(host.some(0.01), "Article of type Z", name))
    return "sku", "sku_name"


@plant("across", "derived_broken")
def ages_off_by_ten(host: Host) -> tuple[str, ...]:
    born = host.rng.integers(1940, 2004, host.rows)
    host.add("birth_year", born)
    host.add("visit_year", np.full(host.rows, 2024))
    host.add("age", np.where(host.some(0.01), 2024 - born + 10, 2024 - born))
    return "birth_year", "age", "visit_year"


@plant("across", "coordinates_zero")
def shops_in_the_gulf(host: Host) -> tuple[str, ...]:
    bad = host.some(0.03)
    host.add("shop_lat", np.where(bad, 0, host.rng.uniform(40, 48, host.rows).round(5)))
    host.add("shop_lon", np.where(bad, 0, host.rng.uniform(-5, 9, host.rows).round(5)))
    return "shop_lat", "shop_lon"


@plant("across", "presence_broken")
def shipped_without_a_parcel(host: Host) -> tuple[str, ...]:
    sent = host.rng.random(host.rows) < 0.6
    parcel = np.where(sent, [f"PX{n:07d}" for n in range(host.rows)], None)
    parcel[np.flatnonzero(sent)[:4]] = None
    host.add("state", np.where(sent, "shipped", "open"))
    host.add("parcel", parcel)
    return "state", "parcel"


# --- schema drift


def _weekly(host: Host, stem: str) -> dict[str, pd.DataFrame]:
    return {
        f"{stem}_w{week:02}": pd.DataFrame(
            {
                "ticket": host.rng.integers(10_000, 99_999, 90),
                "opened": pd.date_range("2024-01-01", periods=90, freq="97min")
                + pd.Timedelta(weeks=week),
                "minutes": host.rng.gamma(2, 20, 90).round(1),
                "team": host.rng.choice(["red", "blue"], 90),
            }
        )
        for week in range(1, 8)
    }


@plant("schema", "schema_drift")
def minutes_turn_into_clock_times(host: Host) -> None:
    host.files = _weekly(host, "tickets")
    one = host.files["tickets_w04"]
    one["minutes"] = [f"{int(x) // 60}:{int(x) % 60:02d}" for x in one["minutes"]]


@plant("schema", "schema_drift")
def team_becomes_squad(host: Host) -> None:
    host.files = {
        name: one.rename(columns={"team": "squad"}) if name[-2:] >= "06" else one
        for name, one in _weekly(host, "desk").items()
    }


@plant("schema", "schema_drift")
def one_week_without_minutes(host: Host) -> None:
    host.files = {
        name: one.drop(columns="minutes") if name.endswith("w03") else one
        for name, one in _weekly(host, "queue").items()
    }


@plant("schema", "schema_drift")
def dates_are_text_in_one_parquet(host: Host) -> None:
    host.typed = True
    host.files = _weekly(host, "calls")
    host.files["calls_w05"]["opened"] = host.files["calls_w05"]["opened"].dt.strftime("%d/%m/%Y")
