"""One table a kind of defect, end to end: found on its column, with the way to its rows."""
# ruff: noqa: E501  (one case a line reads as a table)

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from bot.domain.vocabulary import FindingLevel
from hour48.commands import app
from probes.contract import Finding, ProbeContext, ProbeRequest, ProbeResult
from probes.quality import run

Make = Callable[..., ProbeContext]
ROWS = 900
RNG = np.random.default_rng(48)
HOURS = pd.Series(pd.date_range("2023-03-01", periods=ROWS, freq="h"))
DAYS = pd.Series(pd.Timestamp("2022-01-01") + pd.to_timedelta(RNG.integers(0, 600, ROWS), unit="D"))
SHIFTS = pd.Series(pd.date_range("2023-01-01", periods=2_400, freq="h").repeat(5))
SHIFTS = SHIFTS[SHIFTS.dt.hour.between(8, 17)].reset_index(drop=True)
SOME = RNG.random(ROWS) < 0.05
NUMBERS = np.arange(ROWS)
EUROS = np.round(30 * np.exp(RNG.normal(0, 0.5, ROWS)), 2)
WAVE = (20 + 5 * np.sin(HOURS.dt.hour / 24 * 6.28) + RNG.normal(0, 0.4, ROWS)).round(2)


def counter() -> pd.Series:
    rising = pd.Series(np.cumsum(RNG.uniform(0.1, 2, ROWS)).round(1))
    return rising.where(rising.index < 500, rising - rising[500])


def day_first_beside_month_first() -> pd.DataFrame:
    texts = np.where(SOME, DAYS.dt.strftime("%m/%d/%Y"), DAYS.dt.strftime("%d/%m/%Y"))
    return pd.DataFrame({"booked": texts, "amount": EUROS})


def prices(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"euros": EUROS, **columns})


def readings(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"at": HOURS, **columns})


def orders_sent_again() -> pd.DataFrame:
    rows = pd.DataFrame({"order_no": 7_000 + NUMBERS, "at": HOURS, "euros": EUROS})
    rows = rows.assign(shop=NUMBERS % 7, pieces=NUMBERS % 11, kilos=WAVE)
    again = rows[SOME].assign(order_no=9_000 + NUMBERS[SOME], at=HOURS[SOME] + pd.Timedelta("4min"))
    return pd.concat([rows, again]).sort_values("at")


def with_totals() -> pd.DataFrame:
    grid = pd.MultiIndex.from_product([["Chile", "Kenya", "Nepal", "Spain"], range(1990, 2020)])
    lands = grid.to_frame(index=False, name=["land", "year"])
    lands["output"] = RNG.uniform(9, 90, len(lands)).round(1)
    total = lands.groupby("year", as_index=False)["output"].sum().assign(land="World")
    return pd.concat([lands, total[["land", "year", "output"]]], ignore_index=True)


def places_filled_in() -> pd.DataFrame:
    """Houses in nine districts, some of which stand in the middle of the town."""
    area = np.arange(ROWS) % 9
    north, east = (
        np.where(SOME, 48.1, base + RNG.normal(0, 0.002, ROWS)).round(4)
        for base in (48.1 + area % 3 / 50, 11.5 + area // 3 / 50)
    )
    return prices(
        district=np.char.add("D", area.astype(str)),
        latitude=north,
        longitude=np.where(SOME, 11.5, east),
    )


def paid_back_later() -> pd.DataFrame:
    at = pd.Series(pd.date_range("2024-01-01", periods=ROWS, freq="12h"))
    back = at + pd.to_timedelta(RNG.gamma(9, 9, ROWS).round(), unit="D")
    back = back.where((RNG.random(ROWS) < 0.2) & (back <= at.max()))
    return prices(paid_on=at, returned=back.notna().astype(int), returned_on=back)


def discounted() -> pd.DataFrame:
    price, pieces = RNG.choice([7.5, 12.9, 19.0, 29.9, 59.0, 84.5], ROWS), RNG.integers(1, 7, ROWS)
    off = RNG.choice([0, 5, 10, 20], ROWS)
    net = (price * pieces * np.where(SOME, 1, 1 - off / 100)).round(2)
    return prices(price=price, pieces=pieces, discount_pct=off, net=net)


CASES: dict[str, tuple[str, str | None, Callable[[], pd.DataFrame]]] = {
    "two orders of dates": ("date_order_mixed", "booked", day_first_beside_month_first),
    "a default place": ("default_place", "latitude", places_filled_in),
    "days of outcomes yet to come": ("label_immature", "returned", paid_back_later),
    "alive with a day of death": ("presence_broken", "date_of_death", lambda: prices(status=np.where(NUMBERS % 3 == 0, "D", "A"), date_of_death=DAYS.where((NUMBERS % 3 == 0) | (NUMBERS % 41 == 1)))),
    "a list of prices and a discount": ("product_broken", "net", discounted),
    "long texts cut in some places": ("truncated_text", "summary", lambda: prices(summary=[("".join(RNG.choice(list("abcde fghi "), 900)) + "x")[: 255 if odd else 420 + row % 300] for row, odd in enumerate(NUMBERS % 4 == 0)])),
    "a year after the accident": ("order_broken", "built", lambda: prices(crashed=2000 + NUMBERS % 7, built=2000 + NUMBERS % 7 - np.where(NUMBERS % 41 == 1, -4, NUMBERS % 19))),
    "cents": ("mixed_scales", "price", lambda: prices(price=np.where(SOME, np.round(EUROS * 100), EUROS))),
    "miles in some rows": ("ratio_clusters", "distance_km", lambda: prices(distance_km=(EUROS / np.where(SOME, 1.609344, 1)).round(1), fuel=(EUROS * 0.07 * RNG.normal(1, 0.1, ROWS)).round(2))),
    "pounds at some visits": ("ratio_clusters", "weight", lambda: prices(patient=NUMBERS % 90, weight=(np.exp(RNG.normal(4.3, 0.4, 90))[NUMBERS % 90] * RNG.normal(1, 0.02, ROWS) * np.where(SOME, 2.20462, 1)).round(1))),
    "two numbers in the other order": ("order_broken", "pressure", lambda: prices(pressure=[f"{70 + row % 9}/{120 + row % 17}" if odd else f"{120 + row % 17}/{70 + row % 9}" for row, odd in enumerate(SOME)])),
    "balances carried forward": ("total_rows", "text", lambda: prices(text=np.where(NUMBERS % 80 == 0, "Carried forward", RNG.choice(["card", "transfer"], ROWS)))),
    "numbers of papers in notes": ("personal_data_in_text", "note", lambda: prices(note=[f"called again, passport C0{row % 9}X{row % 89 + 10}T42" if odd else "called about the bill" for row, odd in enumerate(SOME)])),
    "zero for nothing": ("zero_for_nothing", "bmi", lambda: prices(bmi=np.where(SOME, 0, RNG.normal(27, 4, ROWS).round(1)))),
    "end before start": ("order_broken", "start_date", lambda: prices(start_date=DAYS, end_date=DAYS + pd.to_timedelta(np.where(SOME, -3, 9), unit="D"))),
    "arrival before departure": ("order_broken", "departure_time", lambda: prices(departure_time=DAYS, arrival_time=DAYS + pd.to_timedelta(np.where(SOME, -30, 9), unit="h"))),
    "departure before arrival": ("order_broken", "arrive", lambda: prices(depart=DAYS + pd.to_timedelta(np.where(SOME, -3, 9), unit="D"), arrive=DAYS)),
    "part over total": ("part_over_total", "paid", lambda: prices(total=EUROS * 2, paid=np.where(SOME, EUROS * 3, EUROS))),
    "sums": ("sum_broken", "gross", lambda: prices(net=EUROS, tax=(tax := np.round(RNG.uniform(1, 9, ROWS), 2)), gross=np.round(EUROS + tax + SOME * 5, 2))),
    "a meter": ("counter_reset", "kwh", lambda: readings(kwh=counter())),
    "a stuck sensor": ("frozen_value", "temp", lambda: readings(temp=pd.Series(WAVE).where(HOURS.index < 700, 21.37))),
    "new codes": ("recoded", "state", lambda: readings(temp=WAVE, state=np.where(HOURS.index < 500, RNG.choice(["low", "high"], ROWS), RNG.choice(["1", "2"], ROWS)))),
    "currencies": ("currencies_mixed", "fee", lambda: prices(fee=[f"${x}" if odd else f"€{x}" for x, odd in zip(EUROS, SOME, strict=True)])),
    "bounds crossed": ("order_broken", "temp_min", lambda: prices(temp_min=(low := RNG.normal(4, 6, ROWS).round(1)), temp_max=np.where(SOME, low - 1, low + 3))),
    "weekdays": ("derived_broken", "weekday", lambda: prices(seen=DAYS, weekday=np.where(SOME, "Sunday", DAYS.dt.day_name()))),
    "ages": ("derived_broken", "age", lambda: prices(birth_year=(born := RNG.integers(1940, 2000, ROWS)), age=2024 - born + 10 * SOME)),
    "a total of each year": ("total_rows", "land", with_totals),
    "two ways of thousands": ("number_formats_mixed", "sales", lambda: prices(sales=[f"{x * 90:,.2f}".translate(str.maketrans(",.", ".,")) if odd else f"{x * 90:,.2f}" for x, odd in zip(EUROS, SOME, strict=True)])),
    "a balance": ("sum_broken", "balance", lambda: prices(moved=(moved := RNG.normal(0, 50, ROWS).round(2)), balance=np.where(SOME, 0, (1000 + np.cumsum(moved)).round(2)))),
    "a rate": ("product_broken", "tax", lambda: prices(net=EUROS * 10, tax=np.round(EUROS * RNG.choice([0.7, 1.9], ROWS) * (1 + SOME), 2))),
    "new names for all": ("recoded", "customer", lambda: readings(temp=WAVE, customer=[f"C{RNG.integers(100, 160) + 700 * (n > 500)}" for n in range(ROWS)])),
    "clocks": ("order_broken", "opens", lambda: prices(opens=[f"{m // 60:02}:{m % 60:02}" for m in RNG.integers(360, 660, ROWS)], closes=[f"{3 if odd else m // 60:02}:{m % 60:02}" for m, odd in zip(RNG.integers(840, 1320, ROWS), SOME, strict=True)])),
    "codes that swap": ("recoded", "state", lambda: readings(code=(code := RNG.integers(0, 3, ROWS)), state=np.where(HOURS.index < 550, np.array(["new", "open", "shut"])[code], np.array(["shut", "new", "open"])[code]))),
    "days only": ("format_changed", "sent", lambda: readings(temp=WAVE, sent=(HOURS + pd.Timedelta(minutes=7)).where(HOURS.index < 500, HOURS.dt.floor("D")))),
    "cut notes": ("truncated_text", "note", lambda: prices(note=[f"{n} the driver waited and then he went on to {n * 7}"[:38] if n % 4 else f"fine {n}" for n in range(ROWS)])),
    "sentences that break off": ("truncated_text", "report", lambda: prices(report=[f"The crew of unit {row} came {'again ' * (row * 7 % 13)}to road {row * 37}."[: 60 if row % 3 == 0 else 99] for row in NUMBERS])),
    "names cut off in some rows": ("truncated_text", "clinic", lambda: prices(clinic=[one[: 14 + 20 * odd] for one, odd in zip(RNG.choice(["Saint Elizabeth Hospital", "University Clinic", "Mount Pleasant Centre", "Royal Infirmary"], ROWS), NUMBERS % 4 > 0, strict=True)])),
    "keys cut off in some rows": ("mixed_types", "session", lambda: prices(session=[f"{row * 7_919_993:08x}-{row * 104_729 % 65_521:04x}-4a1b-b2c3-{row * 15_485_863:012x}"[: 36 if row % 5 else 8] for row in NUMBERS])),
    "an address for nobody": ("placeholder_text", "mail", lambda: prices(mail=["none@shop.example" if odd else f"k{row}@mail.example" for row, odd in enumerate(SOME)])),
    "codes for the words of a form": ("labels_mixed", "sex", lambda: prices(sex=np.where(SOME, RNG.choice(["1", "2"], ROWS), RNG.choice(["Female", "Male"], ROWS)))),
    "letters read for digits": ("mixed_types", "meter", lambda: prices(meter=[f"{row * 7_003 + 1_010_000:08}".replace("0", "O" if odd else "0") for row, odd in enumerate(SOME)])),
    "fifteen digits of longer ones": ("ids_rounded", "parcel", lambda: prices(parcel=[(row + 5) * 1_000_000_007 * 99_991 + row if row % 9 else (row + 5) * 10**15 for row in NUMBERS])),
    "credits behind the amount": ("number_notations", "booked", lambda: prices(booked=[f"{x} CR" if odd else f"{x}" for x, odd in zip(EUROS, SOME, strict=True)])),
    "a formula for a code": ("number_notations", "article", lambda: prices(article=[f'="{row % 800:06}"' if odd else f"{row % 800:06}" for row, odd in enumerate(SOME)])),
    "a workbook's line ends": ("entities_in_text", "note", lambda: prices(note=[f"pump {row % 90} changed{'_x000D_' if row % 4 else ','} all fine" for row in NUMBERS])),
    "a unit behind few numbers": ("units_mixed", "weight", lambda: prices(weight=[f"{x} kg" if row % 40 == 3 else f"{x}" for row, x in enumerate(EUROS)])),
    "afternoons that read as mornings": ("clock_formats_mixed", "came", lambda: prices(came=[f"{(m := 7 * row % 1440) // 60 % 12 or 12:02}:{m % 60:02}" for row in NUMBERS])),
    "moments that lost their clock": ("default_dates", "opened", lambda: prices(opened=(at := pd.Series(pd.Timestamp("2023-01-02") + pd.to_timedelta(NUMBERS * 3_671, unit="s"))).where(~SOME, at.dt.floor("D")))),
    "milliseconds beside seconds": ("mixed_scales", "ts", lambda: prices(ts=(1_700_000_000 + NUMBERS * 977) * np.where(SOME, 1000, 1))),
    "stars of two scales": ("units_by_group", "stars", lambda: prices(app=(app := RNG.choice(["web", "ios", "android"], ROWS)), stars=RNG.integers(1, 6, ROWS) * np.where(app == "android", 2, 1))),
    "a site that rounds": ("units_by_group", "level", lambda: prices(site=(site := RNG.choice(list("ABCDEF"), ROWS)), level=np.where(site == "C", np.round(level := RNG.normal(21, 3, ROWS).round(2)), level))),
    "a branch in another currency": ("units_by_group", "fee_eur", lambda: prices(country=(land := RNG.choice(["DE", "FR", "HU", "ES", "IT", "NL"], ROWS)), fee_eur=(np.exp(RNG.normal(4, 1, ROWS)) * np.where(land == "HU", 392, 1)).round(2))),
    "profiles of people": ("personal_data_in_text", "came_from", lambda: prices(came_from=[f"https://www.linkedin.com/in/{('anna', 'peter', 'maria', 'lukas', 'julia')[row % 5]}-novak-{row:05x}" if row % 6 == 1 else "newsletter" for row in NUMBERS])),
    "thousands read as decimals": ("mixed_scales", "paid", lambda: prices(paid=np.where(SOME, (paid := (2_000 * np.exp(RNG.normal(0, 0.8, ROWS))).round(2)) / 1000, paid).round(5))),
    "things called by their owners": ("personal_data_in_text", "device", lambda: prices(device=[f"{('Anna', 'Peter', 'Maria', 'Lukas', 'Julia', 'Emma')[row // 15 % 6]} {('Roth', 'Vogt')[row % 2]}'s phone" if row % 15 == 1 else f"NB-IT-{row + 10_000}" for row in NUMBERS])),
    "lines of customers in a log": ("personal_data_in_text", "line", lambda: prices(line=[f"GET /item/{row} from 8{row % 9}.{row % 251}.{row % 241}.7 in {row % 90} ms" for row in NUMBERS])),
    "names behind a title": ("personal_data_in_text", "subject", lambda: prices(subject=[f"Change of address Mrs {('Keller', 'Novak', 'Rossi', 'Berg', 'Visser')[row % 5]} {row % 7}" if row % 9 == 1 else f"Change of address {row}" for row in NUMBERS])),
    "names in remarks": ("personal_data_in_text", "note", lambda: prices(note=[f"called again and spoke with {('Marek', 'Sofia', 'Thomas')[row % 3]} {('Novak', 'Costa')[row % 2]} about bill {row % 71}" if odd else f"called about bill {row % 83}" for row, odd in enumerate(SOME)])),
    "plates in remarks": ("personal_data_in_text", "note", lambda: prices(note=[f"parked here, plate AB{row % 90 + 10} CDE, tel. 0171 2345{row % 90 + 10}" if odd else "parked at the gate" for row, odd in enumerate(SOME)])),
    "over the limit": ("order_broken", "units_picked", lambda: prices(units_asked=(asked := RNG.integers(2, 60, ROWS)), units_picked=np.where(SOME, asked + RNG.integers(1, 9, ROWS), np.where(RNG.random(ROWS) < 0.6, asked, asked * RNG.random(ROWS)).astype(int)))),
    "names against codes": ("dependency_broken", "city_name", lambda: prices(city=np.array(list("ABCDEFGH"))[(code := RNG.integers(0, 8, ROWS))], city_name=np.array(["Ulm", "Bern", "Graz", "Lyon", "Turin", "Oslo", "Gent", "Hull"])[np.where(SOME, (code + 3) % 8, code)])),
    "open though ended": ("presence_broken", "ended", lambda: prices(began=DAYS, state=np.where(RNG.random(ROWS) < 0.25, "open", np.where(RNG.random(ROWS) < 0.3, "moved", "done"))).assign(ended=lambda t: (DAYS + pd.Timedelta(days=9)).where((t.state != "open") | SOME))),
    "called off and yet sent": ("presence_broken", "sent", lambda: prices(state=np.where(NUMBERS == 5, "packed", np.where(NUMBERS % 10 == 0, "called off", np.where(NUMBERS % 37 == 1, "asked", "done")))).assign(sent=lambda t: DAYS.where((t.state != "called off") | (NUMBERS % 40 == 0)))),
    "a zone to the end": ("zone_shift", "at", lambda: readings(temp=WAVE).assign(at=lambda t: t["at"].where(HOURS.index < 500, t["at"] + pd.Timedelta(hours=6)))),
    "a zone for some weeks": ("zone_shift", "at", lambda: pd.DataFrame({"at": (at := SHIFTS.where((SHIFTS < "2023-02-10") | (SHIFTS > "2023-03-01"), SHIFTS + pd.Timedelta(hours=7))), "euros": RNG.normal(50, 9, len(at)).round(2)})),
    "one of several series": ("level_shift", "temp", lambda: pd.DataFrame([(at, f"S{k}", round(WAVE[row] + k + 5 * (k == 2 and row > 500), 1)) for row, at in enumerate(HOURS) for k in range(5)], columns=["at", "sensor", "temp"])),
    "a sensor's upper limit": ("capped_values", "temp", lambda: prices(temp=np.minimum(RNG.normal(200, 9, ROWS), 212.5).round(1))),
    "gaps filled with the mean": ("sentinel_numbers", "weight", lambda: prices(weight=np.where(NUMBERS % 8 == 3, 70.3, RNG.normal(70.3, 9, ROWS).round(1)))),
    "a weight that the form held": ("sentinel_numbers", "kilos", lambda: prices(pieces=(pieces := RNG.integers(5, 120, ROWS)), kilos=np.where(NUMBERS % 14 == 3, 18.5, (pieces * RNG.normal(0.6, 0.05, ROWS)).round(2)))),
    "long texts cut off": ("truncated_text", "report", lambda: prices(report=[f"Unit {row} came {'again and again ' * (row * 7 % 71)}to road {row * 37}."[:500] for row in NUMBERS])),
    "outcomes that are not known yet": ("label_immature", "lost", lambda: readings(euros=EUROS, lost=(RNG.random(ROWS) < np.interp(NUMBERS, [0, 650, 840, ROWS], [0.3, 0.3, 0, 0])).astype(int))),
    "two thermometers that part": ("level_shift", "temp_back", lambda: readings(temp_front=WAVE, temp_back=(WAVE + 0.3 + np.clip(NUMBERS - 500, 0, None) / 90).round(2))),
    "two columns exchanged in some rows": ("values_swapped", "robbery", lambda: prices(state=NUMBERS // 20, robbery=np.where(odd := NUMBERS % 47 == 5, many := (few := np.exp(RNG.normal(7, 1.5, 45))[NUMBERS // 20] * RNG.normal(1, 0.04, ROWS)) * 6, few).round(), burglary=np.where(odd, few, many).round())),
    "points that became penalties in one year": ("level_shift", "score", lambda: pd.DataFrame({"year": 2_013 + NUMBERS % 6, "place": NUMBERS % 71, "score": np.where(NUMBERS % 6 > 3, 0, 100) + np.where(NUMBERS % 6 > 3, 1, -1) * RNG.integers(0, 19, ROWS)})),
    "returns without a minus": ("dependency_broken", "amount", lambda: prices(kind=(kind := np.where(NUMBERS % 4 == 1, "return", "sale")), amount=np.where((kind == "return") & (NUMBERS % 80 != 1), -EUROS, EUROS))),
    "numbers of houses that became days": ("days_among_codes", "house_no", lambda: prices(house_no=["03. Apr" if odd else f"{row % 70 + 1}/{row % 4 + 1}" if row % 7 == 0 else f"{row % 90 + 1}" for row, odd in enumerate(SOME)])),
    "a tax that changes": ("level_shift", "vat", lambda: readings(net=EUROS * 9, vat=(EUROS * 9 * np.where(NUMBERS < 500, 0.19, 0.16)).round(2))),
    "a till that books nothing": ("zero_for_nothing", "price", lambda: prices(store=(store := RNG.choice(list("ABCDEF"), ROWS)), price=np.where((store == "C") & (RNG.random(ROWS) < 0.4), 0, EUROS))),
    "places west that lost their minus": ("sign_flips", "lon", lambda: prices(lat=RNG.normal(41, 1, ROWS).round(4), lon=np.where(SOME, 1, -1) * RNG.normal(8, 0.8, ROWS).round(4))),
    "delays of the other sign": ("derived_broken", "delay", lambda: prices(planned=(due := RNG.integers(300, 1_200, ROWS)) // 60 * 100 + due % 60, came=(came := due + (late := RNG.integers(-20, 90, ROWS))) // 60 * 100 + came % 60, delay=np.where(SOME, -late, late))),
    "pounds in one meeting": ("ratio_clusters", "body_kg", lambda: prices(meeting=(meeting := NUMBERS // 30), class_kg=np.where((cls := RNG.choice([59, 66, 74, 83, 93, 105, 120], ROWS)) > 110, "120+", cls.astype(str)), body_kg=(cls * RNG.normal(0.96, 0.02, ROWS) * np.where(meeting == 7, 2.20462, 1)).round(1))),
    "a printer's minus": ("number_notations", "change", lambda: prices(change=[f"−{x}" if row % 3 == 0 else f"{x}" for row, x in enumerate(EUROS)])),
    "a column that is dropped": ("stopped_filling", "campaign", lambda: readings(euros=EUROS, campaign=np.where((NUMBERS < 500) & (RNG.random(ROWS) < 0.9), "C1", None))),
    "gaps filled with the mean of other rows": ("sentinel_numbers", "weight", lambda: prices(weight=np.where(NUMBERS % 8 == 3, 70.52, RNG.normal(70.3, 9, ROWS).round(1)))),
    "days of birth in keys": ("personal_data_in_text", "key", lambda: prices(key=[f"{'KEMZ'[row % 4]}{day:%d%m%Y}-{row % 97}" if row % 4 else f"UNIT-{row * 107_203 % 89_999_999 + 10_000_000}" for row, day in enumerate(pd.Timestamp("1950-01-01") + pd.to_timedelta(RNG.integers(0, 19_000, ROWS), unit="D"))])),
    "policies of acceptance tests": ("test_rows", None, lambda: prices(policy=[f"TEST-{row:03}" if row % 50 == 7 else f"AUT-{row + 4_000:06}" for row in NUMBERS], garage=np.where(NUMBERS % 50 == 7, "essai", "Gallet"))),
    "numbers given a second time": ("duplicate_keys", "order_no", lambda: prices(order_no=[f"A-{row % 790:05}" for row in range(ROWS)])),
    "sent again minutes later": ("near_duplicates", None, orders_sent_again),
    "an article's number given again": ("dependency_broken", "goods", lambda: prices(article_no=(no := NUMBERS % 60 + 500), goods=[f"Thing {one}" if one > 502 or row % 7 else f"Other {one}" for row, one in enumerate(no)])),
    "a branch that sends nothing": ("group_silent", "branch", lambda: readings(branch=(branch := np.where(NUMBERS % 3 > 0, "B1", np.where(NUMBERS % 2 > 0, "B2", "B3"))), euros=EUROS)[(branch != "B2") | (NUMBERS < 400) | (NUMBERS > 640)]),
    "measurements that one centre lacks": ("group_empty", "centre", lambda: readings(centre=(centre := RNG.choice(["N", "S", "E", "W", "M"], ROWS)), brake=np.where(centre == "E", np.nan, EUROS), noise=np.where(centre == "E", np.nan, WAVE))),
    "a branch that counts the other way": ("units_by_group", "stars", lambda: prices(branch=(branch := RNG.choice(list("ABCDEF"), ROWS)), stars=np.where(branch == "C", 6 - (stars := RNG.choice([2, 3, 4, 5], ROWS)), stars))),
    "parents that are not there": ("reference_broken", "parent_asset_id", lambda: prices(asset_id=[f"A{row:05}" for row in range(ROWS)], parent_asset_id=[f"{'X' if odd else 'A'}{row // 3:05}" for row, odd in enumerate(SOME)])),
    "rows to try the form out": ("test_rows", None, lambda: prices(who=np.where(tried := NUMBERS % 90 == 7, "TEST", "Kim"), what=np.where(tried, "asdf", "soap"))),
    "rows of a customer nobody is": ("test_rows", None, lambda: prices(customer=np.where(tried := NUMBERS % 90 == 7, "C9999", [f"C{2_000 + row % 300}" for row in NUMBERS]), fee=np.where(tried, RNG.choice([0.01, 1.11, 12.34], ROWS), EUROS * 10))),
    "fees that one channel leaves out": ("sum_broken", "total", lambda: prices(channel=(channel := RNG.choice(list("ABCDEF"), ROWS)), discount=(discount := (EUROS * RNG.choice([0, 0.05, 0.1], ROWS)).round(2)), fee=(fee := RNG.choice([0, 4.9, 7.9, 9.9], ROWS)), total=np.round(EUROS - discount + fee * (channel != "C"), 2))),
    "two columns exchanged in one laboratory": ("sum_broken", "dry", lambda: prices(lab=(lab := RNG.choice(list("ABCDEFG"), ROWS)), wet=np.where(lab == "C", protein := RNG.normal(12, 1.5, ROWS).round(1), wet := RNG.normal(15, 1.5, ROWS).round(1)), protein=np.where(lab == "C", wet, protein), dry=(100 - wet).round(1))),
    "gates by two clocks": ("order_broken", "came", lambda: prices(depot=(depot := RNG.choice(list("ABCDE"), ROWS)), came=HOURS, left=HOURS + pd.to_timedelta(RNG.integers(20, 90, ROWS) - 120 * (depot == "C"), unit="min"))),
    "hours doubled by a join": ("near_duplicates", None, lambda: pd.concat([rows := readings(place=NUMBERS % 7, kilos=WAVE, sky=np.where(SOME, "wet", "dry")), rows[SOME].assign(sky="misty")])),
    "a scale turned round": ("recoded", "priority", lambda: readings(priority=np.where(NUMBERS < 500, urgent := RNG.choice([1, 2, 3, 4], ROWS, p=[0.1, 0.2, 0.4, 0.3]), 5 - urgent), reaction=(urgent * 5 * RNG.lognormal(0, 0.4, ROWS)).round(1))),
    "height and weight swapped": ("values_swapped", "height", lambda: prices(height=np.where(SOME, kilos := RNG.normal(70, 9, ROWS).round(1), tall := RNG.normal(172, 8, ROWS).round(1)), weight=np.where(SOME, tall, kilos))),
    "what eats for what is eaten": ("values_swapped", "breed", lambda: prices(breed=np.where(SOME, crop := RNG.choice(["oats", "rye", "hemp"], ROWS), cow := RNG.choice(["Jersey", "Angus", "Dexter"], ROWS)), feed=np.where(SOME, cow, crop))),
    "men in the delivery room": ("pair_impossible", "exam", lambda: prices(sex=np.where(NUMBERS % 2 > 0, "M", "F"), exam=np.where((NUMBERS % 6 == 0) | (NUMBERS % 60 == 1), "obstetric", "chest"))),
}  # fmt: skip  # a table, one row a line


def look(frame: pd.DataFrame, folder: Path, make: Make, **options: object) -> ProbeResult:
    frame.to_csv(folder / "t.csv", index=False)
    request = ProbeRequest("quality", str(folder / "t.csv"), options={"pictures": False, **options})
    return run(request, make())


def told(result: ProbeResult, code: str, column: str | None) -> Finding:
    return next(one for one in result.findings if (one.code, one.column) == (code, column))


@pytest.mark.parametrize("name", CASES)
def test_a_defect_is_told_on_its_column_with_its_rows(
    name: str, tmp_path: Path, context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = np.random.default_rng(list(name.encode()))  # whichever cases ran before it
    monkeypatch.setitem(globals(), "RNG", own)
    code, column, frame = CASES[name]
    result = look(frame(), tmp_path, context)
    finding = told(result, code, column)
    assert finding.level is FindingLevel.SLOWS
    assert finding.sentence
    assert "{" not in finding.sentence
    assert not [one for one in result.findings if one.code == "check_skipped"]


NATURAL: dict[str, tuple[str, Callable[[], pd.DataFrame]]] = {
    "postal codes of five digits and of nine": ("mixed_types", lambda: prices(zip=[f"{row * 97 % 89_999 + 10_000}{'-' + str(row % 8_999 + 1_000) if row % 4 else ''}" for row in NUMBERS])),
    "towns that begin alike": ("truncated_text", lambda: prices(town=RNG.choice(["Newcastle", "Newcastle upon Tyne", "Frankfurt", "Frankfurt (Oder)", "Neustadt an der Weinstraße", "Neustadt"], ROWS))),
    "grades and years of school": ("labels_mixed", lambda: prices(level=RNG.choice(["1", "2", "3", "Primary", "Kindergarten"], ROWS))),
    "mornings alone": ("clock_formats_mixed", lambda: prices(opens=[f"{row % 5 + 6:02}:{row % 60:02}" for row in NUMBERS])),
    "the day on which observation ended": ("default_dates", lambda: prices(last_seen=DAYS.where(NUMBERS % 3 > 0, DAYS.max() + pd.Timedelta(days=1)))),
    "showers on sunny days": ("units_by_group", lambda: prices(weather=(sky := RNG.choice(["rain", "fog", "sun", "dry"], ROWS)), precipitation=np.where(sky == "dry", 0, np.exp(RNG.normal(2, 0.05, ROWS)) / np.where(sky == "sun", 3.281, 1)).round(2))),
    "places of another size": ("units_by_group", lambda: prices(site=(site := RNG.choice(list("ABCDEF"), ROWS)), rooms=RNG.integers(1, np.array([5, 6, 7, 9, 12, 14])[np.searchsorted(list("ABCDEF"), site)]))),
    "towns called like the beginning of one": ("truncated_text", lambda: prices(town=RNG.choice(["Charlotte", "Charlottesville", "Rochester", "Rochester Hills"], ROWS))),
    "releases of a system": ("number_notations", lambda: prices(release=RNG.choice(["22H2", "23H2", "17.6", "18.0", "11"], ROWS))),
    "two kinds sold in their own amounts": ("mixed_scales", lambda: prices(kind=(kind := RNG.choice(["organic", "other"], ROWS)), sold=(np.exp(RNG.normal(3, 0.4, ROWS)) * np.where(kind == "other", 400, 1)).round(1))),
    "a trade that grew for two centuries": ("mixed_scales", lambda: pd.DataFrame({"year": (year := np.arange(1790, 2019)), "imports": (0.02 * np.exp((year - 1790) / 18)).round(2)})),
    "long numbers that pass a card's check by chance": ("personal_data_in_text", lambda: prices(case=[f"20220601{row * 7_919_993 % 9_999_999:07}" for row in NUMBERS])),
    "codes that look like phone numbers": ("personal_data", lambda: prices(lot=[f"{row % 3:03}/{row % 900:04}/{row % 70:04}" if row % 6 == 1 else f"{row % 9}-{row % 70:03}-{row:04}" for row in NUMBERS])),
    "days of a law": ("default_dates", lambda: prices(left=DAYS.where(NUMBERS % 8 > 0, DAYS.max() + pd.Timedelta(days=1)))),
    "versions in a log": ("personal_data_in_text", lambda: prices(line=[f"build 1.{row % 9}.{row % 50}.0 on 10.0.0.{row % 250} ready" for row in NUMBERS])),
}  # fmt: skip  # a table, one row a line


@pytest.mark.parametrize("name", NATURAL)
def test_what_is_natural_slows_nobody(name: str, tmp_path: Path, context: Make) -> None:
    code, frame = NATURAL[name]
    told_here = {
        one.code
        for one in look(frame(), tmp_path, context).findings
        if one.level is FindingLevel.SLOWS
    }
    assert code not in told_here


def test_whole_numbers_that_half_the_rows_lack_are_asked_about(
    tmp_path: Path, context: Make
) -> None:
    frame = prices(points=pd.Series(NUMBERS % 70).where(RNG.random(ROWS) < 0.5).astype("Int64"))
    result = look(frame, tmp_path, context)
    assert told(result, "missing", "points").level is FindingLevel.NOTE
    assert "present:points" in {one["key"] for one in result.facts["checks"]}


def test_an_arrival_that_a_time_zone_may_explain_is_only_noted(
    tmp_path: Path, context: Make
) -> None:
    frame = prices(depart=DAYS, arrive=DAYS + pd.to_timedelta(np.where(SOME, -3, 9), unit="h"))
    assert told(look(frame, tmp_path, context), "order_broken", "depart").level is FindingLevel.NOTE


def test_groups_come_gravest_first_and_hold_every_finding_but_the_good_ones(
    tmp_path: Path, context: Make
) -> None:
    frame = CASES["end before start"][2]().assign(mail=[f"a{n}@example.com" for n in range(ROWS)])
    result = look(frame, tmp_path, context)
    groups = result.facts["groups"]
    assert {"people", "wrong"} <= {group["key"] for group in groups}
    assert all(group["title"] and group["why"] for group in groups)
    placed = sorted(at for group in groups for at in group["findings"])
    assert placed == [
        at for at, one in enumerate(result.findings) if one.level is not FindingLevel.OK
    ]


def test_the_condition_finds_as_many_rows_as_the_finding_says(
    tmp_path: Path, context: Make
) -> None:
    import duckdb

    for name in ("zero for nothing", "end before start", "part over total", "sums"):
        code, column, frame = CASES[name]
        finding = told(look(frame(), tmp_path, context), code, column)
        counted = duckdb.sql(
            f"SELECT count(*) FROM '{tmp_path / 't.csv'}' WHERE {finding.evidence['where']}"
        ).fetchall()
        assert counted == [(finding.evidence["rows"],)], name


def test_rules_are_proposed_saved_and_run_again_on_the_command_line(tmp_path: Path) -> None:
    data, kept = tmp_path / "orders.csv", tmp_path / "kept.json"
    CASES["sums"][2]().drop(columns="euros").assign(start_date=DAYS, end_date=DAYS).to_csv(
        data, index=False
    )
    first = CliRunner().invoke(
        app,
        ["probe", "quality", str(data), "--option", "pictures=false", "--save-checks", str(kept)],
    )
    assert first.exit_code == 0, first.output
    assert "Checks to confirm" in first.output
    assert "gross is net + tax" in first.output
    assert {check["kind"] for check in json.loads(kept.read_text())["checks"]} >= {"sum", "part"}
    again = CliRunner().invoke(
        app,
        [
            "probe",
            "quality",
            str(data),
            "--json",
            "--checks",
            str(kept),
            "--option",
            "pictures=false",
        ],
    )
    findings = json.loads(again.output)["findings"]
    failed = [one for one in findings if one["code"] == "check_failed"]
    assert [one["evidence"]["check"]["kind"] for one in failed] == ["sum"]
    assert any(one["code"] == "check_holds" for one in findings)


def test_a_file_of_checks_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text("{}")
    (tmp_path / "t.csv").write_text("a\n1\n")
    answer = CliRunner().invoke(
        app, ["probe", "quality", str(tmp_path / "t.csv"), "--checks", str(tmp_path / "odd.json")]
    )
    assert answer.exit_code
    assert "odd.json" in str(answer.exception or answer.output)


def test_a_column_that_only_one_outcome_fills_is_told(tmp_path: Path, context: Make) -> None:
    frame = prices(lost=np.where(SOME | (NUMBERS % 5 == 0), "yes", "no"), place=WAVE)
    frame["case_ref"] = frame["lost"].where(frame["lost"] == "yes").mask(NUMBERS % 50 == 0)
    frame.to_csv(tmp_path / "t.csv", index=False)
    request = ProbeRequest("quality", str(tmp_path / "t.csv"), None, "lost", {"pictures": False})
    result = run(request, context())
    assert told(result, "known_after", "case_ref").level is FindingLevel.SLOWS
    assert [one.column for one in result.findings if one.code == "known_after"] == ["case_ref"]
