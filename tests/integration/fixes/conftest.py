"""A real PostgreSQL whose `reader` may read what is granted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import server_with_reader


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the owner's URL of an empty database."""
    with server_with_reader() as url:
        yield url
