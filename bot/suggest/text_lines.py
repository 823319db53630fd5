"""The lines of a text file that somebody names on the command line, or one clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.domain.errors import InputError
from bot.suggest.texts import say

LARGEST_FILE: Final = 2_000_000
"""Bytes."""


def numbered_lines(file: Path) -> list[tuple[int, str]]:
    """Return the lines of a file that are not blank, without outer blanks, each with its number.

    Raises:
        InputError: the file cannot be read, is too large, empty, or no text.
    """
    lines = [line.strip() for line in _content(file).split("\n")]
    found = [(number, line) for number, line in enumerate(lines, 1) if line]
    if not found:
        raise InputError(say("file_empty", file=file), field="file")
    return found


def _content(file: Path) -> str:
    try:
        size = file.stat().st_size
        if size > LARGEST_FILE:
            raise InputError(
                say("file_too_large", file=file, size=size, largest_file=LARGEST_FILE),
                field="file",
            )
        content = file.read_bytes()
    except OSError as error:
        raise InputError(
            say("cannot_read", file=file, strerror=error.strerror or error), field="file"
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(say("file_not_text", file=file), field="file")
    return text
