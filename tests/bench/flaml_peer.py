"""FLAML on the same rows, run by the Python of its own environment: FILE BUDGET."""

import json
import sys
import time

import numpy as np
import pandas as pd
from flaml import AutoML


def main() -> None:
    """Print the held-out AUC of the random fold that the parquet file's last column marks."""
    frame = pd.read_parquet(sys.argv[1])
    learn, answers = ~frame["__held_out"].to_numpy(), frame["__answer"].to_numpy()
    columns = frame.drop(columns=["__held_out", "__answer"])
    for name in columns.select_dtypes(exclude="number"):
        columns[name] = columns[name].astype("category")
    started = time.monotonic()
    model = AutoML()
    model.fit(
        columns[learn],
        answers[learn],
        task="classification",
        metric="roc_auc",
        time_budget=float(sys.argv[2]),
        estimator_list=["lgbm", "xgboost", "rf", "extra_tree", "lrl1"],
        seed=48,
        verbose=0,
        log_file_name="",
    )
    scores = model.predict_proba(columns[~learn])[:, 1]
    print(json.dumps({"auc": _auc(answers[~learn], scores), "seconds": time.monotonic() - started}))


def _auc(answers: np.ndarray, scores: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(answers, scores))


if __name__ == "__main__":
    main()
