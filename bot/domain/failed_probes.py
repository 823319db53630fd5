"""Probes that failed before they could look: a mistyped name, an absent table, a time-out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_BROKE_OFF: Final = frozenset(
    {
        *("probe_died", "probe_out_of_memory", "probe_timed_out"),
        *("source_failed", "source_changed", "statement_timed_out"),
    }
)
_NAMED_NOTHING: Final = frozenset(
    {
        *("label_missing", "target_absent", "table_absent", "no_such_database"),
        *("file_absent", "file_not_found", "host_unknown"),
    }
)
_MISTYPED: Final = re.compile(
    r"\b(?:there is no|no such) (?:column|table|file|sheet|field|database)\b"
    r"(?! (?:for|that|with|which|of|to|recording|about|holding)\b)|has no column [“\"']|"
    r"(?:column|table|file|sheet|field) (?:\S+ )?"
    r"(?:does not exist|was not found|not found|is unknown)|"
    r"unknown (?:column|table|field)|mistyped|misspel|typo\b|could not (?:run|start)\b|"
    r"\bkeine (?:spalte|tabelle) [“„\"'\w]+|(?:colonne|table) \S+ n['’]existe pas|"
    r"no existe la (?:columna|tabla)",
    re.IGNORECASE,
)


def failed_by_code(code: str) -> bool:
    """Return whether one of the product's own codes says that a probe did not get to look."""
    return code in _BROKE_OFF or code in _NAMED_NOTHING


def got_to_look(findings: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a probe saw its subject, by the codes of its findings."""
    return not any(failed_by_code(str(each.get("code"))) for each in findings)


def failed_by_words(code: str, sentence: str) -> bool:
    """Return whether a finding that a person wrote down says that the probe could not look.

    Its code may be the person's own, so what the sentence says counts.
    """
    return code in _BROKE_OFF or bool(_MISTYPED.search(sentence))
