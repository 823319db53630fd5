"""Refuse secrets written out in `hour48.toml`: they belong into the environment, as `${NAME}`.

The check sees the raw sections, before any value may be shown in a refusal of another kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from bot.domain.errors import InputError
from probes.texts import say

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

_SECRET_NAME = re.compile(
    r"authorization|^(set-)?cookie$|token|secret|passw(or)?d|passphrase|pwd|credential"
    r"|(api|access|private|auth|subscription|functions).?key",
    re.IGNORECASE,
)
_HARMLESS_NAME = re.compile(
    r"idempotency|_(type|url|uri|name|id|limit|count|path|file)$", re.IGNORECASE
)
_MAYBE_SECRET_NAMES = frozenset({"key", "code", "auth", "sig", "signature"})
_USERINFO = re.compile(r"[^:/]+://(?:[^/@:?#]*:([^@]*)@|([^/@:?#]+)@)")
_PORT_AND_PATH = re.compile(r"\d+[/?#]")
LONG_AS_A_SECRET = 16


def refuse_written_secrets(raw: Mapping[str, Any]) -> None:
    """Look through `[sources]` and `[targets]` for secrets that are not a `${NAME}`.

    Raises:
        InputError: naming the key that holds one, never its value.
    """
    for kind in ("sources", "targets"):
        sections = raw.get(kind)
        for name, section in sections.items() if isinstance(sections, Mapping) else ():
            for field, what in _written(section):
                raise InputError(
                    say("secret_in_config", kind=kind, name=name, field=field, what=what),
                    field=f"{kind}.{name}.{field}",
                )


def _written(section: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Give each field, dotted, that holds a secret, and what kind of secret that is."""
    if not isinstance(section, Mapping):
        return
    for key, value in section.items():
        field = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _written(value, f"{field}.")
        elif isinstance(value, str):
            what = _in_url(value) or ("a secret" if _is_secret(str(key), value) else None)
            if what:
                yield field, what


def _is_secret(name: str, value: str) -> bool:
    """Whether a value under such a name is one; a placeholder anywhere in it is the right way."""
    if not value or PLACEHOLDER.search(value) or _HARMLESS_NAME.search(name):
        return False
    if name.lower() in _MAYBE_SECRET_NAMES:
        return len(value) >= LONG_AS_A_SECRET
    return bool(_SECRET_NAME.search(name))


def _in_url(url: str) -> str | None:
    found = _USERINFO.match(url)
    password, sole_user = found.groups() if found else (None, None)
    if password and not _PORT_AND_PATH.match(password) and not PLACEHOLDER.fullmatch(password):
        return "a password"
    if sole_user and _is_web(url) and not PLACEHOLDER.fullmatch(sole_user):
        return say("secret_before")
    named = parse_qsl(url.partition("?")[2].partition("#")[0])
    return next(
        (say("secret", name=name) for name, value in named if _is_secret(name, value)), None
    )


def _is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))
