"""Which addresses are not on the public internet, and which hand out a cloud's credentials."""

from __future__ import annotations

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_WRAPPED: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        "64:ff9b::/96",  # NAT64
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765
        "::/96",  # IPv4-compatible, before mapped addresses; `::` and `::1` are in it as well
    )
)
"""Networks whose last 32 bits are an IPv4 address."""
_CREDENTIALS: Final = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "fd00:ec2::254",  # instance metadata of AWS
        "fd00:ec2::23",  # credentials of EKS pods
        "fd20:ce::254",  # Google Cloud
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure's own server for its machines
        "192.0.0.192",  # Oracle Cloud
    )
)
"""Where clouds hand out credentials or configuration to whoever asks from inside."""
_LINK_LOCAL: Final = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
)
"""Instance metadata of nearly all clouds, credentials of ECS and EKS; nothing else is here."""
_LOCAL_NAT64: Final = ipaddress.ip_network("64:ff9b:1::/48")
_NOT_PUBLIC: Final = (
    ipaddress.ip_network("fec0::/10"),  # site-local, before fc00::/7
    _LOCAL_NAT64,
    ipaddress.ip_network("168.63.129.16/32"),
    ipaddress.ip_network("192.0.0.192/32"),
)
"""Internal addresses that Python's `ipaddress` takes for public ones in some versions."""


def is_internal(text: str) -> bool:
    """Return whether an address is not on the public internet, however it is written.

    Addresses that wrap another (IPv4 in IPv6, 6to4, Teredo, NAT64) count as what they wrap.
    """
    address = _unwrapped(ipaddress.ip_address(text.split("%", 1)[0]))
    return (
        not address.is_global
        or address.is_multicast
        or any(address.version == each.version and address in each for each in _NOT_PUBLIC)
    )


def is_metadata(text: str) -> bool:
    """Return whether an address is a cloud's metadata service, which hands out credentials.

    Every link-local address counts as one, as does whatever else might be translated to one.
    """
    address = ipaddress.ip_address(text.split("%", 1)[0])
    return any(_hands_out(one) for one in (_unwrapped(address), *_translated(address)))


def _hands_out(address: Address) -> bool:
    return address in _CREDENTIALS or any(
        address.version == each.version and address in each for each in _LINK_LOCAL
    )


def _translated(address: Address) -> list[Address]:
    """Return what a local NAT64 may make of an address: the last 32 bits, or those of RFC 6052."""
    if address.version == 4 or address not in _LOCAL_NAT64:
        return []
    number = int(address)
    spread = (number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF
    return [ipaddress.IPv4Address(number & 0xFFFFFFFF), ipaddress.IPv4Address(spread)]


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo:
        inner = address.teredo[1]
    if inner is None and int(address) > 1 and any(address in each for each in _WRAPPED):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address
