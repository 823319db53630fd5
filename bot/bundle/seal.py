"""The file of a bundle: a zip that can be written in one way only, and a signature over it.

A reader writes it anew from what it holds and compares byte for byte, so no byte is outside the
seal: not a time stamp, not a comment, not a flag of the archive.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.domain.errors import InputError
from bot.messages.catalog import say_plain

SEAL: Final = "seal.json"
FORMAT: Final = 1
LARGEST: Final = 64_000_000
"""Bytes; a bundle is some hundred kilobytes."""
_WHEN: Final = (1980, 1, 1, 0, 0, 0)
_UNREADABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, EOFError),
    *(NotImplementedError, RuntimeError, MemoryError, OverflowError, IndexError),
)
"""What reading an archive raises that was changed anywhere."""


class SealBrokenError(InputError):
    """A bundle is not as it was sealed."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened bundle whose seal holds.

    Args:
        files: name → content.
        fingerprint: of the key that sealed it.
    """

    files: Mapping[str, bytes]
    fingerprint: str


def sealing_key(secrets: Sequence[str]) -> Ed25519PrivateKey:
    """Return the key that seals, out of the newest of the bot's secrets.

    Raises:
        InputError: there is no secret to make it of.
    """
    if not secrets:
        raise InputError(
            say_plain("bundle.sealing_key_missing"),
            field="database.encryption_keys",
        )
    derived = HKDF(SHA256(), 32, salt=None, info=b"hour48 evidence bundles")
    return Ed25519PrivateKey.from_private_bytes(derived.derive(secrets[0].encode()))


def fingerprint_of(public: bytes) -> str:
    """Return how a person compares a key with another."""
    digest = hashlib.sha256(public).hexdigest()[:32]
    return ":".join(digest[at : at + 4] for at in range(0, 32, 4))


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the public half of a key."""
    return key.public_key().public_bytes_raw()


def seal(files: Mapping[str, bytes], key: Ed25519PrivateKey) -> bytes:
    """Return the bundle of these files."""
    statement = _statement(files)
    mark = {
        "form": FORMAT,
        "files": statement,
        "key": public_bytes(key).hex(),
        "signature": key.sign(_spelled(statement)).hex(),
    }
    return _packed({**files, SEAL: _spelled(mark)})


def _statement(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}


def _spelled(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _packed(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.create_system = 3  # else the system that writes it is noted
            archive.writestr(entry, files[name])
    return out.getvalue()


def open_sealed(raw: bytes) -> Bundle:
    """Open a bundle and check every byte of it.

    Raises:
        SealBrokenError: it is no bundle, or a byte of it was changed; names the file where it can.
    """
    if len(raw) > LARGEST:
        raise SealBrokenError(say_plain("bundle.too_large", bytes=len(raw)))
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        mark = json.loads(files.pop(SEAL))
        hashes, public = dict(mark["files"]), bytes.fromhex(mark["key"])
        signature, form = bytes.fromhex(mark["signature"]), mark["form"]
    except _UNREADABLE:
        raise SealBrokenError(say_plain("bundle.no_bundle")) from None
    except TypeError:
        raise SealBrokenError(say_plain("bundle.seal_changed")) from None
    if form != FORMAT:
        raise SealBrokenError(say_plain("bundle.newer"))
    _refuse_other_content(files, hashes)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _spelled(hashes))
    except (InvalidSignature, ValueError):
        raise SealBrokenError(say_plain("bundle.signature_broken")) from None
    if _packed({**files, SEAL: _spelled(mark)}) != raw:
        raise SealBrokenError(say_plain("bundle.bytes_changed"))
    return Bundle(files, fingerprint_of(public))


def _refuse_other_content(files: Mapping[str, bytes], hashes: Mapping[str, str]) -> None:
    found = _statement(files)
    for name in sorted(found.keys() | hashes.keys()):
        if found.get(name) != hashes.get(name):
            what = "changed" if name in found and name in hashes else "added"
            raise SealBrokenError(say_plain(f"bundle.file_{what}", name=name[:60]))
