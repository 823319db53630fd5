"""What can go wrong between us and a source: one table of codes, each with its own remedy."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from bot.domain.vocabulary import Kind
from probes.contract import Finding, ProbeFault
from probes.finding_codes import Codes

log = structlog.get_logger(__name__)

CODES: Final = Codes(Path(__file__).with_name("codes.yaml"), Kind.DATA_ACCESS)


WORDS_MOST: Final = 1_000

TEMPORARY: frozenset[str] = frozenset(
    {
        "statement_timed_out",
        "source_failed",
        "source_lost",
        "source_changed",
        "too_many_connections",
    }
)
"""Faults that pass by themselves; they say nothing about whether access was granted."""

FAULT_SCENARIOS: dict[str, str] = {
    "table_absent": "missing",
    "no_such_database": "missing",
    "file_absent": "missing",
    "folder_no_tables": "missing",
    "file_no_file": "missing",
    "file_unreadable": "unusable",
    "file_other_format": "unusable",
    "line_too_long": "unusable",
    "file_no_columns": "unusable",
    "source_failed": "unusable",
    "source_lost": "unusable",
}
"""The data phase's scenario that a fault looks like; all others mean that access is locked."""


def fault_finding(code: str, source: str, detail: str = "", table: str | None = None) -> Finding:
    """Return the finding of one fault."""
    evidence = {"detail": detail} if detail else {}
    return replace(CODES.finding(code, evidence, source=source, detail=detail), table=table)


def fault(code: str, source: str, detail: str = "", table: str | None = None) -> ProbeFault:
    """Return the exception that ends a probe with this fault's finding."""
    return ProbeFault(fault_finding(code, source, detail, table))


def keep_words(source: str, error: BaseException) -> None:
    """Write a source's own words to the log: they may hold secrets, so no finding has them."""
    log.warning("source_failed", source=source, words=" ".join(str(error).split())[:WORDS_MOST])


SQLSTATES: dict[str, str] = {
    "28P01": "wrong_password",
    "28000": "wrong_password",
    "3D000": "no_such_database",
    "42P01": "table_absent",
    "3F000": "table_absent",
    "42501": "privilege_missing",
    "42703": "source_changed",
    "53300": "too_many_connections",
    "57014": "statement_timed_out",
    "57P01": "source_lost",
    "57P02": "source_lost",
    "57P03": "source_lost",
}
"""PostgreSQL's states; a class of two characters is looked up after the five."""

SQLSTATE_CLASSES = {"08": "source_lost", "58": "source_lost"}

MYSQL_NUMBERS: dict[int, str] = {
    1045: "wrong_password",
    1049: "no_such_database",
    1044: "privilege_missing",
    1142: "privilege_missing",
    1143: "privilege_missing",
    1146: "table_absent",
    1054: "source_changed",
    1040: "too_many_connections",
    3024: "statement_timed_out",
    2006: "source_lost",
    2013: "source_lost",
}

_WORDS: tuple[tuple[str, str], ...] = (
    (r"password authentication failed|authentication failed|incorrect username", "wrong_password"),
    (r"no password supplied|role .* does not exist", "wrong_password"),
    (r"no pg_hba|pg_hba.conf rejects|not permitted to log in", "login_refused"),
    (r"database .* does not exist|unknown database", "no_such_database"),
    (r"certificate|ssl (error|connection)|ssl was required|tls", "tls_failed"),
    (r"too many (clients|connections)|remaining connection slots", "too_many_connections"),
    (r"could not translate host|name or service not known|getaddrinfo", "host_unknown"),
    (r"connection refused", "connection_refused"),
    (r"permission denied|insufficient privileges|access denied", "privilege_missing"),
    (r"(table|relation|object).*(does not exist|not found)|no such table", "table_absent"),
    (r"(statement|query).*(timeout|timed out|time limit)", "statement_timed_out"),
    (r"timeout expired|timed out", "connection_timed_out"),
    (r"system is (starting up|shutting down)|recovery mode", "source_lost"),
    (r"server closed|connection .*(lost|closed|reset)|terminat|broken pipe", "source_lost"),
    (r"column .*(does not exist|not found)", "source_changed"),
)


def code_of(error: BaseException) -> str:
    """Return the fault's code for a driver's error: by its state, its number, then its words."""
    state = getattr(error, "sqlstate", None)
    if state:
        by_state = SQLSTATES.get(state) or SQLSTATE_CLASSES.get(state[:2])
        if by_state:
            return by_state
    number = error.args[0] if error.args else None
    if isinstance(number, int) and number in MYSQL_NUMBERS:
        return MYSQL_NUMBERS[number]
    words = str(error).lower()
    return next((code for form, code in _WORDS if re.search(form, words)), "source_failed")
