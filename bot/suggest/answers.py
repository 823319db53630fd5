"""What `hour48 suggest` prints: a text, or each line of a file, with its ranked kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from bot.domain.errors import InputError
from bot.suggest.suggestion import suggest, wording

LARGEST_FILE: Final = 2_000_000
"""Bytes."""

Answer = dict[str, Any]
"""`{text, kind, category, probability, wording, kinds: [{kind, category, probability}, …]}`"""


def answer(text: str) -> Answer:
    """Rank the kinds for one text; the best one's fields stand at the top as well."""
    ranked = suggest(text)
    kinds = [
        {
            "kind": str(one.kind),
            "category": str(one.category),
            "probability": round(one.probability, 4),
        }
        for one in ranked
    ]
    return {"text": text, **kinds[0], "wording": wording(ranked), "kinds": kinds}


def answers(text: str | None, file: Path | None) -> Answer | list[Answer]:
    """Answer one text, or every line of a file that is not blank.

    Raises:
        InputError: neither or both given, or one of them cannot be read.
    """
    if text is not None and file is None:
        return answer(text)
    if file is not None and text is None:
        return [_line_answer(file, number, line) for number, line in _lines(file)]
    raise InputError('Give either a text (hour48 suggest "…") or --file LINES.txt.')


def _line_answer(file: Path, number: int, line: str) -> Answer:
    try:
        return answer(line)
    except InputError as refusal:
        raise InputError(f"{file}, line {number}: {refusal.message}", field="file") from refusal


def _lines(file: Path) -> list[tuple[int, str]]:
    lines = [line.strip() for line in _content(file).split("\n")]
    found = [(number, line) for number, line in enumerate(lines, 1) if line]
    if not found:
        raise InputError(f"{file} is empty; write one blocker a line.", field="file")
    return found


def shown(told: Answer | list[Answer]) -> str:
    """The same for a reader: the wording, and the text before it when there are several."""
    if isinstance(told, list):
        return "\n".join(f"{one['text']}\n  {one['wording']}" for one in told)
    return str(told["wording"])


def _content(file: Path) -> str:
    try:
        size = file.stat().st_size
        if size > LARGEST_FILE:
            message = (
                f"{file} has {size:,} bytes; split it into files of at most {LARGEST_FILE:,} bytes."
            )
            raise InputError(message, field="file")
        content = file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror or error}."
        raise InputError(message, field="file") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"{file} is not plain text; save it as UTF-8 text.", field="file")
    return text
