"""One simulated world: workspaces, sprint_teams, replicas and faults, all drawn from one seed."""

from __future__ import annotations

import logging
import random
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import structlog
from freezegun import freeze_time
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from bot.clock import CompressedClock
from bot.outbox import rate_limiter
from bot.playbook.loader import load_playbook
from bot.playbook.model import Playbook
from bot.report.write import RENDERERS
from hour48.shipped import MANIFEST
from playground.errors import NotOnScreenError
from playground.manifest import read_manifest
from playground.model import ActResult, Message
from playground.people import ActingMember
from playground.rates import Allowance
from playground.stamps import Ids
from playground.workspace import Workspace
from tests.chaos.checker import Record, judge, look
from tests.chaos.mutations import mutate
from tests.chaos.progress import GaveUpError
from tests.chaos.team import NOT_YET, SprintTeam, _quietly
from tests.databases import migrated_file
from tests.dst.network import Network, Trouble
from tests.dst.replica import Database, Replica
from tests.dst.scheduler import Event, Scheduler, StuckError

START = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
SPEED = 360.0
"""Sprint seconds a virtual second: an hour of a sprint in ten."""
PLANNING_SPEED = 12.0
"""The same until all sprint_teams have planned, which they have two hours for."""
ACK_SECONDS = 3.0
LOOKS = 30
"""How often somebody looks at a message, twice a second, before pressing again."""
STAYS = ("prompt.on_track", "debrief.agree")
"""Buttons that stay after they were pressed."""
LONGEST_PATIENCE = 900.0
"""Virtual seconds until a person who tries again and again gives up."""
QUIET_SECONDS = 600.0
"""Virtual seconds that everything may take to come to rest once nothing goes wrong any more."""
MOST_STEPS = 3_000_000
PAGE_SECONDS = 6.0
"""Virtual seconds between two pages of a limited history: half an hour of a sprint."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Args:
        at: when, in virtual seconds.
        kind: a key of `FAULTS`.
        seconds: for how long.
        lot: draws which replica it meets.
    """

    at: float
    kind: str
    seconds: float
    lot: int


@dataclass(frozen=True)
class Plan:
    """All of a world that is drawn before it begins."""

    seed: int
    teams: int
    sprint_teams: int
    replicas: int
    hours: int
    share_of_trouble: float
    faults: tuple[Fault, ...]
    is_hasty: bool
    is_limited: bool = False
    """Whether Slack gives pages of 15 messages of history now and then, as to apps outside its
    Marketplace."""


@dataclass
class Result:
    """What a world came to."""

    seed: int
    steps: int = 0
    seconds: float = 0.0
    calls: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    sprints: int = 0
    trace: int = 0
    problems: list[str] = field(default_factory=list)


LONGEST = {"kill": 25.0, "freeze": 40.0, "database": 12.0, "commits": 20.0, "slack": 40.0}
"""The kinds of faults, and for how many virtual seconds each of them lasts at most."""


def plan_of(seed: int, *, hours: int = 48) -> Plan:
    """Draw a world."""
    lot = random.Random(seed)
    length = (hours + 4) * 3600 / SPEED
    teams = lot.choice((1, 2, 3))
    faults = sorted(
        (
            Fault(
                lot.uniform(1.0, length), kind, lot.uniform(0.2, LONGEST[kind]), lot.getrandbits(30)
            )
            for kind in lot.choices(list(LONGEST), (5, 3, 3, 2, 3), k=lot.randrange(4, 28))
        ),
        key=lambda fault: fault.at,
    )
    return Plan(
        seed,
        teams=teams,
        sprint_teams=max(teams, lot.choice((1, 2, 3))),
        replicas=lot.choice((1, 2, 2, 3)),
        hours=hours,
        share_of_trouble=lot.choice((0.0, 0.03, 0.1)),
        faults=tuple(faults),
        is_hasty=lot.random() < 0.5,
        is_limited=lot.random() < 0.25,
    )


def run_world(plan: Plan, *, most_steps: int = MOST_STEPS) -> Result:
    """Live through a world and judge what came of it.

    The log of bots to which everything happens is kept out of the way.
    """
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(dir=_memory(), prefix="hour48-dst-") as folder:
        file = Path(folder) / "rows.db"
        file.write_bytes(migrated_file())
        with _virtual_time() as pass_time:
            world = World(plan, f"sqlite:///{file}", pass_time)
            return world.live(most_steps)


def run_seed(seed: int, hours: int, mutation: str | None = None) -> Result:
    """Live through the world of a seed.

    Args:
        seed: draws the world.
        hours: how many hours of their sprints the sprint_teams act in.
        mutation: a defect that every bot has; see `tests.chaos.mutations`.
    """
    mutate(mutation)
    return run_world(plan_of(seed, hours=hours))


def _memory() -> str | None:
    """Return a folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@cache
def _playbook() -> Playbook:
    return load_playbook()


@contextmanager
def _virtual_time() -> Iterator[Callable[[float], None]]:
    with freeze_time(START) as frozen:
        yield lambda seconds: frozen.tick(timedelta(seconds=seconds))


class _HourWentByError(Exception):
    """A prompt was folded before any press of its button was acknowledged."""


class SimulatedTeam(SprintTeam):
    """A team whose hurry is a task and not a thread."""

    deadline = "40"
    """In simulated time outages of a minute are hours of a sprint."""
    spawn: Callable[[str, Callable[[], object]], object]

    sleep: Callable[[float], None]

    def _press(self, act: Callable[[], ActResult]) -> ActResult:
        if self.hasty:
            self.spawn(f"{self.title} again", lambda: _quietly(act))
        return act()

    def click(self, person: ActingMember, find: Callable[[], Message], action: str) -> None:
        """Press until the message shows that something came of it.

        That it was acknowledged is not enough: the database may be away, which is told beside the
        message, and a bot that dies tells nothing.
        """
        before = ""
        pressed = False

        def attempt() -> bool:
            nonlocal before, pressed
            message = _found(find)
            if message is None:
                if before:
                    return True
                raise NotOnScreenError(action)
            before = before or str(message.blocks)
            try:
                acknowledged = self._press(lambda: person.click(message, action)).ok
            except NotOnScreenError:
                if pressed:  # its hour went by, and what was pressed is judged by the facts
                    return True
                if action == "prompt.on_track":
                    raise _HourWentByError(action) from None
                raise
            pressed = pressed or acknowledged
            return acknowledged and self._sees(
                lambda: self._has_changed(message, before, find, action)
            )

        self._until(f"press {action}", attempt)

    def answer(self, hour: int) -> None:
        """Say that the hour is on track, unless outages last until its prompt is folded."""
        with suppress(_HourWentByError):
            super().answer(hour)

    def _sees(self, is_so: Callable[[], bool]) -> bool:
        for _ in range(LOOKS):
            self.sleep(0.5)
            if is_so():
                return True
        return False

    def _has_changed(
        self, message: Message, before: str, find: Callable[[], Message], action: str
    ) -> bool:
        """Tell whether the button is gone, or, where it stays, the message is another one."""
        if action in STAYS:
            return str(self._as_now(message).blocks) != before
        return _found(find) is None

    def _as_now(self, message: Message) -> Message:
        channel = self.workspace.channels[message.channel_id]
        return next(one for one in channel.messages if one.ts == message.ts)


def _found(find: Callable[[], Message]) -> Message | None:
    try:
        return find()
    except NotOnScreenError:
        return None


class World:
    """See `run_world`."""

    def __init__(self, plan: Plan, url: str, pass_time: Callable[[float], None]) -> None:
        self.plan = plan
        self.scheduler = Scheduler(plan.seed, pass_time)
        self.clock = CompressedClock(START, PLANNING_SPEED)
        self._url = url
        ids = Ids()
        manifest = read_manifest(MANIFEST)
        self.workspaces = [
            Workspace(
                f"Team {number}",
                clock=self.clock,
                manifest=manifest,
                ids=ids,
                base_url="http://slack.invalid",
            )
            for number in range(plan.teams)
        ]
        for one in self.workspaces:
            one.delivery.close()
            one.messenger = _Messenger(self, one)  # type: ignore[assignment]  # a `Messenger`
            one.wait_until = self._wait_until  # type: ignore[method-assign]  # by virtual time
            one.rates.history = Allowance(1, PAGE_SECONDS) if plan.is_limited else None
        self.network = Network(self.scheduler, self.workspaces, plan.seed + 1)
        self.database = Database(url, self.scheduler, plan.seed + 2)
        self.lot = random.Random(plan.seed + 3)
        self.replicas: list[Replica | None] = [None] * plan.replicas
        self.lives = 0
        self.kills = 0
        self.left = self.planning = plan.sprint_teams
        self.deliver_twice = 0.1 if plan.faults else 0.0
        self._ids = random.Random(plan.seed + 4)

    # --- waiting ----------------------------------------------------------------------------

    def _wait_until(self, predicate: Callable[[], Any], timeout: float = 5.0) -> Any:
        end = self.scheduler.now + timeout
        while not (found := predicate()):
            if self.scheduler.now >= end:
                raise TimeoutError
            self.scheduler.sleep(0.1)
        return found

    def until(self, what: str, attempt: Callable[[], Any]) -> Any:
        """Try until something comes of it; the patience of `tests.chaos.team`."""
        end = self.scheduler.now + LONGEST_PATIENCE
        while self.scheduler.now < end:
            try:
                if found := attempt():
                    return found
            except NOT_YET:
                pass
            self.scheduler.sleep(0.4)
        raise GaveUpError(what)

    # --- replicas ---------------------------------------------------------------------------

    def start_replica(self, place: int) -> None:
        """Let a new replica take a place."""
        self.lives += 1
        by_id = {one.team_id: one for one in self.workspaces}
        replica = Replica(
            f"bot {self.lives}", self.scheduler, self.database, self.clock, _playbook(), by_id
        )
        self.replicas[place] = replica
        replica.start()

    def any_replica(self) -> Replica | None:
        alive = [one for one in self.replicas if one is not None]
        return self.lot.choice(alive) if alive else None

    # --- faults -----------------------------------------------------------------------------

    def _go_wrong(self) -> None:
        for fault in self.plan.faults:
            self.scheduler.sleep(fault.at - self.scheduler.now)
            if not self.left:
                return
            self.scheduler.spawn(f"fault {fault.kind}", self._fault(fault))

    def _fault(self, fault: Fault) -> Callable[[], None]:
        place = fault.lot % len(self.replicas)

        def kill() -> None:
            replica = self.replicas[place]
            if replica is not None:
                self.kills += 1
                self.replicas[place] = None
                replica.kill()
                self.scheduler.sleep(fault.seconds)
                self.start_replica(place)

        def freeze() -> None:
            if replica := self.replicas[place]:
                replica.process.frozen_until = self.scheduler.now + fault.seconds

        def database() -> None:
            self.database.away_until = self.scheduler.now + fault.seconds

        def commits() -> None:
            self.database.failed_commits = self.database.unheard_commits = 0.1
            self.scheduler.sleep(fault.seconds)
            self.database.failed_commits = self.database.unheard_commits = 0.0

        def slack() -> None:
            self.network.trouble = Trouble(before=0.2, after=0.25, limited=0.1, slow=0.3)
            self.scheduler.sleep(fault.seconds)
            self._usual_trouble()

        return {
            "kill": kill,
            "freeze": freeze,
            "database": database,
            "commits": commits,
            "slack": slack,
        }[fault.kind]

    def _usual_trouble(self) -> None:
        share = self.plan.share_of_trouble if self.left else 0.0
        self.network.trouble = Trouble(share / 2, share / 2, share / 4, share)

    # --- life -------------------------------------------------------------------------------

    def live(self, most_steps: int) -> Result:
        """Let all sprint_teams live through their sprints, and everything come to rest."""
        plan, result = self.plan, Result(self.plan.seed, sprints=self.plan.sprint_teams)
        lot = random.Random(plan.seed + 5)
        noted: list[tuple[str, ...]] = []
        with self._patched():
            sprint_teams = [self._team(number) for number in range(plan.sprint_teams)]
            for sprint_team in sprint_teams:
                self.scheduler.spawn(
                    sprint_team.title, self._life_of(sprint_team, lot.uniform(0.0, 4.0))
                )
            for place in range(plan.replicas):
                self.start_replica(place)
            self._usual_trouble()
            self.scheduler.spawn("faults", self._go_wrong)
            try:
                length = (plan.hours + 10) * 3600 / SPEED + 3 * LONGEST_PATIENCE
                self.scheduler.run(lambda: not self.left, most_steps, length)
                self._calm_down()
                end = self.scheduler.now + QUIET_SECONDS
                self.scheduler.run(self._is_at_rest, most_steps, end)
            except (StuckError, AssertionError) as stuck:
                result.problems.append(f"stuck: {stuck}")
                result.problems += self._what_waits()
            noted = [fact for sprint_team in sprint_teams for fact in sprint_team.noted]
            if not result.problems:
                result.problems = self._judge(noted)
            for replica in filter(None, self.replicas):
                replica.kill()
        result.steps, result.seconds = self.scheduler.steps, self.scheduler.now
        result.calls, result.trace = self.network.calls, self.scheduler.trace
        result.faults = {
            "kills": self.kills,
            "slack": self.network.faults,
            "database": self.database.faults,
            "planned": len(plan.faults),
        }
        return result

    @contextmanager
    def _patched(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self.network.patched())
            new_id = lambda: uuid.UUID(int=self._ids.getrandbits(128), version=4)  # noqa: E731 - one use
            stack.enter_context(mock.patch("bot.outbox.dispatcher.uuid.uuid4", new_id))
            stack.enter_context(mock.patch("time.sleep", self.scheduler.sleep))
            stack.enter_context(
                mock.patch.multiple(
                    rate_limiter,
                    LIMITED_PER_MINUTE=int(60 / PAGE_SECONDS),
                    LIMITED_SECONDS=PAGE_SECONDS / 2,
                )
            )
            # What is put on paper is a pure function of the rows, and takes as long as a world.
            stack.enter_context(mock.patch("typst.compile", return_value=b"%PDF-"))
            short = dict.fromkeys(RENDERERS, lambda _content, _playbook: b"a report")
            stack.enter_context(mock.patch.dict(RENDERERS, short))
            yield

    def _team(self, number: int) -> SimulatedTeam:
        plan = self.plan
        workspace = self.workspaces[number % plan.teams]
        sprint_team = SimulatedTeam(
            workspace,
            self.clock,  # type: ignore[arg-type]  # it asks for `now` alone
            f"Pilot {plan.seed} {number}",
            plan.seed * 100 + number,
            self,  # type: ignore[arg-type]  # it asks for `until` alone
            hasty=plan.is_hasty,
        )
        sprint_team.spawn, sprint_team.sleep = self.scheduler.spawn, self.scheduler.sleep
        return sprint_team

    def _life_of(self, sprint_team: SprintTeam, delay: float) -> Callable[[], None]:
        def live() -> None:
            self.scheduler.sleep(delay)
            planned_at = self.clock.now()
            sprint_team.plan()
            self.planning -= 1
            if not self.planning:
                self.clock.set_speed(SPEED)
            self._wait_for(planned_at + timedelta(hours=3))
            self.until("the channel", lambda: sprint_team.channel)
            sprint_team.kick_off()
            begun = planned_at + timedelta(hours=2)
            for hour in range(1, self.plan.hours):
                self._wait_for(begun + timedelta(hours=hour, minutes=20))
                sprint_team.act(hour)
            self._wait_for(begun + timedelta(hours=49))
            sprint_team.close()
            self.left -= 1

        return live

    def _wait_for(self, moment: datetime) -> None:
        while (seconds := self.clock.real_seconds_until(moment)) > 0:
            self.scheduler.sleep(min(seconds, 5.0) + 0.001)

    def _calm_down(self) -> None:
        self.network.trouble = Trouble()
        self.database.away_until = self.database.failed_commits = 0.0
        self.database.unheard_commits = 0.0
        self.deliver_twice = 0.0

    def _is_at_rest(self) -> bool:
        if self.scheduler.steps % 50 or None in self.replicas:
            return False
        return not self._rows("select 1 from outbox where state = 'waiting' limit 1")

    def _rows(self, statement: str) -> list[Any]:
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as connection:
            return list(connection.execute(text(statement)))

    def _what_waits(self) -> list[str]:
        waiting = "select key, kind, attempts, in_doubt, error from outbox where state = 'waiting'"
        return [f"waits: {tuple(row)}" for row in self._rows(waiting)][:20]

    def _judge(self, noted: list[tuple[str, ...]]) -> list[str]:
        seen = [look(one) for one in self.workspaces]
        record = Record(
            [message for one in seen for message in one.messages],
            [place for one in seen for place in one.places],
            {name: file for one in seen for name, file in one.files.items()},
            noted,
        )
        with create_engine(self._url, poolclass=NullPool).connect() as connection:
            return judge(record, connection).sentences()


class _Messenger:
    """Brings what people do to some replica, sometimes twice."""

    def __init__(self, world: World, workspace: Workspace) -> None:
        self._world = world
        self._workspace = workspace

    def request(self, kind: str, payload: dict[str, Any]) -> ActResult:
        """Send a payload and wait three seconds for the acknowledgement."""
        del kind
        world = self._world
        if world.lot.random() < world.deliver_twice:
            self._send(payload, Event(world.scheduler), [])
        answered: list[tuple[int, dict[str, Any]]] = []
        done = Event(world.scheduler)
        if not self._send(payload, done, answered):
            return ActResult(False, "dispatch_failed")
        if not done.wait(ACK_SECONDS):
            return ActResult(False, "operation_timeout")
        status, body = answered[0]
        return ActResult(True, body=body) if status == 200 else ActResult(False, "dispatch_failed")

    def _send(
        self, payload: dict[str, Any], done: Event, answered: list[tuple[int, dict[str, Any]]]
    ) -> bool:
        replica = self._world.any_replica()
        if replica is None:
            return False

        def answer() -> None:
            self._world.scheduler.switch()
            answered.append(replica.dispatch(payload))
            done.set()

        self._world.scheduler.spawn(f"{replica.process.name} person", answer, replica.process)
        return True

    def enqueue(self, payload: dict[str, Any]) -> None:
        """Send an event by and by, and again when it was not acknowledged."""

        def carry() -> None:
            for _ in range(5):
                if self.request("events_api", payload).ok:
                    return
                self._world.scheduler.sleep(1.0)

        self._world.scheduler.spawn("event", carry)


def shrunk(plan: Plan, fails: Callable[[Plan], Sequence[str]]) -> Plan:
    """Return the smallest plan found that still fails: fewer faults first, then less of a world."""
    smaller = _without_faults(plan, fails)
    for change in (
        {"share_of_trouble": 0.0},
        {"is_hasty": False},
        {"is_limited": False},
        {"replicas": 1},
        {"sprint_teams": 1, "teams": 1},
    ):
        tried = replace(smaller, **change)
        if tried != smaller and fails(tried):
            smaller = tried
    return _without_faults(smaller, fails)


def _without_faults(plan: Plan, fails: Callable[[Plan], Sequence[str]]) -> Plan:
    """Leave out halves of the faults, then quarters, and so on, as long as it still fails."""
    size = max(1, len(plan.faults) // 2)
    while plan.faults:
        for start in range(0, len(plan.faults), size):
            fewer = replace(plan, faults=plan.faults[:start] + plan.faults[start + size :])
            if fails(fewer):
                plan = fewer
                break
        else:
            if size == 1:
                break
            size = max(1, size // 2)
    return plan
