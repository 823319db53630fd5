"""Writes a kept model as an MLflow model that needs neither hour48 nor scikit-learn to answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import yaml

from bot.domain.errors import InputError
from serving import blocks, estimators, form, values
from serving.form import COMPILED

PACKAGE: Final = "hour48_model"
_MODULES: Final = (blocks, estimators, form, values)
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
    if plain["form"] != COMPILED:
        raise InputError(
            f"This model cannot be exported: {plain['reason']}. Serve it with hour48 serve.",
            field="artifact",
        )
    code = new_folder(folder) / "code" / PACKAGE
    code.mkdir(parents=True)
    (code / "__init__.py").write_text('"""A model that hour48 exported."""\n', "utf-8")
    for module in _MODULES:
        source = Path(str(module.__file__))
        text = source.read_text("utf-8").replace("from serving.", f"from {PACKAGE}.")
        (code / source.name).write_text(text, "utf-8")
    (code / "loader.py").write_text(_LOADER.format(package=PACKAGE), "utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "form.json").write_text(json.dumps(plain), "utf-8")
    (folder / "requirements.txt").write_text(_requirements(), "utf-8")
    (folder / "MLmodel").write_text(yaml.safe_dump(_about(plain), sort_keys=False), "utf-8")
    return folder


def new_folder(folder: Path) -> Path:
    """Return a folder that is there and empty.

    Raises:
        InputError: it has something in it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty. Choose another folder.", field="folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _requirements() -> str:
    return "\n".join(f"{name}=={version(name)}" for name in ("numpy", "pandas", "python-dateutil"))


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
