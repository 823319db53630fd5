"""Fifty people who type and press, a hundred times a second, signed as Slack signs."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from statistics import quantiles
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from tests.load.crowd import SECRET, TEAMS, person, team_of

PEOPLE = 50
COMMANDS = (("/sprint", "status"), ("/blocker", "list"), ("/sprint", "list"))


@dataclass(slots=True)
class Acks:
    """How long acks took, in milliseconds, and what was not acked."""

    taken: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def p(self, percent: int) -> float:
        """Return a percentile."""
        return quantiles(self.taken, n=100)[percent - 1]


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


async def _send(client: httpx.AsyncClient, url: str, body: str, acks: Acks) -> None:
    stamp = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": str(signature),
    }
    started = time.monotonic()
    try:
        answer = await client.post(url, content=body, headers=headers)
    except httpx.HTTPError as error:
        acks.refused.append(type(error).__name__)
        return
    if answer.status_code == 200:
        acks.taken.append((time.monotonic() - started) * 1000)
    else:
        acks.refused.append(f"{answer.status_code} {answer.text[:80]}")


async def _press(url: str, rate: float, seconds: float, hour: int, answer_url: str) -> Acks:
    acks, running = Acks(), set()
    limits = httpx.Limits(max_connections=PEOPLE, max_keepalive_connections=PEOPLE)
    async with httpx.AsyncClient(timeout=10, limits=limits) as client:
        began = time.monotonic()
        for turn in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + turn / rate - time.monotonic()))
            task = asyncio.create_task(_send(client, url, _body(turn, hour, answer_url), acks))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
    return acks


def press(url: str, rate: float, seconds: float, hour: int, answer_url: str) -> Acks:
    """Press and type at a steady rate, whether the answers come or not.

    Args:
        url: where Slack's requests go.
        rate: requests a second.
        seconds: for how long.
        hour: the hour whose prompt is answered.
        answer_url: where answers to presses go.
    """
    return asyncio.run(_press(url, rate, seconds, hour, answer_url))
