"""What is planted is found, and a clean table is not called broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.vocabulary import FindingLevel
from probes.contract import ProbeContext, ProbeRequest, ProbeResult, no_progress
from probes.quality import run
from probes.settings import ProbeSettings
from tests.integration.probes.planting import DEFECTS, Defect, Field

NAMES = [defect.name for defect in DEFECTS]
SHORT = DEFECTS[::20]


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Field:
    return Field(tmp_path_factory.mktemp("field"))


def look(path: Path, folder: Path, defect: Defect | None = None) -> ProbeResult:
    options = {"pictures": False} | (defect.options if defect else {})
    target = defect.target if defect else None
    request = ProbeRequest("quality", str(path), target=target, options=options)
    return run(request, ProbeContext(ProbeSettings(), folder, no_progress))


def is_found(result: ProbeResult, defect: Defect) -> bool:
    return any(
        one.code == defect.code and defect.column in (None, one.column) for one in result.findings
    )


def test_there_are_at_least_forty_kinds_and_no_name_twice() -> None:
    assert len(DEFECTS) >= 40
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.smoke
@pytest.mark.parametrize("defect", SHORT, ids=[one.name for one in SHORT])
def test_a_planted_defect_is_found_at_its_documented_strength(
    field: Field, defect: Defect, tmp_path: Path
) -> None:
    result = look(field.plant(defect, defect.least), tmp_path, defect)
    assert is_found(result, defect), [one.code for one in result.findings]


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS, ids=NAMES)
def test_every_planted_defect_is_found_from_its_documented_strength_on(
    field: Field, defect: Defect, tmp_path: Path
) -> None:
    most = 0.019 if defect.code == "outliers" else 0.9
    strengths = {
        defect.least,
        *(least for least in (defect.least * 2, defect.least * 5) if least < most),
    }
    for strength in sorted(strengths):
        result = look(field.plant(defect, strength), tmp_path / f"{strength:g}", defect)
        assert is_found(result, defect), (strength, [one.code for one in result.findings])


@pytest.mark.smoke
@pytest.mark.parametrize("base", ["flights", "transactions"])
def test_a_clean_table_is_never_stopped_and_shows_none_of_the_planted_defects(
    field: Field, base: str, tmp_path: Path
) -> None:
    result = look(field.clean(base), tmp_path)
    assert not [one for one in result.findings if one.level is FindingLevel.STOPS]
    planted = [defect for defect in DEFECTS if defect.base == base and defect.column]
    alarms = [defect.name for defect in planted if is_found(result, defect)]
    assert alarms == []
