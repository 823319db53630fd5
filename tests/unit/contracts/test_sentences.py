"""Sentences that people read stand in text files, in the playbook or in the report's templates."""

import ast
from collections import Counter

import pytest

from tests.unit.contracts.sentences import allowed, everything, sentences_in


def test_no_file_gains_a_sentence(trees):
    may, found = allowed(), everything(trees)
    counts = Counter(each.file for each in found)
    grown = {file for file, count in counts.items() if count > may.get(file, 0)}
    assert not grown, (
        "Move these to a text file. If they only moved here from another file, run "
        "`python -m tests.unit.contracts.sentences --write`.\n"
    ) + "\n".join(f"{each.file}:{each.line}: {each.text}" for each in found if each.file in grown)


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    return "Only the lead can close it."',
        'def f():\n    raise InputError("Only the lead can close it.")',
        'def f():\n    message = "Only the lead can close it."\n    raise InputError(message)',
        'def f(n):\n    return f"There are {n} open blockers here."',
        'A = {1: "No answer came in time"}',
        'def f():\n    raise fault("no_label", "Nobody has said what to foretell.")',
        'from pydantic import Field\ndef f():\n    raise ValueError("has too many letters")',
    ],
)
def test_a_sentence_in_python_is_found(source: str):
    assert len(list(sentences_in(ast.parse(source)))) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""What this module is about."""',
        'def f():\n    raise LookupError("there is no card to answer")',
        'def f():\n    message = "there is no card here"\n    raise LookupError(message)',
        'log.info("a worker has gone away")',
        'parser.add_argument("--at", help="the hour that is asked about")',
        'X = "SELECT a, b FROM c WHERE d IN e"',
        'X = "alpha beta gamma".split()',
    ],
)
def test_what_nobody_reads_is_no_sentence(source: str):
    assert not list(sentences_in(ast.parse(source)))


def test_findings_are_said_from_the_codes_of_their_probe(trees):
    makers = {
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Finding")
        if name.startswith("probes/")
    }
    assert makers == {"probes/finding_codes.py", "probes/quality/codes.py"}
