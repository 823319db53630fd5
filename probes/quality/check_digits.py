"""Codes with a check digit: which columns mostly pass it, and how many cells do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from probes.contract import Finding
from probes.quality.codes import coded_finding, graded
from probes.quality.people_values import id_kinds, id_validators
from probes.quality.sentences import say
from probes.quality.view import View

if TYPE_CHECKING:
    import pandas as pd

LEAST = 40
DIGITS_LEAST = 7
CHECKED: tuple[tuple[str, str, str], ...] = tuple(
    (what, module, form)
    for what, module, form in yaml.safe_load(
        Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    )
)
CHECKED_SURE = 0.7
"""A tenth of random digits passes a check digit; from this share on a column is meant to."""


def check_digit_findings(view: View) -> Iterator[Finding]:
    """Say which codes mostly pass their check digit, and not always."""
    import numpy as np
    import pandas as pd

    for name in [*view.texts, *view.numbers]:
        if name in view.texts:
            texts = view.sample[name].dropna().astype("string").str.strip()
        else:
            values = view.number(name)
            values = values[np.isfinite(values)]
            if not len(values) or values.max() < 1e7 or (values != np.round(values)).any():
                continue
            texts = pd.Series([f"{value:.0f}" for value in values[:3000]], dtype="string")
        yield from _checked(view, name, texts.head(3000))


def _checked(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    from importlib import import_module

    if len(texts) < LEAST or texts.nunique() < 20:
        return
    for what, module, form in CHECKED:
        fits = texts[texts.str.fullmatch(form)]
        if len(fits) < 0.9 * len(texts):
            continue
        is_valid = import_module(f"stdnum.{module}").is_valid
        if sum(map(is_valid, fits.head(100))) < 0.5 * len(fits.head(100)):
            continue
        share = 1 - sum(map(is_valid, fits)) / len(fits)
        if 0 < share <= 1 - CHECKED_SURE:
            yield coded_finding(
                graded(share, slows=0.005),
                "check_digit_wrong",
                column=name,
                rows=view.rows(share * len(view.sample)),
                words={"what": what},
                share=round(share, 5),
            )
        return
    yield from _national(view, name, texts)


def _national(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    """Count numbers of people that fail their country's check, where most of a column pass it."""
    kept = texts[texts.str.count(r"\d") >= DIGITS_LEAST]
    if len(kept) < 0.9 * len(texts):
        return
    head = [str(text) for text in kept.head(100)]
    for _, passed in id_kinds(head):
        if passed >= CHECKED_SURE * len(head):
            country = max(id_kinds(head), key=lambda one: one[1])[0]
            is_valid = id_validators().get(country)
            share = 1 - sum(map(bool, map(is_valid, kept))) / len(kept) if is_valid else 0.0
            if 0 < share <= 1 - CHECKED_SURE:
                yield coded_finding(
                    graded(share, slows=0.005),
                    "check_digit_wrong",
                    column=name,
                    rows=view.rows(share * len(view.sample)),
                    words={"what": say("identity_document_numbers")},
                    share=round(share, 5),
                )
            return
