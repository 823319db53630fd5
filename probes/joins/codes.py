"""Every code of the joins probe and what it means for the sprint."""

from __future__ import annotations

CODES: dict[str, str] = {
    "keys_match": "At least 99 % of one side's keys are on the other: the tables can be joined.",
    "keys_partly": "Only a part meets; ask whether the rest is older or kept elsewhere.",
    "formats_differ": "Write the key one way on both sides before joining; agree which way.",
    "orphans": "These rows would fall out of a join, rarely at random.",
    "fan_out": "A join gives one row for each partner: count before averaging.",
    "many_to_many": "Find the missing part of the key, or sum one side up first.",
    "composite_key": "Join on all of these columns, never on one alone.",
    "keys_missing": "Rows without a key can be joined to nothing.",
    "no_common_key": "A mapping between the two systems is missing: ask who keeps one.",
    "side_empty": "There is nothing to join; ask where the filled table is.",
    "authoritative": "Where the two disagree, believe this one until its owner says otherwise.",
    "authority_unclear": "Neither side is ahead: ask who owns the truth about these.",
    "values_disagree": "The two differ about the same key; ask which one is maintained.",
}
