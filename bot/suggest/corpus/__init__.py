"""The corpus written for this project: one YAML file a hand, twelve kinds in each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.vocabulary import Kind

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with the kind of its root cause, and the hand that wrote it."""

    text: str
    kind: Kind
    hand: str


def read_corpus() -> list[Example]:
    """Every sentence of the corpus, in a fixed order: hands by name, kinds as in the file."""
    return [example for path in sorted(FOLDER.glob("*.yaml")) for example in read_hand(path)]


def read_hand(path: Path) -> list[Example]:
    """The sentences of one file.

    Args:
        path: YAML, a mapping from kind to a list of sentences.

    Raises:
        ValueError: a key is none of the twelve kinds.
    """
    import yaml

    sentences: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Example(text, Kind(kind), path.stem) for kind, texts in sentences.items() for text in texts
    ]
