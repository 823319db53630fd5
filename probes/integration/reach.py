"""Whether a target can be reached at all: its name, its address, its certificate."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final, Protocol

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.guard import checked_addresses
from probes.integration.calls import Facts, tls_context
from probes.integration.texts import CODES
from probes.settings import TargetSettings

SOON_DAYS: Final = 30

_EXPIRED: Final = 10
_OTHER_NAME: Final = frozenset({62, 64})
"""OpenSSL's numbers (X509_V_ERR_…) for what it refuses in a certificate: a host, an address."""


def unreachable(name: str, fault: str) -> Finding:
    """Return the finding for a call that got no answer."""
    return CODES.finding(fault, name=name)


class AddressedTarget(Protocol):
    """A target with an address; `is_encrypted` says whether its calls are."""

    target: TargetSettings

    @property
    def host(self) -> str:
        """The target's host."""

    @property
    def port(self) -> int:
        """The target's port."""

    @property
    def is_encrypted(self) -> bool:
        """Whether what is sent is encrypted on its way."""


def reach(caller: AddressedTarget, name: str, facts: Facts) -> Iterator[Finding]:
    """Resolve the name, refuse what must not be called, and look at the certificate."""
    addresses: list[str] = []
    try:
        addresses = checked_addresses(
            caller.host, caller.port, allow_internal=caller.target.allow_internal
        )
    except OSError:
        yield unreachable(name, "resolve_failed")
    except ValueError:
        yield unreachable(name, "refused_address")
    if not addresses:
        return
    facts["addresses"] = len(addresses)
    if caller.is_encrypted:
        yield from _certificate(caller, name, addresses[0], facts)
    else:
        yield not_encrypted(name, addresses)


def not_encrypted(name: str, addresses: Sequence[str]) -> Finding:
    """Return the finding for calls in the clear; those that never leave the machine are a note."""
    leaves = not all(ip_address(one.split("%")[0]).is_loopback for one in addresses)
    level = FindingLevel.SLOWS if leaves else FindingLevel.NOTE
    return CODES.finding("not_encrypted", level=level, name=name)


def _certificate(
    caller: AddressedTarget, name: str, address: str, facts: Facts
) -> Iterator[Finding]:
    import socket

    context = tls_context(caller.target.ca_file, verify=caller.target.verify_tls)
    timeout = caller.target.timeout_seconds
    try:
        with (
            socket.create_connection((address, caller.port), timeout) as plain,
            context.wrap_socket(plain, server_hostname=caller.host) as secure,
        ):
            certificate: Any = secure.getpeercert() or {}
    except ssl.SSLError as refused:
        yield unreachable(name, _tls_fault(refused))
        return
    except TimeoutError:
        yield unreachable(name, "timed_out")
        return
    except OSError:
        yield unreachable(name, "connect_failed")
        return
    if "notAfter" not in certificate:
        yield CODES.finding("tls_not_checked", name=name)
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    days = (ends - datetime.now(UTC)).days
    facts["certificate_days"] = days
    if days > SOON_DAYS:
        yield CODES.finding("tls_valid", name=name, days=days)
    else:
        yield CODES.finding("tls_ends_soon", {"days": days}, name=name)


def _tls_fault(refused: ssl.SSLError) -> str:
    if not isinstance(refused, ssl.SSLCertVerificationError):
        return "tls_not_spoken"
    if refused.verify_code == _EXPIRED:
        return "tls_expired"
    return "tls_other_name" if refused.verify_code in _OTHER_NAME else "tls_untrusted"
