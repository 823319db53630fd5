"""Known when you predict? What people answer about columns, and what it makes of a probe's result.

A figure that rests on columns nobody has vouched for is not promised. Once each of them is answered
for, one of the two models that were kept counts; where the answers differ, or a column of both
models is only known later, the probe runs again with what was said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from bot.domain.vocabulary import ACTED_ON, FindingLevel
from bot.probe_runs.queries import done_runs
from bot.stored_sentences import in_language, with_sources
from bot.texts import SOURCE_TREE, Texts
from bot.unit_of_work import UnitOfWork

ASKING: Final = "baseline"
"""The probe that asks when columns become known."""

ANSWERS: Final = "answers"
ORIGINAL: Final = "findings_as_found"
CHOSEN: Final = "chosen_artifact"
TIME: Final = "chosen_time"
_say: Final = Texts(SOURCE_TREE / "probes" / "texts.yaml").say
"""What is stored with a finding is said as the probes say it."""


class KnownWhen(StrEnum):
    """When a column becomes known, as somebody says."""

    IN_TIME = "known"
    LATER = "later"


def columns_asked(finding: Mapping[str, Any]) -> list[str]:
    """Return the columns that a finding asks about."""
    return [str(name) for name in finding.get("asks") or ()]


def dates_offered(finding: Mapping[str, Any]) -> list[str]:
    """Return the dates of which a finding asks which one is the time of the prediction."""
    return [str(name) for name in finding.get("times") or ()]


def answered(result: Mapping[str, Any], columns: Iterable[str], known: KnownWhen, by: str) -> Any:
    """Return a result with an answer to the question about some columns, and what follows from it.

    Args:
        result: of a run that asks.
        columns: which the question is about.
        known: the answer.
        by: who gave it.

    Returns:
        The result, with the findings and the scenario as the answers so far make them.
    """
    given = {name: {"known": known.value, "by": by} for name in columns}
    answers = {**result.get(ANSWERS, {}), **given}
    found = result.get(ORIGINAL) or list(result.get("findings", []))
    choice = _choice(result, answers)
    findings = [_settled(finding, answers) for finding in found]
    stored = {**result, ANSWERS: answers, ORIGINAL: found, CHOSEN: None, "scenario": None}
    if choice is not None:
        findings[0] = choice["finding"]
        against = _against(findings)
        stored |= {
            CHOSEN: choice["artifact"],
            "scenario": None if against else "works",
            "scenario_why": in_language(against or findings[0])["sentence"],
        }
    elif not _in_doubt(result):
        stored["scenario"] = result.get("scenario")
    return with_sources({**stored, "findings": findings})


def _against(findings: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return what keeps "works" from being said: the figure promises nothing, or one stops."""
    if findings[0]["level"] != FindingLevel.OK:
        return findings[0]
    return next((one for one in findings if one["level"] == FindingLevel.STOPS), None)


def _in_doubt(result: Mapping[str, Any]) -> list[str]:
    without = (result.get("facts") or {}).get("without_suspects") or {}
    return [str(name) for name in without.get("columns", [])]


def _choice(result: Mapping[str, Any], answers: Mapping[str, Any]) -> Any:
    """Return the kept model that the answers choose; none while they are open or differ."""
    given = {answers.get(name, {}).get("known") for name in _in_doubt(result)}
    choices = (result.get("facts") or {}).get("choices") or {}
    return choices.get(next(iter(given))) if len(given) == 1 else None


def _settled(finding: Mapping[str, Any], answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a finding that asks as it stands once its question is answered."""
    columns = columns_asked(finding)
    if not columns or any(name not in answers for name in columns):
        return finding
    level = FindingLevel.NOTE.value if finding["level"] in ACTED_ON else finding["level"]
    known = KnownWhen(answers[columns[0]]["known"])
    meaning = _say(f"known_meanings.{known.value}")
    return with_sources({**finding, "level": level, "suggestion": None, "meaning": meaning})


def needs_another_run(result: Mapping[str, Any]) -> bool:
    """Return whether the answers fit neither of the two models that were kept."""
    answers: Mapping[str, Any] = result.get(ANSWERS, {})
    doubt = _in_doubt(result)
    if any(name not in answers for name in doubt):
        return False
    given = {answers[name]["known"] for name in doubt}
    later = {name for name, answer in answers.items() if answer["known"] == KnownWhen.LATER}
    return len(given) > 1 or bool(later - {*doubt}) or _no_model_for(result, given)


def _no_model_for(result: Mapping[str, Any], given: set[str]) -> bool:
    choices = (result.get("facts") or {}).get("choices") or {}
    return bool(given) and not given <= set(choices)


def options_with_answers(
    options: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return a probe's options with what people have said of its columns."""
    merged: dict[str, Any] = dict(options)
    for key, known in (("trusted", KnownWhen.IN_TIME), ("known_after", KnownWhen.LATER)):
        named = [name for name, answer in answers.items() if answer["known"] == known]
        given = merged.get(key) or []
        given = given.split(",") if isinstance(given, str) else list(given)
        before = [name for name in given if name not in answers]
        if named or before:
            merged[key] = [*before, *named]
    return merged


def remembered_answers(
    uow: UnitOfWork, sprint_id: int, source: str | None, table: str | None
) -> dict[str, Any]:
    """Return what this sprint's people have said of a table's columns, the newest word of each."""
    remembered: dict[str, Any] = {}
    for result in _earlier_results(uow, sprint_id, source, table):
        remembered |= result.get(ANSWERS, {})
    return remembered


def remembered_time(
    uow: UnitOfWork, sprint_id: int, source: str | None, table: str | None
) -> str | None:
    """Return the date that this sprint's people chose last as a table's time of prediction."""
    chosen = None
    for result in _earlier_results(uow, sprint_id, source, table):
        chosen = result.get(TIME, {}).get("column", chosen)
    return chosen


def _earlier_results(
    uow: UnitOfWork, sprint_id: int, source: str | None, table: str | None
) -> Iterator[Mapping[str, Any]]:
    """Yield what a sprint's finished runs on a table found, the oldest first."""
    for run in reversed(done_runs(uow, sprint_id, ASKING)):
        if (run.request.get("source"), run.request.get("table")) == (source, table):
            yield run.result


def spoken_answers(uow: UnitOfWork, result: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return for each column that was answered for the answer and who gave it, by name."""
    return dict(_spoken(uow, result.get(ANSWERS, {})))


def _spoken(
    uow: UnitOfWork, answers: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, tuple[str, str]]]:
    for name, answer in answers.items():
        yield name, (str(answer["known"]), uow.name(answer["by"]))
