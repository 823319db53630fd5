"""The judge. It reads what the workspace shows and the database by plain SQL, and none of our code.

It is told what the people did and saw acknowledged. From there it knows what has to be there:
each message of the outbox once, in its place and order, with its newest words; each fact that
somebody was told was noted; each hour, digest and gate that has fallen due.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, text

Row = dict[str, Any]
POSTS = ("message",)


@dataclass
class Shown:
    """One message as the workspace shows it."""

    channel: str
    ts: str
    text: str
    blocks: list[Any]
    thread_ts: str | None
    mark: Mapping[str, Any] | None
    files: list[str] = field(default_factory=list)
    is_direct: bool = False


@dataclass
class Place:
    """One channel as the workspace shows it."""

    id: str
    name: str
    created_by_bot: bool
    members: list[str]
    topic: str
    pins: list[str]
    bookmarks: list[str]
    canvas: list[str]


@dataclass
class Record:
    """All that the workspace shows, and what people did that was acknowledged."""

    messages: list[Shown]
    places: list[Place]
    files: dict[str, str]
    noted: list[tuple[str, ...]] = field(default_factory=list)


@dataclass
class Judgement:
    """What is wrong, each by its sentence."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    duplicate_channels: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.twice or self.out_of_order or self.duplicate_channels)

    def counts(self) -> dict[str, int]:
        return {name: len(value) for name, value in vars(self).items()}

    def sentences(self) -> list[str]:
        return [f"{name}: {one}" for name, value in vars(self).items() for one in value]


def look(workspace: Any, noted: Sequence[tuple[str, ...]] = ()) -> Record:
    """Copy what a local workspace shows."""
    with workspace.lock:
        messages = [
            Shown(
                channel=channel.id,
                ts=message.ts,
                text=message.text,
                blocks=json.loads(json.dumps(message.blocks)),
                thread_ts=message.thread_ts if message.thread_ts != message.ts else None,
                mark=(message.metadata or {}).get("event_payload"),
                files=[workspace.files[one].name for one in message.files],
                is_direct=channel.is_im,
            )
            for channel in workspace.channels.values()
            for message in channel.messages
            if message.user_id == workspace.bot_user_id and message.subtype in (None, "bot_message")
        ]
        places = [
            Place(
                id=channel.id,
                name=channel.name,
                created_by_bot=channel.creator == workspace.bot_user_id
                and not (channel.is_im or channel.is_general),
                members=list(channel.members),
                topic=channel.topic.value,
                pins=[pin.message_ts for pin in channel.pins],
                bookmarks=[bookmark.title for bookmark in channel.bookmarks],
                canvas=[one.text for one in channel.canvas.sections] if channel.canvas else [],
            )
            for channel in workspace.channels.values()
        ]
        files = {one.id: one.name for one in workspace.files.values()}
    return Record(messages, places, files, list(noted))


def judge(record: Record, connection: Connection) -> Judgement:
    """Say what is lost, there twice, out of order, or created twice."""
    found = Judgement()
    outbox = _rows(connection, "select * from outbox order by id")
    sprints = _rows(connection, "select * from sprints order by id")
    _judge_messages(found, record, outbox)
    _judge_order(found, record, outbox)
    _judge_other_messages(found, record, outbox, _channels(connection, sprints))
    _judge_channels(found, record, sprints)
    _judge_hours(found, connection, outbox)
    _judge_facts(found, record, connection)
    return found


def _rows(connection: Connection, statement: str) -> list[Row]:
    return [_plain(dict(row)) for row in connection.execute(text(statement)).mappings()]


def _plain(row: Row) -> Row:
    """Read the JSON that SQLite gives back as text."""
    for name in ("body", "result", "facts"):
        if isinstance(row.get(name), str):
            row[name] = json.loads(row[name])
    return row


def _judge_messages(found: Judgement, record: Record, outbox: list[Row]) -> None:
    shown: dict[str, list[Shown]] = defaultdict(list)
    for message in record.messages:
        if message.mark:
            shown[str(message.mark.get("key"))].append(message)
        elif not (message.files or message.is_direct):  # a press is answered directly at the last
            found.twice.append(f"a message that nobody wished for: {message.text[:60]!r}")
    keys = [row["key"] for row in outbox]
    found.twice += [f"{key} is in the outbox twice" for key in _repeated(keys)]
    for key in shown.keys() - set(keys):
        found.twice.append(f"{key} is shown and was never wished for")
    for row in outbox:
        if row["kind"] in POSTS:
            _judge_message(found, row, shown.get(row["key"], []))


def _judge_message(found: Judgement, row: Row, shown: list[Shown]) -> None:
    key = row["key"]
    if row["state"] != "sent":
        found.lost.append(f"{key} is {row['state']} ({row['error']})")
        return
    if not shown:
        found.lost.append(f"{key} is not shown")
        return
    if len(shown) > 1:
        found.twice.append(f"{key} is shown {len(shown)} times")
    one = shown[0]
    if (one.channel, one.ts) != (row["channel_id"], row["ts"]):
        found.lost.append(f"{key} is not where the outbox says")
    if _words(one.blocks, one.text) != _words(row["body"].get("blocks", []), row["body"]["text"]):
        found.lost.append(f"{key} does not show its newest words")


def _words(blocks: Any, fallback: str) -> str:
    """Return all that can be read in a message, without what Slack adds or fills in."""
    return json.dumps([fallback, _without(blocks)], sort_keys=True, ensure_ascii=False)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        dropped = ("block_id", "slack_file", "image_url", "emoji", "verbatim")
        kept = {key: one for key, one in value.items() if key not in dropped}
        return {key: _without(one) for key, one in kept.items()}
    if isinstance(value, list):
        return [_without(one) for one in value]
    return value


def _judge_order(found: Judgement, record: Record, outbox: list[Row]) -> None:
    """Of two messages of one queue and one priority the one declared first comes first."""
    rows = {str(row["id"]): row for row in outbox}
    told: dict[tuple[Any, ...], list[tuple[str, int, str]]] = defaultdict(list)
    times = {(message.channel, message.ts) for message in record.messages}
    for message in record.messages:
        row = rows.get(str((message.mark or {}).get("id")))
        if row is None:
            continue
        place = (message.channel, message.thread_ts, row["lane"], row["priority"])
        told[place].append((message.ts, row["id"], row["key"]))
        if row["thread_key"] and not message.thread_ts:
            found.out_of_order.append(f"{row['key']} stands outside its thread")
        if message.thread_ts and (message.channel, message.thread_ts) not in times:
            found.out_of_order.append(f"{row['key']} answers nothing")
    for messages in told.values():
        messages.sort()
        for (_, earlier, key), (_, later, _) in pairwise(messages):
            if earlier > later:
                found.out_of_order.append(f"{key} came before an older message")


def _channels(connection: Connection, sprints: list[Row]) -> dict[str, str]:
    """Return where each queue's messages go."""
    direct = connection.execute(text("select user_id, channel_id from direct_channels"))
    return {f"dm:{user_id}": channel_id for user_id, channel_id in direct} | {
        f"sprint:{sprint['id']}": sprint["channel_id"] for sprint in sprints
    }


def _judge_other_messages(
    found: Judgement, record: Record, outbox: list[Row], channels: Mapping[str, str]
) -> None:
    places = {place.id: place for place in record.places}
    by_key = {row["key"]: row for row in outbox}
    for row in outbox:
        if row["kind"] in POSTS:
            continue
        if row["state"] != "sent":
            found.lost.append(f"{row['key']} is {row['state']} ({row['error']})")
        place = places.get(channels.get(row["lane"]) or row["lane"].partition(":")[2])
        if place is None:
            continue
        times = _times_there(record, place, row, by_key)
        if times == 0:
            found.lost.append(f"{row['key']}: not there")
        if times > 1:
            found.twice.append(f"{row['key']}: there {times} times")


def _times_there(record: Record, place: Place, row: Row, by_key: Mapping[str, Row]) -> int:
    """Return how often something that is no message can be seen in its channel."""
    body = row["body"]
    shown = [message for message in record.messages if message.channel == place.id]
    seen = {
        "invite": lambda: place.members.count(body["user_id"]),
        "topic": lambda: int(_bare(place.topic) == _bare(body["text"])),
        "pin": lambda: place.pins.count(by_key[body["message_key"]]["ts"]),
        "canvas": lambda: place.canvas.count(body["canvas"]["sections"][0][1]),
        "bookmark": lambda: place.bookmarks.count(body["title"]),
        "upload": lambda: _files_there(shown, row, by_key) if body.get("share") else 1,
    }
    return seen[row["kind"]]() if row["kind"] in seen else 1


def _files_there(shown: Iterable[Shown], row: Row, by_key: Mapping[str, Row]) -> int:
    """Return how often a file was uploaded: once where its name stands as often as it is asked for.

    A renewed file is a row of its own below the same message, and has the same name.
    """
    parent = by_key.get(row["thread_key"] or "")
    thread_ts, name = parent and parent["ts"], row["body"]["filename"]
    there = sum(one.files.count(name) for one in shown if one.thread_ts == thread_ts)
    alike = [
        other
        for other in by_key.values()
        if other["kind"] == "upload"
        and other["body"].get("filename") == name
        and (other["lane"], other["thread_key"]) == (row["lane"], row["thread_key"])
    ]
    return there - len(alike) + 1


def _bare(words: str) -> str:
    return re.sub(r"&(amp|lt|gt);", "", words).replace("&", "").replace("<", "").replace(">", "")


def _judge_channels(found: Judgement, record: Record, sprints: list[Row]) -> None:
    used = [sprint["channel_id"] for sprint in sprints if sprint["channel_id"]]
    found.duplicate_channels += [f"two sprints share {one}" for one in _repeated(used)]
    for place in record.places:
        if place.created_by_bot and place.id not in used:
            found.duplicate_channels.append(f"#{place.name} belongs to no sprint")
    for sprint in sprints:
        if sprint["started_at"] and not sprint["channel_id"]:
            found.lost.append(f"sprint {sprint['id']} has no channel")


def _judge_hours(found: Judgement, connection: Connection, outbox: list[Row]) -> None:
    """Each hour was asked about, by its own prompt or by the one that names it as missed."""
    keys = {row["key"] for row in outbox}
    timers = _rows(connection, "select * from timers order by sprint_id, due_at, id")
    for timer in timers:
        number, what = timer["sprint_id"], f"sprint {timer['sprint_id']}, {timer['key']}"
        if timer["kind"] in ("prompt", "gate", "digest", "debrief") and timer["state"] != "done":
            found.lost.append(f"{what} is {timer['state']}")
        if (
            timer["kind"] == "gate"
            and f"sprint:{number}:gate:{timer['facts']['phase']}" not in keys
        ):
            found.lost.append(f"{what} was never asked")
        is_held = timer["facts"].get("held")
        if timer["kind"] == "digest" and not is_held and not _was_digested(timer, timers, keys):
            found.lost.append(f"{what} was never told")
    _judge_prompts(found, timers, keys)
    if repeated := _repeated((timer["sprint_id"], timer["key"]) for timer in timers):
        found.twice += [f"timer {one} is there twice" for one in repeated]


def _judge_prompts(found: Judgement, timers: list[Row], keys: set[str]) -> None:
    prompts = [timer for timer in timers if timer["kind"] == "prompt"]
    named = {
        (timer["sprint_id"], int(hour))
        for timer in prompts
        for hour in timer["facts"].get("missed") or []
    }
    for timer in prompts:
        number, hour = timer["sprint_id"], int(timer["facts"]["hour"])
        is_posted = f"sprint:{number}:prompt:{hour}" in keys
        is_named = (number, hour) in named
        if is_posted and is_named:
            found.twice.append(f"sprint {number}: hour {hour} was asked and is told as missed")
        if not is_posted and not is_named and not timer["facts"].get("held"):
            found.lost.append(f"sprint {number}: hour {hour} was never asked about")


def _was_digested(timer: Row, timers: list[Row], keys: set[str]) -> bool:
    """Tell whether a digest was told, by itself or in a later one of the same moment."""
    return any(
        f"sprint:{other['sprint_id']}:digest:{other['facts']['hour']}" in keys
        for other in timers
        if other["kind"] == "digest"
        and other["sprint_id"] == timer["sprint_id"]
        and other["done_at"] == timer["done_at"]
        and int(other["facts"]["hour"]) >= int(timer["facts"]["hour"])
    )


FACTS = {
    "sprint": "select title from sprints",
    "blocker": "select title from blockers",
    "approval": "select what from approvals",
    "decision": "select what, state from approvals",
    "resolved": "select title, state from blockers",
    "answer": "select hour, user_id from prompt_answers",
    "gate": "select phase, scenario from gates",
    "expected": "select user_id from expectations",
    "closed": "select title from sprints where status = 'closed'",
}
"""Where each kind of act that people were told was noted has to be, exactly once."""


def _judge_facts(found: Judgement, record: Record, connection: Connection) -> None:
    kept = {
        kind: [tuple(map(str, row)) for row in connection.execute(text(statement))]
        for kind, statement in FACTS.items()
    }
    for kind, *fact in dict.fromkeys(record.noted):
        times = kept[kind].count(tuple(map(str, fact)))
        if times != 1:
            found.lost += [f"{kind} {fact} was noted and is not kept"] * (times == 0)
            found.twice += [f"{kind} {fact} is kept {times} times"] * (times > 1)
    keys = {row[0] for row in connection.execute(text("select key from outbox"))}
    for kind in ("blocker", "approval"):
        numbers = connection.execute(text(f"select sprint_id, number from {kind}s"))
        for sprint_id, number in numbers:
            if f"sprint:{sprint_id}:{kind}:{number}" not in keys:
                found.lost.append(f"{kind} {number} has no card")


def _repeated(values: Iterable[Any]) -> list[Any]:
    seen: dict[Any, int] = defaultdict(int)
    for value in values:
        seen[value] += 1
    return [value for value, times in seen.items() if times > 1]
