"""Which entities meet the model: the same ones each time, about as many as asked for."""

from __future__ import annotations

import hashlib
from typing import Final

_BUCKETS: Final = 1_000_000


def takes_part(entity: str, percent: float, salt: str = "hour48") -> bool:
    """Return whether an entity is in the model's share of the traffic.

    A growing share keeps those it had.

    Args:
        entity: a customer's, machine's or page's id.
        percent: of all entities, 0 to 100.
        salt: another one gives another choice.
    """
    digest = hashlib.sha256(f"{salt}\0{entity}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % _BUCKETS < percent / 100 * _BUCKETS
