"""Processes that share a port all accept its connections; a port that is taken is refused."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from bot.domain.errors import InputError
from handlers.shared_socket import SharedSocket


@pytest.fixture
def shared_socket() -> Iterator[SharedSocket]:
    shared_socket = SharedSocket("127.0.0.1", 0)
    yield shared_socket
    shared_socket.close()


def connect(shared_socket: SharedSocket) -> socket.socket:
    host, port = shared_socket.base_url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)))


def test_one_process_accepts_after_another_has_closed_its_own(shared_socket: SharedSocket) -> None:
    first, second = shared_socket.duplicate(), shared_socket.duplicate()
    for process in (first, second):
        process.settimeout(5)
        with connect(shared_socket) as client:
            accepted, peer = process.accept()
            with accepted:
                assert peer == client.getsockname()
                accepted.sendall(b"ready")
                assert client.recv(5) == b"ready"
        process.close()


def test_a_port_that_somebody_has_is_refused(shared_socket: SharedSocket) -> None:
    port = int(shared_socket.base_url.rpartition(":")[2])
    with pytest.raises(InputError, match=r"cannot be listened on.*Set server\.port"):
        SharedSocket("127.0.0.1", port)
