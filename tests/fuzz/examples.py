"""One target under hypothesis, which knows what texts and nested values look like."""

from __future__ import annotations

import json
import random
import sys
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests.fuzz.feeding import Feeder, log_as_in_service
from tests.fuzz.targets import HOSTILE

SIGNS: Final = ("<", ">", "&", "@", "|", ":", "\n", "`", "*", "%", "=", "{{", ",", "- ", '"')
PIECES: Final = st.sampled_from([*HOSTILE, *SIGNS])
WORDS: Final = st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=6).map("".join)
VALUES: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=8,
).map(json.dumps)
NUMBERS: Final = st.one_of(
    st.integers().map(str),
    st.ip_addresses().map(str),
    st.from_regex(
        r"\A(0x[0-9a-f]{1,8}|0[0-7]{1,11}|[0-9]{1,10})(\.(0x[0-9a-f]{1,2}|[0-9]{1,3})){0,3}\Z"
    ),
)
TEXTS: Final = st.one_of(WORDS, VALUES, NUMBERS)


def main() -> None:
    """Run `python -m tests.fuzz.examples TARGET INPUTS SECONDS`."""
    name, inputs = sys.argv[1], int(sys.argv[2])
    log_as_in_service()
    feeder = Feeder("hypothesis", name)

    @seeded(feeder.count.inputs)
    @settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(TEXTS)
    def fed(text: str) -> None:
        feeder.feed(text)

    random.seed(48)
    fed()
    feeder.keep()


if __name__ == "__main__":
    main()
