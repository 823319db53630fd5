"""A reply in at most ninety words: what is cut, what is left out, and what stays whole."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bot.ask.question import Reply
from bot.ask.say import quotes_of
from bot.ask.shortening import MOST_WORDS, shortened

FILLER = "the pump hall smells of oil and nobody has opened the second cabinet since the flood"


def line(place: int, words: str) -> str:
    return f"Hour {place}: Ana answered “{words}”."


def filled(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(FILLER.split(), k=count))


@pytest.mark.parametrize("is_ranked", [True, False])
@pytest.mark.parametrize("seed", range(60))
def test_no_reply_is_longer_and_no_quote_is_cut_where_words_are_left(seed, is_ranked):
    rng = random.Random(seed)
    lines = [line(at, filled(rng, rng.randint(1, 60))) for at in range(rng.randint(1, 12))]
    head = rng.choice(["", "Between hour 1 and hour 30:"])
    asked = frozenset(rng.sample(FILLER.split(), 3))
    gravity = [rng.randrange(4) for _ in lines] if not is_ranked else ()
    reply = Reply(lines, head=head, gravity=gravity, is_ranked=is_ranked)
    said = shortened(reply, "en", asked)
    words = len(said.split())
    assert words <= MOST_WORDS
    if any("…" in quote for quote in quotes_of(said)):
        left_out = 0 if "more." not in said else 1
        assert words >= MOST_WORDS - left_out


def test_the_first_of_ranked_lines_stay_whole_and_the_last_are_left_out():
    lines = [line(at, f"{at} {FILLER} {FILLER}") for at in range(5)]
    said = shortened(Reply(lines, is_ranked=True), "en")
    assert lines[0] in said
    assert "Hour 1" in said
    assert "Hour 4" not in said
    assert "more." not in said


def test_a_list_is_told_in_full_with_what_is_asked_for_whole():
    wanted = line(3, f"{FILLER}; cabins 17 and 42 hung on the list, 42 was fine")
    lines = [line(at, f"{at} {FILLER} {FILLER}") for at in range(3)] + [wanted]
    said = shortened(Reply(lines), "en", {"cabins", "42", "17"})
    assert wanted in said
    assert all(f"Hour {at}" in said for at in range(3))


def test_a_quote_that_must_be_cut_keeps_what_is_asked_for():
    reply = Reply(
        [line(1, f"{FILLER} {FILLER} {FILLER} {FILLER} {FILLER} {FILLER} crane 7 failed")]
    )
    said = shortened(replace(reply, is_ranked=True), "en", {"crane"})
    assert "crane 7 failed”" in said
    assert "“…" in said


def test_what_another_line_holds_is_told_once():
    reply = Reply(["Cho said no.", "Cho said no. Dee asked at hour 3.", "Cho said no."])
    assert shortened(reply, "en") == "Cho said no. Dee asked at hour 3."


def test_room_is_left_for_what_is_said_before():
    reply = Reply([line(at, f"{FILLER} {FILLER}") for at in range(5)])
    assert MOST_WORDS - 12 <= len(shortened(reply, "en", spare=9).split()) <= MOST_WORDS - 9
