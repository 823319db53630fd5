"""Lines with what they say, and how well they are read."""

import re
from dataclasses import dataclass
from pathlib import Path

from bot.reading import Reading, read
from bot.reading.folding import fold
from tests.training.reading.corpus import ON, UNSAID, CorpusLine, corpus, lines_of, same_bounds

HERE = Path(__file__).parent


@dataclass
class Score:
    lines: int = 0
    told: int = 0  # with a time
    found: int = 0
    rightly: int = 0
    bounded: int = 0  # with figures
    bounds_right: int = 0
    waiting: int = 0
    waits_right: int = 0
    waits_told: int = 0
    traps_read: int = 0

    @property
    def precision(self):
        return self.rightly / max(self.found, 1)

    @property
    def recall(self):
        return self.rightly / self.told

    @property
    def bounds(self):
        return self.bounds_right / self.bounded

    @property
    def waits(self):
        return self.waits_right / max(self.waiting, 1)

    @property
    def waits_precision(self):
        return self.waits_right / max(self.waits_told, 1)

    def __str__(self):
        return (
            f"{self.lines} lines: lead time precision {self.precision:.1%}, recall "
            f"{self.recall:.1%}; "
            f"both bounds {self.bounds:.1%} of {self.bounded}; waits-for {self.waits:.1%} of "
            f"{self.waiting} (precision {self.waits_precision:.1%}); traps read: {self.traps_read}"
        )


def same_party(got, expected):
    if got is None:
        return False
    one, other = (" ".join(re.findall(r"\w+", fold(words))) for words in (got, expected))
    return one in other or other in one


def judge(lines, show=None):
    score = Score()
    for line in lines:
        reading = read(line.text, on=ON)
        faults = _count(score, line, reading)
        if show and faults:
            show(
                f"{', '.join(faults):24} {line.text}\n    {reading.lead_time!r} "
                f"{reading.lead_days} / {line.bounds} {line.days}   {reading.waits_for!r} "
                f"/ {line.waits_for}"
            )
    return score


def _count(score: Score, line: CorpusLine, reading: Reading):
    faults = []
    score.lines += 1
    found = reading.lead_time is not None
    score.told += line.has_time
    score.found += found
    score.rightly += found and line.has_time
    if found != line.has_time:
        faults.append("missed" if line.has_time else "TRAP")
        score.traps_read += found
    if line.days:
        score.bounded += 1
        right = same_bounds(reading.lead_days, line.days)
        score.bounds_right += right
        faults += [] if right else ["bounds"]
    elif line.bounds == "event" and reading.lead_days:
        faults.append("figures")
    waits = line.waits_for not in ("-", UNSAID)
    score.waiting += waits
    right = waits and same_party(reading.waits_for, line.waits_for)
    score.waits_right += right
    score.waits_told += reading.waits_for is not None
    if waits and not right:
        faults.append("waits")
    return faults


def held_out(name):
    """Return the lines of a file that no model learns from."""
    return list(lines_of(HERE / f"{name}.txt"))


if __name__ == "__main__":
    import sys

    for file in sorted(HERE.glob("lines_*.txt")):
        print(file.stem, judge(held_out(file.stem)))
    for name, lines in corpus().items():
        print("learnt from:", name, judge(lines, print if "-v" in sys.argv else None))
