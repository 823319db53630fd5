"""A local Slack in a process of its own, so that it does not compute on the bot's time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection


@dataclass(frozen=True)
class Post:
    """One call of chat.postMessage: where, when in seconds, what, and how it was answered."""

    team_id: str
    channel_id: str
    seconds: float
    text: str
    is_ok: bool


@dataclass(frozen=True)
class Space:
    """One workspace whose rates are enforced, and its channels."""

    team_id: str
    token: str
    bot_user_id: str
    channel_ids: tuple[str, ...]


class FarSlack:
    """What the bot's process knows of it.

    Args:
        line: to the other process.
    """

    def __init__(self, line: Connection) -> None:
        self._line = line
        self.api_url: str
        self.spaces: list[Space]
        self.api_url, self.spaces = line.recv()

    def be_down(self, is_down: bool) -> None:
        """Answer nothing from now on, or answer again."""
        self._line.send(is_down)
        self._line.recv()

    def posts(self) -> list[Post]:
        """Return every call of chat.postMessage so far."""
        self._line.send(None)
        return list(self._line.recv())


@contextmanager
def far_slack(teams: int, channels: int) -> Iterator[FarSlack]:
    """Run a local Slack of so many workspaces with so many channels each."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, teams, channels), daemon=True)
    process.start()
    try:
        yield FarSlack(ours)
    finally:
        process.terminate()
        process.join()


def _serve(line: Connection, teams: int, channels: int) -> None:
    from playground.server import LocalSlack

    with LocalSlack() as slack:
        workspaces = [slack.add_workspace(f"Team {number}") for number in range(teams)]
        line.send((slack.api_url, [_open(workspace, channels) for workspace in workspaces]))
        while True:
            asked = line.recv()
            if asked is None:
                line.send([post for workspace in workspaces for post in _posts(workspace)])
                continue
            for workspace in workspaces:
                workspace.faults.clear()
                if asked:
                    workspace.faults.play("drop_before", times=None)
            line.send(True)


def _open(workspace, channels: int) -> Space:
    workspace.enforce_rates = True
    bot = workspace.bot_user_id
    opened = [
        workspace.add_channel(f"sprint-{number}", creator=bot, members=[bot]).id
        for number in range(channels)
    ]
    return Space(workspace.team_id, workspace.bot_token, bot, tuple(opened))


def _posts(workspace) -> list[Post]:
    return [
        Post(
            workspace.team_id,
            call.arguments["channel"],
            call.seconds,
            call.arguments["text"],
            bool(call.accepted),
        )
        for call in workspace.calls("chat.postMessage")
        if call.fault is None
    ]
