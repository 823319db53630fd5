"""A Kafka topic: published to every replica that must have it, whichever brokers that are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import (
    AuthorizationError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    UnknownTopicOrPartitionError,
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

_FAULTS: Final[tuple[tuple[Any, CallResult], ...]] = (
    ((AuthorizationError, SaslAuthenticationFailedError), CallResult(0.0, REFUSED)),
    (UnknownTopicOrPartitionError, CallResult(0.0, ABSENT)),
    (KafkaTimeoutError, CallResult(0.0, fault="timed_out")),
    (KafkaConnectionError, CallResult(0.0, fault="connect_failed")),
    (KafkaError, CallResult(0.0, 500)),
)
"""The first kind that fits tells how a message went."""


class Target(UrlSession):
    """One Kafka cluster; the brokers it names meet the guard as well."""

    default_port = 9092
    encrypted_scheme = "kafkas"
    _producer: Any = None

    def options(self) -> dict[str, Any]:
        """Return how to connect; a user asks for SASL PLAIN."""
        milliseconds = int(self.target.timeout_seconds * 1000)
        sasl = self.user is not None
        transport = "SSL" if self.is_encrypted else "PLAINTEXT"
        made: dict[str, Any] = {
            "bootstrap_servers": [f"{self.host}:{self.port}"],
            "request_timeout_ms": milliseconds,
            "bootstrap_timeout_ms": milliseconds,
            "security_protocol": f"SASL_{transport}" if sasl else transport,
        }
        if sasl:
            made |= {
                "sasl_mechanism": "PLAIN",
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password or "",
            }
        context = self.tls()
        return made | ({"ssl_context": context} if context else {})

    def _once(self) -> CallResult:
        seconds = self.target.timeout_seconds
        topic = str(self.target.queue)
        try:
            if self._producer is None:
                # Some brokers make a topic that is asked for, whatever the client says.
                known = self.topics()
                if known is not None and topic not in known:
                    return CallResult(0.0, ABSENT)
                self._producer = self._connected()
            sent = self._producer.send(topic, self.payload(), headers=[(TEST_HEADER, b"1")])
            self._producer.flush(timeout=seconds)
            sent.get(timeout=seconds)
        except KafkaError as broken:
            return next(one for kinds, one in _FAULTS if isinstance(broken, kinds))
        return CallResult(0.0, 200)

    def _connected(self) -> Any:
        milliseconds = int(self.target.timeout_seconds * 1000)
        return KafkaProducer(
            **self.options(),
            max_block_ms=milliseconds,
            delivery_timeout_ms=milliseconds + 200,
            retries=0,
            linger_ms=0,
            enable_idempotence=False,
            acks="all",
            allow_auto_create_topics=False,
        )

    def topics(self) -> dict[str, Any] | None:
        """Return the topics this user may see with their partitions; nothing when none tells."""
        try:
            admin = KafkaAdminClient(**self.options())
            try:
                described = admin.describe_topics()
            finally:
                admin.close()
        except (KafkaError, ValueError, OSError):
            return None
        return {
            str(one.get("name") or one.get("topic")): one
            for one in described
            if not one.get("error_code")
        }

    def close(self) -> None:
        """Let go of the connections."""
        if self._producer is not None:
            self._producer.close(timeout=1)


def copies(session: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Ask how many copies of each message the cluster keeps."""
    if not facts.get("works"):
        return
    queue = str(session.target.queue)
    topic = (session.topics() or {}).get(queue)
    if topic is None:
        yield CODES.finding("queue_not_inspected", name=name)
        return
    partitions = topic.get("partitions") or []
    replicas = [one.get("replica_nodes") or one.get("replicas") or [] for one in partitions]
    facts["partitions"] = len(partitions)
    if replicas and min(map(len, replicas)) < 2:
        yield CODES.finding("one_copy", name=name, queue=queue)


CHECKS: Final = (
    ("resolving_connecting", reach_by_scheme),
    ("sending_test_message", prediction_call.real_call),
    ("asking_copies", copies),
    ("looking_login", credentials),
    ("timing_messages", latency.latency),
)
