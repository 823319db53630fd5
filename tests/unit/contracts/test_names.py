"""One name, one meaning: a class's name leads to one class, or to one thing in several layers."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, Final, get_args

import yaml

from bot.unit_of_work import AUDITED, Audited
from tests.unit.contracts.sentences import PACKAGES

ROOT: Final = Path(__file__).parents[3]
SAME_THING: Final = frozenset(
    {
        *("Acceptance", "Approval", "Blocker", "CauseLink", "Deployment", "ForecastMade"),
        *("GateAnswer", "PromptAnswer"),  # a row, and the record's fact made from it
        *("Correction", "Cost", "Fix", "Forecast", "Override", "Sentence", "StickingPoint"),
        "Finding",  # as a probe returns it, and as the record keeps it
        "Phase",  # of the playbook, and as the record keeps it
    }
)
"""The same thing in several layers: rows, the record, the verdict, and the report's view of it."""
PLUGINS: Final = "probes/integration/*_target.py"
"""Found by their file; each calls its class `Target`."""


def test_a_class_name_means_one_thing(trees: Mapping[str, ast.Module]) -> None:
    places = defaultdict(list)
    for name, tree in trees.items():
        if "migrations" in name or PurePath(name).match(PLUGINS):
            continue
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    twice = {name: files for name, files in places.items() if len(files) > 1}
    assert {name: files for name, files in twice.items() if name not in SAME_THING} == {}
    assert set(twice) == SAME_THING


def text_keys(texts: Mapping[Any, Any]) -> Iterator[str]:
    for key, text in texts.items():
        yield str(key)
        if isinstance(text, Mapping):
            yield from text_keys(text)


def test_a_text_key_says_what_the_text_is_for() -> None:
    files = [
        file
        for package in PACKAGES
        for pattern in ("texts.yaml", "texts/**/*.yaml")
        for file in (ROOT / package).rglob(pattern)
    ]
    assert len(files) > 50
    copies_of_a_sentence = [
        f"{file.relative_to(ROOT)}: {key}"
        for file in files
        for key in text_keys(yaml.load(file.read_text("utf-8"), yaml.CSafeLoader))
        if key.count("_") > 3 or re.search(r"[a-z]_\d+$", key)
    ]
    assert copies_of_a_sentence == []


def test_the_audit_trail_has_one_name_for_each_table():
    assert set(AUDITED) == set(get_args(Audited))
    assert len(set(AUDITED.values())) == len(AUDITED)
