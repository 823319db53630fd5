"""Replays a log of requests in a shadow run: each is checked and scored as a caller's would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.domain.enums import DeploymentState
from bot.domain.errors import InputError
from bot.domain.traffic import pseudonym
from serving.answering import Predictor
from serving.batch import no_entity_column, plain_value
from serving.desired import Desired, ServingStore
from serving.form import CompiledModel
from serving.ledger import Ledger
from serving.requests import RequestError, parse_rows
from serving.texts import say

if TYPE_CHECKING:
    import pandas as pd

ENTITY: Final = "entity"
VALUES: Final = "values."
"""How the columns of a request's values begin once a log of JSON lines is read as a table."""
AT_ONCE: Final = 1_000


@dataclass(frozen=True)
class _Held:
    """A state that does not change while a log is replayed; what `Predictor` asks a worker for."""

    desired: Desired
    form: CompiledModel

    def now(self) -> DeploymentState:
        return self.desired.state


def replay_frame(
    frame: pd.DataFrame,
    form: CompiledModel,
    desired: Desired,
    store: ServingStore,
    entity_column: str,
    *,
    worker: str,
    tell: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """Replay a log: a row a request, with the columns of the table or of a request's `values`.

    Args:
        frame: the log.
        form: of the model.
        desired: the deployment, in its shadow run.
        store: where each answered row is recorded.
        entity_column: whom a request is about; `entity` where the log has that and not this one.
        worker: names the replay in the record.
        tell: told how many requests of how many are replayed.

    Returns:
        What the batch's row is to say: rows, entities, and how many were refused.

    Raises:
        InputError: nothing says whom a request is about, no request could be answered, or the
            database did not take the rows.
    """
    whom = [entity_column, f"{VALUES}{entity_column}", ENTITY]
    if len(frame) and frame.columns.intersection(whom).empty:
        raise no_entity_column(frame, entity_column)
    ledger = Ledger(store, worker)
    answerer = Predictor(_Held(desired, form), ledger)
    entities: set[str] = set()
    answered, refused, first = 0, 0, ""
    for place, body in enumerate(_requests(frame, entity_column)):
        if place % AT_ONCE == 0:
            tell("replaying", place, len(frame))
            _flush(ledger)
        try:
            rows = parse_rows(body, entity_column)
            for given in answerer.answers(rows, None, overloaded=False):
                entities.add(pseudonym(given.entity, desired.pseudonym_key))
                answered += 1
        except RequestError as refusal:
            refused += 1
            ledger.refused(desired.generation)
            first = first or f"{refusal.field}: {refusal.message}"
    _flush(ledger)
    if not answered:
        key = "replay_refused" if refused else "replay_empty"
        raise InputError(say(key, rows=refused, first=first))
    return {"rows": answered, "entities": len(entities), "refused": refused, "alarms": []}


def _flush(ledger: Ledger) -> None:
    if not ledger.flush():
        raise InputError(say("replay_away"))


def _requests(frame: pd.DataFrame, entity_column: str) -> Iterator[Mapping[str, Any]]:
    """Yield the bodies that the rows stand for."""
    nested = [str(name) for name in frame.columns if str(name).startswith(VALUES)]
    named = entity_column if entity_column in frame.columns else ENTITY
    known = frame.astype(object).where(frame.notna(), None)
    for row in known.to_dict("records"):
        plain = {str(name): plain_value(value) for name, value in row.items()}
        values = (
            {name.removeprefix(VALUES): plain[name] for name in nested}
            if nested
            else {name: value for name, value in plain.items() if name != ENTITY}
        )
        yield {ENTITY: plain.get(named), "values": values}
