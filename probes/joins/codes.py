"""The joins probe's findings whose words stand in `codes.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.domain.vocabulary import Kind
from probes.finding_codes import Codes

CODES: Final = Codes(Path(__file__).parent / "codes.yaml", Kind.DATA_ACCESS)
