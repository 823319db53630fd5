"""The playbook's priors: what to expect of quotes, and of phases that nobody has reached."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from bot.playbook.fields import PlaybookModel

Figure = StrictInt | StrictFloat
Name = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[StrictStr, Field(min_length=1, max_length=600)]
Spread = Annotated[Figure, Field(ge=0.01, le=3, allow_inf_nan=False)]
Days = Annotated[Figure, Field(gt=0, le=36_525, allow_inf_nan=False)]


class PriorSource(PlaybookModel):
    """Where a figure comes from: a publication, or the playbook's own assumption."""

    key: Name
    words: Words


class QuotePrior(PlaybookModel):
    """What becomes of a quoted time before a company has a history; see `OverrunPrior`."""

    median: Annotated[Figure, Field(gt=0, le=10, allow_inf_nan=False)]
    company: Spread
    function: Spread
    kind: Spread
    item: Spread
    weight: Annotated[Figure, Field(gt=0, le=1000, allow_inf_nan=False)]
    never: Annotated[Figure, Field(ge=0, le=0.5, allow_inf_nan=False)]
    sources: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10)]


class PhasePrior(PlaybookModel):
    """How often a phase ends in a scenario, and how long that takes; see `ScenarioPrior`."""

    phase: Name
    scenario: Name
    percent: Annotated[Figure, Field(ge=0, le=100, allow_inf_nan=False)]
    days: tuple[Days, Days, Days] | None = None
    builds: StrictBool = False
    sources: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10)]


class PriorData(PlaybookModel):
    """All priors of a playbook and where they come from."""

    sources: Annotated[tuple[PriorSource, ...], Field(min_length=1, max_length=40)]
    quotes: QuotePrior
    phases: Annotated[tuple[PhasePrior, ...], Field(max_length=200)] = ()
