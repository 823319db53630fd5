"""A RabbitMQ queue: published with confirmation, and returned when nothing takes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

import pika
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelClosedByBroker,
    NackError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    UnroutableError,
)

from probes.contract import Finding
from probes.integration import latency, prediction_call
from probes.integration.calls import CallResult, Facts
from probes.integration.queue_call import (
    ABSENT,
    REFUSED,
    TEST_HEADER,
    UrlSession,
    credentials,
    reach_by_scheme,
)
from probes.integration.texts import CODES

_DENIED: Final = (AuthenticationError, ProbableAuthenticationError, ProbableAccessDeniedError)
_CLOSED_FOR: Final = {403: REFUSED, 404: ABSENT, 405: 409}
_EXPIRES_MS: Final = "60000"
"""A test message that nobody takes leaves by itself."""


class Target(UrlSession):
    """One RabbitMQ broker; the URL's path is the virtual host."""

    default_port = 5672
    encrypted_scheme = "amqps"
    _connection: Any = None
    _channel: Any = None

    @property
    def port(self) -> int:
        """The target's port; with TLS the usual one is another."""
        return self.url.port or (5671 if self.is_encrypted else self.default_port)

    def channel(self) -> Any:
        """Return a channel that confirms; a broker closes it after each fault."""
        if self._channel is None or not self._channel.is_open:
            if self._connection is None or not self._connection.is_open:
                self._connection = pika.BlockingConnection(self._parameters())
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
        return self._channel

    def _parameters(self) -> Any:
        context, seconds = self.tls(), self.target.timeout_seconds
        given: dict[str, Any] = {}
        if self.user is not None:
            given["credentials"] = pika.PlainCredentials(self.user, self.password or "")
        return pika.ConnectionParameters(
            self.host,
            self.port,
            unquote(self.url.path[1:]) or "/",
            ssl_options=pika.SSLOptions(context, self.host) if context else None,
            socket_timeout=seconds,
            stack_timeout=seconds,
            blocked_connection_timeout=seconds,
            **given,
        )

    def _once(self) -> CallResult:
        properties = pika.BasicProperties(
            content_type="application/json",
            headers={TEST_HEADER: True},
            expiration=_EXPIRES_MS,
            delivery_mode=1,
        )
        try:
            self.channel().basic_publish(
                "", str(self.target.queue), self.payload(), properties, mandatory=True
            )
        except UnroutableError:
            return CallResult(0.0, ABSENT)
        except NackError:
            return CallResult(0.0, 429)
        except _DENIED:
            return CallResult(0.0, REFUSED)
        except ChannelClosedByBroker as closed:
            return CallResult(0.0, _CLOSED_FOR.get(closed.reply_code, 500))
        except (AMQPError, OSError):
            return CallResult(0.0, fault="connect_failed")
        return CallResult(0.0, 200)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None and self._connection.is_open:
            self._connection.close()


def readers(session: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Ask the broker how many read the queue and how many messages wait."""
    if not facts.get("works"):
        return
    queue = str(session.target.queue)
    try:
        declared = session.channel().queue_declare(queue, passive=True).method
    except (AMQPError, OSError):
        yield CODES.finding("queue_not_inspected", name=name)
        return
    facts["readers"], facts["waiting"] = declared.consumer_count, declared.message_count
    if not declared.consumer_count:
        yield CODES.finding("nobody_reads", name=name, queue=queue)


CHECKS: Final = (
    ("resolving_connecting", reach_by_scheme),
    ("sending_test_message", prediction_call.real_call),
    ("asking_reads", readers),
    ("looking_login", credentials),
    ("timing_messages", latency.latency),
)
