"""How much of our own code runs before an acknowledgement; see docs/performance.md."""

from __future__ import annotations

import pytest

from tests.load.calls import measured

pytestmark = pytest.mark.smoke

MOST = {"/blocker": 377, "/approval": 290, "approve": 191}
"""Half of what they took when messages were rendered in the transaction."""


def test_an_acknowledgement_waits_for_few_calls():
    counted = {name: presses[-1].total() for name, presses in measured().items()}
    assert {name: count for name, count in counted.items() if count > MOST[name]} == {}
    assert min(counted.values()) > 50  # or nothing was counted
