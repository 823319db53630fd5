"""Call a server ourselves before its driver does: drivers blur unknown, closed and silent."""

from __future__ import annotations

import socket

from probes.sources.faults import fault


def reach(source: str, host: str, port: int, seconds: float) -> None:
    """Open and close one connection.

    Args:
        source: the source's name, for the finding.
        host: a name or an address.
        port: where the server listens.
        seconds: how long to wait.

    Raises:
        ProbeFault: the name is unknown, nothing listens, or nothing answers in time.
    """
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return
    except socket.gaierror as unknown:
        raise fault("host_unknown", source) from unknown
    except ConnectionRefusedError as refused:
        raise fault("connection_refused", source) from refused
    except PermissionError as refused:
        raise fault("egress_refused", source) from refused
    except OSError as silent:
        raise fault("connection_timed_out", source, f"{seconds:g}") from silent
