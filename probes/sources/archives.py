"""Files packed in one ZIP archive."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from probes.sources.text_bytes import LockedFileError


def unpack(path: Path, work: Path) -> list[Path]:
    """Unpack an archive into a new folder; return its files, but those that macOS adds.

    Raises:
        LockedFileError: a password is needed.
        OSError: it is damaged; zipfile.BadZipFile likewise.
    """
    place = work / f"unzipped-{uuid4().hex[:8]}"
    place.mkdir()
    with zipfile.ZipFile(path) as archive:
        kept = [
            item
            for item in archive.infolist()
            if not item.is_dir() and not item.filename.startswith("__MACOSX/")
        ]
        try:
            return [Path(archive.extract(item, place)) for item in kept]
        except RuntimeError as locked:  # how zipfile says that a password is needed
            raise LockedFileError from locked


def common_folder(paths: Sequence[Path]) -> Path:
    """Return the folder that unpacked files are in."""
    return next(parent for parent in paths[0].parents if parent.name.startswith("unzipped-"))
