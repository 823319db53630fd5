"""Numbers, units, prefixes and pairs of times in four languages: each kind is read, each trap not.

The sentences are put together from `grid.yaml`; what they say follows from how they were made.
"""

from itertools import product
from pathlib import Path

import pytest
import yaml

from bot.reading import read, read_lead_time
from tests.training.reading.corpus import ON, same_bounds
from tests.unit.reading.corpus import same_party

GRID = yaml.safe_load(Path(__file__).with_name("grid.yaml").read_text(encoding="utf-8"))
BOUNDS = {
    "plain": lambda days: (days, days),
    "at_most": lambda days: (None, days),
    "at_least": lambda days: (days, None),
}
PAIRS = {
    "sum": lambda one, other: (one + other, one + other),
    "hull": lambda one, other: (one, other),
    "second": lambda _, other: (other, other),
}


def times(language):
    """Yield phrases with a number in digits and in words, and the days of that number."""
    table = GRID[language]
    for (unit, days), (number, word) in product(table["units"].items(), table["numbers"].items()):
        yield f"{number} {unit}", number * days
        yield f"{word} {unit}", number * days


def phrases(language):
    """Yield each way to say how long with several times, and the bounds that it says."""
    table, spoken = GRID[language], list(times(language))
    for at, (name, form) in enumerate((n, f) for n in BOUNDS for f in table[n]):
        for words, days in spoken[at % 7 :: 37]:
            yield form.format(words), BOUNDS[name](days)
    for at, (name, form) in enumerate((n, f) for n in PAIRS for f in table["pairs"][n]):
        for (unit, days), few in product(list(table["units"].items())[at % 3 :: 3], (2, 3)):
            words = (f"{few} {unit}", f"{few + 2} {unit}")
            said = PAIRS[name](few * days, (few + 2) * days)
            yield form.format(a=words[0], b=words[1]), said


@pytest.mark.parametrize("language", GRID)
def test_a_time_in_a_field_has_the_days_that_it_says(language):
    for words, days in list(times(language))[::3]:
        assert same_bounds(read_lead_time(words, on=ON).said, (days, days)), words


@pytest.mark.smoke
@pytest.mark.parametrize("language", GRID)
def test_nearly_each_way_to_say_how_long_is_read_in_a_sentence(language):
    carriers = list(GRID[language]["carriers"].items())
    wrong, waits, lines = [], 0, list(phrases(language))
    for at, (phrase, bounds) in enumerate(lines):
        carrier, party = carriers[at % len(carriers)]
        reading = read(carrier.format(phrase), on=ON)
        waits += party is None or same_party(reading.waits_for, party)
        if not same_bounds(reading.lead_days, bounds):
            wrong.append((carrier.format(phrase), reading.lead_days, bounds))
    assert len(lines) > 300
    assert len(wrong) <= 0.04 * len(lines), wrong
    assert waits >= 0.97 * len(lines)


@pytest.mark.parametrize("language", GRID)
def test_hardly_a_trap_is_read_as_a_time(language):
    traps = GRID[language]["traps"]
    found = [trap for trap in traps if read(trap, on=ON).lead_time is not None]
    assert len(found) <= 0.03 * len(traps), found


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        ("takes 2 days each for 5 tables", (10, 10)),
        ("2-3 weeks each for four sites", (14 * 4, 21 * 4)),
        ("zwei Tage jeweils für 6 Tabellen", (12, 12)),
        ("2 jours chacun pour 5 tables", (10, 10)),
        ("3 weeks each", (21, 21)),
        ("takes three shifts", (1, 1)),
        ("dauert drei Schichten", (1, 1)),
        ("back after the next night shift", (None, 1)),
        ("nach der nächsten Nachtschicht", (None, 1)),
    ],
)
def test_so_much_for_each_of_many_and_shifts_are_read(words, bounds):
    assert read(words, on=ON).lead_days == pytest.approx(bounds)


@pytest.mark.parametrize("words", ["3 shift leads must agree", "the next shift lead decides"])
def test_who_works_in_shifts_is_no_time(words):
    assert read(words, on=ON).lead_days is None
