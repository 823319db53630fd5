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
_ANSWER_LISTS: Final = frozenset(["results", "predictions", "outputs", "responses"])
"""Lists of answers, one a prediction; where each of them failed, so did the call."""
_SUBSTITUTED: Final = frozenset(
    ["fallback", "isfallback", "usedfallback", "defaultused", "isdefault", "degraded"]
)
_SUBSTITUTE_WORDS: Final = re.compile(
    r"unavailable|fall(?:ing|en)? ?back|default|degraded|not loaded|time[d ]* ?out", re.IGNORECASE
)
_ACCEPTED: Final = 202
_NO_CONTENT: Final = 204
_FLAGS: Final = frozenset(
    {"ok", "success", "succeeded", "successful", "issuccess", "is_success", "accepted"}
    | {"erfolg", "erfolgreich", "succès", "succes", "réussi", "éxito", "exito"}
)
_MAY_BE_PREDICTED: Final = ("state", "result", "outcome", "type")
_STATES: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("status", "code", "statuscode", "status_code"), _BAD_STATUS),
    **dict.fromkeys(_MAY_BE_PREDICTED, _FAILED),
}
"""A field and the words with which it says that the call failed. A *result* may be "rejected"."""
_STATUS_FIELDS: Final = frozenset({"status", "code", "statuscode", "status_code"})
_FAULTS: Final = {
    *("error", "errors", "fault", "exception", "failure"),
    *("errormessage", "error_message", "errorcode", "error_code"),
    *("fehler", "fehlermeldung", "fehlercode", "erreur", "erreurs", "fallo", "errores"),
}
_NO_FAULT: Final = frozenset({"", "0", "none", "null", "ok", "no", "false", "success", "no error"})


def refusal_of(headers: Mapping[str, str], body: bytes) -> str:
    """Return why a body of a successful status is no answer; empty when it is one.

    Args:
        headers: of the answer, whatever the case of their names.
        body: as far as it was read.

    Returns:
        `login_page`, `web_page`, `says_no`, `broken_json`, `not_a_number`, or nothing.
    """
    kind = next((value for key, value in headers.items() if key.lower() == "content-type"), "")
    kind = kind.split(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"} or _MARKUP.match(body[:2000]):
        return "login_page" if _LOGIN.search(body) else "web_page"
    is_json = kind == "application/json" or kind.endswith("+json")
    odd_numbers: list[str] = []
    try:
        body_json = json.loads(body, parse_constant=odd_numbers.append) if body.strip() else None
    except (ValueError, RecursionError):
        is_fault = _FAULT_DOCUMENT.match(body[:8000]) or _FAULT_TEXT.match(body)
        return "broken_json" if is_json else "says_no" if is_fault else ""
    if kind == "application/problem+json" or says_no(body_json):
        return "says_no"
    return "not_a_number" if odd_numbers else ""


def shortfall_of(status: int, body: bytes) -> str:
    """Return what a successful answer lacks of a prediction; empty when it lacks nothing.

    Args:
        status: of the answer; 204 says of itself that nothing follows.
        body: as far as it was read.

    Returns:
        `answered_later`, `answer_empty`, `answer_substituted`, or nothing.
    """
    if status == _ACCEPTED:
        return "answered_later"
    if not body.strip():
        return "" if status == _NO_CONTENT else "answer_empty"
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if document is None:
        return "answer_empty"
    return "answer_substituted" if _is_substituted(document) else ""


def _is_substituted(document: Any, depth: int = 0) -> bool:
    """Return whether an answer says that a default stands for the model's own."""
    if not isinstance(document, Mapping):
        return False
    for key, value in document.items():
        name = _letters(key)
        if name in _SUBSTITUTED and str(value).strip().lower() in {"true", "yes", "1"}:
            return True
        if name in {"warning", "warnings"} and _SUBSTITUTE_WORDS.search(str(value)):
            return True
    return depth < _DEEPEST and any(
        _is_substituted(document[key], depth + 1) for key in _inner(document)
    )


def says_no(document: Any, depth: int = 0) -> bool:
    """Return whether a JSON answer says of itself that it failed."""
    if isinstance(document, str) and not depth:
        return _FAULT_TEXT.match(document.encode()) is not None
    if isinstance(document, list) and not depth:
        return _each_failed(document)
    if not isinstance(document, Mapping):
        return False
    if any(_is_bad(str(key), value) for key, value in document.items()):
        return True
    if any(_letters(key) in _ANSWER_LISTS and _each_failed(document[key]) for key in document):
        return True
    envelopes = (document[key] for key in _inner(document))
    return depth < _DEEPEST and any(says_no(inner, depth + 1) for inner in envelopes)


def _inner(document: Mapping[str, Any]) -> Iterator[str]:
    """Give the envelope's own fields; what lies in a list is data, and may speak of failures."""
    for key in document:
        if _letters(key) in _ENVELOPES:
            yield key


def _letters(key: object) -> str:
    return re.sub(r"[^a-z]", "", str(key).lower())


def _each_failed(answers: Any) -> bool:
    """Return whether each answer of a list failed; a *result* of "failed" may be a prediction."""
    return (
        isinstance(answers, list)
        and bool(answers)
        and all(
            isinstance(one, Mapping)
            and any(
                str(key).lower() not in _MAY_BE_PREDICTED and _is_bad(str(key), value)
                for key, value in one.items()
            )
            for one in answers
        )
    )


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
