"""What has to be over before a deployment: waits side by side, building phase by phase."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from bot.domain.vocabulary import Kind
from bot.reading.ranges import DayRange


@dataclass(frozen=True, slots=True)
class ForecastTask:
    """One thing that has to be over before a deployment, as the forecast sees it.

    Args:
        id: unique among the tasks.
        phase: the phase it belongs to; counts for building alone.
        matter: what it is about: its draws are seeded by it.
        function: whom it waits for, where somebody said; what waits for one function shares luck.
        about: all words that tell whom it waits for; history is looked up in them.
        kind: the root cause.
        days: how long it takes, as said or assumed.
        builds: building work; else a wait that begins at once.
        stated: somebody said how long.
        needs: ids of tasks that must be over before it begins.
    """

    id: str
    phase: str
    matter: str
    function: str
    kind: Kind | None
    days: DayRange
    builds: bool = False
    stated: bool = True
    needs: tuple[str, ...] = ()
    about: str = ""


class Plan:
    """The order in which tasks are gone through: each after what it needs, building by phase."""

    def __init__(self, tasks: Iterable[ForecastTask], phases: Iterable[str]) -> None:
        ordered = sorted(tasks, key=lambda task: task.id)
        others = sorted({task.phase for task in ordered})
        self.phases = tuple(dict.fromkeys([*phases, *others]))
        self._places = {phase: place for place, phase in enumerate(self.phases)}
        self.building: dict[str, list[ForecastTask]] = {phase: [] for phase in self.phases}
        for task in ordered:
            if task.builds:
                self.building[task.phase].append(task)
        self.order: list[ForecastTask] = []
        self._by_id = {task.id: task for task in ordered}
        self._needs = {task.id: self._possible_needs(task) for task in ordered}
        done: set[str] = set()
        for task in ordered:
            self._visit(task, done, ())
        needed = {each for task in ordered for each in self._needs[task.id]}
        self.has_needs = any(self._needs.values())
        bound = {t.id for t in ordered if t.builds or self._needs[t.id]} | needed
        self.free = [task for task in self.order if task.id not in bound]
        is_free = {task.id for task in self.free}
        self.bound = [task for task in self.order if task.id not in is_free]

    def place(self, task: ForecastTask) -> int:
        """Return how many phases of building lie before a task."""
        return self._places[task.phase]

    def needs(self, task: ForecastTask) -> tuple[str, ...]:
        """Return what a task needs, but for what could only be over after it."""
        return self._needs[task.id]

    def _possible_needs(self, task: ForecastTask) -> tuple[str, ...]:
        """Leave out later building: phases follow each other whatever somebody linked."""
        known = [self._by_id[each] for each in sorted(set(task.needs)) if each in self._by_id]
        if not task.builds:
            return tuple(each.id for each in known)
        at = self.place(task)
        return tuple(each.id for each in known if self._last_building(each, ()) <= at)

    def _last_building(self, task: ForecastTask, above: tuple[str, ...]) -> int:
        """Return the last phase whose building a task is or waits for; -1 for none."""
        if task.builds:
            return self.place(task)
        needed = [self._by_id[e] for e in task.needs if e in self._by_id and e not in above]
        return max((self._last_building(e, (*above, task.id)) for e in needed), default=-1)

    def _visit(self, task: ForecastTask, done: set[str], above: tuple[str, ...]) -> None:
        if task.id in done or task.id in above:  # a circle is cut where it closes
            return
        for needed in self._needs[task.id]:
            self._visit(self._by_id[needed], done, (*above, task.id))
        if task.builds:
            for phase in self.phases[: self.place(task)]:
                for earlier in self.building[phase]:
                    self._visit(earlier, done, (*above, task.id))
        done.add(task.id)
        self.order.append(task)


class LikelyEnd:
    """The most likely days, without draws, in the forecast's own order: a sum for paper.

    Args:
        tasks: what has to be over before a deployment.
        phases: the keys of the phases, in order.
    """

    def __init__(self, tasks: Iterable[ForecastTask], phases: Iterable[str]) -> None:
        self._plan = Plan(tasks, phases)
        self._starts: dict[str, float] = {}
        self._ends = self._run(frozenset(), self._starts)
        self.days = max(self._ends.values(), default=0.0)

    def _run(self, without: Collection[str], starts: dict[str, float]) -> dict[str, float]:
        ends: dict[str, float] = {}
        built: dict[int, float] = {}
        for task in self._plan.order:
            begin = 0.0
            for needed in self._plan.needs(task):
                begin = max(begin, ends.get(needed, 0.0))
            if task.builds:
                place = self._plan.place(task)
                begin = max([begin, *(end for phase, end in built.items() if phase < place)])
            end = begin if task.id in without else begin + task.days.mode
            if task.builds:
                built[place] = max(built.get(place, 0.0), end)
            starts[task.id], ends[task.id] = begin, end
        return ends

    def saved_without(self, ids: Collection[str]) -> float:
        """Return the days by which all would be over sooner if these tasks were not there."""
        if self._critical.isdisjoint(ids):
            return 0.0
        return self.days - max(self._run(frozenset(ids), {}).values(), default=0.0)

    @cached_property
    def _critical(self) -> frozenset[str]:
        """The tasks without slack; taking away any other saves nothing."""
        found: set[str] = set()
        wanted = {self.days}
        for task in reversed(self._plan.order):
            if self._ends[task.id] in wanted:
                found.add(task.id)
                wanted.add(self._starts[task.id])
        return frozenset(found)
