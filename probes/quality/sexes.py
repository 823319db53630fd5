"""What a person's sex rules out: men in the delivery room, women with a prostate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.view import View

if TYPE_CHECKING:
    import pandas as pd

    from probes.quality.view import Flags

MEN = frozenset({"m", "male", "man", "men", "männlich", "mann", "masculin", "homme", "hombre"})
WOMEN = frozenset({"f", "w", "female", "woman", "women", "weiblich", "frau", "femme", "mujer"})
OF_WOMEN = re.compile(
    r"pregnan|obstet|gestat|gravid|parity|antenatal|prenatal|perinatal|gyn(ae|e|ä)|mammogra|cervical_?smear|pap_?smear|"
    r"ovar(y|ian)|uter(us|ine)|hysterect|c(ae|e)sar(ea|e)n|miscarriage|menopaus|menstru|"
    r"schwanger|entbindung|geburtshilf|eierstock|wechseljahr|grossesse|enceinte|accouchement|embaraz|obst[eé]tr|gravidez",
    re.IGNORECASE,
)
OF_MEN = re.compile(r"prostat|testic|vasectom|hoden(?!sack)|pr[oó]stata", re.IGNORECASE)
KNOWN_LEAST = 0.95
FEW = 0.45
"""Where about as many of each sex have it, the words mean something else."""
LEVELS_MOST = 400


def sex_findings(view: View) -> Iterator[Finding]:
    """Say where what only one sex can have stands beside the other."""
    for name in view.categories:
        sexes = view.sample[name].astype("string").str.strip().str.lower()
        men, women = sexes.isin(MEN), sexes.isin(WOMEN)
        filled = int(sexes.notna().sum())
        if not men.any() or not women.any() or (men | women).sum() < KNOWN_LEAST * filled:
            continue
        for other in (one for one in view.sample.columns if one != name):
            for form, own, wrong in ((OF_WOMEN, women, men), (OF_MEN, men, women)):
                has = _has(view, other, form)
                rows = int((has & wrong).sum())
                if 0 < rows <= FEW * int((has & (own | wrong)).sum()):
                    yield coded_finding(
                        FindingLevel.SLOWS,
                        "pair_impossible",
                        column=other,
                        others=(name,),
                        rows=view.rows(rows),
                        share=round(rows / len(view.sample), 6),
                    )


def _has(view: View, name: str, form: re.Pattern[str]) -> pd.Series | Flags:
    """Return which rows have what a name or a value says: a value of it, or that very value."""
    import numpy as np

    cells = view.sample[name]
    if form.search(name):
        said = cells.astype("string").str.strip().str.lower()
        return cells.notna() & ~said.isin({"0", "0.0", "no", "n", "false", "none", "nein", ""})
    if name not in view.texts or cells.nunique() > LEVELS_MOST:
        return np.zeros(len(cells), dtype=bool)
    levels = [one for one in cells.dropna().unique() if form.search(str(one))]
    return cells.isin(levels)
