"""The table of mutants fits the code, and the runner tells a killed one from one that lives."""

from __future__ import annotations

import ast

import pytest

from tests.mutants import __main__ as mutants

TESTS, TABLE = mutants.read_table()


@pytest.mark.parametrize("mutant", TABLE, ids=lambda one: one.name)
def test_a_mutant_changes_code_that_is_there_into_code_that_loads(mutant):
    source = (mutants.ROOT / mutant.file).read_text("utf-8")
    changed = mutants.mutated(source, mutant)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))


def test_every_name_is_given_once_and_every_group_has_tests_that_exist():
    names = [one.name for one in TABLE]
    assert len(names) == len(set(names)) >= 60
    assert {one.group for one in TABLE} == set(TESTS)
    missing = [
        path for paths in TESTS.values() for path in paths if not (mutants.ROOT / path).exists()
    ]
    assert not missing


def test_a_text_that_is_there_twice_is_refused():
    twice = mutants.Mutant("outbox", "twice", "file.py", "a", "b")
    with pytest.raises(LookupError, match="2 times"):
        mutants.mutated("aa", twice)


def test_the_score_counts_what_was_run_and_names_what_lives():
    outcomes = [
        {"group": "outbox", "name": "one", "killed": True, "seconds": 1.0},
        {"group": "timers", "name": "two", "killed": False, "seconds": 1.0},
    ]
    equivalent = [mutants.Mutant("outbox", "three", "f", "a", "b", "changes nothing")]
    summary = mutants._summary(outcomes, equivalent)
    assert summary["score"] == 0.5
    assert summary["survived"] == ["timers: two"]
    assert summary["equivalent"] == {"three": "changes nothing"}
