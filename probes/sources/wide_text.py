"""CSV files of thousands of columns, rewritten as Parquet, which is read some columns at a time.

DuckDB's own reader holds a block for each column: of 2,000 columns that fits in its memory, of
4,000 it does not.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from probes.sources.base import Remark
from probes.sources.loading import distinct_names
from probes.sources.loading_text import MISSING_MARKS
from probes.sources.text_bytes import OddLines

if TYPE_CHECKING:
    import pyarrow

COLUMNS_IN_PLACE = 2_000
HEADER_BYTES: Final = 4 * 1024 * 1024
BLOCK_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True)
class WideText:
    """A CSV file with so many columns that it is rewritten."""

    path: Path
    delimiter: str
    names: Sequence[str]
    has_header: bool

    def rewrite(self, place: Path) -> list[Remark]:
        """Write the file as Parquet; return what had to be left out.

        Raises:
            OSError: it cannot be read even as plain text.
        """
        from pyarrow import ArrowInvalid, string

        for types in (self._guess(), dict.fromkeys(self.names, string())):
            torn = OddLines()
            try:
                self._copy(place, types, torn)
            except ArrowInvalid as error:
                unfit: ArrowInvalid = error
                continue
            return torn.remarks("unreadable_lines")
        raise OSError(str(unfit)) from unfit

    def _guess(self) -> dict[str, pyarrow.DataType]:
        """Return each column's type by the first block; what is empty there is text."""
        from pyarrow import string, types

        with self._read({}, OddLines()) as reader:
            return {
                field.name: string() if types.is_null(field.type) else field.type
                for field in reader.schema
            }

    def _copy(self, place: Path, types: Mapping[str, pyarrow.DataType], torn: OddLines) -> None:
        from pyarrow.parquet import ParquetWriter

        with self._read(types, torn) as reader, ParquetWriter(place, reader.schema) as written:
            for batch in reader:
                written.write_batch(batch)

    def _read(self, types: Mapping[str, pyarrow.DataType], torn: OddLines) -> Any:
        from pyarrow import csv as reading

        def leave_out(row: reading.InvalidRow) -> str:
            torn.add(row.number or 0)
            return "skip"

        return reading.open_csv(
            self.path,
            reading.ReadOptions(
                use_threads=False,
                block_size=BLOCK_BYTES,
                skip_rows=int(self.has_header),
                column_names=self.names,
            ),
            reading.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=leave_out
            ),
            reading.ConvertOptions(
                null_values=MISSING_MARKS, strings_can_be_null=True, column_types=types
            ),
        )


def wide_text(path: Path) -> WideText | None:
    """Return a CSV file as one that must be rewritten, or nothing where it can be read in place."""
    with path.open("rb") as stream:
        line = stream.readline(HEADER_BYTES).decode("utf-8-sig", errors="replace")
    delimiter = max(",;\t|", key=line.count)
    if line.count(delimiter) < COLUMNS_IN_PLACE:
        return None
    cells = next(csv.reader([line], delimiter=delimiter))
    has_header = any(letter.isalpha() for cell in cells for letter in cell)
    names = [cell.strip() if has_header else "" for cell in cells]
    return WideText(path, delimiter, distinct_names(names), has_header)
