"""Performs a queue's next outbox item, one call to Slack at a time, exactly once.

Before a call that must not happen twice its row is marked `in_doubt` and committed. Whoever finds
a row in doubt (after an ambiguous answer, or in a dead bot's queue) looks into Slack first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from bot.db.models import DirectChannel
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxKind, OutboxState
from bot.outbox import call_context, leases, refusals
from bot.outbox.bodies import without_content
from bot.outbox.calls import Result, SlackCall, WorkspaceClient
from bot.outbox.history import History, LookPausedError
from bot.outbox.leases import QueueName
from bot.outbox.operations import EFFECTS, Effect
from bot.outbox.rate_limiter import RateLimiter
from bot.outbox.schedule import Want
from bot.priority_gate import PriorityGate
from bot.slack.api_errors import MISSING_SCOPE, TRANSPORT_ERRORS, Diagnosis, ErrorClass, diagnose
from bot.slack.call_counters import TalliedClient
from bot.slack.tls import trust_them
from bot.tracing import span

log = structlog.get_logger()

CALL_SECONDS: Final = 10
"""How long a call to Slack may take before it counts as ambiguous."""
BACKOFF_SECONDS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
LOCKED_OUT_SECONDS: Final = 60.0
DOUBT_SECONDS: Final = 1.0
"""How long an ambiguous call is given to show up in Slack before anyone looks for it."""
LONGEST_WAIT: Final = timedelta(minutes=2)
"""A row that waits for longer was written before the clock was set back, and waits no more."""
STALE_SECONDS: Final = 6.0
"""A call that has not begun this long after its row was noted is not made: a bot that stood still,
if only while the commit was on its way, may have lost its queue."""


ClientSource = Callable[[str], WorkspaceClient]
FailureHook = Callable[[Session, OutboxItem, Diagnosis], None]
Writer = Callable[[Session, OutboxItem], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a worker says of a queue: how long until its next turn; None when it is empty.

    Args:
        wait: seconds.
        channel_is_closed: its channel has to be opened first.
        want: the call for which it waits.
        priority: of what it waits to deliver.
    """

    wait: float | None
    channel_is_closed: bool = False
    want: Want | None = None
    priority: int | None = None


class _UnsayableError(RuntimeError):
    """An item whose template cannot be rendered."""

    def __init__(self, item_id: int, error: str) -> None:
        super().__init__(error)
        self.item_id = item_id
        self.error = error


_EMPTY: Final = StepResult(None)
_NEXT: Final = StepResult(0.0)
_CLOSED: Final = StepResult(BACKOFF_SECONDS[0], channel_is_closed=True)


def quiet_client(token: str, base_url: str | None = None, acts_in: str | None = None) -> WebClient:
    """Return a client that never repeats a call by itself; a repeat could post twice.

    Args:
        token: what it calls with.
        base_url: where the Web API is; Slack's when left out.
        acts_in: the workspace that it acts in, where the token is an organisation's.
    """
    trust_them()
    base = base_url or WebClient.BASE_URL
    return TalliedClient(
        token=token, base_url=base, retry_handlers=[], timeout=CALL_SECONDS, team_id=acts_in
    )


class Sender:
    """Performs outbox items.

    Args:
        sessions: the factory of writing sessions.
        reading: the factory of reading ones.
        workspace_of: gives a workspace's client by its id.
        rate_limiter: Slack's rates.
        on_failure: told, in the same transaction, of what Slack refused for good.
        rendered: renders what a row sends now.
        priority_gate: whom to let by.
        owner: who holds the queues.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        reading: sessionmaker[Session],
        workspace_of: ClientSource,
        rate_limiter: RateLimiter,
        on_failure: FailureHook,
        rendered: Writer,
        priority_gate: PriorityGate,
        owner: str,
    ) -> None:
        self._sessions = sessions
        self._reading = reading
        self.workspace_of = workspace_of
        self._rate_limiter = rate_limiter
        self._on_failure = on_failure
        self._rendered = rendered
        self._precedence = priority_gate
        self._history = History(rate_limiter)
        self.owner = owner

    def step(self, name: QueueName, paid: Want | None = None) -> StepResult:
        """Deliver the queue's next item, or say how long it has to wait.

        Args:
            name: a queue that this bot holds.
            paid: a call that was reserved for it.
        """
        try:
            workspace = self.workspace_of(name.team_id)
        except (SlackApiError, *TRANSPORT_ERRORS) as error:
            diagnosis = diagnose(error)
            log.warning("delivery.no_way_in", team=name.team_id, error=diagnosis.error)
            return StepResult(max(diagnosis.retry_after, BACKOFF_SECONDS[-1] / 2))
        with self._precedence.worker():
            prepared = self.prepare(name, workspace, paid)
        if isinstance(prepared, StepResult):
            return self._open_channel(name) if prepared.channel_is_closed else prepared
        return self._carry_out(name, *prepared)

    def _carry_out(self, name: QueueName, call: SlackCall, effect: Effect) -> StepResult:
        """Do it, in the trace of the transaction that declared it."""
        attributes = {"outbox.key": call.item.key, "outbox.attempts": call.item.attempts}
        with span(f"slack {_method(call.item, effect)}", call.item.traceparent, attributes):
            return self._bring_about(name, call, effect)

    def _bring_about(self, name: QueueName, call: SlackCall, effect: Effect) -> StepResult:
        """See whether it is so already, make it so if it is not, and write that down."""
        try:
            found = self._find(name, call, effect) if call.was_in_doubt else None
            if found is None and call.is_late:
                return _NEXT
            result = found if found is not None else self._perform(call, effect)
        except (SlackApiError, *TRANSPORT_ERRORS) as error:
            return self._after_trouble(name, call, effect, diagnose(error))
        except LookPausedError as pause:
            waits = Diagnosis(ErrorClass.RATE_LIMITED, "look_goes_on", pause.seconds, pause.method)
            return self._after_trouble(name, call, effect, waits)
        except Exception as error:  # a defect of this row must not keep its queue waiting for ever
            log.exception("delivery.effect_failed", key=call.item.key)
            diagnosis = Diagnosis(ErrorClass.PERMANENT, f"{type(error).__name__}: {error}")
            return self._after_trouble(name, call, effect, diagnosis)
        try:
            with self._precedence.worker():
                has_more = self._settle(call.item, effect, result, was_found=found is not None)
        except IntegrityError:  # another sprint was quicker to take the channel that was found
            log.warning("delivery.found_by_another", key=call.item.key)
            return StepResult(BACKOFF_SECONDS[0])
        return _NEXT if has_more else _EMPTY

    def _find(self, name: QueueName, call: SlackCall, effect: Effect) -> Result | None:
        """Look whether an earlier call was carried out; where history tells, for others as well."""
        if effect.recognise is None:
            return effect.look(call) if effect.look else None
        read = self._history.look(call)
        for other, found in read.others(call):
            try:
                self._settle_other(name, other, found)
            except SQLAlchemyError:  # it stays in doubt and is looked for by itself
                log.warning("delivery.look_not_kept", key=other.item.key, exc_info=True)
        return read.found.get(call.item.id)

    def _settle_other(self, name: QueueName, other: SlackCall, found: Result | None) -> None:
        """Write down what a look for one row told of another, unless somebody tried it since."""
        with self._sessions.begin() as session:
            row = session.get(OutboxItem, other.item.id, with_for_update=True)
            if row is None or not (row.in_doubt and _tried_last(row, other.item)):
                return
            if found is not None:
                self._keep(session, row, other.item, EFFECTS[row.kind], found, was_found=True)
            elif leases.is_held(session, name, self.owner):
                row.in_doubt = False

    def _perform(self, call: SlackCall, effect: Effect) -> Result:
        try:
            return effect.perform(call)
        except SlackApiError as error:
            if error.response.get("error") in effect.already:
                return {}
            raise
        finally:
            if call.channel_id and _method(call.item, effect) == "chat.postMessage":
                self._rate_limiter.arrived(call.item.team_id, call.channel_id)

    def prepare(
        self, name: QueueName, workspace: WorkspaceClient, paid: Want | None = None
    ) -> StepResult | tuple[SlackCall, Effect]:
        """Choose the next item and note, for good, that its call is about to happen."""
        try:
            looked = self._look(name, workspace, paid)
        except _UnsayableError as defect:
            return self._refuse(defect)
        if isinstance(looked, StepResult):
            self._unpay(name, paid)
            return looked
        call, effect = looked
        if paid not in (None, _want(call, effect)):
            self._unpay(name, paid)
        return self._note(name, call, effect)

    def _unpay(self, name: QueueName, paid: Want | None) -> None:
        if paid is not None:
            self._rate_limiter.give_back(name.team_id, paid.method, paid.look_method)

    def _look(
        self, name: QueueName, workspace: WorkspaceClient, paid: Want | None
    ) -> StepResult | tuple[SlackCall, Effect]:
        """Choose the next item and put it into words, without keeping anybody from writing.

        The words are made from rows as new as the item's version, or newer.
        """
        with self._reading() as session:
            item = call_context.head(session, name)
            if item is None:
                return _EMPTY
            if wait := _seconds_to_wait(item):
                return StepResult(wait)
            effect = EFFECTS[item.kind]
            call = call_context.read_call(session, workspace, item, effect)
            if effect.needs_channel and call.channel_id is None:
                return _CLOSED
            want = _want(call, effect)
            if want != paid and (wait := self._rate_limiter.wait(name.team_id, *want)):
                return StepResult(wait, want=want, priority=item.priority)
            now = datetime.now(UTC)
            plain = refusals.plain_types(item)
            body = refusals.chosen_for(session, item.team_id, self._say(session, item), now, plain)
            references = call_context.references_of(session, item.team_id, body)
            session.expunge_all()
            item.body = body
        return replace(call, references=references), effect

    def _say(self, session: Session, item: OutboxItem) -> dict[str, Any]:
        try:
            return dict(self._rendered(session, item))
        except SQLAlchemyError:
            raise
        except Exception as error:
            log.exception("delivery.unsayable", key=item.key)
            raise _UnsayableError(item.id, f"{type(error).__name__}: {error}") from error

    def _refuse(self, defect: _UnsayableError) -> StepResult:
        """Give up what cannot be put into words, so that it keeps no other waiting."""
        with self._sessions.begin() as session:
            row = session.get_one(OutboxItem, defect.item_id, with_for_update=True)
            self._give_up(session, row, Diagnosis(ErrorClass.PERMANENT, defect.error))
        return _NEXT

    def _note(
        self, name: QueueName, call: SlackCall, effect: Effect
    ) -> StepResult | tuple[SlackCall, Effect]:
        """Note that a call is about to happen, unless its item has changed since it was read."""
        read = call.item
        begins_until = time.monotonic() + STALE_SECONDS + effect.steps_seconds
        with self._sessions.begin() as session:
            if not leases.is_held(session, name, self.owner):
                return _EMPTY
            row = session.get(OutboxItem, read.id, with_for_update=True)
            if row is None or (row.version, row.state, row.attempts) != (
                read.version,
                OutboxState.WAITING,
                read.attempts,
            ):
                return _NEXT
            if _is_said(row, read):
                row.sent_version = row.version
                row.state = OutboxState.SENT
                return _NEXT
            _note_try(session, replace(call, item=row), effect)
            session.flush()
            session.expunge_all()
            row.body = read.body
        return replace(call, item=row, begins_until=begins_until), effect

    def _open_channel(self, name: QueueName) -> StepResult:
        """Open the direct channel of a person; a sprint's channel comes with its own item."""
        kind, _, user_id = name.queue.partition(":")
        wait = self._rate_limiter.wait(name.team_id, "conversations.open") if kind == "dm" else None
        if wait != 0:
            return StepResult(wait or BACKOFF_SECONDS[0])
        client = self.workspace_of(name.team_id).client
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

    def _after_failed_open(self, name: QueueName, diagnosis: Diagnosis) -> StepResult:
        if diagnosis.error_class is ErrorClass.RATE_LIMITED:
            self._rate_limiter.block(name.team_id, "conversations.open", diagnosis.retry_after)
        if diagnosis.error_class is not ErrorClass.PERMANENT:
            return StepResult(max(diagnosis.retry_after, BACKOFF_SECONDS[2]))
        with self._sessions.begin() as session:
            while (item := call_context.head(session, name)) is not None:
                self._give_up(session, item, diagnosis)
                session.flush()
        return _EMPTY

    def _settle(self, item: OutboxItem, effect: Effect, result: Result, *, was_found: bool) -> bool:
        """Write down that it is so; an item that changed meanwhile stays waiting.

        A message that was found may carry an older wording, so it is updated once more.

        Returns:
            Whether anything waits in its queue.
        """
        with self._sessions.begin() as session:
            row = session.get_one(OutboxItem, item.id, with_for_update=True)
            if _tried_last(row, item):
                self._keep(session, row, item, effect, result, was_found=was_found)
            return call_context.is_waiting(session, row.team_id, row.queue)

    @staticmethod
    def _keep(
        session: Session,
        row: OutboxItem,
        item: OutboxItem,
        effect: Effect,
        result: Result,
        *,
        was_found: bool,
    ) -> None:
        now = datetime.now(UTC)
        if plain := refusals.plain_types(row):
            refusals.remember(session, row.team_id, plain, now)
        row.result = {key: value for key, value in result.items() if key != "user"}
        row.channel_id = result.get("channel_id", row.channel_id)
        row.ts = result.get("ts", row.ts)
        row.sent_version = 1 if was_found else item.version
        is_retold = row.template is not None and row.kind == OutboxKind.MESSAGE
        if row.template is not None and not (was_found and is_retold):
            row.body = without_content(item.body)
        elif row.kind == OutboxKind.UPLOAD and row.version == item.version:
            row.body = without_content(row.body)
        may_differ = was_found and (row.version > 1 or is_retold)
        is_newest = row.version == item.version and not may_differ
        row.state = OutboxState.SENT if is_newest else OutboxState.WAITING
        row.in_doubt = False
        row.attempts = 0
        row.not_before = None
        row.error = None
        row.sent_at = now
        if effect.settle:
            effect.settle(session, row, result)

    def _after_trouble(
        self, name: QueueName, call: SlackCall, effect: Effect, diagnosis: Diagnosis
    ) -> StepResult:
        log.warning(
            "delivery.trouble",
            key=call.item.key,
            team=name.team_id,
            sprint=call.item.sprint_id,
            error=diagnosis.error,
            error_class=diagnosis.error_class.value,
            attempts=call.item.attempts,
        )
        if diagnosis.error_class is ErrorClass.RATE_LIMITED:
            method = diagnosis.method or _method(call.item, effect)
            self._rate_limiter.block(name.team_id, method, diagnosis.retry_after)
        with self._sessions.begin() as session:
            row = session.get_one(OutboxItem, call.item.id, with_for_update=True)
            if not _tried_last(row, call.item):
                return _NEXT
            row.error = diagnosis.error
            if refused := refusals.types_refused(call.item.body, diagnosis):
                # An answered refusal: nothing was posted, so the twin may go out in its place.
                row.result = {**row.result, refusals.PLAIN: sorted(refused)}
                row.in_doubt = False
                row.not_before = None
                return _NEXT
            if diagnosis.error_class is ErrorClass.PERMANENT:
                self._give_up(session, row, diagnosis)
                return _NEXT
            if diagnosis.error == MISSING_SCOPE:
                self._on_failure(session, row, diagnosis)
            wait = _wait_after(diagnosis, row)
            row.not_before = datetime.now(UTC) + timedelta(seconds=wait)
            if diagnosis.error_class in (ErrorClass.RATE_LIMITED, ErrorClass.LOCKED_OUT):
                row.in_doubt = call.was_in_doubt
            return StepResult(wait)

    def _give_up(self, session: Session, item: OutboxItem, diagnosis: Diagnosis) -> None:
        item.state = OutboxState.FAILED
        item.in_doubt = False
        item.error = diagnosis.error
        self._on_failure(session, item, diagnosis)


def _is_said(row: OutboxItem, read: OutboxItem) -> bool:
    """Return whether what was put into words anew is what was last said, word for word."""
    untried = row.sent_version > 0 and row.attempts == 0 and not row.in_doubt
    return row.template is not None and untried and row.body == without_content(read.body)


def _tried_last(row: OutboxItem, item: OutboxItem) -> bool:
    """Return whether nobody tried a row since the call for `item` was noted.

    A bot that stood still during its call hears the answer after another has said something newer,
    and would write down its own words as those that Slack shows.
    """
    noted = (OutboxState.WAITING, item.attempts, item.not_before)
    return (row.state, row.attempts, row.not_before) == noted


def _want(call: SlackCall, effect: Effect) -> Want:
    also = effect.look_method if call.was_in_doubt else None
    if also == "conversations.history" and call.thread_ts:
        also = "conversations.replies"
    return Want(_method(call.item, effect), call.channel_id, also)


def _method(item: OutboxItem, effect: Effect) -> str:
    is_update = item.kind == OutboxKind.MESSAGE and item.ts is not None
    return "chat.update" if is_update else effect.method


def _wait_after(diagnosis: Diagnosis, row: OutboxItem) -> float:
    if diagnosis.error_class is ErrorClass.RATE_LIMITED:
        return min(diagnosis.retry_after, LONGEST_WAIT.total_seconds())
    if diagnosis.error_class is ErrorClass.LOCKED_OUT:
        return LOCKED_OUT_SECONDS
    # Also where it may happen twice: an update that arrives late must not land on the next one.
    return max(DOUBT_SECONDS, BACKOFF_SECONDS[min(row.attempts, len(BACKOFF_SECONDS)) - 1])


def _seconds_to_wait(item: OutboxItem) -> float:
    """Return how long a row has to wait; a time that no try could have set is a clock's fault."""
    if item.not_before is None:
        return 0.0
    left = item.not_before - datetime.now(UTC)
    return left.total_seconds() if timedelta(0) < left <= LONGEST_WAIT else 0.0


def _note_try(session: Session, call: SlackCall, effect: Effect) -> None:
    """Note, before a call, that it may happen, and let nobody else try while it is under way.

    Should this bot die now, its call may still be on its way, and an older wording could land on a
    newer one; so whoever takes over waits as long as this bot would have waited for the answer.
    What could be there twice may also have begun late, after a look or earlier steps.

    It is read first and written once: of a row that is written twice in one transaction PostgreSQL
    checks the sprint again and locks it, and people who have the sprint in hand want the row.
    """
    item = call.item
    now = datetime.now(UTC)
    may_be_there_twice = effect.may_be_there_twice and item.ts is None
    if may_be_there_twice and not item.in_doubt:
        item.result = {**item.result, "after": call_context.newest_ts(session, call)}
    item.in_doubt = item.in_doubt or may_be_there_twice
    item.attempts += 1
    item.first_tried_at = item.first_tried_at or now
    late = STALE_SECONDS + effect.steps_seconds if may_be_there_twice else 0.0
    item.not_before = now + timedelta(seconds=late + CALL_SECONDS + DOUBT_SECONDS)
