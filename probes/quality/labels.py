"""Labels that mean one thing and are written in two ways: codes, short forms, names cut off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from probes.contract import Finding
from probes.quality.codes import coded_finding, found, graded, percent, shown
from probes.quality.sentences import say
from probes.quality.view import View

if TYPE_CHECKING:
    import pandas as pd

CODE_LENGTH = 3
WORD_LENGTH = 4
CODES_LEAST = 3
CODES_MOST = 120
ABBREVIATED_MOST = 200
SHORT_ENOUGH = 40
RARELY = 3
TURNED_WORDS = 2
NUMBERED_LEAST = 2
FEW = 0.4
CUT_LENGTH = 8
CUT_SURE = 0.6
CUT_OF_LONG = 0.1
"""A field that is too short cuts any long name: so many of them at least have a cut one."""

SAME: list[frozenset[str]] = [
    frozenset(str(word).lower() for word in words)
    for words in yaml.safe_load(
        (Path(__file__).parent / "synonyms.yaml").read_text(encoding="utf-8")
    )
]
"""Words and codes for the same thing, in several languages."""


def labels_mixed(view: View, name: str, counts: pd.Series) -> Iterator[Finding]:
    """Find codes beside the names they stand for, and words for one thing in several languages."""
    plain: Counter[str] = Counter()
    for text, count in counts.items():
        plain[str(text).strip().rstrip(".").lower()] += int(count)
    pairs = 0
    affected = 0
    for words in SAME:
        seen = [word for word in words if word in plain]
        if len(seen) >= 2 and max(map(len, seen)) > 1:  # letters alone are codes of one list
            pairs += 1
            affected += sum(plain[word] for word in seen) - max(plain[word] for word in seen)
    total = int(counts.sum())
    named_share = sum(n for word, n in plain.items() if any(word in s for s in SAME)) / total
    if not pairs or named_share < 0.6:
        shortened = _shortened(counts) or _numbered(counts) or _abbreviated(counts)
        pairs, affected = len(shortened), sum(int(counts[code]) for code in shortened)
    share = min(affected / total, 1 - affected / total)
    if pairs and share >= 0.002:
        yield coded_finding(
            graded(share, slows=0.005),
            "labels_mixed",
            column=name,
            rows=view.rows(share * len(view.sample)),
            pairs=pairs,
            share=round(share, 5),
        )


def _shortened(counts: pd.Series) -> dict[str, str]:
    """Return short codes that each shorten a word of their own, where most codes of a column do."""
    texts = [str(text).strip() for text in counts.index]
    codes = [text for text in texts if text.isalpha() and 2 <= len(text) <= CODE_LENGTH]
    words = [text for text in texts if text.isalpha() and len(text) >= WORD_LENGTH]
    if len(codes) < CODES_LEAST or len(words) < CODES_LEAST or len(texts) > CODES_MOST:
        return {}
    found: dict[str, str] = {}
    for code in codes:
        fits = [word for word in words if _shortens(code.lower(), word.lower())]
        if len(fits) == 1 and fits[0] not in found.values():
            found[code] = fits[0]
    sure = len(found) >= max(CODES_LEAST, 0.8 * min(len(codes), len(words)))
    return found if sure and len(found) >= 0.6 * len(codes) else {}


def _numbered(counts: pd.Series) -> dict[str, str]:
    """Return numbers from 0 or 1 on beside as many words, of which they are the codes."""
    numbers = sorted((str(one) for one in counts.index if str(one).isdecimal()), key=int)
    words = [
        str(one) for one in counts.index if str(one).isalpha() and len(str(one)) >= WORD_LENGTH
    ]
    both = 2 * len(numbers) == len(counts) == 2 * len(words)
    counted = [int(one) for one in numbers]
    if not both or len(words) < NUMBERED_LEAST or counted[0] > 1:
        return {}
    is_run = counted == list(range(counted[0], counted[0] + len(words)))
    rarer = counts[numbers].sum() < FEW * counts.sum()
    return dict(zip(numbers, words, strict=True)) if is_run and rarer else {}


def _abbreviated(counts: pd.Series) -> dict[str, str]:
    """Return values that write a word of another value short, with a point, as in Dept. of."""
    if counts.sum() < RARELY * len(counts):
        return {}
    texts = [str(one) for one in counts.index[:ABBREVIATED_MOST] if len(str(one)) <= SHORT_ENOUGH]
    found: dict[str, str] = {}
    for short in (text for text in texts if re.search(r"\w\.", text)):
        words = short.lower().split()
        for text in texts:
            whole = text.lower().split()
            alike = [
                one == other
                or (one[-1:] == "." and len(other) > len(one) and _shortens(one[:-1], other))
                for one, other in zip(words, whole, strict=False)
            ]
            if text != short and len(words) == len(whole) and all(alike):
                found[short] = text
    return found or _turned(texts)


def _turned(texts: list[str]) -> dict[str, str]:
    """Return values whose words are those of another value in another order, as a name's."""
    first: dict[tuple[str, ...], str] = {}
    found: dict[str, str] = {}
    for text in texts:
        words = tuple(sorted(re.findall(r"\w+", text.lower())))
        spelt = all(len(word) > 1 and not word.isdigit() for word in words)
        if len(words) >= TURNED_WORDS and spelt:
            other = first.setdefault(words, text)
            if other.split() != text.split() and other.lower() != text.lower():
                found[text] = other
    return found


def _shortens(code: str, word: str) -> bool:
    """Whether a code is a word's first letter and further ones of it, in order."""
    letters = iter(word)
    return code[0] == word[0] and all(letter in letters for letter in code)


def cut_labels(view: View, name: str, counts: pd.Series) -> Iterator[Finding]:
    """Find names that were cut off in some rows: the beginnings of others, all of one length."""
    texts = sorted(str(one) for one in counts.index)
    begun = [
        one for one, other in pairwise(texts) if len(one) >= CUT_LENGTH and _begins(one, other)
    ]
    lengths = Counter(map(len, begun)).most_common(1)
    if not lengths or lengths[0][1] < NUMBERED_LEAST:
        return
    length = lengths[0][0]
    within = sum(1 for one in begun if len(one) in (length, length - 1))
    inside = [one for one in begun if len(one) == length and _inside_a_word(one, texts)]
    longer = sum(len(one) > length for one in texts)
    if within < CUT_SURE * len(begun) or len(inside) < max(NUMBERED_LEAST, CUT_OF_LONG * longer):
        return
    yield cut_off(view, name, length, int(counts[begun].sum()), int(counts.sum()))


def cut_off(view: View, name: str, length: int, cut: int, texts: int) -> Finding:
    """Return the finding of texts that end at a length, beside longer ones."""
    share = cut / texts
    sentence = say("texts_cut_off", name=shown(name), length=length, share=percent(share))
    evidence = {"length": length, "share": round(share, 5), "rows": view.rows(cut)}
    return found(graded(share, slows=0.005), "truncated_text", sentence, evidence, column=name)


def _begins(one: str, other: str) -> bool:
    return other.startswith(one) and len(other) > len(one)


def _inside_a_word(cut: str, texts: Sequence[str]) -> bool:
    """Whether a text ends in the middle of a word of the texts that begin like it."""
    return any(
        _begins(cut, one) and cut[-1:].isalpha() and one[len(cut)].isalpha() for one in texts
    )
