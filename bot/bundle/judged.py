"""What a verdict rests on, as JSON and back, so that another machine can judge the same again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from bot.domain.errors import InputError
from bot.domain.record import SprintRecord
from bot.domain.verdict import to_json, verdict
from bot.domain.verdict.experience import Experience
from bot.domain.verdict.model import Figures, Quote
from bot.domain.verdict.priors import Priors
from bot.domain.verdict.scores import ForecastMade
from bot.messages.catalog import say_plain

Files = Mapping[str, bytes]
Outcomes = list[tuple[str, str, int]]
RECORD: Final = "record.json"
EXPERIENCE: Final = "experience.json"
METHOD: Final = "method.json"
VERDICT: Final = "verdict.json"
_RECORD: Final = TypeAdapter(SprintRecord)
_EXPERIENCE: Final = TypeAdapter(tuple[tuple[Quote, ...], tuple[ForecastMade, ...], Outcomes])
_METHOD: Final = TypeAdapter(tuple[Priors, Figures])


@dataclass(frozen=True, slots=True)
class Grounds:
    """Everything that a verdict is computed from.

    Args:
        record: what happened.
        experience: what the company had been through.
        priors: what the playbook assumes.
        figures: what an hour costs by the playbook.
    """

    record: SprintRecord
    experience: Experience
    priors: Priors
    figures: Figures

    def files(self) -> dict[str, bytes]:
        """Return the grounds and the verdict on them, each as one file."""
        past = self.experience
        outcomes = [(*where, count) for where, count in sorted(past.outcomes.items())]
        return {
            RECORD: _indented(_RECORD.dump_json(self.record)),
            EXPERIENCE: _indented(_EXPERIENCE.dump_json((past.quotes, past.forecasts, outcomes))),
            METHOD: _indented(_METHOD.dump_json((self.priors, self.figures))),
            VERDICT: self.verdict_bytes(),
        }

    def verdict_bytes(self) -> bytes:
        """Judge, and return the verdict as the one file that it makes."""
        found = verdict(
            self.record, experience=self.experience, priors=self.priors, figures=self.figures
        )
        return _spelled(to_json(found))


def read_grounds(files: Files) -> Grounds:
    """Return the grounds in a bundle's files.

    Raises:
        InputError: one is missing, or is of another version of hour48.
    """
    try:
        quotes, forecasts, outcomes = _EXPERIENCE.validate_json(files[EXPERIENCE])
        priors, figures = _METHOD.validate_json(files[METHOD])
        past = {(phase, scenario): count for phase, scenario, count in outcomes}
        return Grounds(
            _RECORD.validate_json(files[RECORD]),
            Experience(quotes, forecasts, past),
            priors,
            figures,
        )
    except (KeyError, ValidationError):
        raise InputError(say_plain("bundle.record_unreadable")) from None


def _indented(raw: bytes) -> bytes:
    return _spelled(json.loads(raw))


def _spelled(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
