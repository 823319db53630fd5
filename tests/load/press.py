"""Fifty people who type and press, a hundred times a second, signed as Slack signs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from tests.load.crowd import SECRET, TEAMS, person, team_of

PEOPLE = 50
PATIENCE = 10
COMMANDS = (("/sprint", "status"), ("/blocker", "list"), ("/sprint", "list"))


@dataclass(slots=True)
class Acks:
    """How long acks took, in milliseconds, and what was not acked."""

    taken: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def p(self, percent: int) -> float:
        """Return a percentile."""
        return quantiles(self.taken, n=100)[percent - 1]

    @property
    def slowest(self) -> float:
        """Return the longest of all."""
        return max(self.taken)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is answered: the prompt of an hour; and where answers to presses go."""

    hour: int
    answer_url: str


def command_body(number: int, command: str, text: str) -> str:
    """Return what Slack sends when the lead of a sprint types a command in its channel."""
    return urlencode(
        {
            "command": command,
            "text": text,
            "team_id": team_of(number),
            "user_id": person(number),
            "user_name": "somebody",
            "channel_id": f"C{number:06d}",
            "trigger_id": f"{number}.{time.monotonic_ns()}",
        }
    )


def press_body(number: int, hour: int, answer_url: str) -> str:
    """Return what Slack sends when the lead of a sprint presses "on track" at an hour."""
    action = {
        "type": "button",
        "action_id": "prompt.on_track",
        "block_id": "b",
        "value": f"{number}:{hour}",
        "action_ts": f"{time.time():.6f}",
    }
    payload = {
        "type": "block_actions",
        "team": {"id": team_of(number)},
        "user": {"id": person(number), "username": "somebody", "team_id": team_of(number)},
        "channel": {"id": f"C{number:06d}", "name": "c"},
        "trigger_id": f"{number}.{time.monotonic_ns()}",
        "response_url": answer_url,
        "actions": [action],
    }
    return urlencode({"payload": json.dumps(payload)})


def _body(turn: int, hour: int, answer_url: str) -> str:
    number = 1 + turn % PEOPLE + TEAMS * PEOPLE * (turn % 7)
    if turn % 2:
        return press_body(number, hour, answer_url)
    command, text = COMMANDS[turn // 2 % len(COMMANDS)]
    return command_body(number, command, text)


class _Person:
    """Somebody with a connection of their own, who presses again only after an answer.

    It speaks HTTP by hand: a client library takes more of the machine than the bot under load.
    """

    def __init__(self, url: str) -> None:
        self._url = httpx.URL(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, body: str) -> tuple[int, str]:
        """Send a request and return its answer's status and text."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._url.host, self._url.port)
        reader, writer = self._streams
        writer.write(self._request(body.encode()))
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r")[0])
        text = (await reader.readexactly(length)).decode()
        return int(head.split()[1]), text

    def _request(self, body: bytes) -> bytes:
        stamp = str(int(time.time()))
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
        return (
            f"POST {self._url.path} HTTP/1.1\r\nHost: {self._url.netloc.decode()}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: {signature}\r\n\r\n"
        ).encode() + body

    def hang_up(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _act(
    person: _Person, turns: range, due_at: Callable[[int], float], asked: Asked, acks: Acks
) -> None:
    """Act at each of somebody's times; an answer that is late makes the next one late as well."""
    for turn in turns:
        await asyncio.sleep(max(0.0, due_at(turn) - time.monotonic()))
        try:
            async with asyncio.timeout(PATIENCE):
                status, text = await person.send(_body(turn, asked.hour, asked.answer_url))
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            acks.refused.append(type(error).__name__)
            person.hang_up()
            continue
        if status == 200:
            acks.taken.append((time.monotonic() - due_at(turn)) * 1000)
        else:
            acks.refused.append(f"{status} {text[:80]}")
    person.hang_up()


async def _press(url: str, rate: float, seconds: float, asked: Asked) -> Acks:
    acks = Acks()
    began = time.monotonic() + 0.1
    people = [_Person(url) for _ in range(PEOPLE)]
    turns = [range(place, int(rate * seconds), PEOPLE) for place in range(PEOPLE)]
    await asyncio.gather(
        *(
            _act(person, mine, lambda turn: began + turn / rate, asked, acks)
            for person, mine in zip(people, turns, strict=True)
        )
    )
    return acks


def press(url: str, rate: float, seconds: float, hour: int, answer_url: str) -> Acks:
    """Press and type at a steady rate; an ack is counted from when its request was due.

    Args:
        url: where Slack's requests go.
        rate: requests a second, of all people together.
        seconds: for how long.
        hour: the hour whose prompt is answered.
        answer_url: where answers to presses go.
    """
    return asyncio.run(_press(url, rate, seconds, Asked(hour, answer_url)))
