"""Findings from a probe's `codes.yaml`: level, sentence, meaning and the blocker it would be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot.domain.vocabulary import FindingLevel, Kind, Remedy
from bot.texts import Texts, bare, language, read
from probes.contract import Finding, ProbeFault, SuggestedBlocker

DEFAULT_KIND: Final = Kind.INTEGRATION


class Codes:
    """A file of codes.

    Args:
        path: YAML of code and its `level`, `sentence`, `meaning`, and `kind`, `remedy` and `title`
            where it would be a blocker, `title` only where it differs from the sentence; facts
            stand in braces. Words that differ from case to case
            are a mapping from case to words.
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
        case: str = "",
        **facts: Any,
    ) -> Finding:
        """Return the finding of a code.

        Args:
            code: a code of the file.
            evidence: aggregates only, never a value of a row; its words are filled with these too.
            level: instead of the file's.
            case: which of its words to say, where they differ from case to case.
            facts: what else its words are filled with.

        Raises:
            KeyError: there is no such code or case, or a fact is missing.
        """
        raw = read(self._path)[code]
        facts = {**(evidence or {}), **facts}

        def said(part: str) -> str:
            differs = isinstance(raw[part], Mapping)
            return self._say(f"{code}.{part}.{case}" if differs else f"{code}.{part}", **facts)

        gravity = level or FindingLevel(raw["level"])
        blocks = "remedy" in raw and gravity in {FindingLevel.SLOWS, FindingLevel.STOPS}
        return Finding(
            gravity,
            code,
            said("sentence"),
            dict(evidence or {}),
            said("meaning") if "meaning" in raw else "",
            SuggestedBlocker(
                Kind(raw.get("kind", self._kind)),
                Remedy(raw["remedy"]),
                said("title") if "title" in raw else bare(said("sentence")),
            )
            if blocks
            else None,
        )

    def fault(
        self, code: str, evidence: Mapping[str, Any] | None = None, case: str = "", **facts: Any
    ) -> ProbeFault:
        """Return the exception that ends a probe with this finding; arguments as of `finding`."""
        return ProbeFault(self.finding(code, evidence, case=case, **facts))
