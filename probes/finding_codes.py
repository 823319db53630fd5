"""Findings from a probe's `codes.yaml`: level, sentence, meaning and the blocker it would be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot.domain.vocabulary import FindingLevel, Kind, Remedy
from bot.texts import Texts, language, read
from probes.contract import Finding, SuggestedBlocker

DEFAULT_KIND: Final = Kind.INTEGRATION


class Codes:
    """A file of codes.

    Args:
        path: YAML of code and its `level`, `sentence`, `meaning`, and `kind`, `remedy` and `title`
            where it would be a blocker; facts stand in braces.
        kind: the kind of a blocker that states none.
    """

    def __init__(self, path: Path, kind: Kind = DEFAULT_KIND) -> None:
        self._path = path
        self._kind = kind
        self._say = Texts(path).say

    def __iter__(self) -> Any:
        return iter(read(self._path))

    def meanings(self) -> dict[str, str]:
        """Return what each code means."""
        return {code: raw.get("meaning", "") for code, raw in read(self._path, language()).items()}

    def finding(
        self,
        code: str,
        evidence: Mapping[str, Any] | None = None,
        *,
        level: FindingLevel | None = None,
        **facts: Any,
    ) -> Finding:
        """Return the finding of a code.

        Args:
            code: a code of the file.
            evidence: aggregates only, never a value of a row.
            level: instead of the file's.
            facts: what its sentences are filled with.

        Raises:
            KeyError: there is no such code, or a fact is missing.
        """
        raw = read(self._path)[code]
        gravity = level or FindingLevel(raw["level"])
        blocks = "title" in raw and gravity in {FindingLevel.SLOWS, FindingLevel.STOPS}
        return Finding(
            gravity,
            code,
            self._say(f"{code}.sentence", **facts),
            dict(evidence or {}),
            self._say(f"{code}.meaning", **facts) if "meaning" in raw else "",
            SuggestedBlocker(
                Kind(raw.get("kind", self._kind)),
                Remedy(raw["remedy"]),
                self._say(f"{code}.title", **facts),
            )
            if blocks
            else None,
        )
