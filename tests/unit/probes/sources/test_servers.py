"""Every statement the probes send to a server is a statement of that server's dialect."""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot
from pydantic import SecretStr

from probes.joins.sketch import draw
from probes.kinds import SourceKind
from probes.quality.facts import count_distinct_rows, count_exactly, draw_sample, measure
from probes.settings import SourceSettings
from probes.sources.base import Column, Source
from probes.sources.servers import DIALECTS, compile_for

COLUMNS = [
    Column("order id", "BIGINT"),
    Column("customer", "VARCHAR"),
    Column("placed_at", "TIMESTAMP"),
    Column("amount", "DOUBLE"),
    Column("extra", "JSON"),
]


class Recorder(Source):
    """A source that keeps each statement as its server would receive it."""

    def __init__(self, kind: SourceKind) -> None:
        settings = SourceSettings(kind=kind, url=SecretStr("x://y"))
        super().__init__("recorder", settings)
        self.dialect = DIALECTS[kind]
        self.sent: list[str] = []

    def all_tables(self) -> list[str]:
        return ["orders"]

    def columns(self, table: str) -> list[Column]:
        return COLUMNS

    def relation(self, table: str) -> str:
        return '"sales"."orders"'

    def sampled(self, table: str, rows: int, total: int) -> str:
        spread = f"{self.relation(table)} TABLESAMPLE BERNOULLI (1.5 PERCENT)"
        return f"(SELECT * FROM {spread} LIMIT 9) AS s"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        self.sent.append(compile_for(self.dialect, sql))
        width = len(sqlglot.parse_one(sql, read="duckdb").expressions)
        return [(1,) * width]

    def frame(self, sql: str) -> Any:
        self.rows(sql)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("kind", sorted(set(DIALECTS)))
def test_each_statement_parses_in_the_servers_own_grammar(kind: SourceKind) -> None:
    source = Recorder(kind)
    measure(source, "orders", lambda part: None)
    draw_sample(source, "orders", 1_000_000)
    count_exactly(source, "orders", ["order id"])
    count_distinct_rows(source, "orders")
    draw(source, "orders", (COLUMNS[0], COLUMNS[1]))
    assert len(source.sent) == 5
    for sql in source.sent:
        assert sqlglot.parse_one(sql, read=source.dialect) is not None
        assert "hash(" not in sql.lower().replace("md5", "")
