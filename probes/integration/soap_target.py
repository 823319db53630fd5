"""SOAP: the operation from the WSDL, a message by its schema, and the answer read by it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlsplit

from lxml.etree import LxmlError
from zeep import Client, Settings
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault, TransportError, XMLParseError, XMLSyntaxError
from zeep.exceptions import ValidationError as MessageError
from zeep.transports import Transport

from probes.contract import Finding
from probes.integration import latency, prediction_call, reach
from probes.integration.calls import Caller, CallResult, Facts
from probes.integration.content import refusal_of
from probes.integration.texts import CODES
from probes.settings import TargetSettings

_DEEPEST: Final = 5
_OURS: Final = ("client", "sender", "authentication", "invalid")
"""Parts of fault codes with which a server says that the message, not the server, is at fault."""
_VALUES: Final[Mapping[str, Any]] = {
    "boolean": True,
    "decimal": "0.5",
    "double": 0.5,
    "float": 0.5,
    "date": "2026-01-05",
    "dateTime": "2026-01-05T09:00:00",
    "time": "09:00:00",
    "anyURI": "https://example.com/",
    "base64Binary": b"test",
    "hexBinary": b"test",
}
_WHOLE: Final = ("int", "long", "short", "byte", "Integer", "unsigned")


class _GuardedTransport(Transport):  # type: ignore[misc]  # zeep has no types
    """Lets zeep load and post through the target's guarded client, and nothing else."""

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.session.close()
        self._caller = caller
        self.last = CallResult(0.0)

    def load(self, url: str) -> bytes:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise TransportError("only http and https addresses are read", status_code=0)
        self.last = self._caller.fetch(url, None, {})
        if self.last.fault or self.last.status != 200:
            raise TransportError("not read", status_code=self.last.status or 0)
        return self.last.body

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> Any:
        self.last = self._caller.fetch(address, message, headers)
        if self.last.fault:
            raise TransportError(self.last.fault, status_code=0)
        return SimpleNamespace(
            status_code=self.last.status,
            content=self.last.body,
            headers={key.title(): value for key, value in self.last.headers.items()},
            encoding="utf-8",
        )


class Target(Caller):
    """A SOAP service, described by the WSDL at its address."""

    def __init__(self, target: TargetSettings) -> None:
        super().__init__(target)
        self.transport = _GuardedTransport(self)
        self._proxy: Any = None
        self._message: Mapping[str, Any] = {}
        self._known = True

    def client(self) -> Client:
        """Read the WSDL; entities and outside definitions are forbidden."""
        return Client(self.url, transport=self.transport, settings=Settings(forbid_dtd=True))

    def prepare(self, proxy: Any, message: Mapping[str, Any]) -> None:
        """Call this operation with this message from here on."""
        self._proxy, self._message = proxy, message

    @property
    def is_ready(self) -> bool:
        """Whether the operation was found and its message built."""
        return self._proxy is not None

    @property
    def has_credentials(self) -> bool:
        """Whether anything secret is configured."""
        return bool(self.target.token or self.target.headers)

    def credentials(self) -> dict[str, str]:
        """Return the secret headers, none while we call as somebody unknown."""
        return super().credentials() if self._known else {}

    def call(self, *, known: bool = True, **_: Any) -> CallResult:
        """Send the message once.

        Args:
            known: send the credentials.
        """
        if self._proxy is None:
            return CallResult(0.0, 404)
        started = time.monotonic()
        self._known = known
        try:
            self._proxy(**self._message)
        except (ZeepError, LxmlError, ValueError, TypeError) as broken:
            took = (time.monotonic() - started) * 1000
            return self._refused(broken, took)
        finally:
            self._known = True
        return CallResult((time.monotonic() - started) * 1000, 200, body=self.transport.last.body)

    def _refused(self, broken: Exception, took: float) -> CallResult:
        last = self.transport.last
        if last.fault:
            return CallResult(took, fault=last.fault)
        if last.status is not None and last.status not in {200, 202, 500}:
            return CallResult(took, last.status, last.headers)
        if isinstance(broken, Fault):
            code = str(broken.code or "").lower()
            return CallResult(took, 400 if any(word in code for word in _OURS) else 500)
        refusal = refusal_of(last.headers, last.body)
        return CallResult(took, 200, refusal=refusal or "answer_not_soap")


def wsdl(caller: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Read the WSDL, find the operation, and build its message."""
    try:
        client = caller.client()
    except (ZeepError, XMLSyntaxError, XMLParseError, LxmlError, ValueError, OSError):
        last = caller.transport.last
        if last.fault:
            yield reach.unreachable(name, last.fault)
        elif last.status in {401, 403}:
            yield CODES.finding("wsdl_refused", {"status": last.status}, name=name)
        else:
            refusal = refusal_of(last.headers, last.body) if last.status == 200 else ""
            pages = {"login_page", "web_page"}
            code = refusal if refusal in pages else "wsdl_unreadable"
            yield CODES.finding(code, {"status": last.status}, name=name)
        return
    operations = _operations(client)
    facts["operations"] = len(operations)
    yield CODES.finding("wsdl_read", name=name, count=len(operations))
    yield from _choose(caller, name, client, operations)


def _operations(client: Client) -> dict[str, Any]:
    return {
        operation.name: (service.name, port.name, operation)
        for service in client.wsdl.services.values()
        for port in service.ports.values()
        for operation in port.binding._operations.values()
    }


def _choose(
    caller: Target, name: str, client: Client, operations: Mapping[str, Any]
) -> Iterator[Finding]:
    wanted = caller.target.operation
    if not wanted and len(operations) == 1:
        wanted = next(iter(operations))
    if not wanted:
        yield CODES.finding("operation_unnamed", name=name, count=len(operations))
        return
    if wanted not in operations:
        yield CODES.finding("field_absent", name=name, field=wanted)
        return
    service, port, operation = operations[wanted]
    message = caller.target.body
    if message is None:
        message = _example(operation.input.body.type) if operation.input.body else {}
    proxy = client.bind(service, port)[wanted]
    try:
        client.create_message(client.bind(service, port), wanted, **message)
    except (MessageError, TypeError, ValueError, LookupError) as wrong:
        where = f": {str(wrong)[:160]}"
        yield CODES.finding("body_not_as_described", name=name, where=where)
        return
    caller.prepare(proxy, message)
    if caller.target.body is None:
        yield CODES.finding("query_built", name=name, field=wanted)


def _example(kind: Any, depth: int = 0) -> Any:
    """Return an example of a type of the WSDL's schema: what is required, one of each."""
    elements = getattr(kind, "elements", None)
    if elements is None:
        return _plain(kind)
    if depth > _DEEPEST:
        return None
    made = {}
    for name, element in elements:
        if getattr(element, "is_optional", False) or not hasattr(element, "type"):
            continue
        value = _example(element.type, depth + 1)
        made[name] = [value] if element.accepts_multiple else value
    return made


def _plain(kind: Any) -> Any:
    name = str(getattr(kind, "_default_qname", None) or kind.name or "")
    name = name.rsplit("}", 1)[-1]
    for base in type(kind).__mro__:
        qname = getattr(base, "_default_qname", None)
        if qname is not None:
            name = qname.localname
            break
    if name in _VALUES:
        return _VALUES[name]
    return 1 if any(part in name for part in _WHOLE) else "test"


CHECKS: Final = (
    ("resolving_connecting", reach.reach),
    ("reading_wsdl", wsdl),
    ("sending_test_prediction", prediction_call.real_call),
    ("calling_without_credentials", prediction_call.authentication),
    ("timing_calls", latency.latency),
)
