"""The verdict on a sprint: `verdict(record)` answers the five questions and names the path."""

from bot.domain.verdict.as_json import answers_of, to_json
from bot.domain.verdict.compute import verdict, what_if
from bot.domain.verdict.experience import Experience
from bot.domain.verdict.model import Cause, Figures, Forecast, Quote, Sentence
from bot.domain.verdict.result import Verdict
from bot.domain.verdict.statistics import function_of
from bot.domain.verdict.wording import say_days

__all__ = [
    "Cause",
    "Experience",
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
    "what_if",
]
