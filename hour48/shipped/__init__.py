"""Files that an operator needs, shipped in the wheel.

They live at the top of the repository, where people look for them. Here are symbolic links to
them: a checkout reads the originals, and a build writes their content into the wheel.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from bot.domain.errors import InputError
from hour48.texts import say

FOLDER: Final = Path(__file__).parent
MANIFEST: Final = FOLDER / "manifest.yml"
"""What the app asks of Slack."""
COPIED: Final = ("manifest.yml", "hour48.toml.example", "ops")
"""What `hour48 ops copy` writes."""


def copy_files(destination: Path) -> list[Path]:
    """Copy the operator's files into the new folder `destination` and return them.

    Raises:
        InputError: the folder is not empty, or cannot be written.
    """
    try:
        if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
            raise InputError(say("destination_not_empty", destination=destination))
        destination.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            source = FOLDER / name
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, destination / name)
    except OSError as error:
        raise InputError(
            say("cannot_written", destination=destination, strerror=error.strerror)
        ) from error
    return sorted(path for path in destination.rglob("*") if path.is_file())
