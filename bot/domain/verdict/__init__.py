"""The verdict on a sprint: `verdict(record)` answers the five questions and names the path."""

from bot.domain.verdict.as_json import answers_of, to_json
from bot.domain.verdict.compute import verdict
from bot.domain.verdict.experience import Experience
from bot.domain.verdict.model import Figures, Forecast, Obstacle, Quote, Sentence, Verdict
from bot.domain.verdict.statistics import function_of
from bot.domain.verdict.wording import say_days

__all__ = [
    "Experience",
    "Figures",
    "Forecast",
    "Obstacle",
    "Quote",
    "Sentence",
    "Verdict",
    "answers_of",
    "function_of",
    "say_days",
    "to_json",
    "verdict",
]
