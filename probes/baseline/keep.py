"""Keep the studied model as a file that can be served, explained and watched."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from probes.baseline.artifact import ServedModel, reference_shares, save_model, typical_row
from probes.baseline.scores import METRIC, predict
from probes.baseline.study import Study
from probes.baseline.task import TaskKind

MODEL_FILE: Final = "model.skops"
_REFERENCE_ROWS: Final = 20_000


def keep_model(study: Study, folder: Path) -> Path:
    """Write the study's model into `folder` and return its path."""
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
    return save_model(folder / MODEL_FILE, served)


def _inputs(study: Study) -> list[str]:
    return list(study.model.feature_names_in_)
