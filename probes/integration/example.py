"""One value that a JSON schema allows, the plainest there is: examples first, then bounds."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

_DEEPEST: Final = 8
_SEED: Final = 48
_FORMATS: Final[Mapping[str, str]] = {
    "date": "2026-01-05",
    "date-time": "2026-01-05T09:00:00Z",
    "time": "09:00:00Z",
    "duration": "PT1H",
    "uuid": "00000000-0000-4000-8000-000000000048",
    "email": "test@example.com",
    "idn-email": "test@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "aG91cjQ4",
    "binary": "hour48",
    "password": "hour48-test",
}
Resolve = Callable[[str], Any]
"""Gives what a `$ref` inside the same document points to, or nothing."""


class Examples:
    """Builds example values.

    Args:
        resolve: follows a `$ref`; schemas elsewhere are not fetched.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._random = random.Random(_SEED)

    def of(self, schema: Any, depth: int = 0) -> Any:
        """Return a value for `schema`; None where nothing better is known."""
        schema = self._whole(schema)
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return None
        given = _stated(schema)
        if given:
            return given[0]
        return _BUILDERS[_type_of(schema)](self, schema, depth)

    def _whole(self, schema: Any, depth: int = 0) -> Any:
        """Return a schema with its reference followed and its parts put together."""
        for _ in range(_DEEPEST):
            if not isinstance(schema, Mapping) or "$ref" not in schema:
                break
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            target = self._resolve(str(schema["$ref"]))
            schema = {**target, **beside} if isinstance(target, Mapping) else None
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return schema
        whole = dict(schema)
        for part in [*whole.pop("allOf", []), *_chosen(whole)]:
            whole = _merged(whole, self._whole(part, depth + 1))
        return whole

    def object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Return an object with what is required; with all where nothing is said to be."""
        properties = schema.get("properties") or {}
        wanted = schema.get("required")
        names = wanted if isinstance(wanted, list) else [] if depth > 2 else list(properties)
        made = {
            name: self.of(properties.get(name, {}), depth + 1)
            for name in names
            if not _is_read_only(properties.get(name))
        }
        return _with_discriminator(schema, made)

    def array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        """Return as many items as there must be, one where none must."""
        ahead = [self.of(item, depth + 1) for item in schema.get("prefixItems") or []]
        least = max(int(schema.get("minItems") or 0), 0 if schema.get("maxItems") == 0 else 1)
        more = max(0, least - len(ahead)) if schema.get("items") is not False else 0
        items = [self.of(schema.get("items", {}), depth + 1) for _ in range(min(more, 100))]
        if schema.get("uniqueItems") and len(items) > 1:
            items = _apart(items, self._whole(schema.get("items", {})))
        return ahead + items

    def string(self, schema: Mapping[str, Any], _depth: int) -> str:
        """Return a text of the right form and length."""
        if isinstance(schema.get("pattern"), str):
            return self._matching(schema["pattern"])
        text = _FORMATS.get(str(schema.get("format")), "test")
        least, most = int(schema.get("minLength") or 0), schema.get("maxLength")
        text = text.ljust(least, "x")
        return text[: int(most)] if most is not None else text

    def _matching(self, pattern: str) -> str:
        import rstr

        try:
            return str(rstr.Rstr(self._random).xeger(pattern))
        except Exception:
            return "test"

    def number(self, schema: Mapping[str, Any], _depth: int) -> float:
        """Return a number within its bounds."""
        return _within(schema, 0.5, 0.0)

    def integer(self, schema: Mapping[str, Any], _depth: int) -> int:
        """Return a whole number within its bounds."""
        return int(_within(schema, 1.0, 1.0))

    def boolean(self, _schema: Mapping[str, Any], _depth: int) -> bool:
        """Return true: the call is a test."""
        return True

    def anything(self, _schema: Mapping[str, Any], _depth: int) -> str:
        """Return a text where any value will do."""
        return "test"

    def nothing(self, _schema: Mapping[str, Any], _depth: int) -> None:
        """Return null, the only value of its type."""


_BUILDERS: Final[Mapping[str, Callable[[Examples, Mapping[str, Any], int], Any]]] = {
    "object": Examples.object,
    "array": Examples.array,
    "string": Examples.string,
    "number": Examples.number,
    "integer": Examples.integer,
    "boolean": Examples.boolean,
    "null": Examples.nothing,
    "any": Examples.anything,
}


def _stated(schema: Mapping[str, Any]) -> list[Any]:
    """Return the value that the schema itself states, in a list; empty where there is none."""
    for key in ("const", "example", "default"):
        if key in schema and schema[key] is not None:
            return [schema[key]]
    for key in ("examples", "enum"):
        values = schema.get(key)
        if isinstance(values, list) and values:
            return [values[0]]
    return []


def _type_of(schema: Mapping[str, Any]) -> str:
    stated = schema.get("type")
    if isinstance(stated, list):
        stated = next((one for one in stated if one != "null"), "null")
    if stated in _BUILDERS:
        return str(stated)
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    if "pattern" in schema or "format" in schema or "minLength" in schema:
        return "string"
    return "number" if "minimum" in schema or "maximum" in schema else "any"


def _chosen(whole: dict[str, Any]) -> Sequence[Any]:
    for key in ("oneOf", "anyOf"):
        options = whole.pop(key, None)
        if isinstance(options, list) and options:
            real = [one for one in options if not _is_null(one)]
            return real[:1]
    return ()


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "null"


def _is_read_only(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("readOnly") is True


def _merged(whole: dict[str, Any], part: Any) -> dict[str, Any]:
    if not isinstance(part, Mapping):
        return whole
    merged = {**part, **whole}
    merged["properties"] = {**(part.get("properties") or {}), **(whole.get("properties") or {})}
    required = [*(part.get("required") or []), *(whole.get("required") or [])]
    if required or "required" in part or "required" in whole:
        merged["required"] = list(dict.fromkeys(required))
    if not merged["properties"]:
        del merged["properties"]
    return merged


def _with_discriminator(schema: Mapping[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    discriminator = schema.get("discriminator")
    if not isinstance(discriminator, Mapping) or not isinstance(
        discriminator.get("propertyName"), str
    ):
        return made
    mapping = discriminator.get("mapping")
    if isinstance(mapping, Mapping) and mapping:
        made[discriminator["propertyName"]] = next(iter(mapping))
    return made


def _apart(items: list[Any], schema: Any) -> list[Any]:
    values = schema.get("enum") if isinstance(schema, Mapping) else None
    if isinstance(values, list) and len(values) >= len(items):
        return values[: len(items)]
    return [
        f"{item}{place}" if isinstance(item, str) else item + place if _is_number(item) else item
        for place, item in enumerate(items)
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _within(schema: Mapping[str, Any], usual: float, step: float) -> float:
    """Return the usual number, or the first beside its bounds that all rules allow."""
    low, high = _bound(schema, "inimum"), _bound(schema, "aximum")
    raw = schema.get("multipleOf")
    grid = float(raw) if isinstance(raw, int | float) and raw > 0 else step
    if grid:
        start = low if low is not None else high - grid if high is not None else usual
        first = -(-start // grid) * grid
        beside = [usual, first, first + grid, first - grid, first + 2 * grid]
    else:
        middle = (low + high) / 2 if low is not None and high is not None else usual
        beside = [usual, middle, *(low + 0.5 for low in [low] if low is not None)]
        beside += [high - 0.5 for high in [high] if high is not None]
    return next((one for one in beside if _allows(schema, one, grid)), beside[0])


def _allows(schema: Mapping[str, Any], value: float, grid: float) -> bool:
    low, high = _bound(schema, "inimum"), _bound(schema, "aximum")
    too_low = low is not None and (
        value < low or (value == low and _is_exclusive(schema, "inimum"))
    )
    too_high = high is not None and (
        value > high or (value == high and _is_exclusive(schema, "aximum"))
    )
    return not too_low and not too_high and not (grid and value % grid)


def _bound(schema: Mapping[str, Any], which: str) -> float | None:
    stated = [schema.get(f"m{which}"), schema.get(f"exclusiveM{which}")]
    return next(
        (float(one) for one in stated if isinstance(one, int | float) and _is_number(one)), None
    )


def _is_exclusive(schema: Mapping[str, Any], which: str) -> bool:
    value = schema.get(f"exclusiveM{which}")
    return value is True or _is_number(value)
