"""Spoilt letters in texts: wrong decodings, escape codes, two alphabets in one word."""
# ruff: noqa: E501  (patterns read better on one line)

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import TYPE_CHECKING

from probes.contract import Finding
from probes.quality.codes import coded_finding, graded
from probes.quality.view import View, named

if TYPE_CHECKING:
    import pandas as pd

ENTITIES = r"&(?:amp|lt|gt|quot|apos|nbsp|[a-zA-Z]{2,6};|#x?[0-9a-fA-F]{2,5};)|%[2-7C][0-9A-F](?:%[0-9A-F]{2})?|\\u00[0-9a-f]{2}|=C3=[0-9A-F]{2}|_x00[01][0-9A-F]_"
LOST = r"[^\W\d_]\?[^\W\d_]"
MIXED = r"[A-Za-z][А-Яа-яΑ-Ωα-ω]|[А-Яа-яΑ-Ωα-ω][A-Za-z]"
IMITATED = str.maketrans(
    "АВЕЗКМНОРСТУХІЈЅаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲ", "ABE3KMHOPCTYXIJSaeopcyxijsABEZHIKMNOPTYXoc"
)
"""Letters of other alphabets → the Latin ones that they look like."""
CODECS = ("cp1252", "latin-1", "mac_roman", "cp437", "cp850", "cp1250", "cp1251", "iso8859-15")


def matching(name: str, pattern: str) -> str:
    """Return the condition of the rows that hold a pattern."""
    return f"regexp_matches({named(name)}, '" + pattern.replace("'", "''") + "')"


def letter_findings(view: View, name: str, counts: pd.Series) -> Iterator[Finding]:
    """Say how many texts of a column have spoilt letters.

    Args:
        view: a table's sample.
        name: of the column.
        counts: its texts and how often each occurs.
    """
    total = int(counts.sum())
    spoilt = sum(int(n) for text, n in counts.items() if is_mojibake(str(text)))
    if spoilt >= max(1, 0.0005 * total):
        share = spoilt / total
        yield coded_finding(
            graded(share, slows=0.01),
            "broken_encoding",
            column=name,
            rows=view.rows(spoilt),
            share=round(share, 5),
        )
    counts = counts[~counts.index.str.match(r"(?i)\s*(https?|ftp)://|www\.")]
    if counts.empty:
        return
    for code, pattern, least, slows in (
        ("lost_letters", LOST, 0.002, 0.01),
        ("entities_in_text", ENTITIES, 0.002, 0.01),
        ("mixed_alphabets", MIXED, 0.001, 0.01),
    ):
        spoilt_texts = counts.index.str.contains(pattern, regex=True)
        if code == "mixed_alphabets":
            spoilt_texts |= counts.index.isin(_imitations(counts.index))
        seen = int(counts[spoilt_texts].sum())
        share = seen / total
        if (
            code == "lost_letters"
            and counts.index.str.contains(r"https?://|\?\w+=", regex=True).mean() > 0.05
        ):
            continue
        if share >= least and seen >= 2:
            yield coded_finding(
                graded(share, slows=slows),
                code,
                column=name,
                rows=view.rows(seen),
                where=matching(name, pattern) if code == "lost_letters" else None,
                share=round(share, 5),
            )


def _imitations(texts: pd.Index) -> list[str]:
    """Return the texts that look like another one of the column, in letters of another alphabet."""
    known = set(texts)
    return [text for text in known if not text.isascii() and _imitates(text, known)]


def _imitates(text: str, known: Set[str]) -> bool:
    latin = text.translate(IMITATED)
    return latin != text and latin.isascii() and latin in known


def is_mojibake(text: str) -> bool:
    """Whether a text is UTF-8 that was decoded as something else: it can be decoded back, shorter."""
    if text.isascii():
        return False
    if "\ufffd" in text:
        return True
    for codec in CODECS:
        try:
            back = text.encode(codec).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if len(back) < len(text) and all(letter.isprintable() for letter in back):
            return True
    return False
