"""The facts that an answer of the debrief rests on, as people read them."""

from __future__ import annotations

from bot.debrief.rendering import _named_once
from bot.domain.verdict.model import FactRef, Sort


def test_findings_of_one_probe_are_named_once():
    link = "https://slack.com/archives/C1/p1"
    found = [FactRef(Sort.FINDING, one, "probe quality of orders", link) for one in ("1", "2", "3")]
    other = FactRef(Sort.BLOCKER, "blocker-1", "blocker 1")
    assert _named_once([*found, other]) == [f"<{link}|probe quality of orders>", "blocker 1"]
