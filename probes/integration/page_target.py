"""A web page that takes a widget: its policy, the widget's own headers, and what they block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from probes.contract import Finding
from probes.integration import csp, latency, reach
from probes.integration.calls import Caller, CallResult, Facts
from probes.integration.content import refusal_of
from probes.integration.texts import CODES

_SCRIPT_TYPES: Final = re.compile(r"javascript|ecmascript", re.IGNORECASE)


class _Policies(HTMLParser):
    """Collects policies that a page states in its own head."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        if tag == "meta" and attributes.get("http-equiv", "").lower() == "content-security-policy":
            self.found.append(attributes.get("content", ""))


class Target(Caller):
    """A page, and the address of the widget that it takes."""

    @property
    def widget(self) -> str:
        """The widget's address, from the page's own when it is relative."""
        return urljoin(self.url, str(self.target.widget))

    def call(self, **_: object) -> CallResult:
        """Get the widget, as each visitor's browser does."""
        return self.fetch(self.widget, None, {"Origin": _origin(self.url)})


_PAGES: Final = frozenset({"login_page", "web_page"})
"""What `refusal_of` calls markup: no answer to a program, and just what a page is."""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in headers.items()}


def page(caller: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Get the page and read which widgets its policy lets in."""
    answer = caller.fetch(caller.url, None, {})
    facts["page"] = {"status": answer.status}
    if answer.fault:
        yield reach.unreachable(name, answer.fault)
        return
    if not answer.arrived:
        yield CODES.finding("page_not_served", facts["page"], name=name, status=answer.status)
        return
    served_as = refusal_of(answer.headers, answer.body)
    if served_as not in _PAGES:
        yield CODES.finding("page_no_html", facts["page"], name=name, status=answer.status)
    if served_as == "login_page":
        yield CODES.finding("page_behind_login", facts["page"], name=name)
    headers = _lower(answer.headers)
    stated = _Policies()
    stated.feed(answer.body.decode("utf-8", errors="replace"))
    joined = ",".join([headers.get("content-security-policy", ""), *stated.found])
    found = csp.policies(joined)
    yield from _mixed(caller, name)
    yield from _policy(caller, name, found)
    if "require-corp" in headers.get("cross-origin-embedder-policy", "").lower():
        facts["embedder"] = "require-corp"


def _mixed(caller: Target, name: str) -> Iterator[Finding]:
    if urlsplit(caller.url).scheme == "https" and urlsplit(caller.widget).scheme == "http":
        yield CODES.finding("widget_mixed", name=name)


def _policy(caller: Target, name: str, found: list[csp.Policy]) -> Iterator[Finding]:
    kind = "script-src" if caller.target.embed == "script" else "frame-src"
    kinds = [kind, "connect-src"] if kind == "script-src" else [kind]
    refused = [
        (one, directive)
        for one in kinds
        if (directive := csp.refusing(found, one, caller.widget, caller.url))
    ]
    for one, directive in refused:
        code = "widget_calls_refused" if one == "connect-src" else "widget_refused"
        yield CODES.finding(
            code,
            {"directive": directive},
            name=name,
            origin=_origin(caller.widget),
        )
    if not refused:
        yield CODES.finding(
            "widget_allowed", {"policies": len(found)}, name=name, origin=_origin(caller.widget)
        )


def widget(caller: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Get the widget itself and look at the headers that a browser looks at."""
    if (facts.get("page") or {}).get("status") is None:
        return
    answer = caller.call()
    headers = _lower(answer.headers)
    facts["works"] = answer.arrived
    if answer.fault or not answer.arrived:
        why = answer.fault.replace("_", " ") or str(answer.status)
        yield CODES.finding("widget_not_served", {"status": answer.status}, why=why, name=name)
        return
    if caller.target.embed == "frame":
        refused = csp.framing_refused(headers, caller.widget, caller.url)
        if refused:
            yield CODES.finding("framing_refused", name=name, header=refused)
    else:
        kind = headers.get("content-type", "").split(";")[0]
        if "nosniff" in headers.get("x-content-type-options", "") and not _SCRIPT_TYPES.search(
            kind
        ):
            yield CODES.finding("widget_no_script", name=name, kind=kind or "no type")
    yield from _resource(caller, name, headers, facts)


def _resource(
    caller: Target, name: str, headers: Mapping[str, str], facts: Facts
) -> Iterator[Finding]:
    inner, outer = csp.Origin.of(caller.widget), csp.Origin.of(caller.url)
    if inner.origin == outer.origin:
        return
    policy = headers.get("cross-origin-resource-policy", "").strip().lower()
    if caller.target.embed == "script" and policy == "same-origin":
        yield CODES.finding("widget_resource_refused", name=name, policy=policy)
    elif facts.get("embedder") and policy != "cross-origin":
        yield CODES.finding("widget_resource_refused", name=name, policy=policy or "none")


CHECKS: Final = (
    ("resolving_connecting", reach.reach),
    ("reading_page_policy", page),
    ("getting_widget", widget),
    ("timing_widget", latency.latency),
)
