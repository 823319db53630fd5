"""Writes a kept model as a folder that `mlserver start` serves, in many processes if wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from serving.export.containers import check_name
from serving.export.package import (
    PACKAGE,
    new_folder,
    require_compiled,
    requirements,
    write_package,
)
from serving.form import FormFacts
from serving.openapi import metadata

NEEDED: Final = ("mlserver>=1.7,<2", "uvloop<0.22")
"""MLServer's worker processes ask uvloop for an event loop; 0.22 and later make none."""
_RUNTIME: Final = '''"""Answers with a model that hour48 exported, under MLServer."""

from __future__ import annotations

import json
from http import HTTPStatus

from mlserver import MLModel
from mlserver.errors import MLServerError
from mlserver.types import InferenceResponse, ResponseOutput
from mlserver.utils import get_model_uri

from {package}.form import form_of
from {package}.values import FieldError


class Model(MLModel):
    """Takes one input a column, as the training table had it."""

    async def load(self):
        """Load the model."""
        with open(await get_model_uri(self._settings), encoding="utf-8") as file:
            self._form = form_of(json.load(file))
        return True

    async def predict(self, payload):
        """Return score and answer of each row; a value that cannot be read is refused by name."""
        columns = {{one.name: [_plain(value) for value in one.data] for one in payload.inputs}}
        rows = max(map(len, columns.values()), default=0)
        for name, values in columns.items():
            if len(values) != rows:
                raise _refusal(f"{{name}}: expected {{rows}} values as in the longest input")
        try:
            prepared = [
                self._form.prepare({{name: values[place] for name, values in columns.items()}})
                for place in range(rows)
            ]
        except FieldError as wrong:
            raise _refusal(str(wrong)) from None
        scored = [self._form.score(row) for row in prepared]
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[
                _output("score", "FP64", [one.score for one in scored]),
                _output("answer", "BYTES", [str(one.answer) for one in scored]),
            ],
        )


def _output(name, datatype, data):
    return ResponseOutput(name=name, datatype=datatype, shape=[len(data)], data=data)


def _plain(value):
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _refusal(problem):
    return MLServerError(problem, HTTPStatus.UNPROCESSABLE_ENTITY)
'''


def write_mlserver(plain: Mapping[str, Any], folder: Path, name: str) -> Path:
    """Write a compiled model as a folder of MLServer's.

    Args:
        plain: the form's plain data, see `serving.compiling`.
        folder: where to; made when it is not there, and empty.
        name: of the model in the paths of the Open Inference Protocol.

    Raises:
        InputError: the model is not compiled, the name cannot be part of an address, or the folder
            has something in it.
    """
    check_name(name)
    require_compiled(plain)
    write_package(new_folder(folder), "runtime", _RUNTIME)
    (folder / "form.json").write_text(json.dumps(plain), "utf-8")
    needed = requirements("python-dateutil") + "\n".join(NEEDED) + "\n"
    (folder / "requirements.txt").write_text(needed, "utf-8")
    settings = json.dumps(_settings(plain, name), indent=2) + "\n"
    (folder / "model-settings.json").write_text(settings, "utf-8")
    return folder


def _settings(plain: Mapping[str, Any], name: str) -> dict[str, Any]:
    described = metadata(name, "", FormFacts.from_plain(plain))
    inputs = [one for one in described["inputs"] if one["name"] != "entity"]
    outputs = [one for one in described["outputs"] if one["name"] in {"score", "answer"}]
    return {
        "name": name,
        "implementation": f"{PACKAGE}.runtime.Model",
        "platform": "hour48",
        "inputs": inputs,
        "outputs": outputs,
        "parameters": {"uri": "./form.json"},
    }
