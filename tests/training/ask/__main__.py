"""Training of the classifier of questions: `python -m tests.training.ask FOLDER`, in a checkout.

FOLDER has the questions about stories (`questions.txt`) and the stories. With `each-hand` it says
instead how well each hand's phrasings, and each set of questions, are read by what the others
teach. Which words are known is taken from the weights as they are: run it twice after a change of
the phrasings.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from bot.ask import lexicon
from bot.ask.answer import Asking, as_question
from bot.ask.classifier import MEMBER, WEIGHTS
from bot.domain.record import SprintRecord
from bot.domain.verdict import verdict, what_if
from bot.playbook.figures import phases_of
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story
from tests.training.ask.train import AskedQuestion, phrasings, read_in_context, read_of, trained

QUESTIONS: Final = "questions.txt"
UNANSWERABLE: Final = "none"
UNREAD: Final = "-"
"""Intents of a question that teaches only which items it is about, and whether they answer it."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def asked_questions(folder: Path) -> Iterator[AskedQuestion]:
    """Yield a folder's questions: story|hour|who asks|language|known|intents|facts|words|set."""
    for row in (folder / QUESTIONS).read_text(encoding="utf-8").splitlines():
        story, at, asker, language, known, intents, facts, words, hand = row.split("|", 8)
        asking = Asking(_record(folder / f"{story}.yaml"), judge=verdict, try_fixes=what_if)
        question = as_question(asking, words, float(at), asker or None, language)
        named = frozenset(filter(None, facts.split(",")))
        read_as = () if intents == UNREAD else tuple((intents or UNANSWERABLE).split(","))
        yield AskedQuestion(question, read_as, hand, named, known == "y")


def fingerprint(folder: Path) -> str:
    """Return a name for the phrasings, and for a folder's questions and stories."""
    told = hashlib.sha256(json.dumps(phrasings()).encode())
    for file in sorted(each for each in folder.iterdir() if each.is_file()):
        told.update(file.read_bytes())
    return told.hexdigest()[:16]


@cache
def _record(story: Path) -> SprintRecord:
    return load_story(story, phases=phases_of(load_playbook())).record


def say_each_hand(asked: Sequence[AskedQuestion]) -> None:
    """Write how much of each hand and of each set the others teach to read, by language."""
    learnt = phrasings()
    for hand in lexicon.HANDS:
        rows = ((p.language, read == p.intent) for p, read in read_of(hand, learnt))
        _say(hand, rows)
    for hand in dict.fromkeys(each.hand for each in asked):
        found = list(read_in_context(hand, learnt, asked))
        _say(f"{hand}, words", ((a.question.language, w in a.intents) for a, w, _ in found))
        _say(f"{hand}, in context", ((a.question.language, c in a.intents) for a, _, c in found))


def _say(name: str, rows: Iterable[tuple[str, bool]]) -> None:
    right, asked = Counter[str](), Counter[str]()
    for language, is_right in rows:
        for group in ("all", language):
            asked[group] += 1
            right[group] += is_right
    line = "  ".join(f"{g} {right[g] / n:.1%} of {n}" for g, n in sorted(asked.items()))
    sys.stdout.write(f"{name}: {line}\n")


def main(arguments: Sequence[str]) -> None:
    """Train on everything and write the weights."""
    folder = Path(arguments[0])
    asked = list(asked_questions(folder))
    if "each-hand" in arguments:
        say_each_hand(asked)
        return
    model = trained(phrasings(), asked) | {"fingerprint": fingerprint(folder)}
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":"))
    with zipfile.ZipFile(WEIGHTS, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo(MEMBER, _EPOCH), text, zipfile.ZIP_DEFLATED, 9)
    sys.stdout.write(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
