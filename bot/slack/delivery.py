"""Delivery: the one writer to Slack. It brings Slack to what the outbox wishes, exactly once.

Before a call that must not happen twice its row is marked `in_doubt` and committed. Whoever finds
a row in doubt (after an ambiguous answer, or in a dead bot's lane) looks into Slack first.
"""

from __future__ import annotations

import heapq
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from bot.slack import lanes
from bot.slack.effects import EFFECTS, Call, Effect, Result
from bot.slack.lanes import LaneName
from bot.slack.pace import Pace
from bot.slack.trouble import TRANSPORT_ERRORS, Diagnosis, Trouble, diagnose
from bot.store.models import DirectChannel, Lane, OutboxItem, Sprint

log = structlog.get_logger()

CALL_SECONDS: Final = 10
"""How long a call to Slack may take before it counts as ambiguous."""
BACKOFF_SECONDS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
LOCKED_OUT_SECONDS: Final = 60.0
DOUBT_SECONDS: Final = 1.0
"""How long an ambiguous call is given to show up in Slack before anyone looks for it."""
POLL_SECONDS: Final = 0.5
WORKERS: Final = 8


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace's way into Slack."""

    client: WebClient
    bot_user_id: str | None


ClientSource = Callable[[str], Workspace]
FailureHook = Callable[[Session, OutboxItem, Diagnosis], None]


@dataclass(frozen=True, slots=True)
class _Step:
    """What a worker says of a lane: how long until its next turn; None when it is empty."""

    wait: float | None
    channel_is_closed: bool = False


_EMPTY: Final = _Step(None)
_NEXT: Final = _Step(0.0)
_CLOSED: Final = _Step(BACKOFF_SECONDS[0], channel_is_closed=True)


def quiet_client(token: str, base_url: str | None = None) -> WebClient:
    """Return a client that never repeats a call by itself; a repeat could post twice."""
    base = base_url or WebClient.BASE_URL
    return WebClient(token=token, base_url=base, retry_handlers=[], timeout=CALL_SECONDS)


class Delivery:
    """Delivers the outbox.

    Args:
        sessions: the factory of writing sessions.
        workspace_of: gives a workspace's client by its id.
        pace: Slack's rates.
        on_failure: told, in the same transaction, of what Slack refused for good.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        workspace_of: ClientSource,
        pace: Pace,
        on_failure: FailureHook,
    ) -> None:
        self._sessions = sessions
        self._workspace_of = workspace_of
        self._pace = pace
        self._on_failure = on_failure
        self.owner = uuid.uuid4().hex
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._held: set[LaneName] = set()
        self._busy: set[LaneName] = set()
        self._ready: list[tuple[float, LaneName]] = []
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="delivery")
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Deliver in the background until `stop`."""
        for work in (self._dispatch_until_stopped, self._renew_until_stopped):
            thread = threading.Thread(target=work, name=work.__name__, daemon=True)
            thread.start()
            self._threads.append(thread)

    def wake(self) -> None:
        """Look into the outbox now rather than at the next poll."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the calls under way and hand the lanes over."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(CALL_SECONDS + 1)
        self._pool.shutdown(wait=True)
        lanes.release(self._sessions, self.owner)

    def is_idle(self) -> bool:
        """Tell whether nothing waits that could be delivered now."""
        with self._sessions() as session:
            waiting = session.scalar(
                select(func.count()).select_from(OutboxItem).where(OutboxItem.state == "waiting")
            )
        return not waiting

    def _dispatch_until_stopped(self) -> None:
        while not self._stop.is_set():
            try:
                self._dispatch()
            except Exception:  # a database that is away must not end delivery
                log.exception("delivery.dispatch_failed")
                self._stop.wait(POLL_SECONDS)

    def _dispatch(self) -> None:
        self._wake.clear()
        self._take_lanes()
        with self._changed:
            next_wait = self._start_ready_lanes()
        self._wake.wait(min(POLL_SECONDS, next_wait))

    def _take_lanes(self) -> None:
        with self._sessions() as session:
            waiting = lanes.waiting_lanes(session)
        for name in waiting:
            with self._changed:
                if name in self._held:
                    continue
            if lanes.lease(self._sessions, name, self.owner):
                with self._changed:
                    self._held.add(name)
                    heapq.heappush(self._ready, (time.monotonic(), name))

    def _start_ready_lanes(self) -> float:
        now = time.monotonic()
        while self._ready and self._ready[0][0] <= now and len(self._busy) < WORKERS:
            _, name = heapq.heappop(self._ready)
            self._busy.add(name)
            self._pool.submit(self._turn, name)
        return max(0.0, self._ready[0][0] - now) if self._ready else POLL_SECONDS

    def _turn(self, name: LaneName) -> None:
        step = _Step(BACKOFF_SECONDS[1])
        try:
            step = self._step(name)
        except Exception:  # the row stays as it was and the lane gets another turn
            log.exception("delivery.step_failed", lane=name.lane, team=name.team_id)
        finally:
            self._return(name, step)

    def _return(self, name: LaneName, step: _Step) -> None:
        if step.wait is None:
            lanes.release(self._sessions, self.owner, name)
        with self._changed:
            self._busy.discard(name)
            if step.wait is None:
                self._held.discard(name)
            else:
                heapq.heappush(self._ready, (time.monotonic() + step.wait, name))
        self._wake.set()

    def _renew_until_stopped(self) -> None:
        while not self._stop.wait(lanes.LEASE.total_seconds() / 4):
            try:
                lanes.renew(self._sessions, self.owner)
            except Exception:  # the lease runs out, another bot takes over, and that is right
                log.exception("delivery.renewal_failed")

    def _step(self, name: LaneName) -> _Step:
        """Deliver the lane's next item, or say how long it has to wait."""
        prepared = self._prepare(name)
        if isinstance(prepared, _Step):
            return self._open_channel(name) if prepared.channel_is_closed else prepared
        call, effect = prepared
        try:
            found = effect.look(call) if call.was_in_doubt and effect.look else None
            result = found if found is not None else self._perform(call, effect)
        except (SlackApiError, *TRANSPORT_ERRORS) as error:
            return self._after_trouble(name, call, effect, diagnose(error))
        self._settle(call.item, effect, result, was_found=found is not None)
        return _NEXT

    def _perform(self, call: Call, effect: Effect) -> Result:
        try:
            return effect.perform(call)
        except SlackApiError as error:
            if error.response.get("error") in effect.already:
                return {}
            raise

    def _prepare(self, name: LaneName) -> _Step | tuple[Call, Effect]:
        """Choose the next item and note, for good, that its call is about to happen."""
        workspace = self._workspace_of(name.team_id)
        with self._sessions.begin() as session:
            if not lanes.is_held(session, name, self.owner):
                return _EMPTY
            item = self._head(session, name)
            if item is None:
                return _EMPTY
            if item.not_before and item.not_before > datetime.now(UTC):
                return _Step((item.not_before - datetime.now(UTC)).total_seconds())
            effect = EFFECTS[item.kind]
            call = self._call(session, workspace, item)
            if effect.needs_channel and call.channel_id is None:
                return _CLOSED
            wait = self._pace.wait(name.team_id, _method(item, effect), call.channel_id)
            if wait:
                return _Step(wait)
            item.attempts += 1
            item.first_tried_at = item.first_tried_at or datetime.now(UTC)
            item.in_doubt = effect.look is not None and item.ts is None
        session.expunge_all()
        return call, effect

    @staticmethod
    def _head(session: Session, name: LaneName) -> OutboxItem | None:
        return session.scalars(
            select(OutboxItem)
            .where(
                OutboxItem.state == "waiting",
                OutboxItem.team_id == name.team_id,
                OutboxItem.lane == name.lane,
            )
            .order_by(OutboxItem.priority, OutboxItem.id)
            .limit(1)
        ).one_or_none()

    def _call(self, session: Session, workspace: Workspace, item: OutboxItem) -> Call:
        channel_id = item.channel_id or _channel_of(session, item)
        parent = _by_key(session, item, item.thread_key)
        return Call(
            client=workspace.client,
            item=item,
            channel_id=channel_id,
            thread_ts=parent.ts if parent else None,
            newest_ts=_newest_ts(session, item, channel_id),
            references=_references(session, item),
            bot_user_id=workspace.bot_user_id,
            was_in_doubt=item.in_doubt,
            taken_channels=_taken_channels(session, item),
        )

    def _open_channel(self, name: LaneName) -> _Step:
        """Open the direct channel of a person; a sprint's channel comes with its own item."""
        kind, _, user_id = name.lane.partition(":")
        wait = self._pace.wait(name.team_id, "conversations.open") if kind == "dm" else None
        if wait != 0:
            return _Step(wait or BACKOFF_SECONDS[0])
        client = self._workspace_of(name.team_id).client
        try:
            answer = client.conversations_open(users=user_id)
        except (SlackApiError, *TRANSPORT_ERRORS) as error:
            return self._after_failed_open(name, diagnose(error))
        with self._sessions.begin() as session:
            session.add(
                DirectChannel(
                    team_id=name.team_id, user_id=user_id, channel_id=answer["channel"]["id"]
                )
            )
        return _NEXT

    def _after_failed_open(self, name: LaneName, diagnosis: Diagnosis) -> _Step:
        if diagnosis.trouble is Trouble.RATE_LIMITED:
            self._pace.block(name.team_id, "conversations.open", diagnosis.retry_after)
        if diagnosis.trouble is not Trouble.PERMANENT:
            return _Step(max(diagnosis.retry_after, BACKOFF_SECONDS[2]))
        with self._sessions.begin() as session:
            while (item := self._head(session, name)) is not None:
                self._give_up(session, item, diagnosis)
                session.flush()
        return _EMPTY

    def _settle(self, item: OutboxItem, effect: Effect, result: Result, *, was_found: bool) -> None:
        """Write down that it is so; a wish that changed meanwhile stays waiting.

        A message that was found may carry an older wording, so it is updated once more.
        """
        with self._sessions.begin() as session:
            row = session.get_one(OutboxItem, item.id, with_for_update=True)
            row.result = {key: value for key, value in result.items() if key != "user"}
            row.channel_id = result.get("channel_id", row.channel_id)
            row.ts = result.get("ts", row.ts)
            row.sent_version = item.version if not was_found else min(1, item.version - 1)
            is_newest = row.version == item.version and not (was_found and row.version > 1)
            row.state = "sent" if is_newest else "waiting"
            row.in_doubt = False
            row.attempts = 0
            row.error = None
            row.sent_at = datetime.now(UTC)
            if effect.settle:
                effect.settle(session, row, result)

    def _after_trouble(
        self, name: LaneName, call: Call, effect: Effect, diagnosis: Diagnosis
    ) -> _Step:
        log.warning(
            "delivery.trouble",
            key=call.item.key,
            error=diagnosis.error,
            trouble=diagnosis.trouble.value,
            attempts=call.item.attempts,
        )
        if diagnosis.trouble is Trouble.RATE_LIMITED:
            self._pace.block(name.team_id, _method(call.item, effect), diagnosis.retry_after)
        with self._sessions.begin() as session:
            row = session.get_one(OutboxItem, call.item.id, with_for_update=True)
            row.error = diagnosis.error
            if diagnosis.trouble is Trouble.PERMANENT:
                self._give_up(session, row, diagnosis)
                return _NEXT
            wait = _wait_after(diagnosis, row)
            row.not_before = datetime.now(UTC) + timedelta(seconds=wait)
            if diagnosis.trouble in (Trouble.RATE_LIMITED, Trouble.LOCKED_OUT):
                row.in_doubt = call.was_in_doubt
            return _Step(wait)

    def _give_up(self, session: Session, item: OutboxItem, diagnosis: Diagnosis) -> None:
        item.state = "failed"
        item.in_doubt = False
        item.error = diagnosis.error
        self._on_failure(session, item, diagnosis)


def _method(item: OutboxItem, effect: Effect) -> str:
    is_update = item.kind == "message" and item.ts is not None
    return "chat.update" if is_update else effect.method


def _wait_after(diagnosis: Diagnosis, row: OutboxItem) -> float:
    if diagnosis.trouble is Trouble.RATE_LIMITED:
        return diagnosis.retry_after
    if diagnosis.trouble is Trouble.LOCKED_OUT:
        return LOCKED_OUT_SECONDS
    step = BACKOFF_SECONDS[min(row.attempts, len(BACKOFF_SECONDS)) - 1]
    return max(DOUBT_SECONDS, step) if row.in_doubt else step


def _channel_of(session: Session, item: OutboxItem) -> str | None:
    kind, _, reference = item.lane.partition(":")
    if kind == "channel":
        return reference
    if kind == "sprint":
        return session.scalar(select(Sprint.channel_id).where(Sprint.id == int(reference)))
    return session.scalar(
        select(DirectChannel.channel_id).where(
            DirectChannel.team_id == item.team_id, DirectChannel.user_id == reference
        )
    )


def _newest_ts(session: Session, item: OutboxItem, channel_id: str | None) -> str | None:
    if channel_id is None or not item.in_doubt:
        return None
    return session.scalar(
        select(func.max(OutboxItem.ts)).where(
            OutboxItem.team_id == item.team_id,
            OutboxItem.channel_id == channel_id,
            OutboxItem.thread_key.is_(None),
            OutboxItem.id < item.id,
            OutboxItem.ts.is_not(None),
        )
    )


def _taken_channels(session: Session, item: OutboxItem) -> frozenset[str]:
    if item.kind != "create_channel" or not item.in_doubt:
        return frozenset()
    taken = select(Sprint.channel_id).where(
        Sprint.team_id == item.team_id, Sprint.channel_id.is_not(None)
    )
    return frozenset(str(channel_id) for channel_id in session.scalars(taken))


def _references(session: Session, item: OutboxItem) -> dict[str, OutboxItem]:
    """Read the wishes that this one builds on: the card to pin, the pictures to show."""
    keys = {block.get("slack_file", {}).get("key") for block in item.body.get("blocks", [])}
    keys.add(item.body.get("message_key"))
    found = (_by_key(session, item, key) for key in keys if key)
    return {other.key: other for other in found if other is not None}


def _by_key(session: Session, item: OutboxItem, key: str | None) -> OutboxItem | None:
    if key is None:
        return None
    return session.scalars(
        select(OutboxItem).where(OutboxItem.team_id == item.team_id, OutboxItem.key == key)
    ).one_or_none()


def forget_leases(sessions: sessionmaker[Session]) -> None:
    """Free every lane at the start of the only bot on a database."""
    with sessions.begin() as session:
        session.execute(update(Lane).values(owner=None, leased_until=None))
