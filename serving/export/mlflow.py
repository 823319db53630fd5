"""Writes a kept model as an MLflow model that needs neither hour48 nor scikit-learn to answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from serving.export.package import (
    PACKAGE,
    new_folder,
    require_compiled,
    requirements,
    write_package,
)

_LOADER: Final = '''"""Loads a model that hour48 exported, for mlflow.pyfunc."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from {package}.form import form_of


class Model:
    """Answers rows as the training table had them: one score and one answer a row."""

    def __init__(self, form):
        self._form = form

    def predict(self, model_input, params=None):
        """Return score and answer of each row; a used column that lacks is an error by name."""
        frame = pd.DataFrame(model_input)
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        scored = [self._form.score(self._form.prepare(_plain(row))) for row in rows]
        both = [(one.score, one.answer) for one in scored]
        return pd.DataFrame(both, columns=["score", "answer"], index=frame.index)


def _plain(row):
    return {{name: _value(value) for name, value in row.items()}}


def _value(value):
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _load_pyfunc(path):
    return Model(form_of(json.loads(Path(path, "form.json").read_text(encoding="utf-8"))))
'''


def write_mlflow(plain: Mapping[str, Any], folder: Path) -> Path:
    """Write a compiled model as an MLflow model.

    Args:
        plain: the form's plain data, see `serving.compiling`.
        folder: where to; made when it is not there, and empty.

    Raises:
        InputError: the model is not compiled, or the folder has something in it.
    """
    require_compiled(plain)
    write_package(new_folder(folder) / "code", "loader", _LOADER)
    (folder / "data").mkdir()
    (folder / "data" / "form.json").write_text(json.dumps(plain), "utf-8")
    needed = requirements("numpy", "pandas", "python-dateutil")
    (folder / "requirements.txt").write_text(needed, "utf-8")
    (folder / "MLmodel").write_text(yaml.safe_dump(_about(plain), sort_keys=False), "utf-8")
    return folder


def _about(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "flavors": {
            "python_function": {
                "loader_module": f"{PACKAGE}.loader",
                "data": "data",
                "code": "code",
                "env": {"virtualenv": "requirements.txt"},
                "python_version": "3.11",
            }
        },
        "metadata": {"target": plain["target"], "kind": plain["task"], "about": plain["about"]},
    }
