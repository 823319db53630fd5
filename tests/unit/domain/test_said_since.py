"""An item quotes what was answered about it since, and nothing else."""

import pytest

from bot.domain.story import parse_story
from bot.domain.verdict import verdict

ASKED = {"at": 20, "by": "Ana", "request": "change", "of": "Bea", "deadline": 6}
NO = {"at": 22, "by": "Bea", "decide": "change", "decision": "rejected", "why": "not on that page"}
FAULT = {
    **{"at": 30, "by": "Ana", "blocker": "doubled", "severity": "stops"},
    "title": "40 alarms in one night, the crew switched the radio off",
}


def items(*events):
    team = {"builder": "Ana", "data": "Ben", "approver": "Cho", "business": "Dee"}
    story = {"story": "x", "team": team, "events": list(events)}
    return " ".join(fix.text for fix in verdict(parse_story(story).record).fixes)


def answer(at, text):
    return {"at": at, "by": "Dee", "answer": text, "hour": at}


@pytest.mark.parametrize(
    ("before", "said", "is_quoted"),
    [
        ([ASKED, NO], answer(28, "The other page then, Bea is fine with that"), True),
        ([ASKED, NO], answer(28, "The other page then"), False),
        ([ASKED], answer(28, "Bea is away until Monday"), True),
        ([ASKED], answer(24, "The change is still with Bea, let it run out"), True),
        ([ASKED, NO], answer(21, "Bea wants to see it first"), False),
        ([FAULT], answer(36, "Of the 40 alarms at night 3 were real"), True),
        ([FAULT], answer(36, "One call of the service takes 300 ms"), False),
        ([FAULT], answer(12, "Of the 40 alarms at night 3 were real"), False),
    ],
)
def test_an_item_quotes_the_last_answer_about_it(before, said, is_quoted):
    events = sorted([*before, said], key=lambda event: event["at"])
    quote = f"Dee in hour {said['at']}: “{said['answer']}”."
    assert (quote in items(*events)) is is_quoted
