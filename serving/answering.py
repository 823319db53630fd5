"""Answers rows: chooses each entity's arm, asks the model or gives the control answer, records it.

Whatever goes wrong on this side ends in the control answer: a website never sees an error of ours.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from bot.domain.enums import DeploymentState
from bot.domain.traffic import Arm, in_share, pseudonym
from serving.desired import ClientFacts, Desired, PredictionRow
from serving.form import CompiledModel, RowScore
from serving.ledger import Ledger
from serving.requests import RequestError, RequestRow
from serving.values import FieldError

log = structlog.get_logger()

_LONGEST_ERROR: Final = 80


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What a caller gets for a row.

    Args:
        entity: as it was named.
        prediction: to report the outcome by.
        arm: whose answer it is: the model's or control.
        score: of the model; none for control.
        answer: the class, the number, or the control answer.
    """

    entity: str
    prediction: str
    arm: Arm
    score: float | None
    answer: Any


class ServedState(Protocol):
    """What is desired, and the model of it."""

    @property
    def desired(self) -> Desired | None:
        """The deployment's row."""
        ...

    @property
    def form(self) -> CompiledModel | None:
        """Its model."""
        ...

    def now(self) -> DeploymentState:
        """Return what holds at this moment."""
        ...


class Predictor:
    """Answers rows as the desired state has it.

    Args:
        state: what is desired.
        ledger: where each answered row is recorded.
    """

    def __init__(self, state: ServedState, ledger: Ledger) -> None:
        self._state = state
        self._ledger = ledger

    def answers(
        self, rows: Sequence[RequestRow], client: ClientFacts | None, *, overloaded: bool
    ) -> Iterator[RowAnswer]:
        """Yield the answer of each row; all are checked before the first is answered.

        Args:
            rows: of one call.
            client: who calls.
            overloaded: whether more calls wait than the model may keep waiting: then control.

        Raises:
            RequestError: a row's value cannot be read; names it.
        """
        state, desired, form = self._state.now(), self._state.desired, self._state.form
        if desired is None or form is None or state is DeploymentState.PULLED or overloaded:
            return self._control_answers(rows, desired, client, overloaded=overloaded)
        prepared = [_prepare(form, row) for row in rows]
        return self._asked(rows, prepared, desired, form, state, client)

    def _control_answers(
        self,
        rows: Sequence[RequestRow],
        desired: Desired | None,
        client: ClientFacts | None,
        *,
        overloaded: bool,
    ) -> Iterator[RowAnswer]:
        for row in rows:
            began = time.perf_counter()
            given = RowAnswer(row.entity, new_key(), Arm.CONTROL, None, _control(desired, row))
            if desired is not None:
                record = _record(desired, row, given, client, took=time.perf_counter() - began)
                self._ledger.predicted(record, overloaded=overloaded)
            yield given

    def _asked(
        self,
        rows: Sequence[RequestRow],
        prepared: Sequence[list[Any]],
        desired: Desired,
        form: CompiledModel,
        state: DeploymentState,
        client: ClientFacts | None,
    ) -> Iterator[RowAnswer]:
        for row, values in zip(rows, prepared, strict=True):
            began = time.perf_counter()
            arm = _arm(state, row.entity, desired)
            scored, error = None, None
            if arm is not Arm.CONTROL:
                scored, error = score_or_error(form, values, desired.threshold)
            given = _given(row, arm, scored, desired)
            self._ledger.predicted(
                _record(
                    desired,
                    row,
                    given,
                    client,
                    took=time.perf_counter() - began,
                    arm=arm,
                    scored=scored,
                    error=error,
                    bins=form.bins(values),
                )
            )
            yield given


def _prepare(form: CompiledModel, row: RequestRow) -> list[Any]:
    try:
        return form.prepare(row.values)
    except FieldError as refusal:
        place = f"{row.field}.{refusal.column}"
        raise RequestError(422, f"{refusal}.", place) from None


def _arm(state: DeploymentState, entity: str, desired: Desired) -> Arm:
    if state is DeploymentState.SHADOW:
        return Arm.SHADOW
    return Arm.MODEL if in_share(entity, desired.percent, desired.salt) else Arm.CONTROL


def score_or_error(
    form: CompiledModel, values: Sequence[Any], threshold: float | None
) -> tuple[RowScore | None, str | None]:
    """Ask the model; a failure of it is named and not raised, so that control can answer."""
    try:
        scored = form.score(values, threshold)
    except Exception as broken:  # whatever a model raises, the caller gets the control answer
        log.exception("serving.model_failed")
        return None, type(broken).__name__[:_LONGEST_ERROR]
    if scored.score != scored.score:
        return None, "NotANumber"
    return scored, None


def _given(row: RequestRow, arm: Arm, scored: RowScore | None, desired: Desired) -> RowAnswer:
    if arm is Arm.MODEL and scored is not None:
        return RowAnswer(row.entity, new_key(), Arm.MODEL, scored.score, scored.answer)
    return RowAnswer(row.entity, new_key(), Arm.CONTROL, None, _control(desired, row))


def _control(desired: Desired | None, row: RequestRow) -> Any:
    control: Mapping[str, Any] = desired.control if desired is not None else {}
    if "column" in control:
        return row.values.get(control["column"])
    return control.get("answer")


def new_key() -> str:
    """Return a fresh name for a prediction: 32 hexadecimal digits."""
    return os.urandom(16).hex()


def _record(
    desired: Desired,
    row: RequestRow,
    given: RowAnswer,
    client: ClientFacts | None,
    *,
    took: float,
    arm: Arm = Arm.CONTROL,
    scored: RowScore | None = None,
    error: str | None = None,
    bins: bytes | None = None,
) -> PredictionRow:
    return PredictionRow(
        generation=desired.generation,
        at=time.time(),
        key=given.prediction,
        entity=pseudonym(row.entity, desired.pseudonym_key),
        arm=arm.value,
        score=None if scored is None else scored.score,
        answer=None if given.answer is None else str(given.answer)[:LONGEST_ANSWER],
        bins=bins,
        features=row.values if desired.keeps_features else None,
        latency_ms=took * 1000,
        error=error,
        client_id=None if client is None else client.id,
    )


LONGEST_ANSWER: Final = 2_000
