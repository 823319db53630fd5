"""An answer to one duty is not taken for another's, and a good one is never refused."""

from __future__ import annotations

import pytest

from bot.domain.duty_subjects import is_off_subject, is_unclear

GOOD = {
    "retention": (
        "Raw extracts are deleted after 90 days, features after two years",
        "Daten werden nach 24 Monaten automatisch gelöscht",
    ),
    "performance": (
        "AUC 0.81 on the last three months, calibration error below 2 percent",
        "MAPE 12 % im Holdout, bei neuen Artikeln deutlich schlechter",
    ),
    "human_oversight": (
        "A dispatcher sees every proposal and may override it",
        "Der Sachbearbeiter entscheidet, das Modell schlägt nur vor",
    ),
    "vulnerabilities": (
        "Trivy scans the image nightly, no known critical CVE is open",
        "Abhängigkeiten werden wöchentlich mit pip-audit geprüft",
    ),
    "rollback": (
        "Feature flag off, then the previous version is live within five minutes",
        "Zurück auf die alte Version per helm rollback",
    ),
    "fairness": (
        "Selection rates by sex and age group differ by less than 3 points",
        "Kein Unterschied zwischen Frauen und Männern über 2 Punkte",
    ),
}


@pytest.mark.parametrize(("duty", "says"), [(duty, one) for duty in GOOD for one in GOOD[duty]])
def test_a_good_answer_is_clear(duty: str, says: str) -> None:
    assert not is_unclear(duty, says)
    assert not is_off_subject(duty, says)


def test_nearly_every_answer_to_another_duty_is_refused_or_unclear() -> None:
    pairs = [
        (duty, says) for duty in GOOD for other in GOOD if other != duty for says in GOOD[other]
    ]
    refused = sum(is_off_subject(*pair) for pair in pairs)
    unclear = sum(is_off_subject(*pair) or is_unclear(*pair) for pair in pairs)
    assert refused >= 0.75 * len(pairs)
    assert unclear >= 0.95 * len(pairs)


@pytest.mark.parametrize("says", ["削除は九十日後に行われます", "Данные удаляются через год"])
def test_scripts_without_a_list_are_trusted(says: str) -> None:
    assert not is_off_subject("retention", says)
    assert not is_unclear("retention", says)
