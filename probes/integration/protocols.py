"""What each kind of target is asked: one table from kind to session and checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from bot.domain.errors import InputError
from probes.contract import Finding
from probes.guard import guarded_sockets
from probes.integration import described, idempotency, latency, prediction_call, reach
from probes.integration.calls import Caller, Facts
from probes.integration.texts import say
from probes.kinds import TargetKind, target_kind
from probes.settings import TargetSettings, fill_from_environment

Check = Callable[[Any, str, Facts], Iterator[Finding]]
Checks = Sequence[tuple[str, Check]]

_REACH: Final = ("resolving_connecting", reach.reach)
_CALL: Final = ("sending_test_prediction", prediction_call.real_call)
_OPEN: Final = ("calling_without_credentials", prediction_call.authentication)
_PAGE: Final = ("asking_page", prediction_call.cors)
_PACE: Final = ("timing_calls", latency.latency)
_HTTP_CHECKS: Final[Checks] = (
    _REACH,
    ("reading_description", described.openapi),
    _CALL,
    _OPEN,
    _PAGE,
    _PACE,
    ("step_repeating", idempotency.repeats),
    ("waiting_callback", idempotency.callback),
)


@dataclass(frozen=True)
class Protocol:
    """One kind of target.

    Args:
        module: where its `Target` session and its `CHECKS` stand; imported only when used.
        needs: the package it calls with, and the extra of hour48 that brings it.
    """

    module: str
    needs: tuple[str, str] | None = None


_PROTOCOLS: Final[dict[TargetKind, Protocol]] = {
    TargetKind.GRAPHQL: Protocol("graphql_target", ("graphql", "graphql")),
    TargetKind.GRPC: Protocol("grpc_target", ("grpc_reflection", "grpc")),
    TargetKind.SOAP: Protocol("soap_target", ("zeep", "soap")),
    TargetKind.PAGE: Protocol("page_target"),
    TargetKind.KAFKA: Protocol("kafka_target", ("kafka", "kafka")),
    TargetKind.RABBITMQ: Protocol("rabbitmq_target", ("pika", "rabbitmq")),
    TargetKind.REDIS: Protocol("redis_target", ("redis", "redis")),
    TargetKind.SFTP: Protocol("sftp_target", ("asyncssh", "sftp")),
    TargetKind.DATABASE: Protocol("table_target"),
}


@contextmanager
def open_target(target: TargetSettings) -> Iterator[tuple[Any, Checks]]:
    """Open a target and say what is asked of it, in order.

    Every connection meets the guard. The first check says whether the others make sense.

    Raises:
        InputError: the url tells no kind, or the kind's library is not installed.
    """
    kind = target_kind(fill_from_environment(target.url.get_secret_value()), target.kind)
    with guarded_sockets(allow_internal=target.allow_internal):
        if kind is TargetKind.HTTP:
            with Caller(target) as caller:
                yield caller, _HTTP_CHECKS
            return
        module = _loaded(kind, _PROTOCOLS[kind])
        with module.Target(target) as session:
            yield session, module.CHECKS


def _loaded(kind: TargetKind, protocol: Protocol) -> Any:
    if protocol.needs is not None and find_spec(protocol.needs[0]) is None:
        package, extra = protocol.needs
        raise InputError(
            say("target_package_missing", value=kind.value, package=package, extra=extra),
            field="targets",
        )
    return import_module(f"probes.integration.{protocol.module}")
