"""The verdict on a sprint: `verdict(record)` answers the five questions and names the path."""

from bot.sprint.verdict.as_json import answers_of, to_json
from bot.sprint.verdict.compute import verdict
from bot.sprint.verdict.ledger import function_of
from bot.sprint.verdict.model import Cause, Figures, Forecast, Quote, Sentence, Verdict
from bot.sprint.verdict.words import say_days

__all__ = [
    "Cause",
    "Figures",
    "Forecast",
    "Quote",
    "Sentence",
    "Verdict",
    "answers_of",
    "function_of",
    "say_days",
    "to_json",
    "verdict",
]
