"""A simulated company: functions with queues, policies and people who answer late.

Nothing here knows the forecast's distributions. How long a request takes follows from who is ahead
in the queue, how long the work takes, when the board meets next, whether it comes back for rework
and whether somebody is away; what is quoted is how the function remembers its usual case, in words.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bot.domain.vocabulary import PHASE_SCENARIOS, Kind, PathFamily, PhaseKey, Remedy, Subject
from bot.reading.ranges import LONGEST, MONTH

NEVER: Final = LONGEST
_REMEMBERED: Final = 15
"""Cases that a function remembers when it says how long something usually takes."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A function as all companies have it: what it is asked for, and in which words.

    Args:
        name: the function's name.
        phase: where a sprint meets it.
        scenario: what the phase's gate then says.
        kind: the root cause of its blockers.
        family: the critical-path family of its blockers.
        remedy: what removes them.
        title: how a team writes the blocker down; `{name}` is the function.
        builds: it builds rather than answers.
        days: the usual days of work on one request.
        subject: what it is asked to approve, where a request form exists.
    """

    name: str
    phase: PhaseKey
    scenario: str
    kind: Kind
    family: PathFamily
    remedy: Remedy
    title: str
    days: float
    builds: bool = False
    subject: Subject | None = None


_GOVERNANCE, _PEOPLE = Remedy.GOVERNANCE, Remedy.PEOPLE
TRADES: Final = (
    Trade("data warehouse team", PhaseKey.DATA, "locked", Kind.APPROVAL_PROCESS,
          PathFamily.DATA_ACCESS_PROCESS, _GOVERNANCE,
          "Read access needs a ticket to the {name}", 8, subject=Subject.DATA_ACCESS),
    Trade("data platform team", PhaseKey.DATA, "unusable", Kind.DATA_ACCESS,
          PathFamily.DATA_ACCESS_PROCESS, Remedy.ARCHITECTURE,
          "Orders and customers share no key; the {name} rebuilds the join", 80, builds=True),
    Trade("workplace services", PhaseKey.MODEL, "locked_down", Kind.APPROVAL_PROCESS,
          PathFamily.SECURITY_APPROVAL, _GOVERNANCE, "Packages wait for {name} to allow them", 8),
    Trade("procurement", PhaseKey.MODEL, "missing", Kind.DECISION_AUTHORITY,
          PathFamily.BUDGET_AUTHORITY, Remedy.BUDGET, "The machine is ordered through {name}", 18),
    Trade("people and hiring", PhaseKey.MODEL, "no_skills", Kind.SKILLS_GAP, PathFamily.SKILLS,
          _PEOPLE, "Nobody here has shipped a model; {name} looks for one person", 60),
    Trade("architecture board", PhaseKey.INTEGRATION, "process", Kind.APPROVAL_PROCESS,
          PathFamily.INTEGRATION_CAPABILITIES, _GOVERNANCE,
          "Every change goes to the {name} first", 20, subject=Subject.CHANGE),
    Trade("shop platform team", PhaseKey.INTEGRATION, "impossible", Kind.INTEGRATION,
          PathFamily.INTEGRATION_CAPABILITIES, Remedy.ARCHITECTURE,
          "The core has no API; the {name} has to rebuild it", 120, builds=True),
    Trade("product committee", PhaseKey.INTEGRATION, "resistance", Kind.DECISION_AUTHORITY,
          PathFamily.INTEGRATION_CAPABILITIES, Remedy.ORGANIZATION,
          "The {name} does not want the page touched", 24),
    Trade("information security", PhaseKey.DEPLOYMENT, "security", Kind.APPROVAL_PROCESS,
          PathFamily.SECURITY_APPROVAL, _GOVERNANCE, "{name} wants a full review", 32,
          subject=Subject.SECURITY),
    Trade("data protection office", PhaseKey.DEPLOYMENT, "privacy", Kind.RISK_TOLERANCE,
          PathFamily.PRIVACY_REVIEW, _GOVERNANCE, "The {name} asks for an impact assessment", 22,
          subject=Subject.PRIVACY),
    Trade("operations council", PhaseKey.DEPLOYMENT, "nobody", Kind.ACCOUNTABILITY,
          PathFamily.ACCOUNTABILITY_STRUCTURE, Remedy.ORGANIZATION,
          "Nobody owns the model until the {name} names somebody", 16),
)  # fmt: skip  # a table, one row a line


@dataclass
class Function:
    """One function of one company: its queue, its policy, its people.

    Args:
        trade: what it does.
        load: how full its queue is, 0 to 1.
        pace: how much slower than usual it works.
        meets_every: days between two meetings that decide; 0 where none has to.
        rework: the chance that a request comes back for another round.
        answers_after: the mean days until somebody looks at it.
        away: the chance that the one who decides is on leave.
        never: the chance that a request dies.
        optimism: what it multiplies its memory by when it quotes.
    """

    trade: Trade
    load: float
    pace: float
    meets_every: int
    rework: float
    answers_after: float
    away: float
    never: float
    optimism: float
    remembered: list[float] = field(default_factory=list)

    def takes(self, size: float, chance: random.Random) -> float:
        """Return the days a request of some size really takes; NEVER where it dies."""
        if chance.random() < self.never:
            return NEVER
        return self._days(size, chance)

    def _days(self, size: float, chance: random.Random) -> float:
        days = chance.expovariate(1 / self.answers_after)
        while chance.random() < self.load:
            days += self._work(0.5, chance)
        days += self._work(size, chance)
        while chance.random() < self.rework:
            days += 0.5 * self._work(size, chance) + chance.expovariate(1 / self.answers_after)
        if self.meets_every:
            days += chance.uniform(0, self.meets_every)
        if chance.random() < self.away:
            days += chance.uniform(5, 20)
        return max(days, 0.5)

    def size_of(self, days: float) -> float:
        """Return the size of a request whose work alone takes so many days."""
        return days / (self.trade.days * self.pace)

    def _work(self, size: float, chance: random.Random) -> float:
        mean = self.trade.days * self.pace * size
        return chance.gammavariate(4, mean / 4)

    def quotes(self, size: float, chance: random.Random) -> str:
        """Return how long it says that a request takes: its usual case, in round words."""
        if not self.remembered:
            memory = random.Random(chance.random())
            self.remembered = [self._days(1.0, memory) for _ in range(_REMEMBERED)]
        usual = sorted(self.remembered)[_REMEMBERED // 2]
        days = usual * (0.4 + 0.6 * size) * self.optimism * chance.lognormvariate(0, 0.15)
        return in_words(days, as_range=chance.random() < 0.3)


def in_words(days: float, *, as_range: bool = False) -> str:
    """Return days as people say them: whole days, weeks or months, now and then from-to."""
    for limit, size, unit in ((10, 1.0, "day"), (80, 7.0, "week"), (math.inf, MONTH, "month")):
        if days < limit:
            count = max(1, round(days / size))
            if as_range:
                return f"{max(1, round(0.75 * count))}-{max(2, round(1.3 * count))} {unit}s"
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError


@dataclass(frozen=True)
class Company:
    """One company.

    Args:
        number: the seed that made it.
        functions: by the scenario that leads to them, "phase.scenario".
        shares: phase → the chance of each scenario, best first.
        quoted: how often people say how long something takes.
    """

    number: int
    functions: dict[str, Function]
    shares: dict[PhaseKey, dict[str, float]]
    quoted: float


def make_company(number: int, seed: int = 0) -> Company:
    """Return the company of a number; the same seed and number give the same company."""
    chance = random.Random(f"{seed}:company:{number}")
    pace, candour = chance.lognormvariate(0, 0.25), chance.gauss(-0.08, 0.2)
    functions = {
        f"{trade.phase}.{trade.scenario}": _function(trade, pace, candour, chance)
        for trade in TRADES
    }
    maturity = chance.gauss(-0.3, 0.6)
    return Company(number, functions, _shares(functions, maturity, chance), chance.uniform(0.6, 1))


def _function(trade: Trade, pace: float, candour: float, chance: random.Random) -> Function:
    return Function(
        trade,
        load=chance.betavariate(3, 4),
        pace=pace * chance.lognormvariate(0, 0.25),
        meets_every=0 if trade.builds else chance.choice((0, 0, 7, 14, 28)),
        rework=chance.uniform(0.02, 0.35),
        answers_after=chance.uniform(0.3, 3.0),
        away=chance.uniform(0, 0.15),
        never=chance.betavariate(1, 45),
        optimism=math.exp(candour + chance.gauss(0, 0.2)),
    )


def _shares(
    functions: Iterable[str], maturity: float, chance: random.Random
) -> dict[PhaseKey, dict[str, float]]:
    """Return how often each phase ends how, by the company's maturity and its own weak places."""
    shares: dict[PhaseKey, dict[str, float]] = {}
    met = set(functions)
    for phase, (best, *others) in PHASE_SCENARIOS.items():
        weights = {best: math.exp(maturity)}
        known = [other for other in others if f"{phase}.{other}" in met]
        for other in known:
            rare = 0.4 if other in ("impossible", "unusable", "no_skills") else 1.0
            weights[other] = rare * chance.gammavariate(1.5, 1 / 1.5) / (0.75 * len(known))
        total = sum(weights.values())
        shares[phase] = {scenario: weight / total for scenario, weight in weights.items()}
    return shares
