"""Everything that reads what a stranger wrote, each as a function of one hostile text.

A target returns quietly, or raises `InputError`, which is a refusal in words. Anything else that is
raised is a finding: an unhandled exception, or one of the promises that the target asserts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.domain.errors import InputError
from tests.fuzz.targets import files, handlers, network, sealed, texts
from tests.fuzz.targets.hostile import HOSTILE

Target = Callable[[str], None]
TARGETS: Final[dict[str, Target]] = {
    target.__name__: target
    for module in (texts, files, network, sealed, handlers)
    for target in module.TARGETS
}
__all__ = ["HOSTILE", "TARGETS", "run"]


def run(name: str, text: str) -> None:
    """Feed one text to a target; a refusal in words is an answer."""
    try:
        TARGETS[name](text)
    except InputError as refused:
        if not str(refused):
            raise AssertionError("a refusal without words") from refused
