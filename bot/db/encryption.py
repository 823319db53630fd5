"""Secrets at rest: sealed with the newest key, opened with any that is still configured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from bot.db.texts import say
from bot.domain.errors import InputError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class SealedError(InputError):
    """Something was sealed with a key that is not configured, was changed, or is too old."""

    def __init__(self) -> None:
        super().__init__(
            say("token_key_missing"),
            field="database.encryption_keys",
        )


class Encryption:
    """Seals and opens secrets.

    Args:
        keys: Fernet keys, the newest first; older ones only open.

    Raises:
        InputError: there is no key, or one is none.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        if not keys:
            raise InputError(
                say("encryption_keys_empty"),
                field="database.encryption_keys",
            )
        try:
            self._fernet: MultiFernet = MultiFernet([Fernet(key) for key in keys])
        except (ValueError, TypeError):
            raise InputError(
                say("encryption_key_invalid"),
                field="database.encryption_keys",
            ) from None

    @classmethod
    def derived(cls, secrets: Sequence[str], purpose: str) -> Self:
        """Return a vault whose keys come out of other secrets and serve one purpose only."""
        import base64

        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        raw = [
            HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())
            for secret in secrets
        ]
        return cls([base64.urlsafe_b64encode(key).decode() for key in raw])

    def seal(self, text: str, at: float | None = None) -> str:
        """Return `text` sealed.

        Args:
            text: the secret.
            at: the moment of the seal in seconds since 1970; now when left out.
        """
        sealed = (
            self._fernet.encrypt(text.encode())
            if at is None
            else self._fernet.encrypt_at_time(text.encode(), int(at))
        )
        return sealed.decode()

    def open(self, sealed: str, seconds: int | None = None, at: float | None = None) -> str:
        """Return what was sealed.

        Args:
            sealed: what `seal` gave.
            seconds: how old the seal may be; any age when left out.
            at: the moment to count from in seconds since 1970; now when left out.

        Raises:
            SealedError: it was not sealed here, was changed, or is too old.
        """
        from cryptography.fernet import InvalidToken

        try:
            if seconds is None or at is None:
                return self._fernet.decrypt(sealed.encode(), seconds).decode()
            return self._fernet.decrypt_at_time(sealed.encode(), seconds, int(at)).decode()
        except (InvalidToken, ValueError):
            raise SealedError from None

    def reseal(self, sealed: str) -> str:
        """Return the same secret sealed with the newest key.

        Raises:
            SealedError: no configured key opens it.
        """
        return self.seal(self.open(sealed))


def new_key() -> str:
    """Return a fresh key for `database.encryption_keys`."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()
