"""The function that something waits for: as somebody said it, else by its family and kind."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.verdict.model import Obstacle
from bot.domain.verdict.texts import table
from bot.domain.vocabulary import Kind, PathFamily


def family_functions() -> Mapping[PathFamily, str]:
    """Return each family's function, in lower case."""
    return table("family_function", PathFamily)


def function_by(waits_for: str | None, family: PathFamily | None, kind: Kind) -> str:
    """Return the function of something by what is known of it."""
    named = family_functions()[family] if family else str(kind).replace("_", " ")
    return waits_for or named


def function_of_obstacle(obstacle: Obstacle) -> str:
    """Return the function that an obstacle waits for, in lower case."""
    return function_by(obstacle.waits_for, obstacle.family, obstacle.kind).lower()
