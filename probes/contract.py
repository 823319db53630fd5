"""What every probe takes and gives, and the one strict JSON form of it.

A probe module exposes `run(request, context) -> ProbeResult`; `probes.registry` names the modules,
`probes.runner` runs one in a child process. Nothing here imports a heavy library.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import TypeAdapter, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from bot.domain.errors import InputError
from bot.domain.faults import first_fault
from bot.domain.vocabulary import LEVEL_RANK, FindingLevel, Kind, Remedy
from bot.stored_sentences import in_language, with_sources
from bot.texts import ComposedText
from probes.texts import say

if TYPE_CHECKING:
    from probes.settings import ProbeSettings

RESULT_FORMAT = "hour48.probe/1"


def _as_said(sentence: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    return sentence if isinstance(sentence, ComposedText) else validate(sentence)


Sentence = Annotated[str, WrapValidator(_as_said)]
"""Words for people: a `ComposedText` stays one; pydantic would make it a mere string."""


@dataclass(frozen=True)
class SuggestedBlocker:
    """The blocker a finding would be logged as; the team decides whether it is one."""

    kind: Kind
    remedy: Remedy
    title: Sentence


@dataclass(frozen=True)
class Finding:
    """One thing a probe saw.

    Args:
        level: how much it matters.
        code: stable, snake_case, documented on the probe's page.
        sentence: one plain sentence with its figure.
        evidence: aggregates only, never a value of a row.
        meaning: what it means for the sprint.
        suggestion: the blocker it would be, where it is one.
        column: the column it is about, where there is one.
        table: the table it is about, where there is one.
        asks: columns about which somebody is asked: known when the prediction is made?
        times: dates of which somebody is asked which one is the time of the prediction.
    """

    level: FindingLevel
    code: str
    sentence: Sentence
    evidence: Mapping[str, Any] = field(default_factory=dict)
    meaning: Sentence = ""
    suggestion: SuggestedBlocker | None = None
    column: str | None = None
    table: str | None = None
    asks: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A PNG that a probe drew; `alt` says in words what it shows."""

    name: str
    title: str
    alt: str
    path: Path


@dataclass(frozen=True)
class ProbeRequest:
    """What to look at.

    Args:
        probe: a name of `probes.registry.PROBES`.
        source: a configured source's or target's name, or (command line only) a path or a URL.
        table: the table in it, where the source has several.
        target: the label column to predict.
        options: the probe's own options, JSON values only.
    """

    probe: str
    source: str | None = None
    table: str | None = None
    target: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProbeResult:
    """What a probe found; `seconds` is wall time including the child's start."""

    probe: str
    source: str | None = None
    table: str | None = None
    findings: Sequence[Finding] = ()
    scenario: str | None = None
    scenario_why: Sentence = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()
    seconds: float = 0.0
    artifacts: Mapping[str, Path] = field(default_factory=dict)

    @property
    def worst(self) -> FindingLevel:
        """Return the gravest level among the findings; `ok` where there is none."""
        return max(
            (found.level for found in self.findings),
            key=LEVEL_RANK.__getitem__,
            default=FindingLevel.OK,
        )

    def with_seconds(self, seconds: float) -> ProbeResult:
        """Return the same result with its wall time."""
        return replace(self, seconds=round(seconds, 3))


class ProgressReporter(Protocol):
    """Told how far a probe is: a fraction of 1 where it is known, and what it does now."""

    def __call__(self, fraction: float | None, sentence: str) -> None:
        """Take one step of progress."""


@dataclass(frozen=True)
class ProbeContext:
    """What a probe may use besides its request.

    Args:
        settings: the configured sources, targets and limits.
        folder: an empty folder of its own for pictures and artifacts, kept by the caller.
        progress: to be told about each step.
        memory_mb: the memory limit it runs under, so that engines can stay below it.
        disk_mb: the limit of its working files, so that engines can stay below it.
        work: a folder for working files, deleted when the probe ends; `folder` where left out.
    """

    settings: ProbeSettings
    folder: Path
    progress: ProgressReporter
    memory_mb: int = 2048
    disk_mb: int = 10_240
    work: Path | None = None

    @property
    def scratch(self) -> Path:
        """Return the folder for working files."""
        return self.work or self.folder


def about_file(path: Path) -> Path:
    """Return where the description of a saved model stands, which opens without the model."""
    return path.with_suffix(".about.json")


ProbeFunction = Callable[[ProbeRequest, ProbeContext], ProbeResult]


class ProbeFault(Exception):  # noqa: N818  (a fault of what is looked at, not an error of ours)
    """What is looked at cannot be: the run ends with this finding instead of a trace."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


class OutOfDiskError(Exception):
    """Working files found no space: on the disk, or below the probe's limit."""


def no_progress(fraction: float | None, sentence: str) -> None:
    """Take a step of progress and report it to nobody."""


def plain(value: Any) -> Any:
    """Return `value` as strict JSON allows it: finite numbers, text, lists and dictionaries.

    Infinite and undefined numbers become null, dates ISO text, time spans seconds. Sentences become
    English, with what they were made of beside.
    """
    if value is None or type(value) in (bool, str, int):
        return value
    if isinstance(value, Mapping):
        spoken = with_sources({str(key): inner for key, inner in value.items()})
        return {key: plain(inner) for key, inner in spoken.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return plain(value.tolist())
    return next(
        (as_plain(value) for kind, as_plain in _PLAIN if isinstance(value, kind)), str(value)
    )


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


_PLAIN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (int | bool, int),
    (float | Decimal, _finite),
    (date, lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
)


def finding_to_plain(finding: Finding) -> dict[str, Any]:
    """Return a finding as its JSON object; column, table and question only where it has them."""
    out: dict[str, Any] = {
        "level": finding.level.value,
        "code": finding.code,
        "sentence": finding.sentence,
        "evidence": finding.evidence,
        "meaning": finding.meaning,
        "suggestion": None,
    }
    if finding.suggestion:
        blocker = finding.suggestion
        out["suggestion"] = {
            "kind": blocker.kind.value,
            "remedy": blocker.remedy.value,
            "title": blocker.title,
        }
    where = {
        "column": finding.column,
        "table": finding.table,
        "asks": list(finding.asks) or None,
        "times": list(finding.times) or None,
    }
    found: dict[str, Any] = plain(out | {k: each for k, each in where.items() if each is not None})
    return found


@cache
def _reader() -> TypeAdapter[ProbeResult]:
    return TypeAdapter(ProbeResult)


def result_to_plain(result: ProbeResult) -> dict[str, Any]:
    """Return a result as its JSON object."""
    pictures = [
        {"name": drawn.name, "title": str(drawn.title), "alt": str(drawn.alt)}
        | {"path": str(drawn.path)}
        for drawn in result.pictures
    ]  # a picture is drawn in one language, so its words stay in it
    fields: dict[str, Any] = plain(
        {
            "format": RESULT_FORMAT,
            "probe": result.probe,
            "source": result.source,
            "table": result.table,
            "findings": [finding_to_plain(found) for found in result.findings],
            "scenario": result.scenario,
            "scenario_why": result.scenario_why,
            "facts": result.facts,
            "pictures": pictures,
            "artifacts": {name: str(path) for name, path in result.artifacts.items()},
            "seconds": result.seconds,
        }
    )
    return fields


def to_json(result: ProbeResult, *, indent: int | None = None) -> str:
    """Return a result as strict JSON: no NaN, no infinity, text as UTF-8."""
    return json.dumps(result_to_plain(result), ensure_ascii=False, allow_nan=False, indent=indent)


def from_json(text: str) -> ProbeResult:
    """Return the result that `to_json` wrote, in the reader's language.

    Raises:
        InputError: the text is not a probe's result.
    """
    try:
        raw = in_language(json.loads(text))
    except (ValueError, RecursionError) as broken:
        raise InputError(say("probe_result", broken=broken)) from broken
    try:
        read = _reader().validate_python(raw)
    except ValidationError as broken:
        raise InputError(say("probe_result", broken=first_fault(broken))) from broken
    return replace(read, findings=tuple(read.findings), pictures=tuple(read.pictures))
