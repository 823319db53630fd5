"""The baseline probe's sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.texts import Texts
from probes.texts import listed

say: Final = Texts(Path(__file__).with_name("texts.yaml")).say

__all__ = ["listed", "say"]
