"""What can hold the data, known from a path's ending or a URL's scheme."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from bot.domain.errors import InputError
from probes.texts import say


class SourceKind(StrEnum):
    """What holds the data."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    EXCEL = "excel"
    FOLDER = "folder"
    SQLITE = "sqlite"
    DUCKDB = "duckdb"
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    SNOWFLAKE = "snowflake"
    BIGQUERY = "bigquery"
    TRINO = "trino"
    DATABRICKS = "databricks"
    SPARK = "spark"


FILE_KINDS = frozenset(
    {
        SourceKind.CSV,
        SourceKind.PARQUET,
        SourceKind.JSON,
        SourceKind.EXCEL,
        SourceKind.FOLDER,
        SourceKind.SQLITE,
        SourceKind.DUCKDB,
    }
)
"""Kinds that are a path; all others are a URL."""

SPARK_HERE = "local"
"""The host of a Spark URL that asks for Spark on this machine; its path is a file or a folder."""

SUFFIX_KINDS: dict[str, SourceKind] = {
    ".csv": SourceKind.CSV,
    ".tsv": SourceKind.CSV,
    ".tab": SourceKind.CSV,
    ".psv": SourceKind.CSV,
    ".txt": SourceKind.CSV,
    ".parquet": SourceKind.PARQUET,
    ".pq": SourceKind.PARQUET,
    ".json": SourceKind.JSON,
    ".jsonl": SourceKind.JSON,
    ".ndjson": SourceKind.JSON,
    ".geojson": SourceKind.JSON,
    ".xlsx": SourceKind.EXCEL,
    ".xlsm": SourceKind.EXCEL,
    ".xls": SourceKind.EXCEL,
    ".db": SourceKind.SQLITE,
    ".sqlite": SourceKind.SQLITE,
    ".sqlite3": SourceKind.SQLITE,
    ".duckdb": SourceKind.DUCKDB,
    ".ddb": SourceKind.DUCKDB,
    ".zip": SourceKind.FOLDER,
}
PACKED_SUFFIXES = (".gz", ".zst", ".bz2")
TEXT_KINDS = frozenset({SourceKind.CSV, SourceKind.JSON})
SUFFIX_KINDS |= {
    f"{suffix}{packed}": kind
    for suffix, kind in list(SUFFIX_KINDS.items())
    for packed in (*PACKED_SUFFIXES, ".zip")
    if kind in TEXT_KINDS
}
_FIRST_BYTES = (
    (0, b"PAR1", SourceKind.PARQUET),
    (0, b"SQLite format 3\0", SourceKind.SQLITE),
    (8, b"DUCK", SourceKind.DUCKDB),
)

SCHEME_KINDS: dict[str, SourceKind] = {
    "postgresql": SourceKind.POSTGRESQL,
    "postgres": SourceKind.POSTGRESQL,
    "mysql": SourceKind.MYSQL,
    "mariadb": SourceKind.MYSQL,
    "snowflake": SourceKind.SNOWFLAKE,
    "bigquery": SourceKind.BIGQUERY,
    "trino": SourceKind.TRINO,
    "databricks": SourceKind.DATABRICKS,
    "sqlite": SourceKind.SQLITE,
    "duckdb": SourceKind.DUCKDB,
    "spark": SourceKind.SPARK,
}


def kind_of(place: str) -> SourceKind:
    """Return what kind of source a path or URL is, from its scheme, its ending or its content.

    Raises:
        InputError: neither tells.
    """
    if "://" in place:
        scheme = urlsplit(place).scheme.split("+")[0].lower()
        if scheme in SCHEME_KINDS:
            return SCHEME_KINDS[scheme]
        known = ", ".join(SCHEME_KINDS)
        raise InputError(say("source_scheme_unknown", scheme=scheme, known=known), field="url")
    if _is_folder(place):
        return SourceKind.FOLDER
    lower = place.lower()
    for suffix in sorted(SUFFIX_KINDS, key=len, reverse=True):
        if lower.endswith(suffix):
            return SUFFIX_KINDS[suffix]
    found = _by_content(Path(place).expanduser())
    if found is not None:
        return found
    known = ", ".join(suffix for suffix in SUFFIX_KINDS if suffix.count(".") == 1)
    raise InputError(say("source_kind_unknown", name=Path(place).name, known=known))


def _by_content(path: Path) -> SourceKind | None:
    """Return what a file of an unknown ending is, by its first bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return None
    for start, mark, kind in _FIRST_BYTES:
        if head[start:].startswith(mark):
            return kind
    if head.lstrip()[:1] in {b"{", b"["}:
        return SourceKind.JSON
    control = sum(byte < 9 for byte in head.replace(b"\0", b""))
    return SourceKind.CSV if head and control < 0.05 * len(head) else None


def _is_folder(place: str) -> bool:
    try:
        return Path(place).is_dir()
    except OSError:  # a name that is too long for any file system
        return False


class TargetKind(StrEnum):
    """What a target speaks."""

    HTTP = "http"
    GRAPHQL = "graphql"
    GRPC = "grpc"
    SOAP = "soap"
    PAGE = "page"
    KAFKA = "kafka"
    RABBITMQ = "rabbitmq"
    REDIS = "redis"
    SFTP = "sftp"
    DATABASE = "database"


TARGET_SCHEMES: dict[str, TargetKind] = {
    "http": TargetKind.HTTP,
    "https": TargetKind.HTTP,
    "grpc": TargetKind.GRPC,
    "grpcs": TargetKind.GRPC,
    "kafka": TargetKind.KAFKA,
    "kafkas": TargetKind.KAFKA,
    "amqp": TargetKind.RABBITMQ,
    "amqps": TargetKind.RABBITMQ,
    "redis": TargetKind.REDIS,
    "rediss": TargetKind.REDIS,
    "sftp": TargetKind.SFTP,
    "postgresql": TargetKind.DATABASE,
    "postgres": TargetKind.DATABASE,
    "mysql": TargetKind.DATABASE,
    "mariadb": TargetKind.DATABASE,
    "sqlite": TargetKind.DATABASE,
}
"""What a target speaks by its URL's scheme; GraphQL, SOAP and pages are said with `kind`."""

TARGET_KINDS_OF_WEB = frozenset(
    {TargetKind.HTTP, TargetKind.GRAPHQL, TargetKind.SOAP, TargetKind.PAGE}
)


def target_kind(url: str, stated: TargetKind | None) -> TargetKind:
    """Return what a target speaks, from its section or its URL.

    Raises:
        InputError: the scheme is unknown, or another than what the section says.
    """
    scheme = urlsplit(url).scheme.split("+")[0].lower()
    found = TARGET_SCHEMES.get(scheme)
    if found is None:
        known = ", ".join(f"{one}://" for one in TARGET_SCHEMES)
        raise InputError(say("target_url_starts", known=known), field="targets")
    if stated is None or stated is found:
        is_wsdl = found is TargetKind.HTTP and urlsplit(url).query.lower() == "wsdl"
        return TargetKind.SOAP if is_wsdl and stated is None else found
    if stated in TARGET_KINDS_OF_WEB and found is TargetKind.HTTP:
        return stated
    raise InputError(
        say("target_scheme_unknown", value=stated.value, scheme=scheme), field="targets"
    )
