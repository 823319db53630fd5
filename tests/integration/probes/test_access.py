"""Access tells apart what stands between us and the data, on real files and a real PostgreSQL."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.errors import InputError
from probes.access import meanings, run
from probes.contract import ProbeContext, ProbeRequest, ProbeResult

Make = Callable[..., ProbeContext]


def ask(place: str, context: ProbeContext) -> ProbeResult:
    result = run(ProbeRequest("access", place), context)
    assert {one.code for one in result.findings} <= set(meanings())
    return result


def codes(result: ProbeResult) -> list[str]:
    return [one.code for one in result.findings]


def with_table(url: str, table: str) -> str:
    return url.replace("/postgres?", f"/postgres.{table}?")


def test_a_readable_table_gives_its_first_row_and_the_wait(as_reader: str, context: Make) -> None:
    result = ask(with_table(as_reader, "orders"), context())
    assert result.scenario == "accessible"
    assert {"connected", "rows_readable", "is_primary"} <= set(codes(result))
    assert 0 < result.facts["seconds_to_first_row"] < 30


@pytest.mark.parametrize(
    ("table", "code", "scenario"),
    [
        ("salaries", "privilege_missing", "locked"),
        ("nowhere", "table_absent", "missing"),
        ("hollow", "table_empty", "unusable"),
    ],
)
def test_each_obstacle_of_a_table_has_its_own_code(
    as_reader: str, context: Make, table: str, code: str, scenario: str
) -> None:
    result = ask(with_table(as_reader, table), context())
    assert codes(result)[0] == code
    assert result.scenario == scenario
    assert result.findings[0].suggestion is not None


def test_a_missing_privilege_is_a_matter_of_approval(as_reader: str, context: Make) -> None:
    result = ask(with_table(as_reader, "salaries"), context())
    suggestion = result.findings[0].suggestion
    assert suggestion is not None
    assert suggestion.kind.value == "approval_process"


def test_without_a_table_denied_ones_are_told_together(as_reader: str, context: Make) -> None:
    found = {one.code: one for one in ask(as_reader, context()).findings}
    assert "some_tables_denied" in found
    assert "hollow" in found["some_tables_empty"].sentence


def test_an_empty_file_is_not_called_a_test_system(tmp_path: Path, context: Make) -> None:
    (tmp_path / "export.csv").touch()
    found = ask(str(tmp_path / "export.csv"), context()).findings[0]
    assert (found.code, found.meaning) == (
        "all_empty",
        "The export may have failed; ask for a fresh one.",
    )


def test_an_unknown_user_and_an_absent_database_differ(postgres: str, context: Make) -> None:
    stranger = postgres.replace("//postgres:@", "//stranger@")
    assert codes(ask(stranger, context())) == ["wrong_password"]
    elsewhere = postgres.replace("/postgres?", "/elsewhere?")
    assert codes(ask(elsewhere, context())) == ["no_such_database"]


def test_a_closed_port_an_unknown_host_and_a_silent_one_differ(context: Make) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        closed = f"postgresql://u@127.0.0.1:{reserved.getsockname()[1]}/db"
        assert codes(ask(closed, context())) == ["connection_refused"]
    assert codes(ask("postgresql://u@no-such-host.invalid/db", context())) == ["host_unknown"]
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        url = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/db"
        quick = context(slow={"url": url, "connect_timeout": 2})
        assert codes(ask("slow", quick)) == ["connection_timed_out"]


def test_the_server_is_read_only_for_us(postgres: str) -> None:
    from pydantic import SecretStr

    from probes.contract import ProbeFault
    from probes.kinds import SourceKind
    from probes.settings import SourceSettings
    from probes.sources.servers import ServerSource

    settings = SourceSettings(kind=SourceKind.POSTGRESQL, url=SecretStr(postgres))
    with ServerSource("pg", settings) as source, pytest.raises(ProbeFault):
        source.native_rows("DELETE FROM orders RETURNING 1")


def test_a_password_is_never_shown(context: Make) -> None:
    result = ask("postgresql://u:hunter2@no-such-host.invalid/db.t", context())
    assert "hunter2" not in repr(result)


def test_files_are_absent_broken_denied_or_fine(tmp_path: Path, context: Make) -> None:
    good = tmp_path / "a.b.csv"
    good.write_text("a,b\n1,2\n")
    assert ask(str(good), context()).scenario == "accessible"
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"this is no parquet")
    assert codes(ask(str(broken), context()))[0] == "file_unreadable"
    gone = context(gone={"path": str(tmp_path / "gone.csv")})
    assert codes(ask("gone", gone)) == ["file_absent"]
    with pytest.raises(InputError, match="not a configured source"):
        ask(str(tmp_path / "typo.csv"), context())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_another_user_is_not_permitted(tmp_path: Path, context: Make) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    secret.chmod(0)
    assert codes(ask(str(secret), context())) == ["file_not_permitted"]


def test_a_folder_an_excel_and_a_sqlite_file_have_tables(tmp_path: Path, context: Make) -> None:
    import pandas as pd

    folder = tmp_path / "folder.d"
    folder.mkdir()
    (folder / "one.csv").write_text("a\n1\n")
    pd.DataFrame({"a": [1, 2]}).to_excel(tmp_path / "book.xlsx", sheet_name="First sheet")
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("CREATE TABLE items (id INTEGER, bought DATE)")
        shop.execute("INSERT INTO items VALUES (1, '2024-02-03')")
    shop.close()
    for place in ("folder.d.one", "book.xlsx.First sheet", "shop.db.items"):
        assert ask(str(tmp_path / place), context()).scenario == "accessible", place


def test_a_broken_file_among_readable_ones_does_not_stop(tmp_path: Path, context: Make) -> None:
    (tmp_path / "good.csv").write_text("a,b\n1,2\n")
    (tmp_path / "torn.parquet").write_bytes(b"this is no parquet")
    result = ask(str(tmp_path), context())
    assert result.scenario == "accessible"
    assert codes(result)[0] == "file_unreadable"
    assert result.worst.value == "slows"
