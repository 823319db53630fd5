"""A child that may ask no name server knows the addresses that its parent told it."""

from __future__ import annotations

import socket

import pytest

from bot.isolation import host_names
from bot.isolation.egress import Allowed, Judge, nameservers


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    monkeypatch.setattr(host_names, "_known", {})
    host_names.know({"DB.example": ["192.0.2.7", "2001:db8::7"], "gone.example": []})


def test_a_known_host_has_the_addresses_that_were_told() -> None:
    found = {entry[4][0] for entry in socket.getaddrinfo("db.example.", 5432)}
    assert found == {"192.0.2.7", "2001:db8::7"}
    assert host_names.addresses_of("db.EXAMPLE") == ("192.0.2.7", "2001:db8::7")


def test_only_the_family_that_is_asked_for_comes_back() -> None:
    found = socket.getaddrinfo("db.example", 80, family=socket.AF_INET)
    assert {entry[4] for entry in found} == {("192.0.2.7", 80)}


def test_a_host_that_the_parent_did_not_find_is_unknown() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("gone.example", 80)
    assert host_names.addresses_of("other.example") == ()


def test_addresses_need_nobody_to_be_asked() -> None:
    assert socket.getaddrinfo("127.0.0.1", 80)[0][4] == ("127.0.0.1", 80)


@pytest.mark.parametrize("asks", [True, False])
def test_name_servers_are_open_only_to_whom_may_ask_them(asks: bool) -> None:
    judge = Judge(Allowed(asks_names=asks))
    assert {judge.allows_address(one, 53) for one in nameservers()} == {asks}
    assert bool(Allowed((("127.0.0.1", 1),), asks_names=asks).names()) is not asks
