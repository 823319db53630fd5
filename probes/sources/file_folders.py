"""The tables of a folder, or of an archive: which files are one, and how they are read together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from probes.kinds import SourceKind
from probes.sources.archives import common_folder, unpack
from probes.sources.base import Remark, quote
from probes.sources.faults import fault
from probes.sources.files import FileSource, Loader, escaped
from probes.sources.folders import FileTable, main_table, tables_in
from probes.sources.together import read_together, summed
from probes.sources.unreadable import nothing_inside


class FolderSource(FileSource):
    """A folder of files, or an archive of some; files alike but for a number or a month are one."""

    def find(self) -> dict[str, Loader]:
        """Return what makes each table ready.

        Raises:
            ProbeFault: it is no folder, or holds no table.
        """
        self._parts: dict[str, list[Path]] = {}
        self._sizes: dict[str, int] = {}
        self._main: str | None = None
        if self.path.is_file():
            unpacked = unpack(self.path, self.work)
            if not unpacked:
                raise fault("folder_no_tables", self.name, nothing_inside(()))
            return self._find_in(common_folder(unpacked))
        if not self.path.is_dir():
            raise fault("file_no_file", self.name)
        parts = [path for path in self.path.iterdir() if not path.name.startswith((".", "_"))]
        if parts and all(path.is_dir() and "=" in path.name for path in parts):
            everywhere = self.path / "**" / "*.parquet"
            return self.loaders_of(SourceKind.PARQUET, self.path.name, everywhere)
        return self._find_in(self.path)

    def _find_in(self, folder: Path) -> dict[str, Loader]:
        found: dict[str, Loader] = {}
        tables = tables_in(folder)
        if not tables:
            names = sorted(path.name for path in folder.iterdir() if path.name[0] not in "._")
            raise fault("folder_no_tables", self.name, nothing_inside(names))
        main = main_table(tables)
        self._main = main.name if main else None
        for table in tables:
            if len(table.paths) == 1:
                loaders = self.loaders_of(table.kind, table.name, table.paths[0])
                for name, loader in loaders.items():
                    found[name if name not in found else f"{table.name}_{name}"] = loader
            else:
                self._parts[table.name] = list(table.paths)
                found[table.name] = partial(self._load_together, table)
            if table.name in found:
                self._sizes[table.name] = sum(path.stat().st_size for path in table.paths)
        return found

    def _load_together(self, table: FileTable) -> str:
        """Return the SQL to read several files as one table; columns that some lack are empty."""
        if table.kind is SourceKind.PARQUET:
            return self._parquet_together(table.paths)
        remarks: list[Remark] = []
        named: list[str] = []
        filled = [path for path in table.paths if path.stat().st_size]
        for at, path in enumerate(filled or table.paths[:1]):
            for part, loader in self.loaders_of(table.kind, f"part {at}", path).items():
                named.append(loader())
                remarks += self.remarks.pop(part, [])
        every = read_together(self.connection, named)
        self.connection.execute(f"CREATE TABLE {quote(table.name)} AS {every}")
        for part in named:
            self.connection.execute(f"DROP TABLE IF EXISTS {part}")
        self.remarks[table.name] = summed(remarks)
        return quote(table.name)

    def _parquet_together(self, paths: Sequence[Path]) -> str:
        every = read_together(self.connection, [self.view("read_parquet", path) for path in paths])
        if "REPLACE" in every:
            return f"({every})"
        places = ", ".join(f"'{escaped(path)}'" for path in paths)
        return f"read_parquet([{places}], union_by_name = true)"

    def only_table(self, wanted: str | None) -> str:
        """Return the table that is meant; of a folder, the one that its odd files fell out of.

        Raises:
            InputError: it does not exist, or there are several to choose from.
        """
        return super().only_table(wanted or self._main)

    def largest_table(self) -> str | None:
        """Return the table of a folder with the most bytes, or the one that the folder is of."""
        sizes = {table: size for table, size in self._sizes.items() if table in self.tables()}
        return self._main or max(sizes, key=sizes.__getitem__, default=None)

    def parts_of(self, table: str) -> list[Path]:
        """Return the files that a table of a folder is read from, where there are several."""
        return self._parts.get(table, [])
