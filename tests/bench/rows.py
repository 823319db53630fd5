"""A row of the bench table: a figure of ours beside a peer's from the same run."""

from __future__ import annotations

import os
from typing import Any


def row(
    name: str, value: float, uow: str, peer: str | None = None, peer_value: float | None = None
) -> dict[str, Any]:
    """Return a row; `ratio` is ours over the peer's."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": uow,
        "peer": peer,
        "peer_value": None if peer_value is None else round(peer_value, 3),
        "ratio": round(value / peer_value, 3) if peer_value else None,
        "load_average": round(os.getloadavg()[0], 1),
    }
