"""What can go wrong between us and a source: one table of codes, each with its own remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.vocabulary import Kind, Remedy
from probes.contract import Finding, Level, ProbeFault, SuggestedBlocker


@dataclass(frozen=True)
class FaultKind:
    """One way a source fails: the sentence takes the source's name and a detail."""

    level: Level
    sentence: str
    meaning: str
    kind: Kind
    remedy: Remedy
    title: str


FAULTS: dict[str, FaultKind] = {
    "host_unknown": FaultKind(
        Level.STOPS,
        "The name of {source}'s server cannot be resolved from here.",
        "Check the name for typing mistakes; if it is right, this machine needs the company's DNS "
        "or VPN.",
        Kind.INFRASTRUCTURE,
        Remedy.TOOLS,
        "The server of {source} is unknown on this network",
    ),
    "connection_refused": FaultKind(
        Level.STOPS,
        "{source}'s server answers, but nothing listens on that port.",
        "Check the port and whether the database runs; a firewall may also reject the call.",
        Kind.INFRASTRUCTURE,
        Remedy.TOOLS,
        "{source} refuses connections",
    ),
    "connection_timed_out": FaultKind(
        Level.STOPS,
        "{source} did not answer within {detail} seconds.",
        "A firewall usually drops such calls in silence: ask for a rule from this machine to the "
        "database.",
        Kind.INFRASTRUCTURE,
        Remedy.GOVERNANCE,
        "No network path to {source}",
    ),
    "tls_failed": FaultKind(
        Level.STOPS,
        "{source} and this machine cannot agree on an encrypted connection.",
        "Install the company's root certificate here, or correct the sslmode of the URL.",
        Kind.INFRASTRUCTURE,
        Remedy.TOOLS,
        "The certificate of {source} is not trusted here",
    ),
    "wrong_password": FaultKind(
        Level.STOPS,
        "{source} knows no such user with that password.",
        "Check the secret in the environment; if nobody can issue one, that is the real blocker.",
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
        "No working credentials for {source}",
    ),
    "login_refused": FaultKind(
        Level.STOPS,
        "{source} lets this user in from nowhere, or not from this machine.",
        "Ask whoever runs the server to let this user in from here; the secret is not the matter.",
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
        "{source} does not let us log in from this machine",
    ),
    "no_such_database": FaultKind(
        Level.STOPS,
        "{source}'s server has no database of that name.",
        "Ask the data owner for the right name; the data may live elsewhere.",
        Kind.DATA_ACCESS,
        Remedy.PEOPLE,
        "The database of {source} does not exist",
    ),
    "table_absent": FaultKind(
        Level.STOPS,
        "{source} has no table {detail} that this user can see.",
        "It may be named otherwise, live in another schema, or be hidden by missing rights.",
        Kind.DATA_ACCESS,
        Remedy.PEOPLE,
        "The table {detail} is not in {source}",
    ),
    "privilege_missing": FaultKind(
        Level.STOPS,
        "This user may not read {detail} in {source}.",
        "Somebody has to grant SELECT: ask who decides, and how long that takes.",
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
        "Read access to {detail} in {source} has not been granted",
    ),
    "file_absent": FaultKind(
        Level.STOPS,
        "There is nothing at the path of {source}.",
        "Check the path and whether the share is mounted on this machine.",
        Kind.DATA_ACCESS,
        Remedy.PEOPLE,
        "The file of {source} is not there",
    ),
    "file_not_permitted": FaultKind(
        Level.STOPS,
        "This machine's user may not read the file of {source}.",
        "Ask the owner of the file for read permission.",
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
        "No permission to read the file of {source}",
    ),
    "file_unreadable": FaultKind(
        Level.STOPS,
        "The file of {source} is not a readable {detail} file.",
        "It may be damaged, cut off or another format under this name; ask for a fresh export.",
        Kind.DATA_ACCESS,
        Remedy.PEOPLE,
        "The file of {source} is damaged or another format",
    ),
    "file_other_format": FaultKind(
        Level.STOPS,
        "The file of {source} is {detail}, whatever its name says.",
        "Give it the ending of its format, or export it again as CSV in UTF-8.",
        Kind.DATA_ACCESS,
        Remedy.PEOPLE,
        "The file of {source} is {detail} under another name",
    ),
    "file_no_columns": FaultKind(
        Level.STOPS,
        "The lines of {source} are all the same length and nothing separates their columns.",
        "Its columns seem to have fixed widths: export it as CSV, or with a line of column names.",
        Kind.DATA_ACCESS,
        Remedy.PEOPLE,
        "{source} has columns of fixed width and no description of them",
    ),
    "egress_refused": FaultKind(
        Level.STOPS,
        "{source} sent its driver to an address that is not its own, which the probe may not call.",
        "Name the server that answers in the URL; a proxy or a redirect stands before this one.",
        Kind.INFRASTRUCTURE,
        Remedy.TOOLS,
        "{source} redirects to another machine",
    ),
    "line_too_long": FaultKind(
        Level.STOPS,
        "The file of {source} has a line of {detail}; lines of up to 128 MB can be read.",
        "The ends of its lines are lost, or a quote is never closed; ask for a fresh export.",
        Kind.DATA_ACCESS,
        Remedy.PEOPLE,
        "The file of {source} has lines without an end",
    ),
    "too_many_connections": FaultKind(
        Level.SLOWS,
        "{source} has no free connection slot.",
        "Try again in a few minutes; for the sprint ask for a reserved slot or a replica.",
        Kind.INFRASTRUCTURE,
        Remedy.BUDGET,
        "{source} has no free connections",
    ),
    "statement_timed_out": FaultKind(
        Level.SLOWS,
        "{source} stopped a statement after its time limit of {detail} seconds.",
        "Raise statement_timeout, set a row_limit, or ask for a replica that may be loaded.",
        Kind.INFRASTRUCTURE,
        Remedy.BUDGET,
        "{source} is too slow for the questions a model asks",
    ),
    "source_lost": FaultKind(
        Level.SLOWS,
        "{source} went away while we were reading.",
        "Start the probe again; if it happens twice, the source is not steady enough to build on.",
        Kind.INFRASTRUCTURE,
        Remedy.TOOLS,
        "{source} drops its connections",
    ),
    "source_changed": FaultKind(
        Level.SLOWS,
        "{source} changed its shape while we were reading.",
        "Start the probe again when the load has finished; agree on a quiet hour or a snapshot.",
        Kind.MISSING_PROCESS,
        Remedy.PEOPLE,
        "{source} is rewritten while it is read",
    ),
    "source_failed": FaultKind(
        Level.SLOWS,
        "{source} could not answer a question ({detail}).",
        "The bot's log has the source's own words; show them to whoever runs it.",
        Kind.DATA_ACCESS,
        Remedy.TOOLS,
        "{source} fails on reading",
    ),
}


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
    "file_unreadable": "unusable",
    "file_other_format": "unusable",
    "line_too_long": "unusable",
    "file_no_columns": "unusable",
    "source_failed": "unusable",
    "source_lost": "unusable",
}
"""The data phase's scenario that a fault looks like; all others are doors that are locked."""


def fault_finding(code: str, source: str, detail: str = "", table: str | None = None) -> Finding:
    """Return the finding of one fault."""
    kind = FAULTS[code]
    words = {"source": source, "detail": detail}
    return Finding(
        kind.level,
        code,
        kind.sentence.format(**words),
        evidence={"detail": detail} if detail else {},
        meaning=kind.meaning,
        suggestion=SuggestedBlocker(kind.kind, kind.remedy, kind.title.format(**words)),
        table=table,
    )


def fault(code: str, source: str, detail: str = "", table: str | None = None) -> ProbeFault:
    """Return the exception that ends a probe with this fault's finding."""
    return ProbeFault(fault_finding(code, source, detail, table))


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
