"""What probes give survives JSON; what they are told is checked; statements fit each dialect."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel, Kind, Remedy
from probes.contract import Finding, ProbeResult, SuggestedBlocker, from_json, plain, to_json
from probes.kinds import SourceKind, kind_of
from probes.quality.facts import statement
from probes.registry import PROBES, find_probe
from probes.settings import SourceSettings, load_settings, read_settings
from probes.sources.base import Column, ColumnFamily, family_of
from probes.sources.places import find_place, shown_name
from probes.sources.servers import DIALECTS, compile_for

short_text = st.text(max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | short_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short_text, inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(short_text, json_values, max_size=4))
def test_any_evidence_becomes_strict_json(evidence: dict[str, object]) -> None:
    blocker = SuggestedBlocker(Kind.DATA_ACCESS, Remedy.TOOLS, "t")
    found = Finding(FindingLevel.NOTE, "c", "s.", evidence, "m", blocker, column="a\nb")
    text = to_json(ProbeResult("quality", "s", "t", (found,), facts=evidence))
    json.loads(text, parse_constant=pytest.fail)
    assert to_json(from_json(text)) == text


def test_odd_values_become_plain_ones() -> None:
    import numpy as np

    odd = {
        "nan": math.nan,
        "inf": np.float64("inf"),
        "flag": np.bool_(True),
        "day": date(2024, 1, 2),
        "span": timedelta(minutes=1),
        "money": Decimal("1.5"),
        "array": np.array([1, 2]),
    }
    wanted = {
        "nan": None,
        "inf": None,
        "flag": True,
        "day": "2024-01-02",
        "span": 60.0,
        "money": 1.5,
    }
    assert plain(odd) == wanted | {"array": [1, 2]}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"probe": 1}', "null"])
def test_what_is_no_result_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        from_json(text)


def test_an_unknown_probe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=", ".join(PROBES)):
        find_probe("acces")
    assert list(PROBES) == [
        "access",
        "quality",
        "joins",
        "environment",
        "baseline",
        "integration",
        "governance",
    ]


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({"sources": {"a": {"path": "x.csv", "colour": "red"}}}, "sources.a.colour"),
        ({"sources": {"a": {"kind": "csv"}}}, "sources.a"),
        ({"sources": {"a": {"url": "postgresql://u:plain@h/d"}}}, "sources.a.url"),
        ({"sources": {"a": {"path": "x.csv", "row_limit": 0}}}, "sources.a.row_limit"),
        ({"probes": {"memory_mb": 1}}, "probes.memory_mb"),
        ({"targets": {"t": {"url": "https://x", "wrong": 1}}}, "targets.t.wrong"),
    ],
)
def test_a_wrong_key_is_refused_by_its_name(section: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_settings(section)
    assert refusal.value.field == field


def test_secrets_are_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings({"sources": {"a": {"url": "postgresql://u:${PW_OF_A}@h/d"}}})
    assert "PW_OF_A" not in repr(settings)
    assert shown_name("postgresql://u:secret@h/d.t?x=1") == "postgresql://h/d.t"


def test_a_named_configuration_that_is_absent_or_broken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no configuration"):
        load_settings(tmp_path / "none.toml")
    (tmp_path / "broken.toml").write_text("a = [")
    with pytest.raises(InputError, match="TOML"):
        load_settings(tmp_path / "broken.toml")


def test_places_may_hold_dots_and_name_a_table(tmp_path: Path) -> None:
    (tmp_path / "v1.2").mkdir()
    (tmp_path / "v1.2" / "a.b.csv").write_text("a\n")
    settings = read_settings({"sources": {"crm": {"path": str(tmp_path / "v1.2")}}})
    cases = {
        "crm": ("crm", None),
        "crm.a.b": ("crm", "a.b"),
        str(tmp_path / "v1.2" / "a.b.csv"): ("a.b.csv", None),
        f"{tmp_path}/v1.2.a.b": ("v1.2", "a.b"),
        "postgresql://u@h/db.sales.orders": ("h/db", "sales.orders"),
        "postgresql://u@h/db": ("h/db", None),
    }
    for text, wanted in cases.items():
        place = find_place(text, settings)
        assert (place.name, place.table) == wanted, text


@pytest.mark.parametrize("place", ["ftp://x/y", "notes.docx"])
def test_what_is_no_source_is_refused(place: str) -> None:
    with pytest.raises(InputError):
        kind_of(place)


@pytest.mark.parametrize(
    ("type_name", "family"),
    [
        ("INTEGER", ColumnFamily.NUMBER),
        ("DECIMAL(18,3)", ColumnFamily.NUMBER),
        ("INTEGER[]", ColumnFamily.NESTED),
        ("STRUCT(a INTEGER)", ColumnFamily.NESTED),
        ("TIMESTAMP WITH TIME ZONE", ColumnFamily.TIME),
        ("TIMESTAMP_NS", ColumnFamily.TIME),
        ("DATETIME", ColumnFamily.TIME),
        ("DATE", ColumnFamily.TIME),
        ("TIME", ColumnFamily.OTHER),
        ("INTERVAL", ColumnFamily.OTHER),
        ("JSONB", ColumnFamily.NESTED),
        ("BYTEA", ColumnFamily.BINARY),
        ("UUID", ColumnFamily.TEXT),
        ("CHARACTER VARYING(20)", ColumnFamily.TEXT),
        ("BOOLEAN", ColumnFamily.BOOLEAN),
    ],
)
def test_types_have_families(type_name: str, family: ColumnFamily) -> None:
    assert family_of(type_name) is family


COLUMNS = [
    Column('odd "name"', "DOUBLE"),
    Column("at", "TIMESTAMP"),
    Column("city", "VARCHAR"),
    Column("flag", "BOOLEAN"),
    Column("doc", "JSON"),
]


@pytest.mark.parametrize("kind", sorted(DIALECTS))
def test_the_table_pass_is_written_in_each_dialects_grammar(kind: SourceKind) -> None:
    dialect = DIALECTS[kind]
    sql, asked = statement(dialect, '"sales"."orders"', COLUMNS)
    compiled = compile_for(dialect, sql)
    parsed = sqlglot.parse_one(compiled, read=dialect)
    assert len(parsed.expressions) == len(asked) + 1
    assert "TABLESAMPLE" not in compiled


@pytest.mark.parametrize("kind", ["snowflake", "bigquery", "trino", "databricks"])
def test_a_missing_driver_names_the_extra_to_install(kind: str) -> None:
    from probes.sources.servers import ServerSource

    settings = SourceSettings.model_validate({"kind": kind, "url": f"{kind}://u@127.0.0.1/db"})
    with pytest.raises(InputError, match=rf"hour48\[{kind}\]"):
        ServerSource("s", settings)
