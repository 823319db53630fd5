"""Many values in one statement: on both databases, however many, and whatever they hold."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from bot.db.arrays import in_array
from bot.db.engine import open_engine
from tests.databases import KINDS, fresh_database

PLACES = Table(
    "places", MetaData(), Column("id", Integer, primary_key=True), Column("name", String)
)
NAMES = ["Köln", "O'Hara", '["]', "{a,b}", "50%", ":name", "\\", "", "NULL"]


@pytest.fixture(params=KINDS)
def connection(request, tmp_path):
    engine = open_engine(fresh_database(request.param, tmp_path))
    with engine.begin() as connection:
        PLACES.create(connection)
        connection.execute(insert(PLACES), [{"id": n, "name": x} for n, x in enumerate(NAMES)])
        yield connection
    engine.dispose()


@pytest.mark.parametrize("wanted", [[], [3], [0, 2, 99], list(range(5_000))])
def test_rows_are_found_by_numbers(connection, wanted):
    asked = select(PLACES.c.id).where(in_array(connection.dialect.name, PLACES.c.id, "wanted"))
    found = connection.execute(asked, {"wanted": wanted}).scalars().all()
    assert sorted(found) == [number for number in range(len(NAMES)) if number in wanted]


@pytest.mark.parametrize("wanted", [[], NAMES, ["Bonn", "O'Hara"]])
def test_rows_are_found_by_words(connection, wanted):
    asked = select(PLACES.c.name).where(in_array(connection.dialect.name, PLACES.c.name, "wanted"))
    found = connection.execute(asked, {"wanted": wanted}).scalars().all()
    assert set(found) == set(wanted) & set(NAMES)
