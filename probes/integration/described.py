"""Whether somebody has written down how a target is called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from bot.domain.vocabulary import Kind, Remedy
from probes.contract import Finding, Level, SuggestedBlocker
from probes.integration.calls import Caller, Facts, as_json


def openapi(caller: Caller, name: str, _: Facts) -> Iterator[Finding]:
    """Look for the operation in the target's OpenAPI document."""
    target = caller.target
    if not target.openapi:
        return
    if target.openapi.startswith(("http", "/")) and not Path(target.openapi).is_file():
        document = as_json(caller.call(method="GET", url=urljoin(caller.url, target.openapi)))
    else:
        document = _read_document(Path(target.openapi))
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        yield Finding(
            Level.SLOWS,
            "no_description",
            f"{name} has no readable OpenAPI document at {target.openapi}.",
            {},
            "Somebody has to say in writing how it is called.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.PEOPLE, f"{name} is not described"),
        )
        return
    if _describes(document["paths"], caller):
        yield Finding(Level.OK, "operation_described", f"{name} describes the operation we call.")
    else:
        yield Finding(
            Level.SLOWS,
            "operation_not_described",
            f"{name} is described, but not the operation we call.",
            {"operations": sum(len(one) for one in document["paths"].values() if one)},
            "Undescribed operations change without notice.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.PEOPLE, f"{name}: operation not described"),
        )


def _read_document(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None


def _describes(paths: dict[str, Any], caller: Caller) -> bool:
    operation, method = caller.target.operation, caller.target.method.lower()
    called = urlsplit(caller.url).path.rstrip("/")
    for path, verbs in paths.items():
        described = verbs.get(method) if isinstance(verbs, dict) else None
        if not isinstance(described, dict):
            continue
        if operation and described.get("operationId") == operation:
            return True
        if not operation and path.rstrip("/") and called.endswith(path.rstrip("/")):
            return True
    return False
