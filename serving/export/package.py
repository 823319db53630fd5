"""Writes a compiled model as a Python package that needs neither hour48 nor scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bot.domain.errors import InputError
from serving import blocks, estimators, form, values
from serving.form import COMPILED
from serving.texts import say

PACKAGE: Final = "hour48_model"
_MODULES: Final = (blocks, estimators, form, values)


def write_package(folder: Path, name: str, loader: str) -> None:
    """Write the modules that ask a compiled model, and the one that loads it.

    Args:
        folder: where the package goes.
        name: of the module that loads it.
        loader: its text, with `{package}` for the package's name.
    """
    code = folder / PACKAGE
    code.mkdir(parents=True)
    (code / "__init__.py").write_text('"""A model that hour48 exported."""\n', "utf-8")
    for module in _MODULES:
        source = Path(str(module.__file__))
        text = source.read_text("utf-8").replace("from serving.", f"from {PACKAGE}.")
        (code / source.name).write_text(text, "utf-8")
    (code / f"{name}.py").write_text(loader.format(package=PACKAGE), "utf-8")


def require_compiled(plain: Mapping[str, Any]) -> None:
    """Make sure that a model can be asked without scikit-learn.

    Raises:
        InputError: it cannot; says why.
    """
    if plain["form"] != COMPILED:
        raise InputError(say("not_exported", reason=plain["reason"]), field="artifact")


def new_folder(folder: Path) -> Path:
    """Return a folder that is there and empty.

    Raises:
        InputError: it has something in it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(say("folder_not_empty", folder=folder), field="folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def requirements(*names: str) -> str:
    """Return the lines of a requirements file: what is installed here, in its version."""
    return "\n".join(f"{name}=={version(name)}" for name in names) + "\n"
