"""What a page's Content-Security-Policy and a frame's headers let in, as browsers decide it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

Policy = Mapping[str, Sequence[str]]
_FALLBACKS: Final[Mapping[str, tuple[str, ...]]] = {
    "script-src": ("script-src-elem", "script-src", "default-src"),
    "frame-src": ("frame-src", "child-src", "default-src"),
    "connect-src": ("connect-src", "default-src"),
}
"""Which directive decides on a request: the first that the policy has."""
_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_UPGRADES: Final = {
    "http": {"http", "https", "ws", "wss"},
    "ws": {"ws", "wss", "http", "https"},
    "https": {"https", "wss"},
    "wss": {"wss", "https"},
}
_SOURCE: Final = re.compile(
    r"^(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?[a-z0-9._-]+|\[[0-9a-f:]+\])"
    r"(?::(?P<port>\d+|\*))?(?P<path>/[^?#]*)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Origin:
    """An address as policies see it."""

    scheme: str
    host: str
    port: int | None
    path: str

    @staticmethod
    def of(url: str) -> Origin:
        """Return the place of a URL."""
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
        return Origin(parts.scheme.lower(), (parts.hostname or "").lower(), port, parts.path or "/")

    @property
    def origin(self) -> tuple[str, str, int | None]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port


def policies(header: str) -> list[Policy]:
    """Return the policies of a header; each is enforced, so all must agree."""
    found: list[Policy] = []
    for text in header.split(","):
        policy: dict[str, Sequence[str]] = {}
        for directive in text.split(";"):
            words = directive.split()
            if words:
                policy.setdefault(words[0].lower(), words[1:])
        if policy:
            found.append(policy)
    return found


def refusing(found: Sequence[Policy], kind: str, url: str, page: str) -> str:
    """Return the directive that keeps a request out, empty when every policy lets it.

    Args:
        found: the page's policies.
        kind: `script-src`, `frame-src` or `connect-src`.
        url: what is loaded or called.
        page: the page that does so.
    """
    for policy in found:
        name = next((one for one in _FALLBACKS[kind] if one in policy), None)
        if name is not None and not _lets(policy[name], kind, Origin.of(url), Origin.of(page)):
            return name
    return ""


def _lets(sources: Sequence[str], kind: str, place: Origin, page: Origin) -> bool:
    words = [word for word in sources if word.lower() != "'none'"]
    if kind == "script-src" and any(word.lower() == "'strict-dynamic'" for word in words):
        return False  # hosts are ignored; only scripts with the page's nonce load others
    return any(_matches(word, place, page) for word in words)


def _matches(word: str, place: Origin, page: Origin) -> bool:
    lower = word.lower()
    if lower == "'self'":
        same_host = place.host == page.host
        upgraded = place.scheme in _UPGRADES.get(page.scheme, {page.scheme})
        usual = place.port == page.port or (place.port, page.port) == (443, 80)
        return same_host and upgraded and usual
    if lower.startswith("'"):
        return False
    if lower == "*":
        return place.scheme in {"http", "https", "ws", "wss"} or place.scheme == page.scheme
    if re.fullmatch(r"[a-z][a-z0-9+.-]*:", lower):
        return place.scheme in _UPGRADES.get(lower[:-1], {lower[:-1]})
    return _matches_host(word, place, page)


def _matches_host(word: str, place: Origin, page: Origin) -> bool:
    parts = _SOURCE.match(word)
    if parts is None:
        return False
    scheme = (parts["scheme"] or page.scheme).lower()
    host, port, path = parts["host"].lower(), parts["port"], parts["path"]
    if place.scheme not in _UPGRADES.get(scheme, {scheme}) or not _is_port(port, scheme, place):
        return False
    is_host = place.host.endswith(host[1:]) if host.startswith("*.") else host in {"*", place.host}
    if not is_host or path is None or path == "/":
        return is_host
    return place.path.startswith(path) if path.endswith("/") else place.path == path


def _is_port(port: str | None, scheme: str, place: Origin) -> bool:
    if port == "*":
        return True
    usual = _PORTS.get(place.scheme)
    if port is None:
        return place.port in {usual, _PORTS.get(scheme)}
    return place.port == int(port) or (int(port) == 80 and place.port == 443)


def framing_refused(headers: Mapping[str, str], frame: str, page: str) -> str:
    """Return the header with which a framed page refuses a page around it, or nothing.

    `frame-ancestors` goes before `X-Frame-Options`, as in browsers.

    Args:
        headers: of the framed page, names in lower case.
        frame: the framed page's address.
        page: the page around it.
    """
    inner, outer = Origin.of(frame), Origin.of(page)
    found = policies(headers.get("content-security-policy", ""))
    ancestors = [policy["frame-ancestors"] for policy in found if "frame-ancestors" in policy]
    if ancestors:
        lets = all(
            any(_matches(word, outer, inner) for word in words if word.lower() != "'none'")
            for words in ancestors
        )
        return "" if lets else "frame-ancestors"
    options = {word.strip().lower() for word in headers.get("x-frame-options", "").split(",")}
    if "deny" in options or ("sameorigin" in options and inner.origin != outer.origin):
        return "X-Frame-Options"
    return ""
