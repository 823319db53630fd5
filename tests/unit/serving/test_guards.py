"""Guards count each entity once: people who come back neither pull nor praise a model."""

from __future__ import annotations

import numpy as np
import pytest

from bot.domain.enums import DeploymentState
from bot.domain.traffic import Arm
from serving.guards import ArmGuards, GuardLimits, advice_of, entities_needed

LIVE, SHADOW = DeploymentState.LIVE, DeploymentState.SHADOW


def traffic(guards, rng, calls, *, entities, rate, percent=1.0, bad=frozenset()):
    """Let a population call: some entities always fail, the others at a rate."""
    for call in range(calls):
        entity = int(rng.integers(entities))
        arm = Arm.MODEL if entity < entities * percent / 100 else Arm.CONTROL
        failed = entity in bad or rng.random() < rate
        guards.see(
            f"{entity:012d}", arm, error="E" if failed else None, latency_ms=0.2, at=call * 1.0
        )


def levels(guards, state=LIVE, percent=1.0):
    return {one.level for one in guards.findings(state, percent) if one.guard != "sample_ratio"}


def test_one_entity_that_always_fails_pulls_nobody():
    guards = ArmGuards(GuardLimits())
    traffic(guards, np.random.default_rng(48), 5_000, entities=2_447, rate=0.01, bad={3})
    assert levels(guards) == set()


def test_a_model_that_always_fails_is_pulled_even_for_24_people():
    guards = ArmGuards(GuardLimits())
    traffic(guards, np.random.default_rng(48), 5_000, entities=2_447, rate=0, bad=set(range(25)))
    assert "pull" in levels(guards)


def test_a_model_that_breaks_later_is_found_although_everybody_was_seen_before():
    guards, rng = ArmGuards(GuardLimits()), np.random.default_rng(48)
    traffic(guards, rng, 5_000, entities=2_447, rate=0)
    assert levels(guards) == set()
    for call in range(700):
        entity = int(rng.integers(25))
        guards.see(f"{entity:012d}", Arm.MODEL, error="E", latency_ms=0.2, at=5_000.0 + call)
        other = int(rng.integers(25, 2_447))
        guards.see(f"{other:012d}", Arm.CONTROL, error=None, latency_ms=0.2, at=5_000.0 + call)
    assert "pull" in levels(guards)


def test_a_shadow_run_is_held_to_what_is_allowed():
    guards = ArmGuards(GuardLimits())
    for entity in range(200):
        error = "E" if entity % 4 == 0 else None
        guards.see(f"{entity:012d}", Arm.SHADOW, error=error, latency_ms=0.2, at=entity)
    assert "pull" in levels(guards, SHADOW)


@pytest.mark.parametrize(("seen", "level"), [(5, "hold"), (30, "go")])
def test_not_enough_yet_says_how_many_more(seen, level):
    guards = ArmGuards(GuardLimits())
    for entity in range(seen):
        guards.see(f"{entity:012d}", Arm.MODEL, error=None, latency_ms=0.2, at=entity)
    advice = advice_of(guards, [])
    assert advice.level == level
    assert advice.facts["more"] == max(0, entities_needed(0.1) - seen)
    assert f"{seen} people, machines or items" in advice.says


def test_a_state_comes_back_as_it_was():
    guards, rng = ArmGuards(GuardLimits()), np.random.default_rng(48)
    traffic(guards, rng, 3_000, entities=400, rate=0.05, percent=50)
    again = ArmGuards(GuardLimits())
    again.restore(guards.to_plain())
    assert again.to_plain() == guards.to_plain()
    assert list(again.findings(LIVE, 50.0)) == list(guards.findings(LIVE, 50.0))


def test_limits_of_a_row_are_taken_and_unknown_ones_left():
    assert GuardLimits.of({"slow_ms": 5, "of the next version": 1}).slow_ms == 5
    assert GuardLimits.of(None) == GuardLimits()


@pytest.mark.parametrize("seeds", [8, pytest.param(1_000, marks=pytest.mark.slow)])
def test_a_healthy_model_for_24_people_who_come_back_is_left_alone(seeds):
    """10,000 calls, an error rate of 1 % on both sides, each person with a rate of their own."""
    pulled = alarmed = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        rates = rng.beta(0.5, 49.5, 2_447)
        guards, found = ArmGuards(GuardLimits()), set()
        people = rng.permutation(2_447)[:24]
        for call in range(10_000):
            in_arm = call % 4 == 0
            entity = int(people[rng.integers(24)] if in_arm else rng.integers(2_447))
            arm = Arm.MODEL if in_arm else Arm.CONTROL
            failed = rng.random() < rates[entity]
            guards.see(
                f"{entity:012d}", arm, error="E" if failed else None, latency_ms=0.2, at=call * 8.64
            )
            if call % 500 == 499:
                found |= levels(guards, percent=100.0 - 1e-9)
        pulled += "pull" in found
        alarmed += bool(found)
    assert pulled <= max(0.01 * seeds, 0)
    assert alarmed <= 0.05 * seeds
