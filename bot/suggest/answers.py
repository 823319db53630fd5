"""What `hour48 suggest` prints: a text, or each line of a file, with its ranked kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.domain.errors import InputError
from bot.suggest.suggestion import suggest, wording
from bot.suggest.text_lines import numbered_lines
from bot.suggest.texts import say

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
        return [_line_answer(file, number, line) for number, line in numbered_lines(file)]
    raise InputError(say("text_or_file"))


def _line_answer(file: Path, number: int, line: str) -> Answer:
    try:
        return answer(line)
    except InputError as refusal:
        raise InputError(f"{file}, line {number}: {refusal.message}", field="file") from refusal


def shown(found: Answer | list[Answer]) -> str:
    """The same for a reader: the wording, and the text before it when there are several."""
    if isinstance(found, list):
        return "\n".join(f"{one['text']}\n  {one['wording']}" for one in found)
    return str(found["wording"])
