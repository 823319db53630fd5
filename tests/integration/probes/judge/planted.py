"""Plants written as data: each entry of `plants/*.yaml` is DuckDB SQL over numbered rows.

An entry gives its `group`, the `codes` that name the defect, and the columns to `add`. They see
`i` (the row, from 0), `n` (rows in all), `bad` (true in a `share` of the rows), `late` (the last
third) and the columns above them; a name with `_` in front is dropped, `at` are the spoilt ones
where some are sound. Without `rows` the columns join a public table; with `clock` that table's own
times make way for a sorted one. `then` are statements on the finished table `t`, `parts` splits it
into files, of which `part` changes some; `raw` is the text around `{csv}`, or around `{rows}`.
"""

# ruff: noqa: E501  (one macro a line reads as a table)

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml

from tests.integration.probes.judge.hosts import PLANTS, Host, Plant

FOLDER = Path(__file__).with_name("plants")
HELPERS = ("i", "n", "bad", "late")
MACROS = (
    "u(i, k) AS (hash(i, k, getvariable('seed')) % 1000003) / 1000003.0",
    "pick(i, k, l) AS l[1 + CAST(floor(u(i, k) * len(l)) AS INTEGER)]",
    "norm(i, k, m, s) AS m + s * sqrt(-2 * ln(u(i, k) + 1e-9)) * cos(2 * pi() * u(i, -k - 1))",
    "skew(i, k, m, s) AS round(m * exp(norm(i, k, 0, s)), 2)",
    "whole(i, k, a, b) AS a + CAST(floor(u(i, k) * (b - a)) AS BIGINT)",
    "day(i, k, first, days) AS CAST(first AS DATE) + CAST(floor(u(i, k) * days) AS INTEGER)",
    "moment(i, k, first, days) AS CAST(first AS TIMESTAMP) + to_seconds(floor(u(i, k) * days * 86400))",
)
CLOCK = "CAST(${first} AS TIMESTAMP) + to_seconds(floor(i * ${days} * 86400 / n + u(i, 99) * 40))"


def register() -> None:
    """Enter every plant of the folder into the catalogue."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for name, spec in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            PLANTS.append(
                Plant(name, spec["group"], frozenset(spec["codes"]), _maker(spec), path.stem)
            )


def _maker(spec: Mapping[str, Any]) -> Callable[[Host], tuple[str, ...] | None]:
    def make(host: Host) -> tuple[str, ...] | None:
        table = _build(spec, host)
        host.typed = spec.get("typed", False)
        if spec.get("target"):
            host.target = spec["target"]
        if "parts" in spec:
            host.files = table
        elif "raw" in spec:
            _, _, rows = (text := _plain(table, spec.get("sep", ","))).partition("\n")
            host.raw = spec["raw"].replace("{csv}", text).replace("{rows}", rows)
        elif "rows" in spec:
            host.frame = table
        else:
            if "clock" in spec:
                host.drop_times()
            host.frame = host.frame.assign(**{str(name): table[name].to_numpy() for name in table})
        if spec["group"] in ("rows", "schema"):
            return None
        return tuple(spec.get("at", [name for name in spec["add"] if name[0] != "_"]))

    return make


def _build(spec: Mapping[str, Any], host: Host) -> Any:
    rows = spec.get("rows", host.rows)
    added = dict(spec["add"])
    if "clock" in spec:
        name, first, days = spec["clock"]
        added = {
            name: CLOCK.replace("${first}", f"'{first}'").replace("${days}", str(days)),
            **added,
        }
    with duckdb.connect() as engine:
        engine.execute(f"SET VARIABLE seed = {host.seed % 1_000_000}")
        engine.create_function("checked", _checked, ["VARCHAR", "VARCHAR"], "VARCHAR")
        for macro in MACROS:
            engine.execute(f"CREATE MACRO {macro}")
        spoilt = max(2, round(spec.get("share", 0) * rows))
        engine.execute(
            f"CREATE TABLE t AS SELECT range AS i, {rows} AS n, range >= {rows} * 0.66 AS late, "
            f"row_number() OVER (ORDER BY hash(range, getvariable('seed'))) <= {spoilt} AS bad "
            f"FROM range({rows}) ORDER BY range"
        )
        for name, sql in added.items():
            engine.execute(
                f'CREATE OR REPLACE TABLE t AS SELECT *, ({sql}) AS "{name}" FROM t ORDER BY i'
            )
        for sql in spec.get("then", ()):
            engine.execute(sql)
        helpers = [*HELPERS, *(name for name in added if name[0] == "_")]
        kept = f"SELECT * EXCLUDE ({', '.join(helpers)}) FROM"
        if "parts" not in spec:
            return engine.execute(f"{kept} (FROM t ORDER BY i)").df()
        files = {}
        for part in range(1, spec["parts"] + 1):
            change = spec["part"].get(part, "SELECT * FROM p")
            own = f"(FROM t WHERE i * {spec['parts']} // n + 1 = {part} ORDER BY i)"
            files[f"part_{part:02}"] = engine.execute(f"WITH p AS ({kept} {own}) {change}").df()
        return files


def _plain(table: pd.DataFrame, sep: str) -> str:
    """Return a table as text without any quotes, as hand-made exports have it."""
    rows = table.astype(object).where(table.notna(), "").itertuples(index=False)
    return "\n".join(sep.join(map(str, row)) for row in [tuple(table), *rows]) + "\n"


def _checked(module: str, body: str) -> str:
    """Append the check digits of a kind of number that python-stdnum knows."""
    kind = import_module(f"stdnum.{module}")
    for name in ("calc_check_digits", "calc_check_digit"):
        if hasattr(kind, name):
            return body + str(getattr(kind, name)(body))
    body += str(kind.calc_check_digit1(body))
    return body + str(kind.calc_check_digit2(body))


register()
