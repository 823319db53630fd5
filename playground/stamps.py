"""Names that must be unique: ids, message timestamps, tokens."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import threading

from bot.clock import Clock

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST_ID = 36**5
ID_WIDTH = 10


class Ids:
    """Gives out Slack-like ids, each once, in all workspaces of one server."""

    def __init__(self, start: int = FIRST_ID) -> None:
        self._counter = itertools.count(start)
        self.last = start

    def new(self, prefix: str) -> str:
        """Return a fresh id, such as `C0000A0001` for `C`."""
        self.last = next(self._counter)
        return prefix + in_base_36(self.last).rjust(ID_WIDTH, "0")


def in_base_36(number: int) -> str:
    """Return `number` in digits and capital letters."""
    digits = ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits or "0"


class Timestamps:
    """Gives out message timestamps from a clock: unique and increasing, even when it stands."""

    def __init__(self, clock: Clock, last: int = 0) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.last = last

    def new(self) -> str:
        """Return a timestamp such as `1755000000.000100`."""
        with self._lock:
            now = round(self._clock.now().timestamp() * 1_000_000)
            self.last = max(now, self.last + 1)
            return f"{self.last // 1_000_000}.{self.last % 1_000_000:06d}"

    def seconds(self) -> int:
        """Return the clock's time in whole seconds, as `created` and the like have it."""
        return int(self._clock.now().timestamp())


def new_secret(prefix: str) -> str:
    """Return a token of this run, such as `xoxb-…`; it opens nothing but the local workspace."""
    return prefix + secrets.token_hex(16)


def short_hash(*parts: object) -> str:
    """Return a short stable name for `parts`."""
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()[:10]
