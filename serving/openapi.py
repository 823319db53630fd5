"""Describes a deployed model's HTTP interface: OpenAPI, and Open Inference Protocol metadata."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any, Final

from serving.form import FormFacts
from serving.requests import LONGEST_ENTITY, LONGEST_VALUE, MOST_ROWS
from serving.texts import say, table
from serving.values import COMPACT, MISSING_WORDS

LARGEST: Final = sys.float_info.max
_MISSING: Final = "|".join(
    "".join(f"[{mark}{mark.upper()}]" if mark.isalpha() else re.escape(mark) for mark in word)
    for word in sorted(MISSING_WORDS)
)
_PLAIN_NUMBER: Final = r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})([eE][+-]?[0-9]{1,2})?"
_MARKED_NUMBER: Final = r"[€$£]?[+-]?[0-9]{1,3}([.,  ]?[0-9]{3}){0,4}([.,][0-9]{0,6})?[ ]?[%€]?"
_TYPES: Final[Mapping[str, list[dict[str, Any]]]] = {
    "number": [
        {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        {"type": ["boolean", "null"]},
    ],
    "category": [{"type": ["string", "number", "boolean", "null"]}],
    "text": [{"type": ["string", "number", "boolean", "null"]}],
    "date": [
        {"type": "null"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "date-time"},
        {"type": "string", "pattern": f"^({_MISSING})$"},
    ],
}
_TENSOR_TYPES: Final = {"number": "FP64"}
_PRINTABLE: Final = "^[ -~]+$"
_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "field": {"type": ["string", "null"]}},
}


_DIGITS: Final = {
    "d": "(0[1-9]|1[0-9]|2[0-8])",
    "m": "(0[1-9]|1[0-2])",
    "H": "([01][0-9]|2[0-3])",
    "M": "[0-5][0-9]",
    "S": "[0-5][0-9]",
    "Y": "(19|20)[0-9]{2}",
    "y": "[0-9]{2}",
}


def _entity() -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "string", "minLength": 1, "maxLength": LONGEST_ENTITY},
            {"type": "integer", "exclusiveMinimum": -(10**30), "exclusiveMaximum": 10**30},
        ],
        "description": say("entity_description"),
    }


def metadata(name: str, version: str, facts: FormFacts) -> dict[str, Any]:
    """Return the model's metadata in the Open Inference Protocol."""
    inputs = [
        {
            "name": str(one["name"]),
            "datatype": _TENSOR_TYPES.get(str(one["use"]), "BYTES"),
            "shape": [-1],
        }
        for one in facts.columns
    ]
    outputs = [
        {"name": "score", "datatype": "FP64", "shape": [-1]},
        *({"name": each, "datatype": "BYTES", "shape": [-1]} for each in OUTPUT_WORDS),
    ]
    return {
        "name": name,
        "versions": [version],
        "platform": "hour48",
        "inputs": [{"name": "entity", "datatype": "BYTES", "shape": [-1]}, *inputs],
        "outputs": outputs,
    }


OUTPUT_WORDS: Final = ("answer", "arm", "prediction")


def openapi(name: str, facts: FormFacts, *, needs_token: bool) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of a deployment.

    Args:
        name: of the model in the paths.
        facts: of the model.
        needs_token: whether callers must show one.
    """
    row = {
        "type": "object",
        "required": ["entity", "values"],
        "properties": {"entity": _entity(), "values": _values(facts)},
    }
    rows = {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": row}
    many = {"type": "object", "required": ["rows"], "properties": {"rows": rows}}
    one = row | {"not": {"required": ["rows"]}}
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": say("served_hour48", target=facts.target), "version": "1"},
        "paths": {
            "/predict": {"post": _call("Answer rows", {"oneOf": [one, many]}, _answers(), 200)},
            "/outcomes": {
                "post": _call(say("report_happened"), {"oneOf": _outcome_bodies()}, _taken(), 202)
            },
            f"/v2/models/{name}/infer": {
                "post": _call(say("protocol_infer"), _inference(), _object(), 200)
            },
            f"/v2/models/{name}": {"get": _look(say("model_metadata"))},
            "/livez": {"get": _look(say("whether_process_runs"))},
            "/readyz": {"get": _look(say("protocol_ready"), also=("503",))},
        },
    }
    if needs_token:
        described["components"] = {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}
        }
        for operations in described["paths"].values():
            for method, operation in operations.items():
                operation["security"] = [{"token": []}] if method == "post" else []
    return described


def _values(facts: FormFacts) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [str(one["name"]) for one in facts.columns],
        "properties": {str(one["name"]): _column(one, facts) for one in facts.columns},
    }


def _column(column: Mapping[str, Any], facts: FormFacts) -> dict[str, Any]:
    shares = facts.reference["columns"].get(column["name"], {})
    known = f"A {column['use']}"
    if column["notation"]:
        known += say("training_table_wrote", notation=column["notation"])
    if edges := shares.get("edges"):
        known += say("training_four_five", low=edges[0], high=edges[-1])
    if levels := shares.get("levels"):
        known += say("training_mostly", map=", ".join(map(str, levels[:10])))
    return {"anyOf": _taken_types(column), "description": say("null_missing", known=known)}


def _taken_types(column: Mapping[str, Any]) -> list[dict[str, Any]]:
    taken = _TYPES[str(column["use"])]
    if column["use"] == "number":
        number = _MARKED_NUMBER if column["notation"] else _PLAIN_NUMBER
        return [*taken, {"type": "string", "pattern": f"^({number}|{_MISSING})$"}]
    if column["use"] == "date" and column["notation"]:
        shape = {"type": "string", "pattern": f"^{_date_pattern(column['notation'])}$"}
        whole = [{"type": "integer"}] if column["notation"].startswith(COMPACT) else []
        return [*taken, shape, *whole]
    return taken


def _date_pattern(notation: str) -> str:
    """Return what a date in a training table's notation looks like."""
    return re.sub(r"%(.)", lambda found: _DIGITS[found[1]], re.escape(notation))


def _object() -> dict[str, Any]:
    return {"type": "object"}


def _answers() -> dict[str, Any]:
    answer = {
        "type": "object",
        "required": ["entity", "prediction", "arm", "score", "answer"],
        "properties": {
            "entity": {"type": "string"},
            "prediction": {"type": "string"},
            "arm": {"enum": ["model", "control"]},
            "score": {"type": ["number", "null"]},
            "answer": {"type": ["string", "number", "boolean", "null", "object", "array"]},
        },
    }
    return {
        "type": "object",
        "required": ["predictions"],
        "properties": {"predictions": {"type": "array", "items": answer}},
    }


def _outcome_bodies() -> list[dict[str, Any]]:
    value = {
        "anyOf": [
            {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE, "pattern": _PRINTABLE},
            {"type": "number", "exclusiveMinimum": -1e300, "exclusiveMaximum": 1e300},
            {"type": "boolean"},
        ]
    }
    also = {
        "value": value,
        "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        "key": {"type": ["string", "null"], "minLength": 1, "maxLength": LONGEST_VALUE},
    }
    prediction = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
    named = [
        _object_of({"prediction": prediction, "entity": {"type": "null"}} | also, "prediction"),
        _object_of({"entity": _entity(), "prediction": {"type": "null"}} | also, "entity"),
    ]
    many = {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": {"oneOf": named}}
    one = {"not": {"required": ["outcomes"]}}
    return [
        *(each | one for each in named),
        {"type": "object", "required": ["outcomes"], "properties": {"outcomes": many}},
    ]


def _object_of(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "required": [*required, "value"], "properties": properties}


def _taken() -> dict[str, Any]:
    return {"type": "object", "properties": {"accepted": {"type": "integer"}}}


def _inference() -> dict[str, Any]:
    tensor = {
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer"}},
            "datatype": {"type": "string"},
            "data": {"type": "array", "minItems": 1},
        },
    }
    return {
        "type": "object",
        "required": ["inputs"],
        "properties": {"id": {"type": "string"}, "inputs": {"type": "array", "items": tensor}},
    }


def _call(
    summary: str, body: dict[str, Any], answer: dict[str, Any], status: int
) -> dict[str, Any]:
    refusals = {
        code: {"description": words, "content": {"application/json": {"schema": _ERROR}}}
        for code, words in table("http_refusals", str).items()
    }
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            str(status): {
                "description": "Done.",
                "content": {"application/json": {"schema": answer}},
            },
            **refusals,
        },
    }


def _look(summary: str, also: tuple[str, ...] = ()) -> dict[str, Any]:
    codes = {code: {"description": say("not_ready")} for code in also}
    return {"summary": summary, "responses": {"200": {"description": "Yes."}, **codes}}
