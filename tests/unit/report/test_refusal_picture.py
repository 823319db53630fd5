"""The map's picture is well-formed whatever a function is called, and says what the words say."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bot.domain.refusals import RefusalMap, Station, refusal_map
from bot.messages.refusal_map import headline, lines, picture, table


def station(name="the <board> & \"co\" 'x'", **counts):
    values = {
        "sprints": 4,
        "requests": 9,
        "waits": 2,
        "days": 21.0,
        "measured": 3,
        "refusals": 3,
        "detours": 2,
        "granted": 2,
        "would_ship": 3,
        "would_ship_at_once": 1,
        "days_saved": 90.0,
    }
    return Station(name, **(values | counts))


def test_any_name_is_drawn_as_text():
    drawn = picture(RefusalMap(5, 4, (station(), station("security", days=None))))
    texts = " ".join(each.text or "" for each in ElementTree.fromstring(drawn).iter())
    assert 'the <board> & "co"' in texts
    assert "3 refused" in texts
    assert "nobody knows" in texts
    assert "3 weeks (3 measured)" in texts


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (refusal_map([]), "No sprint is closed yet"),
        (RefusalMap(2, 2, ()), "No function stood in the way of 2 sprints"),
        (RefusalMap(2, 2, (), station("")), "fewer than three people"),
        (
            RefusalMap(5, 4, (station("security"),)),
            "If security had said yes at once, 3 of 4 sprints would have shipped: "
            "1 within the sprint, 2 within 12 weeks instead of later.",
        ),
        (
            RefusalMap(5, 4, (station("product committee", would_ship=0, would_ship_at_once=0),)),
            "Most time went to the product committee: 3 months",
        ),
    ],
)
def test_the_one_sentence(found, says):
    assert says.lower() in headline(found).lower()
    ElementTree.fromstring(picture(found))


def test_words_and_table_tell_the_same():
    found = RefusalMap(5, 4, (station("security"),), station("", would_ship=0))
    heads, rows = table(found)
    assert len(heads) == len(rows[0])
    assert rows[0][0] == "security"
    told = "\n".join(lines(found))
    assert "security: asked 9 times, 3 weeks at the median" in told
    assert "3 refused or unanswered, 2 detours" in told
    assert "are not named: 9 requests" in told


def test_a_line_says_nothing_of_what_never_happened():
    """“0 refused, 0 detours; 0 sprints would have shipped” is no news."""
    none = station("dpo", requests=1, refusals=0, detours=0, would_ship=0)
    assert lines(RefusalMap(1, 1, (none,)))[1] == "dpo: asked 1 time, 3 weeks at the median"
