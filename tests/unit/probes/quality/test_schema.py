"""What sets the columns of one file apart from those of its siblings."""

from __future__ import annotations

from probes.quality.schema import differences

USUAL = {"day": "DATE", "passed": "BIGINT", "rushed": "BIGINT", "won": "BIGINT"}


def test_two_headings_in_each_others_place_are_exchanged():
    swapped = {name: USUAL[name] for name in ("day", "rushed", "passed", "won")}
    assert differences(USUAL, swapped) == ["passed and rushed are exchanged"]
    turned = {name: USUAL[name] for name in reversed(USUAL)}
    assert differences(USUAL, turned) == ["its 4 columns are in another order"]
