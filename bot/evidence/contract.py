"""The contract of an adapter: what it reads, how it is signed, how it is polled.

An adapter is one module with an `ADAPTER` of this type. It knows its system's payloads and nothing
of rows, Slack or sprints.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

from bot.domain.waits import FactKind, SystemEvent, WaitStatus
from bot.evidence.texts import say, table

LONGEST_SUBJECT: Final = 200
LONGEST_VALUE: Final = 200
LONGEST_LINK: Final = 500
_FORM: Final = "application/x-www-form-urlencoded"
_SECONDS: Final = (1e8, 7e9)
"""What counts as seconds since 1970: 1973 to 2191. A smaller number is a date like 20260302."""


class UnreadableEvent(ValueError):  # noqa: N818 - the sender's fault, answered with 400
    """A delivery is no event of that system; the message says what is missing."""


class PollError(Exception):
    """A system could not be asked; the message says why, for the administrator."""


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One webhook delivery as it came.

    Args:
        headers: by their names in lower case.
        body: the bytes that were signed.
        now: when it came; signatures that carry a time must be of about then.
    """

    headers: Mapping[str, str]
    body: bytes
    now: datetime

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object, also out of a form's `payload`: GitHub's default.

        Raises:
            UnreadableEvent: it is none.
        """
        body = self.body
        if self.headers.get("content-type", "").startswith(_FORM):
            body = parse_qs(body.decode(errors="replace")).get("payload", [""])[0].encode()
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise UnreadableEvent(say("event_not_json")) from None
        if not isinstance(found, dict):
            raise UnreadableEvent(say("event_not_object"))
        return found


@dataclass(frozen=True, slots=True)
class EventSubject:
    """What events of a system are about: its key, where a person can see it, what it is called."""

    key: str
    link: str = ""
    title: str = ""

    def event(
        self, kind: FactKind, at: datetime, value: str = "", standing: WaitStatus | None = None
    ) -> SystemEvent:
        """Return that something happened to it."""
        return SystemEvent(self.key, kind, at, value, standing, self.link, self.title)

    def opened(self, at: datetime) -> SystemEvent:
        """Return that it was opened, and waits."""
        return self.event(FactKind.OPENED, at, standing=WaitStatus.WAITING)

    def state(self, at: datetime, value: str, standing: WaitStatus | None) -> SystemEvent:
        """Return which state it came into, and what that means for the wait."""
        return self.event(FactKind.STATE, at, value, standing)


class Ask(Protocol):
    """Calls the system's own API, guarded, with its token, and returns the JSON or text answer."""

    def __call__(
        self, path: str, *, post: Mapping[str, Any] | None = None, as_text: bool = False
    ) -> Any:
        """Return the answer.

        Raises:
            PollError: there is none, or it is a refusal.
        """


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """What an administrator said about a connected system.

    Args:
        base_url: where its API is; empty where it cannot be asked.
        user: the account that the token belongs to, where the API wants one.
        projects: project prefixes of its keys; empty takes any.
        ended: its own names of ended states, besides the usual ones.
        refused: its own names of refused states, besides the usual ones.
    """

    base_url: str = ""
    user: str = ""
    projects: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def standing(self, state: str) -> WaitStatus:
        """Return what a state's name means for the wait."""
        name = _tidy(state)
        if (own := self.own_standing(state)) is not None:
            return own
        if name in REFUSED_STATES:
            return WaitStatus.REFUSED
        return WaitStatus.DONE if name in ENDED_STATES else WaitStatus.WAITING

    def own_standing(self, state: str) -> WaitStatus | None:
        """Return what the administrator said that a state means; None where they didn't."""
        name = _tidy(state)
        if name in map(_tidy, self.refused):
            return WaitStatus.REFUSED
        return WaitStatus.DONE if name in map(_tidy, self.ended) else None


def _tidy(state: str) -> str:
    return " ".join(state.casefold().replace("_", " ").split())


def _names(listed: str) -> frozenset[str]:
    return frozenset(name.strip() for name in listed.split(","))


ENDED_STATES: Final = _names(
    "done, closed, resolved, complete, completed, fixed, approved, granted, implemented, merged, "
    "fulfilled, closed complete, released, deployed, finished"
)
REFUSED_STATES: Final = _names(
    "rejected, declined, denied, refused, cancelled, canceled, won't do, wont do, won't fix, "
    "closed incomplete, closed skipped, removed, duplicate, not approved, withdrawn, abandoned"
)
"""What ticket systems call an end, in lower case; an administrator adds a company's own names."""

Verify = Callable[[str, WebhookDelivery], bool]
Read = Callable[[WebhookDelivery, SystemSettings], list[SystemEvent]]
EventReader = Callable[[dict[str, Any], SystemSettings], list[SystemEvent]]
Poll = Callable[[Ask, str, SystemSettings, datetime], list[SystemEvent]]
Sign = Callable[[str, str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Adapter:
    """A kind of outside system.

    Args:
        name: what an administrator types: "jira".
        label: what people read: "JIRA".
        about: what it tells, in a line; empty where `texts.yaml` says so.
        verify: checks a delivery's signature; None where the system sends none.
        read: reads a delivery's facts.
        poll: asks for the facts about one subject; None where it cannot be asked.
        keys: recognises its keys where somebody typed one; the first group is the key.
        urls: recognises the address of one of its tickets; `subject` builds the key.
        subject: builds the key from a match of `urls`; the first group where left out.
        spelling: how a typed key is spelled there.
        authorize: returns the headers that carry a token.
        api: the API's address where a company has no own one.
        setup: where the webhook is entered in that system, likewise.
    """

    name: str
    label: str
    verify: Verify | None = None
    read: Read | None = None
    poll: Poll | None = None
    keys: re.Pattern[str] | None = None
    urls: re.Pattern[str] | None = None
    subject: Callable[[re.Match[str]], str] = field(default=lambda found: found[1])
    spelling: Callable[[str], str] = str.upper
    authorize: Sign | None = None
    api: str = ""
    about: str = ""
    setup: str = ""

    def says(self) -> str:
        """Return what it tells, in a line."""
        return self.about or table("about", str).get(self.name, "")

    def shows(self) -> str:
        """Return where the webhook is entered in that system."""
        return self.setup or table("setup", str).get(self.name, self.label)

    def mentions(self, text: str, settings: SystemSettings) -> list[str]:
        """Return the keys of this system that a text names, by key or address, each once."""
        found = [self.subject(each) for each in self.urls.finditer(text)] if self.urls else []
        left = self.urls.sub(" ", text) if self.urls else text
        if self.keys:
            found += [self.spelling(each[1]) for each in self.keys.finditer(left)]
        wanted = tuple(project.casefold() for project in settings.projects)
        return [
            key
            for key in dict.fromkeys(found)
            if not wanted or key.casefold().startswith(_prefixes(wanted))
        ]


def _prefixes(projects: Sequence[str]) -> tuple[str, ...]:
    """Return what keys of some projects begin with: "SEC" is "SEC-114", not "SECOPS-1"."""
    return tuple(f"{name}{end}" for name in projects for end in ("-", "#", "!", "/", "0", " "))


def part(value: Any, *names: str) -> dict[str, Any]:
    """Return an inner object by its path; empty where it is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def words(value: Any, *names: str) -> str:
    """Return an inner text by its path, tidied; empty where it is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    # JSON may hold half a surrogate pair, which no database and no digest takes.
    text = str(value).replace("\x00", "").encode(errors="replace").decode()
    return " ".join(text.split())[:LONGEST_LINK]


def rows(value: Any, *names: str) -> list[dict[str, Any]]:
    """Return an inner list's objects by its path."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def moment(value: Any) -> datetime | None:
    """Return a system's time, aware: ISO 8601 or one of its kin, or seconds or milliseconds."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _since_1970(value)
    return _written(value.strip()) if isinstance(value, str) else None


def _written(text: str) -> datetime | None:
    if text.isdecimal() and (found := _since_1970(int(text[:20]))):
        return found
    text = re.sub(r" ?(UTC|GMT|[zZ])$", "+00:00", text)
    text = re.sub(r" ([+-]\d{2}:?\d{2})$", r"\1", text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1970 < found.year < 2200:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _since_1970(number: float) -> datetime | None:
    if not 0 < number < 1e15:  # a whole number of any length, which no float need hold
        return None
    seconds = number / 1000 if number > 1e11 else number
    return datetime.fromtimestamp(seconds, UTC) if _SECONDS[0] <= seconds < _SECONDS[1] else None


def moved(before: Iterable[str], now: str, at: datetime) -> list[SystemEvent]:
    """Return the facts that a ticket had other keys before, as after a move between projects."""
    return [
        SystemEvent(key[:LONGEST_SUBJECT], FactKind.MOVED, at, now) for key in before if key != now
    ]


def required_moment(value: Any, what: str) -> datetime:
    """Return a system's time.

    Raises:
        UnreadableEvent: it is no time.
    """
    found = moment(value)
    if found is None:
        raise UnreadableEvent(say("event_no_time", what=what))
    return found


def required(value: str, what: str) -> str:
    """Return a text.

    Raises:
        UnreadableEvent: it is empty.
    """
    if not value:
        raise UnreadableEvent(say("event_missing", what=what))
    return value[:LONGEST_SUBJECT]


def basic_authorization(user: str, token: str) -> dict[str, str]:
    """Return the header of HTTP basic authentication."""
    pair = base64.b64encode(f"{user}:{token}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def bearer_authorization(token: str) -> dict[str, str]:
    """Return the header that carries a token by itself."""
    return {"authorization": f"Bearer {token}"}


def reader_by(name: str, readers: Mapping[str, EventReader]) -> Read:
    """Return what reads deliveries whose body says of which kind they are.

    Args:
        name: of the field that says it.
        readers: kind → what reads a body of it; of other kinds nothing is read.
    """

    def read(delivery: WebhookDelivery, settings: SystemSettings) -> list[SystemEvent]:
        body = delivery.json()
        reader = readers.get(words(body, name))
        return reader(body, settings) if reader else []

    return read
