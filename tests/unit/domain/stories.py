"""Stories of a few events, and what the verdict says of them."""

from bot.domain.story import parse_story
from bot.domain.verdict import verdict

SILENT = {"at": 25, "by": "Dee", "request": "privacy", "of": "Pia", "deadline": 4}
GATE = {"at": 48, "by": "Ana", "gate": "deployment", "scenario": "privacy"}


def record_of(*events, **top):
    return parse_story({"story": "x", "events": list(events), **top}).record


def days(*events):
    return verdict(record_of(*events)).forecast
