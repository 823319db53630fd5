"""Every code of the quality probe: what it means, how it is said and the blocker it would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.domain.vocabulary import LEVEL_RANK, FindingLevel, Kind, Remedy
from bot.texts import bare, joined, texts_beside
from probes.contract import Finding, SuggestedBlocker
from probes.quality.sentences import say

NAME_LENGTH = 60
_say = texts_beside(__file__, "codes.yaml").say


@dataclass(frozen=True)
class Code:
    """One code: the effect it counts under, when it is raised, and what it means."""

    group: str
    raised: str
    meaning: str
    kind: Kind = Kind.DATA_ACCESS
    remedy: Remedy = Remedy.PEOPLE


def read(name: str) -> dict[str, Any]:
    """Return one of this folder's tables."""
    text = (Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def _code(raw: Mapping[str, str]) -> Code:
    return Code(
        raw["group"],
        raw["raised"],
        raw["meaning"],
        Kind(raw.get("kind", Kind.DATA_ACCESS)),
        Remedy(raw.get("remedy", Remedy.PEOPLE)),
    )


CODES: dict[str, Code] = {key: _code(raw) for key, raw in read("codes").items()}
EFFECTS: tuple[str, ...] = tuple(read("effects"))
"""Gravest first."""


def shown(name: str) -> str:
    """Return a column's or table's name fit for a sentence: one line, not too long."""
    line = "".join(letter if letter.isprintable() else "·" for letter in name).strip() or "(blank)"
    return line if len(line) <= NAME_LENGTH else line[: NAME_LENGTH - 1] + "…"


def percent(share: float) -> str:
    """Return a share as a person says it: never 0 % for something, never 100 % for almost all."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    decimals = 1 if share < 0.1 or 0.99 < share < 1 else 0
    return f"{min(share * 100, 99.9) if share < 1 else 100:.{decimals}f} %"


def found(
    level: FindingLevel,
    code: str,
    sentence: str,
    evidence: Mapping[str, Any],
    *,
    column: str | None = None,
    title: str | None = None,
) -> Finding:
    """Return a finding of this probe; from `slows` on it suggests a blocker."""
    kind = CODES[code]
    blocker = None
    if LEVEL_RANK[level] >= LEVEL_RANK[FindingLevel.SLOWS]:
        blocker = SuggestedBlocker(kind.kind, kind.remedy, title or bare(sentence))
    return Finding(level, code, sentence, evidence, _say(f"{code}.meaning"), blocker, column)


def coded_finding(
    level: FindingLevel,
    code: str,
    *,
    column: str | None = None,
    rows: int | None = None,
    where: str | None = None,
    words: Mapping[str, str] | None = None,
    others: Sequence[str] = (),
    **facts: Any,
) -> Finding:
    """Return a finding whose sentence is the code's own, filled with its figures.

    Args:
        level: how much it matters.
        code: one of `CODES` with a sentence.
        column: the column it is about.
        rows: how many rows of the table to look at.
        where: the SQL condition that finds them; it never holds a value of a person.
        words: what the sentence says that is no figure.
        others: further columns it is about.
        facts: figures, which become evidence too; `share` is said in per cent.
    """
    shown_facts = {key: _said(key, value) for key, value in facts.items()}
    shown_facts |= {
        "whose": "",
        "name": shown(column or ""),
        "rows": counted(rows or 0, "row"),
        **(words or {}),
    }
    if others:
        shown_facts.setdefault("other", shown(others[0]))
    evidence = {**facts}
    if rows is not None:
        evidence["rows"] = rows
    if where:
        evidence["where"] = where
    if others:
        evidence["columns_named"] = [name for name in (column, *others) if name]
    return found(level, code, _say(f"{code}.sentence", **shown_facts), evidence, column=column)


def _said(key: str, value: Any) -> str:
    if key == "share":
        return percent(float(value))
    if isinstance(value, float):
        return figure(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def figure(value: float) -> str:
    """Return a number with four digits that count, thousands with commas."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def all_of(words: Sequence[str], text: str = "all_of_list") -> str:
    """Return words with commas and an “and”, or what another text says, between them."""
    if len(words) == 1:
        return words[0]
    return say(text, first=joined(", ", words[:-1]), last=words[-1])


def graded(share: float, *, slows: float) -> FindingLevel:
    """Return `slows` from a share on, `note` below."""
    return FindingLevel.SLOWS if share >= slows else FindingLevel.NOTE


def counted(number: int, thing: str) -> str:
    """Return a number and what it counts: “1 row”, “2,000 rows”."""
    return say(f"counted.{thing}" if number == 1 else f"counted.{thing}s", number=number)
