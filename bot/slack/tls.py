"""The TLS context for calls to Slack: the machine's certificates, read once."""

from __future__ import annotations

import http.client
import ssl
import urllib.request
from functools import cache


@cache
def certificates() -> ssl.SSLContext:
    """Return the machine's certificates; read anew for every call they take 35 ms each time."""
    return ssl.create_default_context()


class _Https(urllib.request.HTTPSHandler):
    """Reads the certificates at the first call: a start that calls nobody waits 35 ms less."""

    def __init__(self) -> None:
        urllib.request.AbstractHTTPHandler.__init__(self)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open an address over TLS."""
        return self.do_open(http.client.HTTPSConnection, req, context=certificates())


@cache
def trust_them() -> None:
    """Let whatever is called through urllib in this process, as slack_sdk does, trust them.

    A client that is given certificates of its own puts its way of calling together at every call,
    which is a tenth of what a message costs.
    """
    urllib.request.install_opener(urllib.request.build_opener(_Https()))
