"""Codes with a check digit: which columns mostly pass it, and how many cells do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from probes.contract import Finding
from probes.quality.codes import graded, tell
from probes.quality.view import View

if TYPE_CHECKING:
    import pandas as pd

LEAST = 40
CHECKED: tuple[tuple[str, str, str], ...] = (
    ("article numbers (EAN)", "stdnum.ean", r"\d{8}|\d{12,14}"),
    ("bank accounts (IBAN)", "stdnum.iban", r"[A-Z]{2}\d{2}[A-Z0-9 ]{11,30}"),
    ("book numbers (ISBN)", "stdnum.isbn", r"97[89][- ]?(?:\d[- ]?){9}\d|(?:\d[- ]?){9}[\dX]"),
    ("device numbers (IMEI)", "stdnum.imei", r"\d{15}"),
    ("securities (ISIN)", "stdnum.isin", r"[A-Z]{2}[A-Z0-9]{9}\d"),
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
        is_valid = import_module(module).is_valid
        if sum(map(is_valid, fits.head(100))) < 0.5 * len(fits.head(100)):
            continue
        share = 1 - sum(map(is_valid, fits)) / len(fits)
        if 0 < share <= 1 - CHECKED_SURE:
            yield tell(
                graded(share, slows=0.005),
                "check_digit_wrong",
                column=name,
                rows=view.rows(share * len(view.sample)),
                words={"what": what},
                share=round(share, 5),
            )
        return
