"""Which of the quality probe's findings need time, known without loading what finds them.

The bot asks it, and an import of that probe would bring pandas and DuckDB into each of its parts.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import yaml

_CODES: Final = Path(__file__).with_name("quality") / "codes.yaml"
_GAPS: Final = frozenset({"time_gaps", "series_gaps", "entities_silent"})


@cache
def over_time() -> frozenset[str]:
    """Return the codes of what is seen only where a column can be read as time."""
    codes = yaml.safe_load(_CODES.read_text(encoding="utf-8"))
    return _GAPS | {key for key, raw in codes.items() if raw["group"] == "change"}
