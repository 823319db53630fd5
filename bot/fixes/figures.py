"""Figures of a look, as they are said: shares in per cent, counts with commas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.messages.catalog import say_plain


def _percent(value: float) -> str:
    digits = 1 if 0 < value < 0.1 or 0.99 < value < 1 else 0
    return f"{value * 100:.{digits}f} %"


_SAID: Final[dict[str, Callable[[Any], str]]] = {
    "missing": lambda value: f"{value:,}",
    "missing_share": _percent,
    "share": _percent,
    "rows": lambda value: f"{value:,}",
    "rows_looked_at": lambda value: f"{value:,}",
    "tables": lambda value: f"{value:,}",
    "denied": lambda value: f"{value:,}",
    "count": lambda value: f"{value:,}",
    "seconds": lambda value: f"{value:.1f}",
    "status": str,
}


def said(figures: Mapping[str, Any]) -> str:
    """Return figures as one part of a sentence: "0 rows break it, 12,000 rows looked at"."""
    parts = [
        say_plain(f"fix.figure_{key}", value=_SAID[key](figures[key]))
        for key in _SAID
        if figures.get(key) is not None
    ]
    return ", ".join(parts)
