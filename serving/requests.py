"""What callers send: parsed strictly, refused with the name of the field that is at fault."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, NoReturn

MOST_BYTES: Final = 2_000_000
MOST_ROWS: Final = 1_000
LONGEST_ENTITY: Final = 200
LONGEST_VALUE: Final = 200
_SHOWN: Final = 80


class RequestError(ValueError):
    """A call that cannot be answered as it was sent.

    Args:
        status: of the HTTP answer, 400 to 499.
        message: what is wrong, and what would be right.
        field: where, as a path such as `rows[3].values.spend`.
    """

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field


class RequestRow(NamedTuple):
    """One row to be answered.

    Args:
        entity: whom it is about.
        values: by column name.
        field: where it was in the request, for refusals.
    """

    entity: str
    values: Mapping[str, Any]
    field: str


class ReportedOutcome(NamedTuple):
    """An outcome as a caller reports it: of a prediction, or of an entity."""

    prediction: str | None
    entity: str | None
    at: float
    value: str
    key: str | None


def parse_json(body: bytes) -> Any:
    """Return a body's JSON.

    Raises:
        RequestError: it is none, is nested too deeply, or holds what no database takes.
    """
    try:
        return json.loads(body, parse_constant=_no_constant)
    except RecursionError:
        raise RequestError(400, "The body's JSON is nested too deeply.", "body") from None
    except ValueError as error:
        problem = str(error).partition("\n")[0][:_SHOWN]
        raise RequestError(400, f"The body is not JSON: {problem}.", "body") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value; send null")


def parse_rows(body: Any, entity_column: str | None) -> list[RequestRow]:
    """Return the rows of a call to /predict: `rows`, or one row itself.

    Args:
        body: the JSON.
        entity_column: the column that names the entity where a row does not.

    Raises:
        RequestError: a row lacks its entity or values; names it.
    """
    if not isinstance(body, dict):
        raise RequestError(422, "Send an object with rows, or with entity and values.", "body")
    if "rows" not in body:
        return [_row(body, "", entity_column)]
    rows = body["rows"]
    _count(rows, "rows")
    return [_row(row, f"rows[{number}].", entity_column) for number, row in enumerate(rows)]


def _count(rows: Any, field: str) -> None:
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_ROWS:
        raise RequestError(422, f"Send 1 to {MOST_ROWS:,} objects.", field)


def _row(row: Any, place: str, entity_column: str | None) -> RequestRow:
    if not isinstance(row, dict):
        raise RequestError(422, "A row is an object with entity and values.", place.rstrip("."))
    values = row.get("values")
    if not isinstance(values, dict):
        raise RequestError(
            422, "A row's values are an object: column name to value.", f"{place}values"
        )
    entity = row.get("entity")
    if entity is None and entity_column is not None:
        entity = values.get(entity_column)
    return RequestRow(entity_text(entity, f"{place}entity"), values, f"{place}values")


def entity_text(entity: Any, field: str) -> str:
    """Return an entity as it is hashed: text as it is, a whole number in digits.

    Raises:
        RequestError: it is neither, or too long.
    """
    if isinstance(entity, str) and 0 < len(entity) <= LONGEST_ENTITY:
        return entity
    if isinstance(entity, int) and not isinstance(entity, bool) and abs(entity) < 10**30:
        return str(entity)
    if isinstance(entity, float) and entity.is_integer() and abs(entity) < 2**53:
        return str(int(entity))
    raise RequestError(
        422,
        f"An entity is a text of 1 to {LONGEST_ENTITY} characters, or a whole number: the "
        "customer, machine or page that the row is about.",
        field,
    )


def parse_inference(body: Any, entity_column: str | None) -> list[RequestRow]:
    """Return the rows of a call in the Open Inference Protocol: one input a column.

    The entity is the input `entity`, or the entity column, or `parameters.entity` for one row.

    Raises:
        RequestError: an input is not as the protocol has it; names it.
    """
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not inputs:
        raise RequestError(422, "Send inputs: one tensor for each column.", "inputs")
    columns = dict(_tensor(one, f"inputs[{number}]") for number, one in enumerate(inputs))
    count = len(next(iter(columns.values())))
    for name, data in columns.items():
        if len(data) != count:
            raise RequestError(422, f"Expected {count} values as in the first input.", name)
    _count([None] * count if count <= MOST_ROWS else None, "inputs[0].data")
    entities = columns.pop("entity", None) or columns.get(entity_column or "")
    if entities is None:
        entities = [_parameter(body)] * count if count == 1 else [None] * count
    names = list(columns)
    return [
        RequestRow(
            entity_text(entity, f"inputs.entity[{number}]"),
            dict(zip(names, row, strict=True)),
            f"inputs[{number}]",
        )
        for number, (entity, row) in enumerate(
            zip(entities, zip(*columns.values(), strict=True), strict=True)
        )
    ]


def _parameter(body: Mapping[str, Any]) -> Any:
    parameters = body.get("parameters")
    return parameters.get("entity") if isinstance(parameters, dict) else None


def _tensor(tensor: Any, field: str) -> tuple[str, Sequence[Any]]:
    if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
        raise RequestError(422, "An input has name, shape, datatype and data.", field)
    data = tensor.get("data")
    if not isinstance(data, list) or not data:
        raise RequestError(422, "An input's data is a list of at least one value.", f"{field}.data")
    shape = tensor.get("shape", [len(data)])
    if shape not in ([len(data)], [len(data), 1]):
        raise RequestError(
            422, f"Expected the shape [{len(data)}]: one value a row.", f"{field}.shape"
        )
    flat = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in data]
    return tensor["name"], flat


def parse_outcomes(body: Any, now: float) -> list[ReportedOutcome]:
    """Return the outcomes of a call to /outcomes: `outcomes`, or one itself.

    Args:
        body: the JSON.
        now: when it came, in seconds since 1970; an outcome without a time happened then.

    Raises:
        RequestError: one names nothing, or its value or time cannot be read; names it.
    """
    if not isinstance(body, dict):
        raise RequestError(422, "Send an object with outcomes.", "body")
    if "outcomes" not in body:
        return [_outcome(body, "", now)]
    _count(body["outcomes"], "outcomes")
    return [
        _outcome(one, f"outcomes[{number}].", now) for number, one in enumerate(body["outcomes"])
    ]


def _outcome(one: Any, place: str, now: float) -> ReportedOutcome:
    if not isinstance(one, dict):
        raise RequestError(422, "An outcome is an object.", place.rstrip("."))
    prediction, entity = one.get("prediction"), one.get("entity")
    if (prediction is None) == (entity is None):
        raise RequestError(
            422,
            "Name either the prediction that the answer held, or the entity.",
            f"{place}prediction",
        )
    if prediction is not None and not _is_key(prediction):
        raise RequestError(
            422, "A prediction is the 32 characters that its answer held.", f"{place}prediction"
        )
    key = one.get("key")
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= LONGEST_VALUE):
        raise RequestError(422, "A key is a text, to send the same outcome again.", f"{place}key")
    return ReportedOutcome(
        prediction,
        None if entity is None else entity_text(entity, f"{place}entity"),
        _time(one.get("at"), f"{place}at", now),
        _value(one.get("value"), f"{place}value"),
        key,
    )


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 32 and set(value) <= set("0123456789abcdef")


def _value(value: Any, field: str) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if (
        isinstance(value, float)
        and math.isfinite(value)
        and value.is_integer()
        and abs(value) < 2**53
    ):
        return str(int(value))
    if isinstance(value, (int, float)) and abs(value) < 1e300:
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= LONGEST_VALUE and value.isprintable():
        return value
    raise RequestError(
        422, "A value is what happened: a class's name, true or false, or a number.", field
    )


def _time(at: Any, field: str, now: float) -> float:
    if at is None:
        return now
    try:
        moment = datetime.fromisoformat(at)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = moment.timestamp()
    except (TypeError, ValueError, OverflowError):
        seconds = -1.0
    if not 0 <= seconds <= now + 86_400:
        raise RequestError(422, "A time is as 2026-01-31T14:00:00Z, and not in the future.", field)
    return seconds
