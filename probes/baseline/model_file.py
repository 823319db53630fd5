"""Keep the studied model as a file that can be served, explained and watched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from probes.baseline.artifact import ServedModel, reference_shares, save_model, typical_row
from probes.baseline.scores import METRIC, predict
from probes.baseline.study import Study
from probes.baseline.task import TaskKind
from probes.baseline.trust import DoubtedColumns

MODEL_FILE: Final = "model.skops"
WITHOUT_FILE: Final = "model-without-suspects.skops"
"""The model that does without the columns in doubt."""

_REFERENCE_ROWS: Final = 20_000


def without_doubt(study: Study) -> Study | None:
    """Return the study as it stands without the columns in doubt; none where nothing is."""
    lead = study.doubt.without
    if lead is None or study.model_without is None:
        return None
    return replace(
        study,
        plan=study.doubt.plan,
        outcomes=[study.guessing, *study.doubt.outcomes],
        chosen=lead,
        model=study.model_without,
        model_without=None,
        doubt=DoubtedColumns(),
        beside=[],
        weights=[],
        curve=None,
        worth=None,
    )


def keep_model(study: Study, folder: Path, name: str = MODEL_FILE) -> Path:
    """Write the study's model into `folder` as `name` and return its path."""
    rows = np.random.default_rng(48).permutation(len(study.data))[:_REFERENCE_ROWS]
    sample = study.data.iloc[np.sort(rows)]
    foretold = predict(
        study.model, sample[_inputs(study)], study.task.kind, len(study.task.classes)
    )
    scores = foretold.max(axis=1) if study.task.kind is TaskKind.MULTICLASS else foretold
    folder.mkdir(parents=True, exist_ok=True)
    served = ServedModel(
        model=study.model,
        plan=study.plan,
        kind=study.task.kind,
        target=study.task.target,
        classes=study.task.classes,
        typical=typical_row(sample, study.plan),
        reference=reference_shares(sample, study.plan, scores),
        about={
            "family": study.lead.family.value,
            "metric": METRIC[study.task.kind],
            "figure": study.headline.to_plain(),
            "checked": study.lead.split.value,
            "rows": len(study.task.answers),
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    return save_model(folder / name, served)


def _inputs(study: Study) -> list[str]:
    return list(study.model.feature_names_in_)
