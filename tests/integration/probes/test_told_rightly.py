"""What is sound beside the defect it resembles: the one is left in peace, the other is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding, ProbeContext, ProbeRequest, no_progress
from probes.quality import run
from probes.settings import read_settings

ROWS = 2_000
NUMBERS = np.arange(ROWS)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(48)


def told(folder: Path, frame: pd.DataFrame, target: str | None = None) -> list[Finding]:
    """Return what is told of a table beyond what is fine."""
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    context = ProbeContext(read_settings({}), folder, no_progress)
    request = ProbeRequest("quality", str(path), target=target, options={"pictures": False})
    return [one for one in run(request, context).findings if one.level is not FindingLevel.OK]


def of(findings: list[Finding], code: str, column: str | None = None) -> list[Finding]:
    return [one for one in findings if one.code == code and column in (None, one.column)]


def test_a_measured_target_has_no_rarest_outcome(tmp_path: Path, rng: np.random.Generator) -> None:
    inflow = pd.DataFrame({"inflow": rng.lognormal(3, 1, 400).round(3), "rain": np.arange(400)})
    assert not of(told(tmp_path, inflow, "inflow"), "label_few_positives")
    few = inflow.assign(late=np.arange(400) < 30)
    assert of(told(tmp_path, few, "late"), "label_few_positives")


def test_a_code_with_letters_before_it_is_no_phone_number(tmp_path: Path) -> None:
    codes = [f"RPA{n % 3:02}-{n % 180 + 10:03}-{n:04}" if n % 9 == 0 else str(n) for n in NUMBERS]
    notes = [f"call 030 / 12{n:04} later" if n % 9 == 0 else f"sent {n}" for n in NUMBERS]
    found = told(tmp_path, pd.DataFrame({"site": codes, "note": notes}))
    assert not of(found, "personal_data_in_text", "site")
    assert of(found, "personal_data_in_text", "note")


def test_categories_that_name_illnesses_point_to_nobody(tmp_path: Path) -> None:
    causes = ["Cancer", "Stroke", "Diabetes", "All causes", "Unintentional injuries", "Suicide"]
    remarks = ["has cancer, comes on Mondays", "had a stroke in May", "paid in cash", "was late"]
    levels = []
    for texts in ([*causes, "Road traffic", "Fire"], [*remarks, "rang twice", "no answer"]):
        frame = pd.DataFrame({"what": [texts[n % len(texts)] for n in NUMBERS], "deaths": NUMBERS})
        levels.append([one.level for one in of(told(tmp_path, frame), "personal_data_in_text")])
    assert levels == [[FindingLevel.NOTE], [FindingLevel.SLOWS]]


def test_a_date_in_another_notation_is_no_impossible_one(tmp_path: Path) -> None:
    days = pd.Series(pd.date_range("2019-01-01", periods=ROWS, freq="D"))
    mixed = days.dt.strftime("%Y-%m-%d").mask(NUMBERS % 10 == 3, days.dt.strftime("%d.%m.%Y"))
    found = told(tmp_path, pd.DataFrame({"seen": mixed, "n": NUMBERS}))
    assert not of(found, "impossible_dates")
    assert of(found, "date_formats_mixed", "seen")
    wrong = mixed.mask(NUMBERS % 100 == 3, "30.02.2021")
    found = told(tmp_path, pd.DataFrame({"seen": wrong, "n": NUMBERS}))
    (finding,) = of(found, "impossible_dates", "seen")
    assert finding.evidence["share"] == pytest.approx(0.01)


def births(rng: np.random.Generator) -> pd.Series:
    years = (1980 - rng.gamma(2, 17, ROWS)).clip(1850).astype(int)
    days = pd.to_timedelta(rng.integers(1, 364, ROWS), unit="D")
    return pd.to_datetime([f"{year}-01-01" for year in years]).as_unit("s") + days


def test_years_that_go_on_before_1900_are_no_slip(tmp_path: Path, rng: np.random.Generator) -> None:
    born = pd.Series(births(rng)).dt.strftime("%Y-%m-%d")
    assert 0.01 < (born < "1900").mean() < 0.1
    for form in (born, pd.to_datetime(born).dt.strftime("%d.%m.%Y")):
        found = told(tmp_path, pd.DataFrame({"born": form, "n": NUMBERS}))
        assert not of(found, "impossible_dates")
    later = born.where(born > "1940", "1960-05-06")
    for slip in (pd.Series(["1899-12-29", "1850-03-04"]), "18" + later.str.slice(2)):
        cells = slip if len(slip) == ROWS else pd.Series(np.resize(slip, ROWS))
        slipped = later.mask(NUMBERS % 30 == 4, cells)
        found = told(tmp_path, pd.DataFrame({"born": slipped, "n": NUMBERS}))
        assert of(found, "impossible_dates", "born")


def test_a_product_of_roughly_written_factors_holds(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    plays = pd.Series(rng.integers(850, 1_200, 700))
    exact = pd.Series(rng.uniform(0.06, 3, 700))
    made = plays * exact
    for factor, total in ((1, made.round(2)), (100, (made / 100).round(4))):
        frame = pd.DataFrame({"plays": plays, "each": exact.round(2), "total": total})
        assert not of(told(tmp_path, frame), "product_broken"), factor
        off = frame.assign(total=total.where(rng.random(700) > 0.03, (total * 1.3).round(4)))
        (finding,) = of(told(tmp_path, off), "product_broken")
        assert 10 <= finding.evidence["rows"] <= 30
        if factor == 1:
            assert 0.002 < finding.evidence["check"]["params"]["tolerance"] < 0.1


def test_rows_that_are_there_twice_are_told_once(tmp_path: Path, rng: np.random.Generator) -> None:
    rows = pd.DataFrame(
        {
            "booking_id": 70_000 + NUMBERS * 3,
            "guest": rng.integers(0, 400, ROWS),
            "euros": rng.lognormal(3, 1, ROWS).round(2),
            "nights": rng.integers(1, 9, ROWS),
            "room": rng.integers(1, 90, ROWS),
            "paid": rng.lognormal(4, 1, ROWS).round(2),
        }
    )
    again = rows.iloc[100:140]
    codes = ("duplicate_rows", "duplicate_keys", "near_duplicates")
    found = told(tmp_path, pd.concat([rows, again]))
    assert [one.code for one in found if one.code in codes] == ["duplicate_rows"]
    (few,) = of(told(tmp_path, pd.concat([rows, again.head(4)])), "duplicate_rows")
    assert few.level is FindingLevel.SLOWS
    anew = again.assign(booking_id=again["booking_id"] + 1)
    (finding,) = of(told(tmp_path, pd.concat([rows, again, anew])), "near_duplicates")
    assert finding.evidence["rows"] == len(anew)
    given_again = again.assign(guest=401, euros=again["euros"] + 7, paid=1.5, room=91)
    assert of(told(tmp_path, pd.concat([rows, given_again])), "duplicate_keys", "booking_id")


def test_one_number_for_nothing_is_told_once(tmp_path: Path, rng: np.random.Generator) -> None:
    level = rng.normal(300, 60, ROWS).round(1)
    levels = np.where(NUMBERS % 12 == 5, 9999.0, level)
    both = np.where(NUMBERS % 12 == 7, -9999.0, levels)
    for values, count in ((levels, 1), (both, 2)):
        found = told(tmp_path, pd.DataFrame({"level": values, "n": NUMBERS}))
        stand_ins = {str(one.evidence) for one in of(found, "sentinel_numbers", "level")}
        assert len(of(found, "sentinel_numbers", "level")) == len(stand_ins) == count, stand_ins
