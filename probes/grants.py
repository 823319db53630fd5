"""Has access been granted yet? A look at the server's catalogue, then one row; made to be repeated.

PostgreSQL and MySQL say in their catalogues what the user may read, which costs them nothing; only
when they say yes is a row asked for. Elsewhere the access probe asks for one, in its own process.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Final

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.access import READABLE_CODES
from probes.contract import Finding, ProbeFault, ProbeRequest
from probes.kinds import FILE_KINDS, SourceKind
from probes.runner import run_probe
from probes.settings import ProbeLimits, ProbeSettings
from probes.sources.base import quote
from probes.sources.places import SourceAddress, find_place
from probes.sources.servers import ServerSource
from probes.texts import say

CONNECT_SECONDS: Final = 10.0
STATEMENT_SECONDS: Final = 20.0
PROBE_SECONDS: Final = 120.0
PENDING: Final = frozenset(
    {
        "wrong_password",
        "login_refused",
        "no_such_database",
        "table_absent",
        "privilege_missing",
        "file_absent",
        "file_not_permitted",
        "no_tables",
        "some_tables_denied",
    }
)
"""What a source says while access is not granted; anything else is told to people as it is."""
_EMPTY: Final = frozenset({"table_empty", "all_empty"})
"""A table without rows can be read as well."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a look saw.

    Args:
        works: a SELECT works.
        code: the finding's code where it does not.
        sentence: what the source said, for people; empty where it works.
    """

    works: bool
    code: str = ""
    sentence: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether the source only says that access is not granted."""
        return not self.works and self.code in PENDING


def look_for_grant(place_words: str, settings: ProbeSettings) -> Grant:
    """Look once whether `SOURCE[.TABLE]` can be read.

    Args:
        place_words: a configured source, and perhaps a table of it.
        settings: the configured sources.

    Raises:
        InputError: there is no such source any more, or its driver is not installed.
    """
    place = find_place(place_words, settings)
    kind = place.settings.kind
    if kind in _CATALOGUES:
        return _ask_server(place)
    if kind in FILE_KINDS and place.settings.path and not place.settings.path.exists():
        return Grant(False, "file_absent", say("nothing_path", name=place.name))
    return _run_access(place_words, settings)


def _ask_server(place: SourceAddress) -> Grant:
    seconds = {"connect_timeout": CONNECT_SECONDS, "statement_timeout": STATEMENT_SECONDS}
    quick = place.settings.model_copy(update=seconds)
    try:
        with closing(ServerSource(place.name, quick)) as source:
            return _read_one(source, place.table or _the_only(quick.tables))
    except ProbeFault as refused:
        return _refused(refused.finding)


def _the_only(tables: list[str]) -> str | None:
    return tables[0] if tables else None


def _read_one(source: ServerSource, table: str | None) -> Grant:
    """Ask the catalogue, then for one row; a catalogue may be behind, or a policy may refuse."""
    found = _CATALOGUES[source.kind](source, table)
    if found is None:
        what = table or "any table"
        sentence = say("read_refused", name=source.name, what=what)
        return Grant(False, "privilege_missing", sentence)
    source.native_rows(f"SELECT 1 FROM {found} LIMIT 1")  # noqa: S608  (names are quoted)
    return Grant(True)


def _postgresql(source: ServerSource, table: str | None) -> str | None:
    """Return a table that the catalogue says can be read, quoted; None where there is none."""
    schema, _, name = (table or "").rpartition(".")
    wanted = [f"n.nspname = {_text(schema)}"] if schema else []
    wanted += [f"c.relname = {_text(name)}"] if name else []
    if name and not schema:
        wanted.append("pg_table_is_visible(c.oid)")
    rows = source.native_rows(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "  # noqa: S608  (values are quoted)
        "WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') "
        "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') "
        "AND has_schema_privilege(n.oid, 'USAGE') AND (has_table_privilege(c.oid, 'SELECT') "
        "OR has_any_column_privilege(c.oid, 'SELECT')) "
        + "".join(f"AND {each} " for each in wanted)
        + "ORDER BY 1, 2 LIMIT 1"
    )
    return f"{quote(rows[0][0])}.{quote(rows[0][1])}" if rows else None


def _mysql(source: ServerSource, table: str | None) -> str | None:
    """Return a readable table by the catalogue; rights by a role count, as columns show them."""
    schema, _, name = (table or "").rpartition(".")
    wanted = [f"table_schema = {_text(schema)}" if schema else "table_schema = DATABASE()"]
    wanted += [f"table_name = {_text(name)}"] if name else []
    rows = source.native_rows(
        "SELECT table_schema, table_name FROM information_schema.columns "  # noqa: S608  (values are quoted)
        f"WHERE FIND_IN_SET('select', privileges) AND {' AND '.join(wanted)} "
        "ORDER BY 1, 2 LIMIT 1"
    )
    return f"`{_ticked(rows[0][0])}`.`{_ticked(rows[0][1])}`" if rows else None


_CATALOGUES: Final = {SourceKind.POSTGRESQL: _postgresql, SourceKind.MYSQL: _mysql}


def _text(value: str) -> str:
    """Return a value as SQL text; a backslash, which MySQL would read, is in no table's name."""
    return "'" + value.replace("\\", "").replace("'", "''") + "'"


def _ticked(name: object) -> str:
    return str(name).replace("`", "``")


def _run_access(place_words: str, settings: ProbeSettings) -> Grant:
    limits = ProbeLimits(timeout_seconds=PROBE_SECONDS)
    result = run_probe(ProbeRequest("access", source=place_words), settings, limits=limits).wait()
    codes = {finding.code for finding in result.findings}
    if codes & (READABLE_CODES | _EMPTY):
        return Grant(True)
    stops = [finding for finding in result.findings if finding.level is FindingLevel.STOPS]
    if not stops:
        raise InputError(say("gave_answer", place_words=place_words), field="source")
    return _refused(stops[0])


def _refused(finding: Finding) -> Grant:
    return Grant(False, finding.code, finding.sentence)
