"""gRPC: the services by reflection, and one unary call built from the method's own messages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from bot.domain.errors import InputError
from probes.contract import Finding
from probes.guard import checked_addresses
from probes.integration import latency, prediction_call, reach
from probes.integration.calls import MOST_BYTES, CallResult, Facts, secret_headers
from probes.integration.texts import CODES, say
from probes.settings import TargetSettings, fill_from_environment

_DEEPEST: Final = 4
_STATUSES: Final[Mapping[Any, int]] = {
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.UNIMPLEMENTED: 404,
    grpc.StatusCode.NOT_FOUND: 400,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
}
"""What gRPC's statuses are in HTTP's words; all others are failures of the server."""
_FAULTS: Final[Mapping[Any, str]] = {
    grpc.StatusCode.UNAVAILABLE: "connect_failed",
    grpc.StatusCode.DEADLINE_EXCEEDED: "timed_out",
}


class Target:
    """One gRPC server; gRPC resolves no name itself, it is given a checked address."""

    def __init__(self, target: TargetSettings) -> None:
        self.target = target
        self.url = urlsplit(fill_from_environment(target.url.get_secret_value()))
        self._method: Any = None
        self._request: Any = None
        self._channel: Any = None
        if not target.verify_tls and self.is_encrypted:
            raise InputError(say("grpc_certificate_check"))

    def __enter__(self) -> Target:
        return self

    def __exit__(self, *_: object) -> None:
        if self._channel is not None:
            self._channel.close()

    @property
    def host(self) -> str:
        """The target's host."""
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        """The target's port."""
        return self.url.port or (443 if self.is_encrypted else 80)

    @property
    def is_encrypted(self) -> bool:
        """Whether the channel is of TLS."""
        return self.url.scheme == "grpcs"

    @property
    def is_ready(self) -> bool:
        """Whether the operation was found and its message built."""
        return self._method is not None

    @property
    def channel(self) -> Any:
        """The channel to a checked address, made when it is first needed."""
        if self._channel is None:
            self._channel = self._open()
        return self._channel

    def _open(self) -> Any:
        allow = self.target.allow_internal
        addresses = checked_addresses(self.host, self.port, allow_internal=allow)
        kind = "ipv6" if ":" in addresses[0] else "ipv4"
        host = f"[{addresses[0]}]" if kind == "ipv6" else addresses[0]
        options = [
            ("grpc.default_authority", f"{self.host}:{self.port}"),
            ("grpc.max_receive_message_length", MOST_BYTES),
            ("grpc.enable_http_proxy", 0),
        ]
        place = f"{kind}:{host}:{self.port}"
        if not self.is_encrypted:
            return grpc.insecure_channel(place, options)
        roots = self.target.ca_file.read_bytes() if self.target.ca_file else None
        options.append(("grpc.ssl_target_name_override", self.host))
        return grpc.secure_channel(place, grpc.ssl_channel_credentials(roots), options)

    @property
    def has_credentials(self) -> bool:
        """Whether anything secret is sent with a call."""
        return bool(self.credentials())

    def credentials(self) -> dict[str, str]:
        """Return the metadata that carries the target's secrets."""
        return {name.lower(): value for name, value in secret_headers(self.target).items()}

    def use(self, method: Any, request: Any) -> None:
        """Call this method with this message from here on."""
        self._method, self._request = method, request

    def call(self, *, known: bool = True) -> CallResult:
        """Make one unary call, or say that there is no method to call.

        Args:
            known: send the credentials.
        """
        if self._method is None:
            return CallResult(0.0, 404)
        method = self._method
        path = f"/{method.containing_service.full_name}/{method.name}"
        answer_class = message_factory.GetMessageClass(method.output_type)
        invoke = self.channel.unary_unary(
            path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer_class.FromString,
        )
        started = time.monotonic()
        metadata = list(self.credentials().items()) if known else []
        try:
            answer = invoke(self._request, timeout=self.target.timeout_seconds, metadata=metadata)
        except grpc.RpcError as broken:
            return _failed(broken, (time.monotonic() - started) * 1000)
        took = (time.monotonic() - started) * 1000
        return CallResult(took, 200, body=answer.SerializeToString())


def _failed(broken: Any, took: float) -> CallResult:
    code = broken.code()
    if code in _FAULTS:
        return CallResult(took, fault=_FAULTS[code])
    return CallResult(took, _STATUSES.get(code, 500))


def services(caller: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Ask the server what it offers, and find the configured method."""
    database = ProtoReflectionDescriptorDatabase(caller.channel)
    pool = descriptor_pool.DescriptorPool(database)
    service, _, method_name = str(caller.target.operation or "").strip("/").rpartition("/")
    try:
        offered: Sequence[str] = list(database.get_services())
    except grpc.RpcError as broken:
        answer = _failed(broken, 0.0)
        if answer.fault:
            yield reach.unreachable(name, answer.fault)
        else:
            yield CODES.finding("reflection_off", {"status": answer.status}, name=name)
        return
    facts["services"] = len(offered)
    yield CODES.finding("reflection_read", name=name, count=len(offered))
    try:
        found = pool.FindServiceByName(service).FindMethodByName(method_name)
    except KeyError:
        found = None
    if found is None:
        yield CODES.finding("field_absent", name=name, field=caller.target.operation)
        return
    if found.client_streaming or found.server_streaming:
        yield CODES.finding("method_streams", name=name, method=method_name)
        return
    yield from _message(caller, name, found)


def _message(caller: Target, name: str, method: Any) -> Iterator[Finding]:
    request = message_factory.GetMessageClass(method.input_type)()
    body = caller.target.body
    try:
        json_format.ParseDict(_example(method.input_type) if body is None else body, request)
    except json_format.ParseError as wrong:
        yield CODES.finding("body_not_as_described", name=name, where=f": {str(wrong)[:160]}")
        return
    caller.use(method, request)
    if body is None:
        yield CODES.finding("query_built", name=name, field=method.name)


def _example(kind: Any, depth: int = 0) -> dict[str, Any]:
    """Return a message with a value in each plain field, in JSON's form."""
    if kind.full_name.startswith("google.protobuf.") or depth > _DEEPEST:
        return {}
    made = {}
    for field in kind.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        if field.containing_oneof is not None and field != field.containing_oneof.fields[0]:
            continue
        value = _value(field, depth)
        if value is not None:
            made[field.name] = [value] if _is_repeated(field) else value
    return made


def _value(field: Any, depth: int) -> Any:
    if field.message_type is not None:
        well_known = _WELL_KNOWN.get(field.message_type.full_name)
        if well_known is not None or field.message_type.full_name.startswith("google.protobuf."):
            return well_known
        return _example(field.message_type, depth + 1)
    if field.enum_type is not None:
        return field.enum_type.values[-1].name
    return _PLAIN.get(field.cpp_type, 1)


_WELL_KNOWN: Final[Mapping[str, Any]] = {
    "google.protobuf.Timestamp": "2026-01-05T09:00:00Z",
    "google.protobuf.Duration": "1s",
    "google.protobuf.StringValue": "test",
    "google.protobuf.DoubleValue": 0.5,
    "google.protobuf.Int64Value": 1,
    "google.protobuf.BoolValue": True,
}
_PLAIN: Final[Mapping[int, Any]] = {5: 0.5, 6: 0.5, 7: True, 9: "dGVzdA=="}
"""By C++ type: double, float, bool, and string or bytes; whole numbers are 1."""


def _is_repeated(field: Any) -> bool:
    return bool(field.is_repeated)


CHECKS: Final = (
    ("resolving_connecting", reach.reach),
    ("asking_services", services),
    ("sending_test_prediction", prediction_call.real_call),
    ("calling_without_credentials", prediction_call.authentication),
    ("timing_calls", latency.latency),
)
