"""Judges blocks and views by Block Kit's limits, and says the place that is at fault.

The limits themselves stand in `data/block_kit.yaml`.
"""

from __future__ import annotations

import copy
import functools
import re
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from importlib import resources
from typing import Any

import yaml

from playground.inputs import placed_elements

Json = dict[str, Any]
Problems = Iterator[str]
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MARKDOWN_IN_ALL = 12_000
BINDINGS = ("exactly_one", "at_least_one")
TEXT_TYPES = {"plain": ("plain_text",), "mrkdwn": ("mrkdwn",), "text": ("plain_text", "mrkdwn")}


@functools.cache
def limits() -> Json:
    """Return the table of limits."""
    text = resources.files("playground").joinpath("data/block_kit.yaml").read_text("utf-8")
    table: Json = yaml.safe_load(text)
    return table


def check_blocks(blocks: Any, surface: str, pointer: str = "/blocks") -> list[str]:
    """Return what is wrong with blocks, each sentence ending in the place.

    Args:
        blocks: as sent, decoded.
        surface: `message`, `modal` or `home`.
        pointer: the JSON pointer of the list.
    """
    if not isinstance(blocks, list):
        return [_said("must be an array", pointer)]
    most = MOST_BLOCKS[surface]
    if len(blocks) > most:
        return [_said(f"no more than {most} items allowed", pointer)]
    problems = list(_check_each(blocks, limits()["surfaces"][surface], pointer))
    return problems or list(_check_together(blocks, pointer))


def check_view(view: Json, kind: str) -> list[str]:
    """Return what is wrong with a view.

    Args:
        view: as sent, decoded.
        kind: `modal` or `home`.
    """
    if view.get("type") != kind:
        return [_said(f"must be of type {kind}", "/view/type")]
    problems = list(_check_fields(view, limits()["views"][kind], "/view"))
    problems = problems or check_blocks(view["blocks"], kind, "/view/blocks")
    asks = any(block.get("type") == "input" for block in view["blocks"]) if not problems else False
    if kind == "modal" and asks and not view.get("submit"):
        problems = [_said("submit is required when there are input blocks", "/view")]
    return problems


def unknown_types(blocks: Any, refused: Collection[str], pointer: str = "/blocks") -> list[str]:
    """Return what a Slack that does not know some types says of blocks.

    Args:
        blocks: as sent, decoded.
        refused: the types it does not know.
        pointer: the JSON pointer of the list.
    """
    return [
        _said(f"unsupported type: {block['type']}", f"{pointer}/{index}/type")
        for index, block in enumerate(blocks if isinstance(blocks, list) else [])
        if isinstance(block, dict) and block.get("type") in refused
    ]


def complete_blocks(blocks: list[Json]) -> list[Json]:
    """Return blocks as Slack gives them back: every id and default filled in."""
    completed = copy.deepcopy(blocks)
    for block in _with_children(completed):
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
        _complete_texts(block)
        for part in _action_holders(block):
            part.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return completed


def _with_children(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        yield block
        yield from block.get("child_blocks", [])


def _action_holders(block: Json) -> Iterator[Json]:
    elements = block.get("elements", []) if block["type"] in ("actions", "context_actions") else []
    for part in [*elements, block.get("accessory"), block.get("element")]:
        if isinstance(part, dict) and part.get("type") != "image":
            yield part


def _complete_texts(part: Any) -> None:
    if isinstance(part, list):
        for item in part:
            _complete_texts(item)
    elif isinstance(part, dict):
        if part.get("type") == "plain_text":
            part.setdefault("emoji", True)
        elif part.get("type") == "mrkdwn":
            part.setdefault("verbatim", False)
        for value in part.values():
            _complete_texts(value)


def _said(problem: str, pointer: str) -> str:
    return f"[ERROR] {problem} [json-pointer:{pointer}]"


# --- rules about one block -----------------------------------------------------------------


def _check_each(blocks: list[Any], allowed: list[str], pointer: str) -> Problems:
    known = limits()["blocks"]
    for index, block in enumerate(blocks):
        place = f"{pointer}/{index}"
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(block, dict):
            yield _said("must be an object", place)
        elif kind not in allowed:
            yield _said(f"unsupported type: {kind}", f"{place}/type")
        else:
            yield from _check_fields(block, {**known[kind], "block_id": "str 1..255"}, place)
            yield from _check_special(block, place)


def _check_special(block: Json, place: str) -> Problems:
    if block["type"] == "container" and isinstance(block.get("child_blocks"), list):
        allowed = limits()["surfaces"]["container"]
        yield from _check_each(block["child_blocks"], allowed, f"{place}/child_blocks")
    element = block.get("element") if block.get("dispatch_action") else None
    if isinstance(element, dict) and element.get("type") == "file_input":
        yield _said("dispatch_action is not allowed with file_input", place)


def _check_fields(part: Json, rules: Json, place: str) -> Problems:
    fields = {name.rstrip("!"): rule for name, rule in rules.items() if name not in BINDINGS}
    required = [name.rstrip("!") for name in rules if name.endswith("!")]
    for name in required:
        if part.get(name) is None:
            yield _said(f"missing required field: {name}", place)
    for name, value in part.items():
        if name == "type" or value is None:
            continue
        if name not in fields:
            yield _said(f"invalid additional property: {name}", place)
        else:
            yield from check_rule(value, fields[name], f"{place}/{name}")
    yield from _check_bindings(part, rules, place)


def _check_bindings(part: Json, rules: Json, place: str) -> Problems:
    for binding in BINDINGS:
        names = rules[binding].split() if binding in rules else []
        there = [name for name in names if part.get(name) is not None]
        if names and not there:
            yield _said(f"must have {' or '.join(names)}", place)
        elif binding == "exactly_one" and len(there) > 1:
            yield _said(f"must not have both {' and '.join(names)}", place)


def check_rule(value: Any, rule: str, place: str) -> Problems:
    """Yield what is wrong with a value by one rule of the table."""
    name, _, rest = rule.partition(" ")
    yield from CHECKS[name](value, rest, place)


def _check_any(_value: Any, _rest: str, _place: str) -> Problems:
    return iter(())


def _check_str(value: Any, rest: str, place: str) -> Problems:
    least, most = _range(rest)
    if not isinstance(value, str):
        yield _said("must be a string", place)
    elif len(value) > most:
        yield _said(f"must be less than {most + 1} characters", place)
    elif len(value) < least:
        yield _said(f"must be more than {least - 1} characters", place)


def _check_int(value: Any, rest: str, place: str) -> Problems:
    least, most = _range(rest)
    if not isinstance(value, int) or isinstance(value, bool):
        yield _said("must be an integer", place)
    elif not least <= value <= most:
        yield _said(f"must be between {least} and {most}", place)


def _check_number(value: Any, _rest: str, place: str) -> Problems:
    if not isinstance(value, int | float) or isinstance(value, bool):
        yield _said("must be a number", place)


def _check_title(value: Any, _rest: str, place: str) -> Problems:
    """A plan's title is a string, or a plain text."""
    yield from check_rule(value, "str 1..3000" if isinstance(value, str) else "plain 3000", place)


def _check_task(value: Any, _rest: str, place: str) -> Problems:
    """A task of a plan may leave out its type."""
    if isinstance(value, dict):
        yield from check_rule({**value, "type": "task_card"}, "is task_card", place)
    else:
        yield _said("must be an object", place)


def _check_bool(value: Any, _rest: str, place: str) -> Problems:
    if not isinstance(value, bool):
        yield _said("must be a boolean", place)


def _check_match(value: Any, rest: str, place: str) -> Problems:
    if not isinstance(value, str) or not re.fullmatch(limits()["patterns"][rest], value):
        yield _said(f"must be a valid {rest}", place)


def _check_enum(value: Any, rest: str, place: str) -> Problems:
    if value not in rest.split():
        yield _said(f"must be one of {', '.join(rest.split())}", place)


def _check_list(value: Any, rest: str, place: str) -> Problems:
    size, _, rule = rest.partition(" of ")
    least, most = _range(size)
    if not isinstance(value, list):
        yield _said("must be an array", place)
    elif len(value) > most:
        yield _said(f"no more than {most} items allowed", place)
    elif len(value) < least:
        yield _said(f"no fewer than {least} items allowed", place)
    else:
        for index, item in enumerate(value):
            yield from check_rule(item, rule, f"{place}/{index}")


def _check_is(value: Any, rest: str, place: str) -> Problems:
    rules = limits()["objects"].get(rest) or limits()["blocks"][rest]
    if isinstance(value, dict):
        yield from _check_fields(value, {"block_id": "str 1..255", **rules}, place)
    else:
        yield _said("must be an object", place)


def _check_in(value: Any, rest: str, place: str) -> Problems:
    kind = value.get("type") if isinstance(value, dict) else None
    for name in limits()["groups"][rest]:
        if limits()["types"].get(name, name) == kind:
            yield from _check_fields(value, limits()["objects"][name], place)
            return
    yield _said(f"unsupported type: {kind}", f"{place}/type")


def _text_check(allowed: tuple[str, ...]) -> Callable[[Any, str, str], Problems]:
    def check(value: Any, rest: str, place: str) -> Problems:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in allowed:
            yield _said(f"must be a {' or '.join(allowed)} object", f"{place}/type")
        else:
            rules = {**limits()["objects"][kind], "text!": f"str 1..{rest}"}
            yield from _check_fields(value, rules, place)

    return check


def _range(text: str) -> tuple[int, int]:
    least, _, most = text.partition("..")
    return int(least), int(most)


CHECKS: dict[str, Callable[[Any, str, str], Problems]] = {
    "any": _check_any,
    "str": _check_str,
    "int": _check_int,
    "bool": _check_bool,
    "number": _check_number,
    "title": _check_title,
    "task": _check_task,
    "match": _check_match,
    "enum": _check_enum,
    "list": _check_list,
    "is": _check_is,
    "in": _check_in,
    **{name: _text_check(allowed) for name, allowed in TEXT_TYPES.items()},
}


# --- rules about all blocks together -------------------------------------------------------


def _check_together(blocks: list[Json], pointer: str) -> Problems:
    everything = list(_with_children(blocks))
    ids = Counter(block["block_id"] for block in everything if block.get("block_id"))
    for block_id, count in ids.items():
        if count > 1:
            yield _said(f"block_id already exists: {block_id}", pointer)
    yield from _check_action_ids(blocks, pointer)
    if sum(block["type"] in ("table", "data_table") for block in everything) > 1:
        yield _said("only one table allowed", pointer)
    if sum(block["type"] == "data_visualization" for block in everything) > MOST_CHARTS:
        yield _said(f"no more than {MOST_CHARTS} data_visualization blocks allowed", pointer)
    for index, block in enumerate(blocks):
        if check := TOGETHER.get(block["type"]):
            yield from check(block, f"{pointer}/{index}")
    if sum(len(block["text"]) for block in everything if block["type"] == "markdown") > (
        MARKDOWN_IN_ALL
    ):
        yield _said(f"markdown text must be less than {MARKDOWN_IN_ALL + 1} in all", pointer)


def _check_chart(block: Json, place: str) -> Problems:
    """Series have names of their own, and exactly one value for each label of the axis."""
    chart = block["chart"]
    if chart["type"] == "pie":
        if any(segment["value"] <= 0 for segment in chart["segments"]):
            yield _said("segment values must be greater than 0", f"{place}/chart/segments")
        return
    labels = chart["axis_config"]["categories"]
    if len(set(labels)) != len(labels):
        yield _said("categories must be unique", f"{place}/chart/axis_config/categories")
    names = [series["name"] for series in chart["series"]]
    if len(set(names)) != len(names):
        yield _said("series names must be unique", f"{place}/chart/series")
    for number, series in enumerate(chart["series"]):
        if sorted(point["label"] for point in series["data"]) != sorted(labels):
            at = f"{place}/chart/series/{number}/data"
            yield _said("must have exactly one data point for each category", at)


def _check_data_table(block: Json, place: str) -> Problems:
    rows = block["rows"]
    if any(cell["type"] == "rich_text" for cell in rows[0]):
        yield _said("the header row cannot contain rich_text", f"{place}/rows/0")
    if len({len(row) for row in rows}) > 1:
        yield _said("rows must have the same number of cells", f"{place}/rows")
    if block.get("row_header_column_index", 0) >= len(rows[0]):
        yield _said("must name a column", f"{place}/row_header_column_index")
    if sum(len(str(cell.get("text", ""))) for row in rows for cell in row) > MOST_TABLE_TEXT:
        yield _said(f"table text must be at most {MOST_TABLE_TEXT} characters", f"{place}/rows")


MOST_CHARTS = 2
MOST_TABLE_TEXT = 10_000
TOGETHER: dict[str, Callable[[Json, str], Problems]] = {
    "data_visualization": _check_chart,
    "data_table": _check_data_table,
}
"""Rules between the fields of one block."""


def _check_action_ids(blocks: list[Json], pointer: str) -> Problems:
    for index, block in enumerate(blocks):
        named = [{**block, "block_id": "one"}]
        ids = Counter(placed.action_id for placed in placed_elements(named))
        for action_id, count in ids.items():
            if count > 1:
                yield _said(f"`action_id` already exists: {action_id}", f"{pointer}/{index}")
