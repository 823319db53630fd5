"""FLAML on the same folds, run by the Python of its own environment: FILE BUDGET."""

import json
import sys
import time

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

LEARN, ASK = 1, 2


def main() -> None:
    """Print for each fold that the parquet file marks the AUC of the rows asked about."""
    rows = pd.read_parquet(sys.argv[1])
    marks = [name for name in rows if name.startswith("__fold_")]
    answers = rows["__answer"].to_numpy()
    columns = rows.drop(columns=["__answer", *marks])
    for name in columns.select_dtypes(exclude="number"):
        columns[name] = columns[name].astype("category")
    for mark in marks:
        part = rows[mark].to_numpy()
        print(json.dumps(one_fold(columns, answers, part, float(sys.argv[2]))), flush=True)


def one_fold(
    columns: pd.DataFrame, answers: np.ndarray, part: np.ndarray, budget: float
) -> dict[str, float | str]:
    """Learn within the budget and say how well the other part is foretold."""
    from flaml import AutoML

    learn, ask = part == LEARN, part == ASK
    started = time.monotonic()
    model = AutoML()
    model.fit(
        columns[learn],
        answers[learn],
        task="classification",
        metric="roc_auc",
        time_budget=budget,
        estimator_list=["lgbm", "xgboost", "rf", "extra_tree", "lrl1"],
        seed=48,
        verbose=0,
        log_file_name="",
    )
    scores = model.predict_proba(columns[ask])[:, 1]
    return {
        "auc": float(roc_auc_score(answers[ask], scores)),
        "seconds": time.monotonic() - started,
        "model": str(model.best_estimator),
    }


if __name__ == "__main__":
    main()
