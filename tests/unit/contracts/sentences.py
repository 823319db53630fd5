"""Finds sentence constants in Python: words for people that belong in the text files.

`python -m tests.unit.contracts.sentences` prints the count of each package; with the beginnings of
paths, the lines of those files; with `--write` it writes `sentences_allowed.txt` anew.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[3]
PACKAGES: Final = ("bot", "handlers", "scheduler", "hour48", "probes", "serving", "playground")
APART: Final = ("bot/db/migrations/", "probes/environment/anywhere.py")
"""Revisions, which are frozen and speak to developers; a script that is pasted elsewhere."""
LEAST_WORDS: Final = 3
FOR_PEOPLE: Final = frozenset(
    {
        "InputError",
        "FormError",
        "AddressRefused",
        "StepRefused",
        "SourceError",
        "Unusable",
        "PollError",
        "UnreadableEvent",
        *("AlreadyDone", "DoublesError", "EarlyGateError", "NoSprintError"),
        *("PlaybookError", "SealBrokenError", "SealedError", "SeveralSprintsError"),
        *("UnknownSprint", "UnmetError", "UnreadableError"),
    }
)
"""Exceptions whose message a person reads as it is; those of other names speak to developers."""
FOR_DEVELOPERS: Final = frozenset({"gaierror", "_wrong"})
"""Functions that make an exception which developers read: of sockets, of a deployed model's API."""
LOG_METHODS: Final = frozenset(
    {"debug", "info", "warning", "error", "exception", "critical", "warn"}
)
DEVELOPERS_CALLS: Final = frozenset(
    {
        *("add_argument", "add_parser", "ArgumentParser", "add_subparsers", "add_argument_group"),
        *("Typer", "Option", "Argument", "add_typer", "Gauge", "Counter", "Histogram"),
        *("GaugeMetricFamily", "CounterMetricFamily"),
        *("compile", "text", "cast", "TypeVar", "NewType", "getenv", "execute", "exec_driver_sql"),
        *("DDL", "import_module", "DeprecationWarning", "strftime", "strptime", "split"),
    }
)
"""Calls whose strings are a command line's help, a pattern, SQL or a type."""
HELP: Final = frozenset({"help", "description", "epilog", "usage", "metavar"})
"""What a command line says of itself."""
WORD: Final = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ’'-]*")
CODE: Final = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|PRAGMA|WITH|GRANT|REVOKE|SET|LOCK|BEGIN"
    r"|SHOW|EXPLAIN|COMMENT|FROM|WHERE|ORDER BY|ON CONFLICT|VALUES)\b"
    r"|\(\?[:P=!<]|\\[bdsw]|</?[a-z]+[ >/]|\bimport \w+|^[a-z-]+:\s*\S+;|^#!"
    r"|\bVALUES \(|\bFROM [a-z_]+\b"
    r"|%[a-zA-Z] %[a-zA-Z]|\) AS [a-z]|<- |\bpublic class\b|\bFILTER \(|\) IN \('"
    r"|^default-src|\{font:|^#set page"
)
"""SQL, patterns, markup, style sheets and programs."""


class Found(NamedTuple):
    """A sentence constant."""

    file: str
    line: int
    text: str


def is_sentence(text: str) -> bool:
    """Tell whether these are words in a row, as people read them."""
    if CODE.search(text):
        return False
    words = WORD.findall(text)
    spaced = len(re.findall(r"(?<=\S) (?=\S)", text.strip()))
    lower = [word for word in words if word[1:].islower() or len(word) == 1]
    return len(words) >= LEAST_WORDS and spaced >= LEAST_WORDS - 1 and len(lower) >= LEAST_WORDS


def sentences_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each sentence constant of a module."""
    apart: set[int] = set()
    read = FOR_PEOPLE | ({"ValueError"} if _has_fields(tree) else set())
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        apart.update(map(id, _unread(node, read)))
        if id(node) in apart:
            continue
        apart.update(map(id, _messages(node, read)))
        text = _text(node)
        if text is not None and is_sentence(text):
            yield getattr(node, "lineno", 0), text
        waiting += ast.iter_child_nodes(node)


def _has_fields(tree: ast.AST) -> bool:
    """Tell whether a module checks fields, whose `ValueError` says what is wrong with one."""
    return any(
        isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pydantic")
        for node in ast.walk(tree)
    )


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            each.value if isinstance(each, ast.Constant) else "…" for each in node.values
        )
    return None


def _unread(node: ast.AST, read: Collection[str]) -> Iterator[ast.AST]:
    """Yield what of a node is a docstring, an annotation, a log line, help or a fault of ours."""
    match node:
        case ast.JoinedStr():
            yield from (each for each in node.values if isinstance(each, ast.Constant))
        case ast.Expr(value=ast.Constant()):
            yield node.value
        case ast.arg(annotation=ast.expr()) | ast.AnnAssign():
            yield node.annotation or node
        case ast.Call() if _is_for_developers(node.func):
            yield node
        case ast.keyword() if node.arg in HELP:
            yield node.value
        case ast.Assert(msg=ast.expr()):
            yield node
        case ast.Raise(exc=ast.expr()) if not _reaches_people(node.exc, read):
            yield node


def _messages(node: ast.AST, read: Collection[str]) -> Iterator[ast.AST]:
    """Yield what is assigned to a name in the line before an exception for developers."""
    for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
        if not isinstance(body, list):
            continue
        for first, second in pairwise(body):
            if (
                isinstance(first, ast.Assign)
                and isinstance(second, ast.Raise)
                and second.exc is not None
                and not _reaches_people(second.exc, read)
            ):
                yield first.value


def _reaches_people(raised: ast.expr, read: Collection[str]) -> bool:
    name = _name(raised.func if isinstance(raised, ast.Call) else raised)
    is_made_by_function = isinstance(raised, ast.Call) and name.lstrip("_")[:1].islower()
    return name in read or (is_made_by_function and name not in FOR_DEVELOPERS)


def _is_for_developers(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute) and called.attr in LOG_METHODS:
        return "log" in _name(called.value).lower() or _name(called.value) == "warnings"
    return _name(called) in DEVELOPERS_CALLS


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def parsed() -> dict[str, ast.Module]:
    """Return the modules of the product: path below the root → syntax tree."""
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8")) for file in files}


def everything(trees: Mapping[str, ast.Module]) -> list[Found]:
    """Return every sentence constant of the product."""
    return [
        Found(name, line, text)
        for name, tree in trees.items()
        if not name.startswith(APART)
        for line, text in sentences_in(tree)
    ]


ALLOWED: Final = Path(__file__).with_name("sentences_allowed.txt")
HEAD: Final = (
    "# Not ours to say: words that are matched, data, programs, what Slack itself says, codes that "
    "stored models hold."
)


def allowed() -> dict[str, int]:
    """Return how many sentences that are not ours to say each file may hold."""
    lines = [line.split() for line in ALLOWED.read_text("utf-8").splitlines()[1:]]
    return {file: int(count) for count, file in lines}


def write() -> None:
    """Write the list anew; read what it gained before that is committed."""
    counts = Counter(each.file for each in everything(parsed()))
    lines = [HEAD, *(f"{count} {file}" for file, count in sorted(counts.items()))]
    ALLOWED.write_text("\n".join(lines) + "\n", "utf-8")


def main(names: list[str]) -> None:
    """Print the counts, or the lines of some files."""
    found = everything(parsed())
    if names == ["--write"]:
        return write()
    if names:
        for each in found:
            if any(each.file.startswith(name) for name in names):
                print(f"{each.file}:{each.line}: {each.text!r}")
        return None
    by_package = Counter(each.file.split("/")[0] for each in found)
    for package, count in by_package.most_common():
        files = {each.file for each in found if each.file.startswith(f"{package}/")}
        print(f"{package:12} {count:5} in {len(files)} files")
    print(f"{'all':12} {len(found):5} in {len({each.file for each in found})} files")
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
