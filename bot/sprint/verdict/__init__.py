"""The verdict on a sprint: `verdict(record)` answers the five questions and names the path."""

from bot.sprint.verdict.as_json import answers_of, to_json
from bot.sprint.verdict.compute import quotes_of, verdict
from bot.sprint.verdict.model import Figures, Forecast, Obstacle, Quote, Sentence, Verdict

__all__ = [
    "Figures",
    "Forecast",
    "Obstacle",
    "Quote",
    "Sentence",
    "Verdict",
    "answers_of",
    "quotes_of",
    "to_json",
    "verdict",
]
