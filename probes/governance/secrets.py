"""Secrets that have slipped into a model file or a configuration."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bot.domain.vocabulary import Kind, Remedy
from probes.contract import Finding, Level, SuggestedBlocker

MOST_BYTES: Final = 64 * 1024 * 1024
_SHORTEST: Final = 12
_SECRET_NAME: Final = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE", re.IGNORECASE)
_SHAPES: Final = {
    "a private key": rb"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a Slack token": rb"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}",
    "an AWS key": rb"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "a GitHub token": rb"\bgh[pousr]_[A-Za-z0-9]{30,}",
    "a signed web token": rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a password in an address": rb"[a-z][a-z0-9+]{2,12}://[^\s:/@\"']{1,60}:[^\s@/$\"'{]{3,}@",
    "a written password": rb"(?i)\b(password|passwd|secret|api_?key|token)\b[\"']?\s*[=:]\s*"
    rb"[\"'][^\"'$\s{]{6,}[\"']",
}


def secrets_in(path: Path, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return what kinds of secrets a file holds; never the secrets themselves.

    Looks for known shapes, and for the values of this process's own secret variables. Archives are
    read file by file.
    """
    ours = {
        f"the value of {name}": re.escape(value.encode())
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST
    }
    found = [
        kind
        for content in _contents(path)
        for kind, shape in (_SHAPES | ours).items()
        if re.search(shape, content)
    ]
    return list(dict.fromkeys(found))


def _contents(path: Path) -> Iterator[bytes]:
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield file.read(MOST_BYTES)
        return
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as file:
                yield file.read(MOST_BYTES)


def secret_findings(paths: Mapping[str, Path]) -> Iterator[Finding]:
    """Look through files, named for people; say which hold secrets."""
    for name, path in paths.items():
        if not path.is_file():
            yield Finding(Level.NOTE, "file_not_found", f"There is no {name} to look through.")
            continue
        kinds = secrets_in(path)
        if not kinds:
            yield Finding(Level.OK, "no_secret_found", f"No secret was found in the {name}.")
            continue
        yield Finding(
            Level.STOPS,
            "secret_found",
            f"The {name} holds {', '.join(kinds[:4])}.",
            {"kinds": kinds},
            "Take it out, and change the secret: it must count as known.",
            SuggestedBlocker(Kind.RISK_TOLERANCE, Remedy.TOOLS, f"A secret lies in the {name}"),
        )
