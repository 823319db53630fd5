"""Spilled rows lose their name while a statement still reads them, and it ends well."""

from __future__ import annotations

from pathlib import Path

from probes.sources.files import take_name_from


def test_rows_go_with_their_process_and_the_name_can_still_be_deleted(tmp_path: Path) -> None:
    path = tmp_path / "duckdb_temp_1_0_storage_S32K-0.tmp"
    path.write_bytes(b"rows")
    with path.open("rb") as spilled:
        take_name_from(path)
        take_name_from(path)
        assert spilled.read() == b"rows"
    assert path.read_bytes() == b""
    path.unlink()
    take_name_from(path)
    assert list(tmp_path.iterdir()) == []
