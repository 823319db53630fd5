"""A Redis stream or list that takes predictions; what is written is taken out again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from probes.contract import Finding
from probes.integration import latency, prediction_call
from probes.integration.calls import CallResult, Facts
from probes.integration.queue_call import ABSENT, REFUSED, UrlSession, credentials, reach_by_scheme
from probes.integration.texts import CODES


class Target(UrlSession):
    """One Redis server."""

    default_port = 6379
    encrypted_scheme = "rediss"
    _client: Any = None

    def client(self) -> Any:
        """Return the connection, opened when it is first needed."""
        if self._client is None:
            database = self.url.path.strip("/")
            secure: dict[str, Any] = {}
            if self.is_encrypted:
                check = "required" if self.target.verify_tls else "none"
                authority = str(self.target.ca_file) if self.target.ca_file else None
                secure = {
                    "ssl": True,
                    "ssl_cert_reqs": check,
                    "ssl_ca_certs": authority,
                    "ssl_check_hostname": self.target.verify_tls,
                }
            self._client = redis.Redis(
                self.host,
                self.port,
                int(database) if database.isdigit() else 0,
                username=self.user,
                password=self.password,
                socket_timeout=self.target.timeout_seconds,
                socket_connect_timeout=self.target.timeout_seconds,
                **secure,
            )
        return self._client

    def _once(self) -> CallResult:
        try:
            return CallResult(0.0, self._write())
        except (AuthenticationError, NoPermissionError):
            return CallResult(0.0, REFUSED)
        except redis.TimeoutError:
            return CallResult(0.0, fault="timed_out")
        except ResponseError as refused:
            denied = str(refused).startswith(("NOAUTH", "NOPERM", "WRONGPASS", "READONLY"))
            return CallResult(0.0, REFUSED if denied else 500)
        except (RedisError, ValueError):
            return CallResult(0.0, fault="connect_failed")

    def _write(self) -> int:
        """Write an entry and take it out again; return what HTTP would answer."""
        queue, client = str(self.target.queue), self.client()
        kind = client.type(queue).decode()
        if kind == "stream":
            entry = client.xadd(queue, {"body": self.payload(), "test": "1"})
            client.xdel(queue, entry)
        elif kind == "list":
            # One transaction, so no consumer sees the entry.
            message = self.payload()
            client.pipeline(transaction=True).rpush(queue, message).lrem(
                queue, -1, message
            ).execute()
        return {"stream": 200, "list": 200, "none": ABSENT}.get(kind, 400)

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()


def keeping(session: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Ask who reads the stream, and whether entries outlive a restart."""
    if not facts.get("works"):
        return
    client, queue = session.client(), str(session.target.queue)
    try:
        if client.type(queue) == b"stream":
            readers = len(client.xinfo_groups(queue))
            facts["readers"] = readers
            if not readers:
                yield CODES.finding("nobody_reads", name=name, queue=queue)
        info = client.info("persistence")
        if not info.get("aof_enabled") and not client.config_get("save").get("save"):
            yield CODES.finding("kept_in_memory", name=name)
    except RedisError:
        yield CODES.finding("queue_not_inspected", name=name)


CHECKS: Final = (
    ("resolving_connecting", reach_by_scheme),
    ("sending_test_message", prediction_call.real_call),
    ("asking_reads", keeping),
    ("looking_login", credentials),
    ("timing_messages", latency.latency),
)
