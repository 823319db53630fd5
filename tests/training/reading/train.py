"""Training of the three models of reading: `python -m tests.training.reading.train`.

scikit-learn is imported only here, in a process of its own.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bot.reading.durations import mend_typos
from bot.reading.folding import fold
from bot.reading.lead_time import candidates, opened, tidy
from bot.reading.likelihood import features as likelihood_features
from bot.reading.party_features import PhraseContext, phrases
from bot.reading.ranges import Span
from bot.reading.time_features import features as time_features
from bot.reading.weights import SCALE, WEIGHTS
from tests.training.reading.corpus import ON, UNSAID, CorpusLine, corpus, same_bounds

CHATTER: Final = Path(__file__).with_name("chatter.txt")
OBSTACLES: Final = Path(__file__).with_name("obstacles.txt")
BLOCKERS: Final = Path(__file__).parents[3] / "bot" / "suggest" / "corpus"
"""Sentences that tell of blockers, one YAML file a hand."""
HELD_OUT: Final = "held_out"
"""The lines of the corpus that the likelihood is tested on."""
LEAST_WEIGHT: Final = 15
"""Weights nearer to zero, in thousandths of the log odds, are left out."""
TIMES: Final = frozenset(
    ["benches", "counters", "desks", "gates", "offices", "structures", "tills", "yards"]
)
"""Hands whose lines are often a time alone, which tells little of what is in the way."""
NEAR_EVENT: Final = 8
"""Characters between an event and its date: "when Karl is back on the 16th"."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)

Example = tuple[Mapping[str, float], int]
"""The features of something, and 1 where it is what the model looks for."""


def blockers() -> list[str]:
    """Return the sentences that tell of a blocker."""
    import yaml

    files = sorted(BLOCKERS.glob("*.yaml"))
    hands = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    told = [text for hand in hands for texts in hand.values() for text in texts]
    timed = [
        line.text
        for name, lines in corpus().items()
        if name != HELD_OUT and name not in TIMES
        for line in lines
        if line.has_time
    ]
    return told + _rows(OBSTACLES) + timed


def chatter() -> list[str]:
    """Return the lines that tell of none."""
    return _rows(CHATTER)


def _rows(file: Path) -> list[str]:
    rows = file.read_text(encoding="utf-8").splitlines()
    return [row for row in rows if row and not row.startswith("#")]


def time_examples(lines: Iterable[CorpusLine]) -> Iterator[Example]:
    """Yield the times of lines: 1 for the one whose bounds are those of the line.

    A time is left out where the line does not say whether it counts: one that shares its words with
    the right one, or one of several that only together make the bounds.
    """
    for line in lines:
        folded = mend_typos(fold(line.text))
        found = list(candidates(folded, ON))
        for span, truth in zip(found, _truths(line, folded, found), strict=True):
            if truth is not None:
                yield time_features(span, folded), truth


def _truths(line: CorpusLine, folded: str, found: Sequence[Span]) -> list[int | None]:
    if not line.has_time:
        return [0] * len(found)
    if line.days is None:
        events = ("event", "event_weak", "event_unnamed", "release", "open_end")
        return [1 if s.sort in events else 0 if s.said else None for s in found]
    days = line.days
    right = [s for s in found if same_bounds(tidy(opened(s, folded).said), days)]
    if not right:
        figures = [s for s in found if s.said]
        return [1 if s.said and len(figures) == 1 else None for s in found]
    return [_truth(span, right) for span in found]


def _truth(span: Span, right: Sequence[Span]) -> int | None:
    is_dated = span.sort.startswith("event") and any(
        span.end <= other.start <= span.end + NEAR_EVENT for other in right
    )
    if span in right or is_dated:
        return 1
    shares = any(span.start < other.end and other.start < span.end for other in right)
    return None if shares or span.sort.startswith("event") else 0


def party_examples(lines: Iterable[CorpusLine]) -> Iterator[Example]:
    """Yield the phrases of lines: 1 for the one that names whom the line waits for."""
    for line in lines:
        if line.waits_for == UNSAID:
            continue
        sentence = PhraseContext(line.text)
        expected = _plain(line.waits_for)
        for first, last in phrases(sentence.words):
            phrase = line.text[sentence.words[first].start : sentence.words[last].end]
            is_it = expected != "" and _plain(phrase).removesuffix(" s") == expected
            yield sentence.features(first, last), int(is_it)


def _plain(words: str) -> str:
    return " ".join(re.findall(r"\w+", fold(words)))


def likelihood_examples() -> Iterator[Example]:
    """Yield sentences about blockers, 1 each, and small talk."""
    yield from ((likelihood_features(text), 1) for text in blockers())
    yield from ((likelihood_features(text), 0) for text in chatter())


def fit(
    examples: Iterable[Example], regularisation: float, least: int, *, balanced: bool = False
) -> dict[str, Any]:
    """Return intercept and weights, both in thousandths of the log odds.

    Args:
        examples: what to learn from.
        regularisation: scikit-learn's C; more follows the examples more closely.
        least: how many examples a feature must be in.
        balanced: both classes weigh the same, however many examples each has.
    """
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    values, truths = zip(*examples, strict=True)
    seen = Counter(name for row in values for name in row)
    kept = [{name: value for name, value in row.items() if seen[name] >= least} for row in values]
    vectorizer = DictVectorizer()
    weighing = "balanced" if balanced else None
    model = LogisticRegression(C=regularisation, class_weight=weighing, max_iter=3000)
    model.fit(vectorizer.fit_transform(kept), truths)
    names = vectorizer.get_feature_names_out()
    weights = {str(n): round(float(w) * SCALE) for n, w in zip(names, model.coef_[0], strict=True)}
    return {
        "intercept": round(float(model.intercept_[0]) * SCALE),
        "weights": {n: w for n, w in sorted(weights.items()) if abs(w) > LEAST_WEIGHT},
    }


def trained(lines: Sequence[CorpusLine]) -> dict[str, dict[str, Any]]:
    """Return the weights of the models that learn from labelled lines, by name."""
    return {
        "lead_time": fit(time_examples(lines), 4.0, 2),
        "party": fit(party_examples(lines), 1.0, 2),
    }


def main() -> None:
    """Train on everything and write the weights."""
    lines = [line for hand in corpus().values() for line in hand]
    models = trained(lines) | {
        "likelihood": fit(likelihood_examples(), 15.0, 3, balanced=True),
    }
    with zipfile.ZipFile(WEIGHTS, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, model in models.items():
            text = json.dumps(model, ensure_ascii=False, separators=(",", ":"))
            archive.writestr(zipfile.ZipInfo(f"{name}.json", _EPOCH), text, zipfile.ZIP_DEFLATED)
    sys.stdout.write(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
