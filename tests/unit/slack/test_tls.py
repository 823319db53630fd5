"""Calls to Slack trust the machine's certificates, which no start waits for."""

from __future__ import annotations

import http.client
import urllib.request
from contextlib import suppress

from bot.slack import tls


def test_certificates_are_read_at_the_first_call_over_tls_and_shared_by_all(monkeypatch):
    tls.certificates.cache_clear()
    monkeypatch.setattr(urllib.request, "_opener", None)
    tls.trust_them.__wrapped__()
    used = []

    class Refusing(http.client.HTTPSConnection):
        def __init__(self, host, *, context, **rest):
            used.append(context)
            raise OSError(host, rest)

    monkeypatch.setattr(http.client, "HTTPSConnection", Refusing)
    assert tls.certificates.cache_info().currsize == 0
    for _ in range(2):
        with suppress(OSError):
            urllib.request.urlopen("https://slack.invalid/api/", timeout=1)
    assert used == [tls.certificates()] * 2
    assert used[0].get_ca_certs() is not None
    assert used[0].check_hostname
