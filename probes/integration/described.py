"""The OpenAPI document of a target: the operation is found in it, and called as it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from probes.contract import Finding
from probes.integration.calls import Caller, Facts, as_json
from probes.integration.openapi import NoBody, Operation, find_operation
from probes.integration.texts import CODES


def openapi(caller: Caller, name: str, _: Facts) -> Iterator[Finding]:
    """Look for the operation in the target's OpenAPI document and take the body from it."""
    target = caller.target
    if not target.openapi:
        return
    document = _document(caller, target.openapi)
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        yield CODES.finding("no_description", name=name, place=target.openapi)
        return
    found = find_operation(document, caller.url, target.method.lower(), target.operation)
    if found is None:
        operations = sum(len(one) for one in document["paths"].values() if one)
        yield CODES.finding("operation_not_described", {"operations": operations}, name=name)
        return
    yield CODES.finding("operation_described", name=name)
    yield from _body(caller, name, found)


def _body(caller: Caller, name: str, found: Operation) -> Iterator[Finding]:
    """Call with a body of the document; a configured one is held against it."""
    if caller.target.method.upper() in {"GET", "HEAD"}:
        caller.use(found, None)
        return
    if caller.target.body is not None:
        caller.use(found, None)
        wrong = found.wrong_body(caller.target.body)
        if wrong:
            yield CODES.finding("body_not_as_described", name=name, where=wrong)
        return
    try:
        caller.use(found, found.body())
    except NoBody as why:
        caller.use(found, None)
        yield CODES.finding("body_not_built", name=name, why=why.args[0])
    else:
        yield CODES.finding("body_from_description", name=name)


def _document(caller: Caller, place: str) -> Any:
    if place.startswith(("http", "/")) and not Path(place).is_file():
        answer = caller.call(method="GET", url=urljoin(caller.url, place))
        return as_json(answer) if as_json(answer) is not None else _parsed(answer.body)
    try:
        return _parsed(Path(place).read_bytes())
    except OSError:
        return None


def _parsed(text: bytes) -> Any:
    import yaml

    try:
        return yaml.safe_load(text.decode("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return None
