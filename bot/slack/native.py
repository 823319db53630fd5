"""Slack's newer blocks, each with the plain blocks that stand for it where Slack refuses it.

A block carries its twin under `TWIN`, which never reaches Slack: `chosen` sends either the block or
its twin. Every block is readable without seeing it: a table has a caption, a chart a title, and the
message's own text says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from bot.slack import limits
from bot.slack.blocks import Block
from bot.slack.text import clean, clip

TWIN: Final = "twin"
NATIVE: Final = frozenset({"data_table", "data_visualization", "plan", "task_card", "markdown"})
"""Types that a workspace may refuse."""
REFUSALS: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_arguments"})
"""Slack's errors that can mean that it does not know a block."""
Cell = str | float | int


def data_table(
    caption: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], twin: Sequence[Block]
) -> Block:
    """Return a table that can be sorted and filtered.

    Args:
        caption: what the table shows, for those who do not see it.
        header: the columns' names.
        rows: at least one row of as many cells; numbers sort as numbers.
        twin: the plain blocks for the same.
    """
    shown = [[_cell(cell) for cell in row] for row in rows[: limits.TABLE_ROWS]]
    return {
        "type": "data_table",
        "caption": _line(caption, limits.TABLE_CAPTION),
        "page_size": limits.TABLE_PAGE,
        "rows": [[_cell(name) for name in header], *_within(shown)],
        TWIN: [*twin],
    }


def _cell(value: Cell) -> Block:
    if isinstance(value, str):
        return {"type": "raw_text", "text": _line(value, limits.TABLE_CELL)}
    return {"type": "raw_number", "value": value, "text": f"{value:g}"}


def _within(rows: Sequence[list[Block]]) -> list[list[Block]]:
    """Return as many rows as stay within what Slack takes of a table's text, at least one."""
    kept: list[list[Block]] = []
    length = 0
    for row in rows:
        length += sum(len(str(cell["text"])) for cell in row)
        if kept and length > limits.TABLE_TEXT:
            break
        kept.append(row)
    return kept


def chart(
    kind: str,
    title: str,
    categories: Sequence[str],
    series: Mapping[str, Sequence[float]],
    twin: Sequence[Block],
    *,
    unit: str | None = None,
) -> Block:
    """Return a bar, line or area chart.

    Args:
        kind: `bar`, `line` or `area`.
        title: what it shows, for those who do not see it too.
        categories: the labels along the axis, each its own, at most twenty.
        series: name → one value for each label, at most six series.
        twin: the plain blocks for the same.
        unit: what the values are.
    """
    labels = [_line(label, limits.CHART_LABEL) for label in categories[: limits.CHART_POINTS]]
    shown = [
        {
            "name": _line(name, limits.CHART_LABEL),
            "data": [
                {"label": label, "value": value}
                for label, value in zip(labels, values, strict=False)
            ],
        }
        for name, values in list(series.items())[: limits.CHART_SERIES]
    ]
    axis: Block = {"categories": labels}
    if unit:
        axis["y_label"] = _line(unit, limits.CHART_TITLE)
    return {
        "type": "data_visualization",
        "title": _line(title, limits.CHART_TITLE),
        "chart": {"type": kind, "series": shown, "axis_config": axis},
        TWIN: [*twin],
    }


def plan(title: str, tasks: Iterable[tuple[str, str, str]], twin: Sequence[Block]) -> Block:
    """Return the steps of something, each with its state.

    Args:
        title: what the steps lead to.
        tasks: (title, status, note); a status is `pending`, `in_progress`, `complete` or `error`.
        twin: the plain blocks for the same.
    """
    return {
        "type": "plan",
        "title": _line(title, limits.HEADER_TEXT),
        "tasks": [
            _task(number, text, status, note)
            for number, (text, status, note) in enumerate(tasks, 1)
        ],
        TWIN: [*twin],
    }


def _task(number: int, title: str, status: str, note: str) -> Block:
    task: Block = {
        "type": "task_card",
        "task_id": f"task-{number}",
        "title": _line(title, limits.HEADER_TEXT),
        "status": status,
    }
    if note:
        text = {"type": "text", "text": clean(note)}
        section = {"type": "rich_text_section", "elements": [text]}
        task["details"] = {"type": "rich_text", "elements": [section]}
    return task


def markdown(text: str, twin: Sequence[Block]) -> Block:
    """Return standard Markdown; what people wrote in it has to be escaped.

    Args:
        text: at most `limits.MARKDOWN_TEXT` characters; what is over is cut.
        twin: the plain blocks for the same.
    """
    return {"type": "markdown", "text": clip(clean(text), limits.MARKDOWN_TEXT), TWIN: [*twin]}


def _line(text: str, limit: int) -> str:
    return clip(" ".join(clean(text).split()), limit) or "–"


def types_in(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the newer types among what was or is to be sent."""
    return frozenset(block["type"] for block in _blocks_of(body)) & NATIVE


def types_at(body: Mapping[str, Any], places: Sequence[int]) -> frozenset[str]:
    """Return the newer types that Slack's error points at; all of them where it names no place."""
    shown = _blocks_of(body)
    if not places:
        return types_in(body)
    return frozenset(shown[at]["type"] for at in places if at < len(shown)) & NATIVE


def chosen(body: Mapping[str, Any], refused: AbstractSet[str]) -> dict[str, Any]:
    """Return what is sent: no twins, and the twin of each block whose type is refused.

    Args:
        body: a message's or a Home tab's content as rendered.
        refused: types that this workspace refuses.
    """
    if "view" in body:
        return {**body, "view": {**body["view"], "blocks": _chosen(body["view"], refused)}}
    return {**body, "blocks": _chosen(body, refused)} if "blocks" in body else dict(body)


def _chosen(body: Mapping[str, Any], refused: AbstractSet[str]) -> list[Block]:
    found: list[Block] = []
    for block in body.get("blocks", []):
        if TWIN not in block:
            found.append(block)
        elif block["type"] in refused:
            found += block[TWIN]
        else:
            found.append({key: value for key, value in block.items() if key != TWIN})
    return found


def has_twins(body: Mapping[str, Any]) -> bool:
    """Return whether a rendered content has blocks that a workspace may refuse."""
    return any(TWIN in block for block in _blocks_of(body))


def _blocks_of(body: Mapping[str, Any]) -> list[Block]:
    view = body.get("view")
    return list((view if isinstance(view, dict) else body).get("blocks") or [])
