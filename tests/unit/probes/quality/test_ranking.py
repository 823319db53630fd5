"""What is told first for each use case."""

from __future__ import annotations

import pytest

from bot.domain.vocabulary import FindingLevel, UseCase
from probes.quality.codes import CODES, found
from probes.quality.ranking import USE_CASE_CODES, ranked
from probes.quality.roles import Roles

NO_ROLES = Roles(None, None, None)


def test_every_use_case_but_a_teams_own_names_known_codes_once() -> None:
    assert set(USE_CASE_CODES) == set(UseCase) - {UseCase.OTHER}
    for codes in USE_CASE_CODES.values():
        assert set(codes) <= set(CODES)
        assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("use_case", USE_CASE_CODES)
def test_of_equally_grave_findings_the_worst_for_the_use_case_is_first(use_case: UseCase) -> None:
    codes = USE_CASE_CODES[use_case]
    other = next(code for code in CODES if code not in codes)
    given = [
        found(FindingLevel.SLOWS, code, "x", {"share": 0.5}) for code in (other, *reversed(codes))
    ]
    assert [one.code for one in ranked(given, NO_ROLES, use_case)] == [*codes, other]


def test_a_graver_finding_is_before_every_favourite() -> None:
    favourite = found(FindingLevel.NOTE, USE_CASE_CODES[UseCase.CHURN][0], "x", {})
    graver = found(FindingLevel.SLOWS, "unreadable_lines", "x", {})
    assert ranked([favourite, graver], NO_ROLES, UseCase.CHURN)[0] is graver
