"""What a story says beside its events: the use case's worth, past quotes and past forecasts."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from bot.domain.past import PastQuote
from bot.domain.story_fields import LONGEST_TEXT, Name, StoryModel, between, words
from bot.domain.texts import say
from bot.domain.vocabulary import Period
from bot.reading.lead_time import read_lead_time

LARGEST_AMOUNT: Final = 1e12
LONGEST_DAYS: Final = 36_525.0
MOST_PAST: Final = 2_000


def _days(value: Any) -> float:
    text = words(value, longest=LONGEST_TEXT)
    days = read_lead_time(text).days
    if days is None:
        raise ValueError(say("duration_unreadable", words=text[:60]))
    return days.mode


Quoted = Annotated[float, BeforeValidator(_days)]
Days = Annotated[float, between(0, LONGEST_DAYS)]


class WorthPart(StoryModel):
    """What the use case is worth."""

    amount: Annotated[float, between(0, LARGEST_AMOUNT)]
    currency: Name
    per: Period


class QuotePart(StoryModel):
    """What one of this company's functions quoted before; `took: null` is never, or not yet."""

    nulls = frozenset({"took"})
    function: Name
    quoted: Quoted
    took: Quoted | None
    after: Days | None = None

    @property
    def quote(self) -> PastQuote:
        """The quote; how long it has been open counts only while it is."""
        after = self.after if self.took is None else None
        return PastQuote(self.function, self.quoted, self.took, after)


class ForecastPart(StoryModel):
    """A past forecast and what came of it; `after` counts while nothing has."""

    p50: Days
    p80: Days
    took: Days | None = None
    after: Days | None = Field(None, validate_default=True)

    @field_validator("p80")
    @classmethod
    def _not_sooner(cls, p80: float, info: ValidationInfo) -> float:
        p50 = info.data.get("p50", p80)
        if p80 < p50:
            raise ValueError(say("p80_below_p50", p50=p50))
        return p80

    @field_validator("after")
    @classmethod
    def _while_open(cls, after: float | None, info: ValidationInfo) -> float | None:
        if info.data.get("took") is not None:
            return None
        if after is None:
            raise ValueError(say("took_null_without_after"))
        return after
