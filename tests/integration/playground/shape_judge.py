"""Judges answers and payloads by shapes recorded from the real Slack, where they are at hand."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[4] / "shared" / "data"
TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}


@functools.cache
def recorded(name: str) -> Any:
    """Return one of the recorded data files, or skip the test where there are none."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside this checkout")
    return json.loads(path.read_text(encoding="utf-8"))


def misfits(shape: Any, value: Any, place: str = "") -> list[str]:
    """Return where a value differs from a recorded shape: unknown keys and other types."""
    if value is None:
        return []
    if isinstance(shape, str):
        fits = isinstance(value, TYPES[shape]) and not (shape == "int" and value is True)
        return [] if fits else [f"{place} is {value!r}, not {shape}"]
    if isinstance(shape, list):
        return _list_misfits(shape, value, place)
    if not isinstance(value, dict):
        return [f"{place} is {value!r}, not an object"]
    return _object_misfits(shape, value, place)


def _list_misfits(shape: list[Any], value: Any, place: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{place} is {value!r}, not a list"]
    if not shape:
        return []
    inner = (misfits(shape[0], one, f"{place}[{index}]") for index, one in enumerate(value))
    return [misfit for found in inner for misfit in found]


def _object_misfits(shape: dict[str, Any], value: dict[str, Any], place: str) -> list[str]:
    if not shape:
        return []
    unknown = [f"{place}.{key} is unknown" for key in value if key not in shape]
    inner = (
        misfits(shape[key], part, f"{place}.{key}") for key, part in value.items() if key in shape
    )
    return unknown + [misfit for found in inner for misfit in found]
