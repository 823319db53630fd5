"""The fields that a playbook's parts are made of, each with what Slack and the method allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from bot.domain.probe_table import built_in
from bot.playbook.sandbox import (
    LONG_APPROVAL,
    LONG_PROMPT,
    SHORT_PROMPT,
    ApprovalFacts,
    PromptFacts,
    render,
    template_fault,
)
from bot.playbook.texts import say

LONGEST_LABEL = 75
LONGEST_LINE = 150
LONGEST_TEXT = 1200
LONGEST_PROMPT = 1400
LONGEST_SPRINT_HOURS = 336


def escaped_length(text: str) -> int:
    """Return how many characters `text` takes once Slack's three control characters are escaped."""
    return len(text) + 4 * text.count("&") + 3 * text.count("<") + 3 * text.count(">")


def at_most(limit: int) -> AfterValidator:
    """Return the rule of a text that is not empty and at most so long, as Slack counts."""

    def check(text: str) -> str:
        if not text.strip():
            raise ValueError(say("text_empty"))
        if escaped_length(text) > limit:
            raise ValueError(say("text_too_long", length=escaped_length(text), limit=limit))
        return text.strip()

    return AfterValidator(check)


def _fills_in(*samples: PromptFacts | ApprovalFacts) -> AfterValidator:
    def check(text: str) -> str:
        if fault := template_fault(text, samples):
            raise ValueError(fault)
        longest = max(escaped_length(render(text, facts)) for facts in samples)
        if longest > LONGEST_PROMPT:
            raise ValueError(say("prompt_too_long", longest=longest, most=LONGEST_PROMPT))
        if not all(render(text, facts).strip() for facts in samples):
            raise ValueError(say("prompt_may_be_empty"))
        return text

    return AfterValidator(check)


def _yes_and_no(value: object) -> object:
    """Read what YAML made of an unquoted yes or no as the word that was written."""
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


Key = Annotated[StrictStr, BeforeValidator(_yes_and_no), Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Label = Annotated[StrictStr, at_most(LONGEST_LABEL)]
Line = Annotated[StrictStr, at_most(LONGEST_LINE)]
Text = Annotated[StrictStr, at_most(LONGEST_TEXT)]
PromptText = Annotated[StrictStr, at_most(LONGEST_TEXT), _fills_in(LONG_PROMPT, SHORT_PROMPT)]
ApprovalText = Annotated[StrictStr, at_most(LONGEST_TEXT), _fills_in(LONG_APPROVAL)]
Hours = Annotated[StrictInt, Field(ge=0, le=LONGEST_SPRINT_HOURS)]
PositiveHours = Annotated[StrictInt, Field(ge=1, le=LONGEST_SPRINT_HOURS)]
Days = Annotated[StrictInt, Field(ge=1, le=3650)]
Months = Annotated[StrictInt, Field(ge=1, le=60)]
Amount = Annotated[StrictInt | StrictFloat, Field(ge=0, le=1e12, allow_inf_nan=False)]
TimeOfDay = Annotated[StrictStr, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
ButtonKey = Literal["on_track", "blocked", "approval", "probe"]
if TYPE_CHECKING:
    ProbeKey = str
else:
    ProbeKey = Literal[*built_in()]
QuestionKey = Literal[
    "unlimited_resources", "critical_path", "timeline", "thirty_days", "should_do_ai"
]


class PlaybookModel(BaseModel):
    """Any part of a playbook: immutable, and unknown keys are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
