"""Traffic for a deployed model: rows of a file, sent over HTTP as a shop's till would."""

from __future__ import annotations

import csv
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx

START_SECONDS: Final = 60.0
"""How long a serving process may take to answer for the first time."""
TOGETHER: Final = 5
"""Households in one call, as a till asks for the baskets of a minute."""
PLAY_SECONDS: Final = 0.05
"""Pause between two calls of the traffic that a person switches on."""
BUSY: Final = ((3_600, 50), (60, 10), (0, 1))
"""From a clock's speed on, how many households come between two pauses."""
Values = dict[str, Any]
Change = Callable[[Values], Values]


@dataclass(frozen=True, slots=True)
class Household:
    """One row: whom it is about, what is known, and what came of it."""

    entity: str
    values: Values
    outcome: str


def read_households(file: Path, entity: str, target: str) -> list[Household]:
    """Read the rows of a CSV file in the order of the file.

    Args:
        file: with a header.
        entity: the column that says whom a row is about.
        target: the column of what came of it, which no caller knows yet.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Household(
                row[entity],
                {name: _value(text) for name, text in row.items() if name != target},
                row[target],
            )
            for row in csv.DictReader(lines)
        ]


def _value(text: str) -> Any:
    if not text:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def scaled(column: str, factor: float) -> Change:
    """Return an upstream fault: a column arrives in another unit."""

    def change(values: Values) -> Values:
        found = values.get(column)
        return {**values, column: found * factor} if isinstance(found, int | float) else values

    return change


def _coming(households: Sequence[Household]) -> Iterator[Household]:
    """Yield households for ever; after each round others like them come, under new names.

    A share of one percent meets too few different households of a small shop to go on with.
    """
    yield from households
    for number in itertools.count(2):
        for one in households:
            yield replace(one, entity=f"{one.entity}-{number}")


class Traffic:
    """Sends rows to a deployment over HTTP, a few households a call.

    Args:
        households: whom the calls are about; shuffled, as people do not come in order.
        url: where the deployment answers; None while nothing is served.
        speed: of the workspace's clock.
    """

    def __init__(
        self,
        households: Sequence[Household],
        url: Callable[[], str | None],
        speed: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._url = url
        mixed = list(households)
        random.Random(48).shuffle(mixed)
        self._households = mixed
        self._coming: Iterator[Household] = _coming(mixed)
        self._answered: dict[str, str] = {}
        self._switch = Switch(self, speed)

    @property
    def switch(self) -> Switch:
        """Traffic in the background, for a person to switch."""
        return self._switch

    @property
    def is_served(self) -> bool:
        """Whether a serving process was seen lately."""
        return self._url() is not None

    def wait_until_served(self) -> str:
        """Wait until a serving process answers, and return where.

        Raises:
            TimeoutError: none does.
        """
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            url = self._url()
            if url is not None and self._is_ready(url):
                return url
            time.sleep(0.1)
        message = "no serving process answers; its log says why"
        raise TimeoutError(message)

    @staticmethod
    def _is_ready(url: str) -> bool:
        try:
            return httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def send(self, count: int, change: Change | None = None) -> Counter[str]:
        """Let so many households come, and return how many each arm answered.

        Args:
            count: of households; the next ones in their order.
            change: a fault upstream.
        """
        url = self.wait_until_served()
        arms: Counter[str] = Counter()
        coming = itertools.islice(self._coming, count)
        with httpx.Client(base_url=url, timeout=10, trust_env=False) as client:
            while together := list(itertools.islice(coming, TOGETHER)):
                arms.update(self._call(client, together, change))
        return arms

    @property
    def size(self) -> int:
        """How many households there are."""
        return len(self._households)

    def _call(
        self, client: httpx.Client, together: Sequence[Household], change: Change | None
    ) -> list[str]:
        """Ask for a few households in one call; return which arm answered each."""
        rows = [
            {"entity": one.entity, "values": change(one.values) if change else one.values}
            for one in together
        ]
        answer = client.post("/predict", content=json.dumps({"rows": rows}))
        if answer.status_code != 200:
            return [f"HTTP {answer.status_code}"] * len(rows)
        given: list[Mapping[str, Any]] = answer.json()["predictions"]
        for one, response in zip(together, given, strict=True):
            self._answered[str(response["prediction"])] = one.outcome
        return [str(response["arm"]) for response in given]

    def report_outcomes(self) -> int:
        """Report what came of everybody who was answered; return how many."""
        url = self.wait_until_served()
        reported = [
            {"prediction": prediction, "value": outcome}
            for prediction, outcome in self._answered.items()
        ]
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
            for start in range(0, len(reported), 500):
                part = reported[start : start + 500]
                client.post("/outcomes", json={"outcomes": part}).raise_for_status()
        self._answered.clear()
        return len(reported)


class Switch:
    """Traffic that a person switches: off, on, or on with a fault upstream.

    Args:
        traffic: what is sent.
        speed: of the workspace's clock; more households come while time runs faster.
    """

    STATES: Final = ("off", "on", "broken")

    def __init__(self, traffic: Traffic, speed: Callable[[], float]) -> None:
        self._traffic = traffic
        self._speed = speed
        self._state = "off"
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.arms: Counter[str] = Counter()
        self.change: Change = scaled("spend", 100.0)

    @property
    def is_served(self) -> bool:
        """Whether a deployed model answers calls."""
        return self._traffic.is_served

    @property
    def state(self) -> str:
        """`off`, `on` or `broken`."""
        return self._state

    def set(self, state: str) -> None:
        """Switch the traffic.

        Raises:
            ValueError: there is no such state.
        """
        if state not in self.STATES:
            message = f"no such traffic: {state}"
            raise ValueError(message)
        self._state = state
        if state != "off" and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Send nothing any more."""
        self._state = "off"
        self._stop.set()
        if self._thread is not None:
            self._thread.join(15)

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._state != "off":
                self._send_some()
            self._stop.wait(PLAY_SECONDS)

    def _send_some(self) -> None:
        if not self._traffic.is_served:
            self._stop.wait(1)
            return
        change = self.change if self._state == "broken" else None
        try:
            speed = self._speed()
            count = next(count for least, count in BUSY if speed >= least)
            self.arms += self._traffic.send(count, change)
        except (httpx.HTTPError, TimeoutError):
            self.arms["nobody answers"] += 1
            self._stop.wait(2)
