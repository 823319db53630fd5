"""A setting that cannot be taken, as one sentence: where it is, what was given, what is right."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from bot.domain.faults import GivenValue, fault_words
from bot.domain.texts import say

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

ENV_PREFIX: Final = "HOUR48_"
ENV_DELIMITER: Final = "__"
_ONLY_SYMPTOM: Final = frozenset({"missing", "value_error"})
"""Faults that a misspelt key beside them may be the cause of."""


def setting_place(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """Return the path to the setting that `setting_fault` speaks of."""
    return tuple(key for key, _ in _walk(model, _worst(error)["loc"]))


def setting_fault(
    error: ValidationError, model: type[BaseModel], file: object, environment: Mapping[str, str]
) -> str:
    """Return the sentence about the first setting that was refused; no secret is in it.

    Args:
        error: what pydantic refused.
        model: what was read.
        file: the configuration file's name.
        environment: what may name settings as well, and wins over the file.
    """
    worst = _worst(error)
    steps = list(_walk(model, worst["loc"]))
    path = [key for key, _ in steps]
    is_section = worst["type"] != "missing" and isinstance(worst["input"], Mapping)
    place = _place(path, file, environment, is_section=is_section)
    if worst["type"] == "extra_forbidden":
        above = steps[-2][1] if len(steps) > 1 else model
        fault = _unknown(path[-1], _keys_of(above))
    elif worst["type"] in ("model_type", "dict_type", "model_attributes_type"):
        fault = say("setting_needs_section", section=".".join(path))
    elif steps and _is_any_plain(steps[-1][1]):
        fault = say("setting_needs_one_value")
    else:
        fault = fault_words(worst, GivenValue(worst["input"], is_secret=_is_secret(steps)))
    return _refused(place, fault)


def unknown_section(name: str, model: type[BaseModel]) -> str:
    """Return the sentence about a variable of the environment that names no section."""
    section = name.removeprefix(ENV_PREFIX).partition(ENV_DELIMITER)[0].lower()
    fault = _unknown(section, sorted(model.model_fields))
    return _refused(say("setting_in_environment", name=name), fault)


def unreadable_variable(environment: Mapping[str, str], model: type[BaseModel]) -> str | None:
    """Return the sentence about a variable that must hold JSON and does not, if there is one."""
    for name in sorted(environment):
        path = name.upper().removeprefix(ENV_PREFIX).lower().split(ENV_DELIMITER)
        steps = list(_walk(model, path))
        if not name.upper().startswith(ENV_PREFIX) or not steps or _is_plain(steps[-1][1]):
            continue
        try:
            json.loads(environment[name])
        except ValueError:
            needs = "setting_needs_object" if _keys_of(steps[-1][1]) else "setting_needs_json"
            return _refused(say("setting_in_environment", name=name), say(needs, name=name))
    return None


def _worst(error: ValidationError) -> ErrorDetails:
    """Return the fault to speak of: a misspelt key before what it may have caused."""
    faults = error.errors(include_url=False)
    first = faults[0]
    unknown = [each for each in faults if each["type"] == "extra_forbidden"]
    is_symptom = first["type"] in _ONLY_SYMPTOM or isinstance(first["input"], Mapping)
    return unknown[0] if unknown and is_symptom else first


def _refused(place: str, fault: str) -> str:
    return say("setting_refused", place=place, fault=fault, end="" if fault[-1] == "?" else ".")


def _place(
    path: list[str], file: object, environment: Mapping[str, str], *, is_section: bool
) -> str:
    given = {name.upper(): name for name in environment}
    for depth in range(len(path), 0, -1):
        name = given.get(ENV_PREFIX + ENV_DELIMITER.join(path[:depth]).upper())
        if name:
            return say("setting_in_environment", name=name)
    if is_section:
        return say("setting_section", file=file, section=".".join(path))
    *section, key = path or [""]
    if not section:
        return say("setting_at_top", file=file, key=key)
    return say("setting_in_section", file=file, section=".".join(section), key=key)


def _unknown(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, 1, 0.6)
    if near:
        return say("setting_misspelt", near=near[0])
    return say("setting_unknown", known=", ".join(known))


def _is_secret(steps: list[tuple[str, Any]]) -> bool:
    """Whether a setting may hold a secret; one of which nothing is known may."""
    return not steps or steps[-1][1] is None or SecretStr in _alternatives(steps[-1][1])


def _walk(model: Any, path: Any) -> Iterator[tuple[str, Any]]:
    """Give each step of a path and what may stand there; a union's own steps are no keys."""
    here: Any = model
    for step in path:
        below = _below(here, str(step))
        if below is None and step in {_name(each) for each in _alternatives(here)}:
            continue
        here = below
        yield str(step), here


def _below(annotation: Any, key: str) -> Any:
    for each in _alternatives(annotation):
        if isinstance(each, type) and issubclass(each, BaseModel):
            if key in each.model_fields:
                return each.model_fields[key].annotation
        elif get_origin(each) in (dict, list):
            return get_args(each)[-1]
    return None


def _alternatives(annotation: Any) -> list[Any]:
    """Return what an annotation allows, each alternative by itself."""
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [found for each in get_args(annotation) for found in _alternatives(each)]
    return [annotation]


def _name(annotation: Any) -> str:
    return getattr(annotation, "__name__", "")


def _keys_of(annotation: Any) -> list[str]:
    models = [
        each
        for each in _alternatives(annotation)
        if isinstance(each, type) and issubclass(each, BaseModel)
    ]
    return sorted({key for each in models for key in each.model_fields})


def _is_any_plain(annotation: Any) -> bool:
    """Whether several kinds of a single value are right."""
    found = _alternatives(annotation)
    return len(found) > 1 and all(each in (bool, int, float, str) for each in found)


def _is_plain(annotation: Any) -> bool:
    """Whether the environment holds a setting as it is, and not as JSON."""
    return not any(
        get_origin(each) in (dict, list) or (isinstance(each, type) and issubclass(each, BaseModel))
        for each in _alternatives(annotation)
    )
