"""What an answer of status 200 really says: data, a web page, or that the call failed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_MARKUP: Final = re.compile(
    rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_LOGIN: Final = re.compile(
    rb"type\s*=\s*[\"']?password|<title>[^<]*(?:log ?in|sign ?in|anmeld)|SAMLRequest|"
    rb"name=[\"']?csrf",
    re.IGNORECASE,
)
_FAULT_DOCUMENT: Final = re.compile(
    rb"^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*(?:<(?:[\w.-]+:)?"
    rb"(?:errors?|faults?|exception|errorresponse|service_?exception(?:report)?)[\s/>]"
    rb"|<([\w.-]+:)?Envelope\b.{0,4000}?<\1?Body[^>]*>\s*<\1?Fault\b)",
    re.IGNORECASE | re.DOTALL,
)
_FAULT_TEXT: Final = re.compile(
    rb"^\s*(?:\w*(?:error|exception)|failed|failure|access denied|unauthori[sz]ed|forbidden"
    rb"|traceback)\b[^,;\t|]{0,2000}$",
    re.IGNORECASE,
)
_DEEPEST: Final = 2
_FAILED: Final = frozenset({"error", "err", "fail", "failed", "failure", "exception"})
_BAD_STATUS: Final = _FAILED | {
    *("ko", "nok", "not_ok", "rejected", "invalid", "unauthorized", "forbidden", "denied"),
    *("unavailable", "timeout"),
}
_ENVELOPES: Final = frozenset(
    ["response", "meta", "header", "result", "status", "envelope", "body"]
)
_FLAGS: Final = frozenset(
    {"ok", "success", "succeeded", "successful", "issuccess", "is_success", "accepted"}
)
_STATES: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("status", "code", "statuscode", "status_code"), _BAD_STATUS),
    **dict.fromkeys(("state", "result", "outcome", "type"), _FAILED),
}
"""A field and the words with which it says that the call failed. A *result* may be "rejected"."""
_STATUS_FIELDS: Final = frozenset({"status", "code", "statuscode", "status_code"})
_FAULTS: Final = {
    *("error", "errors", "fault", "exception", "failure"),
    *("errormessage", "error_message", "errorcode", "error_code"),
}
_NO_FAULT: Final = frozenset({"", "0", "none", "null", "ok", "no", "false", "success", "no error"})


def refusal_of(headers: Mapping[str, str], body: bytes) -> str:
    """Return why a body of a successful status is no answer; empty when it is one.

    Args:
        headers: of the answer, whatever the case of their names.
        body: as far as it was read.

    Returns:
        `login_page`, `web_page`, `says_no`, `broken_json`, or nothing.
    """
    kind = next((value for key, value in headers.items() if key.lower() == "content-type"), "")
    kind = kind.split(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"} or _MARKUP.match(body[:2000]):
        return "login_page" if _LOGIN.search(body) else "web_page"
    is_json = kind == "application/json" or kind.endswith("+json")
    try:
        body_json = json.loads(body) if body.strip() else None
    except (ValueError, RecursionError):
        is_fault = _FAULT_DOCUMENT.match(body[:8000]) or _FAULT_TEXT.match(body)
        return "broken_json" if is_json else "says_no" if is_fault else ""
    if kind == "application/problem+json" or says_no(body_json):
        return "says_no"
    return ""


def says_no(document: Any, depth: int = 0) -> bool:
    """Return whether a JSON answer says of itself that it failed."""
    if not isinstance(document, Mapping):
        return False
    if any(_is_bad(str(key), value) for key, value in document.items()):
        return True
    envelopes = (document[key] for key in _inner(document))
    return depth < _DEEPEST and any(says_no(inner, depth + 1) for inner in envelopes)


def _inner(document: Mapping[str, Any]) -> Iterator[str]:
    """Give the envelope's own fields; what lies in a list is data, and may speak of failures."""
    for key in document:
        if re.sub(r"[^a-z]", "", str(key).lower()) in _ENVELOPES:
            yield key


def _is_bad(key: str, value: Any) -> bool:
    name = key.lower()
    if name in _FLAGS:
        return value is False or str(value).strip().lower() in {"false", "no", "0", "n"}
    if name in _FAULTS:
        if isinstance(value, Mapping | list):
            return bool(value)
        return value is not None and str(value).strip().lower() not in _NO_FAULT
    if name in _STATES:
        if isinstance(value, int) and not isinstance(value, bool):
            return name in _STATUS_FIELDS and 400 <= value < 600
        return isinstance(value, str) and value.strip().lower() in _STATES[name]
    return False
