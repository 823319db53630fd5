"""The words of a sentence as numbers: single words, pairs, and how long words begin.

Meaning alone misses what one word tells, such as "licence" or "night shift"; the beginnings join
the forms of a word and the parts of German compounds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bot.reading.folding import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BEGINNING: Final = 5
_WORD: Final = re.compile(r"[^\W\d_]{2,}|[€$£%?]")


def terms(text: str) -> list[str]:
    """Return the words of a text, its pairs of words and the beginnings of long words."""
    said = _WORD.findall(fold(text))
    pairs = [f"{first} {second}" for first, second in pairwise(said)]
    return [*said, *pairs, *(f"{w[:_BEGINNING]}-" for w in said if len(w) > _BEGINNING)]


def vector(text: str, places: Mapping[str, int], rarity: Sequence[float]) -> NDArray[np.float32]:
    """Return a text's terms as a vector of length one, or of zeros where none is known.

    Args:
        text: a title or a reason.
        places: term → place in the vector.
        rarity: how much each term tells, by place.
    """
    import numpy as np

    found = np.zeros(len(places), np.float32)
    for term, count in Counter(terms(text)).items():
        if term in places:
            found[places[term]] = (1 + np.log(count)) * rarity[places[term]]
    length = float(np.linalg.norm(found))
    return found / length if length else found
