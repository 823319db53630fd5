"""The model card: one page a person can read before they say yes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.domain.vocabulary import FindingLevel
from probes.baseline.scores import METRIC
from probes.baseline.study import Study
from probes.baseline.texts import named, say
from probes.contract import Finding

CARD_FILE: Final = "model-card.md"
WITHOUT_CARD_FILE: Final = "model-card-without-suspects.md"


def write_card(
    study: Study,
    findings: Sequence[Finding],
    folder: Path,
    *,
    source: str | None,
    table: str | None,
    name: str = CARD_FILE,
) -> Path:
    """Write the model card into `folder` as `name` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    sections = [
        f"# Model card: {_inline(study.task.target)}",
        _what(study, source, table),
        _figures(study),
        _columns(study),
        _said(findings),
        say("card_limits"),
    ]
    path.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    return path


def _inline(text: object) -> str:
    """Return `text` so that Markdown shows it as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#|~])", r"\\\1", re.sub(r"\s+", " ", str(text)))


def _what(study: Study, source: str | None, table: str | None) -> str:
    place = ".".join(part for part in (source, table) if part) or "a table"
    yes = say("counts_yes", inline=_inline(study.task.positive)) if study.task.positives else ""
    family = named(study.lead.family)
    return say(
        "card_intro",
        family=family,
        value=named(study.task.kind),
        inline=_inline(place),
        answers=len(study.task.answers),
        columns=len(study.plan.columns),
        yes=yes,
    )


def _figures(study: Study) -> str:
    rows = [
        f"| {named(one.family)}, {one.learnt:,} rows learnt | {named(one.split)} | {one.interval} |"
        for one in [*study.outcomes, *study.beside]
    ]
    head = say("card_scores", metric=named(METRIC[study.task.kind]))
    return head + "\n".join(rows)


def _columns(study: Study) -> str:
    used = ", ".join(_inline(name) for name in study.plan.names[:60])
    gone = [f"- {_inline(one.name)}: {one.reason}" for one in study.plan.left_out[:60]]
    return "\n".join([f"## Columns\n\nUsed: {used}", "", "Left out:", "", *(gone or ["- none"])])


def _said(findings: Sequence[Finding]) -> str:
    lines = [
        f"- **{one.level.value}** {_inline(one.sentence)} {_inline(one.meaning)}"
        for one in findings
        if one.level is not FindingLevel.OK
    ]
    return "\n".join([say("open_questions_limits"), "", *(lines or ["- none"])])
