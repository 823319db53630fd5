"""Defects of one column's formats and values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.integration.probes.judge.hosts import Host, plant


def mixed(
    host: Host, good: pd.Series | np.ndarray, bad: pd.Series | np.ndarray, share: float
) -> np.ndarray:
    return np.where(host.some(share), np.asarray(bad, dtype=object), np.asarray(good, dtype=object))


@plant("values", "date_order_mixed")
def dd_mm_beside_mm_dd(host: Host) -> str:
    days = host.days(host.pick(["2021-01-05"], ["2019-03-02"]), host.pick([300, 700], [420, 200]))
    sep = host.pick(["/"], ["/", "-", "."])
    a, b = f"%d{sep}%m{sep}%Y", f"%m{sep}%d{sep}%Y"
    return host.add(
        host.pick(["order_date", "day"], ["booked", "Datum"]),
        mixed(host, days.dt.strftime(a), days.dt.strftime(b), host.pick([0.1, 0.3], [0.05, 0.2])),
    )


@plant("values", "date_serials", "date_formats_mixed")
def excel_serials_among_dates(host: Host) -> str:
    days = host.days("2020-02-01", 500)
    serials = ((days - pd.Timestamp("1899-12-30")).dt.days).astype(str)
    form = host.pick(["%Y-%m-%d", "%d.%m.%Y"], ["%d/%m/%Y", "%Y/%m/%d"])
    return host.add(
        host.pick(["delivered"], ["invoice date"]),
        mixed(host, days.dt.strftime(form), serials, host.pick([0.03, 0.2], [0.02, 0.1])),
    )


@plant("values", "date_serials", "date_formats_mixed", "mixed_types")
def epochs_among_dates(host: Host) -> str:
    days = host.days("2022-02-01", 300)
    epochs = (
        (days.astype("int64") // host.pick([10**9], [10**6])).astype(str)
        if days.dtype == "datetime64[ns]"
        else days.map(lambda d: str(int(d.timestamp() * host.pick([1], [1000]))))
    )
    return host.add(
        host.pick(["created"], ["event_ts"]),
        mixed(host, days.dt.strftime("%Y-%m-%d"), epochs, host.pick([0.05], [0.1])),
    )


@plant("values", "mixed_scales", "units_by_group")
def cents_beside_euros(host: Host) -> str:
    price = host.amounts(host.pick([20, 80], [35, 12]), host.pick([0.5, 0.8], [0.6, 0.7]))
    return host.add(
        host.pick(["price", "amount"], ["umsatz", "fare"]),
        np.where(host.some(host.pick([0.05, 0.2], [0.1, 0.03])), np.round(price * 100), price),
    )


@plant("values", "mixed_scales", "units_by_group", "ratio_clusters", "dependency_broken")
def miles_beside_km(host: Host) -> str:
    km = host.rng.uniform(40, 900, host.rows).round(1)
    name = host.pick(["trip_km", "distance"], ["route_length", "laufleistung"])
    miles = host.some(host.pick([0.15, 0.3], [0.2]))
    host.add(
        host.pick(["minutes"], ["fuel_l"]),
        (km * host.rng.normal(1.0, 0.04, host.rows) * host.pick([0.8], [0.07])).round(2),
    )
    return host.add(name, np.where(miles, (km * 0.621371).round(1), km))


@plant("values", "mixed_scales", "units_by_group", "ratio_clusters", "level_shift")
def pounds_beside_kg_by_site(host: Host) -> str:
    kg = host.rng.normal(host.pick([75], [68]), 9, host.rows).round(1)
    site = host.choose(host.pick([["A", "B", "C"]], [["Kiel", "Ulm", "Bonn", "Trier"]]))
    host.add("site", site)
    bad = site == host.pick(["B"], ["Ulm"])
    return host.add(host.pick(["weight"], ["gewicht"]), np.where(bad, (kg * 2.20462).round(1), kg))


@plant("values", "mixed_scales", "units_by_group")
def fahrenheit_beside_celsius(host: Host) -> str:
    c = host.rng.normal(host.pick([18], [15]), host.pick([4], [5]), host.rows)
    return host.add(
        host.pick(["temperature"], ["temp_outside"]),
        np.where(host.some(host.pick([0.2], [0.1])), c * 1.8 + 32, c).round(1),
    )


@plant("values", "mixed_scales", "units_by_group")
def percent_beside_fraction(host: Host) -> str:
    share = host.rng.beta(4, 6, host.rows)
    return host.add(
        host.pick(["conversion_rate"], ["utilisation"]),
        np.where(host.some(host.pick([0.1, 0.3], [0.2])), (share * 100).round(1), share.round(3)),
    )


@plant("values", "currencies_mixed", "units_mixed")
def two_currencies_in_text(host: Host) -> str:
    price = host.amounts(40, 0.6)
    one, two = host.pick(
        [("€{}", "${}"), ("{} EUR", "{} USD")],
        [("£{}", "€{}"), ("CHF {}", "EUR {}"), ("{} zł", "{} €")],
    )
    text = [
        (two if odd else one).format(f"{v:.2f}")
        for v, odd in zip(price, host.some(host.pick([0.1, 0.4], [0.05, 0.25])), strict=True)
    ]
    return host.add(host.pick(["price"], ["betrag"]), text)


@plant("values", "currencies_mixed", "units_mixed")
def two_currencies_in_a_column_beside(host: Host) -> tuple[str, str]:
    host.add(host.pick(["amount"], ["total_value"]), host.amounts(60, 0.7))
    return host.add(
        host.pick(["currency"], ["ccy", "Währung"]),
        host.choose(
            host.pick([["EUR", "USD"]], [["GBP", "EUR", "CHF"]]),
            host.pick([[9, 1]], [[8, 1.5, 0.5]]),
        ),
    ), host.frame.columns[-2]


@plant("values", "ids_rounded")
def ids_as_scientific(host: Host) -> str:
    ids = host.rng.integers(10**15, 9 * 10**15, host.rows)
    texts = [f"{v:.5E}" for v in ids]
    whole = host.pick([True, False], [False, True])
    return host.add(
        host.pick(["customer_id", "account"], ["order_number", "ean"]),
        texts if whole else mixed(host, ids.astype(str), texts, 0.2),
    )


@plant("values", "ids_as_floats", "ids_rounded")
def sixteen_digit_floats(host: Host) -> str:
    ids = host.rng.integers(10**15, 9 * 10**16, host.rows).astype(float)
    host.typed = bool(host.pick([True], [True]))
    return host.add(host.pick(["transaction_id"], ["case_no", "iccid"]), ids)


@plant("values", "lost_zeros")
def lost_leading_zeros(host: Host) -> str:
    width = host.pick([5], [6, 8, 5])
    digits = host.rng.integers(0, 10**width, host.rows)
    lead = host.some(host.pick([0.3], [0.25]))
    digits = np.where(lead, digits // 10, digits)
    full = [f"{v:0{width}d}" for v in digits]
    part = host.pick([0.5, 1.0], [0.4, 0.7])
    text = [
        t.lstrip("0") or "0" if h else t
        for t, h in zip(full, host.some(part) if part < 1 else [True] * host.rows, strict=True)
    ]
    prefix = host.pick([""], [""])
    return host.add(
        host.pick(["zip_code", "postcode"], ["plz", "item_code", "branch_code"]),
        [prefix + t for t in text],
    )


@plant("values", "default_dates", "sentinel_dates")
def default_dates(host: Host) -> str:
    days = host.days("2016-01-01", 1500)
    default = pd.Timestamp(
        host.pick(["2000-01-01", "1970-01-01"], ["1900-01-01", "2018-01-01", "1999-12-31"])
    )
    return host.add(
        host.pick(["signed_up"], ["installed_on"]),
        np.where(host.some(host.pick([0.3, 0.1], [0.3, 0.06])), default, days).astype(
            "datetime64[s]"
        ),
    )


@plant("values", "default_dates", "sentinel_dates")
def default_dates_in_text(host: Host) -> str:
    days = host.days("2018-03-01", 900).dt.strftime("%d.%m.%Y")
    return host.add(
        host.pick(["geprüft am"], ["last_visit"]),
        mixed(
            host,
            days,
            np.full(host.rows, host.pick(["01.01.1900"], ["31.12.9999", "01.01.1970"])),
            host.pick([0.3], [0.2]),
        ),
    )


@plant("values", "zero_for_nothing", "sentinel_numbers", "impossible_values")
def zero_for_nothing(host: Host) -> str:
    name, values = host.pick(
        [
            ("bmi", host.rng.normal(27, 4, host.rows)),
            ("pressure", host.rng.normal(110, 12, host.rows)),
        ],
        [
            ("height_cm", host.rng.normal(171, 9, host.rows)),
            ("voltage", host.rng.normal(230, 4, host.rows)),
            ("puls", host.rng.normal(72, 9, host.rows)),
        ],
    )
    return host.add(
        name, np.where(host.some(host.pick([0.05, 0.3], [0.03, 0.12])), 0, values).round(1)
    )


@plant("values", "sentinel_numbers", "impossible_values", "mixed_scales")
def sentinel_inside_range(host: Host) -> str:
    values = host.rng.gamma(3, 60, host.rows).round(0)
    return host.add(
        host.pick(["tenure_days"], ["score_raw"]),
        np.where(
            host.some(host.pick([0.05], [0.04])), host.pick([999, 9999], [888, 9999, 99999]), values
        ),
    )


@plant("values", "broken_encoding")
def mojibake(host: Host) -> str:
    words = host.pick(
        [["Zürich", "Köln", "Málaga", "Orléans", "Lübeck", "Graz", "Bern"]],
        [["Łódź", "Kraków", "São Paulo", "Århus", "Göteborg", "Oslo", "Riga", "Београд"]],
    )
    text = host.choose(words)
    codec = host.pick(["cp1252", "latin-1"], ["cp1252", "mac_roman", "cp1250", "cp437"])

    def spoil(word: str) -> str:
        try:
            return word.encode("utf-8").decode(codec, errors="replace")
        except UnicodeDecodeError:
            return word

    return host.add(
        host.pick(["city"], ["ort", "origin_city"]),
        mixed(host, text, [spoil(w) for w in text], host.pick([0.3, 1.0], [0.2, 0.6])),
    )


@plant("values", "broken_encoding", "lost_letters")
def letters_lost_to_question_marks(host: Host) -> str:
    text = host.choose(
        host.pick(
            [["M?nchen", "K?ln", "Hamburg", "Ulm"]],
            [["Orl?ans", "Besan?on", "Paris", "Lyon", "N?mes"]],
        )
    )
    return host.add(host.pick(["town"], ["ville"]), text)


@plant("values", "entities_in_text", "markup_in_text", "broken_encoding")
def html_entities(host: Host) -> str:
    good, bad = host.pick(
        [("Smith & Sons", "Smith &amp; Sons")], [("Café Größe", "Caf&eacute; Gr&ouml;&szlig;e")]
    )
    numbers = host.rng.integers(1, 400, host.rows).astype(str)
    return host.add(
        host.pick(["vendor"], ["lieferant"]),
        mixed(
            host,
            np.char.add(good + " ", numbers),
            np.char.add(bad + " ", numbers),
            host.pick([0.2], [0.1]),
        ),
    )


@plant("values", "offsets_mixed")
def offsets_mixed(host: Host) -> str:
    at = host.days("2023-01-01", 200) + pd.to_timedelta(
        host.rng.integers(0, 86_399, host.rows), unit="s"
    )
    forms = host.pick([["", "Z"], ["Z", "+02:00"]], [["+01:00", "", "-05:00"], ["+0000", "+0530"]])
    base = at.dt.strftime("%Y-%m-%dT%H:%M:%S")
    return host.add(
        host.pick(["event_time"], ["logged_at"]),
        base + host.choose(forms, [8, *([1.5] * (len(forms) - 1))]),
    )


@plant("values", "truncated_text")
def note_cut_off(host: Host) -> str:
    words = host.pick(
        [
            [
                "customer",
                "called",
                "about",
                "late",
                "delivery",
                "invoice",
                "again",
                "wants",
                "refund",
                "and",
                "the",
                "driver",
            ]
        ],
        [
            [
                "Anlage",
                "steht",
                "wegen",
                "Störung",
                "am",
                "Förderband",
                "seit",
                "heute",
                "früh",
                "Techniker",
                "ist",
                "informiert",
            ]
        ],
    )
    limit = host.pick([50, 40], [47, 80, 60])
    texts = [
        " ".join(host.dice.choices(words, k=max(2, int(host.dice.gauss(host.pick([11], [14]), 5)))))
        for _ in range(host.rows)
    ]
    return host.add(host.pick(["note"], ["bemerkung"]), [t[:limit] for t in texts])


@plant("values", "number_formats_mixed")
def decimal_commas(host: Host) -> str:
    price = host.amounts(300, 1.2)
    texts = [
        f"{v:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".") if odd else f"{v:.2f}"
        for v, odd in zip(price, host.some(host.pick([0.1, 0.4], [0.05, 0.3])), strict=True)
    ]
    return host.add(host.pick(["net"], ["kosten"]), texts)


@plant("values", "numbers_as_text", "number_notations")
def accountants_negatives(host: Host) -> str:
    v = host.rng.normal(20, 300, host.rows).round(2)
    form = host.pick([lambda x: f"({-x:.2f})"], [lambda x: f"{-x:.2f}-"])
    return host.add(
        host.pick(["balance"], ["saldo"]), [f"{x:.2f}" if x >= 0 else form(x) for x in v]
    )


@plant("values", "numbers_as_text", "number_notations", "units_mixed", "mixed_types")
def thousands_as_k(host: Host) -> str:
    v = host.amounts(40_000, 0.8, 0)
    return host.add(
        host.pick(["salary"], ["followers"]),
        [
            f"{x / 1000:.1f}{host.pick(['k'], ['K'])}" if odd else f"{x:.0f}"
            for x, odd in zip(v, host.some(host.pick([0.3], [0.1])), strict=True)
        ],
    )


@plant("values", "numbers_as_text", "censored_numbers", "mixed_types")
def censored_numbers(host: Host) -> str:
    v = host.amounts(4, 0.7)
    limit = np.quantile(v, host.pick([0.1], [0.06]))
    return host.add(
        host.pick(["lead_ug"], ["crp"]), [f"<{limit:.1f}" if x < limit else f"{x:.2f}" for x in v]
    )


@plant("values", "units_mixed", "number_notations")
def units_in_text(host: Host) -> str:
    v = host.amounts(3, 0.5)
    return host.add(
        host.pick(["load"], ["dosis"]),
        [
            host.pick([f"{x * 1000:.0f} g"], [f"{x * 1000:.0f} mg"])
            if odd
            else host.pick([f"{x:.2f} kg"], [f"{x:.2f} g"])
            for x, odd in zip(v, host.some(host.pick([0.2], [0.1])), strict=True)
        ],
    )


@plant("values", "spelling_near", "spelling_variants")
def typos_in_categories(host: Host) -> str:
    levels = host.pick(
        [["Germany", "France", "Netherlands", "Portugal"]],
        [["Compressor", "Conveyor", "Furnace", "Separator"]],
    )
    value = host.choose(levels)

    def slip(word: str) -> str:
        at = host.dice.randrange(1, len(word) - 1)
        return host.dice.choice(
            [word[:at] + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :]]
        )

    return host.add(
        host.pick(["country"], ["asset_type"]),
        mixed(host, value, [slip(w) for w in value], host.pick([0.03], [0.02])),
    )


@plant("values", "labels_mixed", "spelling_variants", "spelling_near")
def codes_beside_names(host: Host) -> str:
    pairs = host.pick(
        [{"Germany": "DE", "France": "FR", "Italy": "IT", "Spain": "ES"}],
        [{"male": "m", "female": "f"}, {"Monday": "Mon", "Tuesday": "Tue", "Friday": "Fri"}],
    )
    value = host.choose(list(pairs))
    return host.add(
        host.pick(["country"], ["category_of_case"]),
        mixed(host, value, [pairs[v] for v in value], host.pick([0.3], [0.15])),
    )


@plant("values", "spelling_variants")
def case_and_spaces(host: Host) -> str:
    value = host.choose(
        host.pick(
            [["Gold plan", "Silver plan", "Basic"]], [["Kredit-Karte", "Bar", "Last Schrift"]]
        )
    )
    return host.add(
        host.pick(["plan"], ["zahlart"]),
        mixed(
            host,
            value,
            [
                v.upper() if host.dice.random() < 0.5 else v.replace(" ", "_").lower() + " "
                for v in value
            ],
            host.pick([0.05], [0.04]),
        ),
    )


@plant("values", "placeholder_text", "missing")
def words_for_nothing(host: Host) -> str:
    value = host.choose(
        host.pick(
            [["red", "blue", "green", "grey", "white", "black", "brown", "teal", "pink"]],
            [[f"team {n}" for n in range(15)]],
        )
    )
    return host.add(
        host.pick(["colour"], ["crew"]),
        mixed(
            host,
            value,
            np.full(
                host.rows,
                host.pick(
                    ["N/A", "unknown", "-"],
                    ["k.A.", "keine Angabe", "not provided", "(blank)", "#NV"],
                ),
            ),
            host.pick([0.05, 0.2], [0.03, 0.15]),
        ),
    )


@plant("values", "impossible_dates", "date_formats_mixed")
def impossible_text_dates(host: Host) -> str:
    days = host.days("2021-01-01", 360).dt.strftime("%Y-%m-%d")
    return host.add(
        host.pick(["inspected"], ["faellig"]),
        mixed(
            host,
            days,
            np.full(
                host.rows, host.pick(["2021-02-30"], ["2021-13-05", "0000-00-00", "2021-04-31"])
            ),
            host.pick([0.02], [0.01]),
        ),
    )


@plant("values", "impossible_dates", "outlier_dates")
def year_typos(host: Host) -> str:
    days = host.days("2019-01-01", 700)
    good = days.astype(str).str[:10]
    bad = str(host.pick([2109, 1019], [2091, 1919])) + good.str[4:].str.replace("02-29", "02-28")
    return host.add(
        host.pick(["paid_on"], ["gebucht"]), mixed(host, good, bad, host.pick([0.01], [0.005]))
    )


@plant("values", "sign_flips", "impossible_values")
def flipped_signs(host: Host) -> str:
    v = host.rng.normal(host.pick([60], [140]), host.pick([9], [20]), host.rows).round(1)
    return host.add(
        host.pick(["reading"], ["hub_mm"]), np.where(host.some(host.pick([0.02], [0.03])), -v, v)
    )


@plant("values", "capped_values", "sentinel_numbers", "nearly_constant")
def saturated_sensor(host: Host) -> str:
    v = host.rng.normal(60, 25, host.rows)
    return host.add(
        host.pick(["signal"], ["adc_value"]), np.clip(v, 0, host.pick([85], [95])).round(2)
    )


@plant("values", "outliers", "mixed_scales")
def misplaced_decimals(host: Host) -> str:
    v = host.rng.normal(host.pick([50], [7.2]), host.pick([5], [0.5]), host.rows).round(2)
    return host.add(
        host.pick(["value"], ["ph"]),
        np.where(host.some(host.pick([0.005], [0.004])), v * host.pick([10], [100, 10]), v),
    )


@plant("values", "mixed_alphabets", "spelling_variants")
def lookalike_letters(host: Host) -> str:
    value = host.choose(host.pick([["ACME", "BETA", "OMEGA"]], [["Moskva", "Kazan", "Perm"]]))
    swap = str.maketrans({"A": "А", "E": "Е", "O": "О", "a": "а", "o": "о"})
    return host.add(
        host.pick(["brand"], ["stadt"]),
        mixed(host, value, [v.translate(swap) for v in value], host.pick([0.05], [0.03])),
    )


@plant("values", "booleans_mixed")
def yes_in_many_spellings(host: Host) -> str:
    return host.add(
        host.pick(["active"], ["bezahlt"]),
        host.choose(
            host.pick(
                [["yes", "no", "Y", "N"]], [["ja", "nein", "J", "N"], ["true", "false", "1", "0"]]
            ),
            [6, 6, 1, 1],
        ),
    )


@plant("values", "clock_formats_mixed", "date_formats_mixed", "mixed_types")
def clocks_of_12_and_24_hours(host: Host) -> str:
    at = pd.Series(
        pd.Timestamp("2024-01-01")
        + pd.to_timedelta(host.rng.integers(0, 86_340, host.rows), unit="s")
    )
    return host.add(
        host.pick(["start_time"], ["ankunft"]),
        mixed(host, at.dt.strftime("%H:%M"), at.dt.strftime("%I:%M %p"), host.pick([0.2], [0.1])),
    )


@plant("values", "check_digit_wrong")
def wrong_check_digits(host: Host) -> str:
    def ean() -> str:
        body = [host.dice.randrange(10) for _ in range(12)]
        return "".join(map(str, body)) + str(
            -sum(d * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10
        )

    good = [ean() for _ in range(host.rows)]
    bad = [g[:6] + str((int(g[6]) + 1) % 10) + g[7:] for g in good]
    return host.add(
        host.pick(["ean"], ["barcode"]),
        [
            f"{b if odd else g}"
            for g, b, odd in zip(good, bad, host.some(host.pick([0.05], [0.03])), strict=True)
        ],
    )


@plant("values", "lists_in_text", "mixed_types", "numbers_as_text")
def several_values_in_a_cell(host: Host) -> str:
    tags = host.pick([["red", "large", "new", "sale"]], [["E11", "I10", "J45", "M54"]])
    sep = host.pick([";"], ["|", ","])
    return host.add(
        host.pick(["tags"], ["codes"]),
        [
            sep.join(host.dice.sample(tags, host.dice.choice([1, 1, 2, 3])))
            for _ in range(host.rows)
        ],
    )
