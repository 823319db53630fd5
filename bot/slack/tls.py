"""The TLS context for calls to Slack: the machine's certificates, read once."""

from __future__ import annotations

import ssl
import urllib.request
from functools import cache


@cache
def certificates() -> ssl.SSLContext:
    """Return the machine's certificates; read anew for every call they take 35 ms each time."""
    return ssl.create_default_context()


@cache
def trust_them() -> None:
    """Let whatever is called through urllib in this process, as slack_sdk does, trust them.

    A client that is given certificates of its own puts its way of calling together at every call,
    which is a tenth of what a message costs.
    """
    by_https = urllib.request.HTTPSHandler(context=certificates())
    urllib.request.install_opener(urllib.request.build_opener(by_https))
