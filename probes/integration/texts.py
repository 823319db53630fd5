"""The sentences of `texts.yaml`, and the findings of `codes.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.texts import texts_beside
from probes.finding_codes import Codes

say: Final = texts_beside(__file__).say
CODES: Final = Codes(Path(__file__).parent / "codes.yaml")
