"""Brings a sprint's page onto its channel's canvas, line by line, and leaves what people write.

A canvas belongs to everybody in the channel. hour48 knows the text of each line it wrote; a line
that reads otherwise by now, or that is gone, was edited or deleted by somebody and is theirs. What
changes after that is a new line below its heading, and a heading that was deleted stays away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_sdk.errors import SlackApiError

from bot.outbox.calls import Result, SlackCall
from bot.slack.text import markdown_escaped

EXISTS: Final = frozenset({"channel_canvas_already_exists", "free_team_canvas_tab_already_exists"})
UNREADABLE: Final = frozenset({"unknown_method", "method_deprecated", "not_allowed_token_type"})
_ESCAPE: Final = re.compile(r"\\(.)")
Section = Sequence[Any]


def put_canvas(call: SlackCall) -> Result:
    """Create the channel's canvas, or bring the lines on it up to date.

    Returns:
        The canvas, and the lines and headings that hour48 wrote, for the next time.

    Raises:
        SlackApiError: Slack refuses canvases here, or could not be asked.
    """
    wanted, known = call.item.body["canvas"], call.item.result
    if canvas_id := known.get("canvas_id"):
        return _Canvas(call, canvas_id, known).bring_up_to(wanted)
    return _created(call, wanted)


def _created(call: SlackCall, wanted: Mapping[str, Any]) -> Result:
    call.require_time()
    content = {"type": "markdown", "markdown": _document(wanted)}
    try:
        answer = call.client.conversations_canvases_create(
            channel_id=str(call.channel_id), document_content=content, title=wanted["title"]
        )
    except SlackApiError as error:
        if error.response.get("error") not in EXISTS:
            raise
        return _Canvas(call, _existing(call), {}).bring_up_to(wanted)
    sections: Sequence[Section] = wanted["sections"]
    return {
        "canvas_id": answer["canvas_id"],
        "headings": {key: heading for key, heading, _ in sections},
        "lines": {key: text for _, _, rows in sections for key, text in rows},
    }


def _existing(call: SlackCall) -> str:
    """Return the canvas that the channel has already, from an interrupted try or from people."""
    channel = call.client.conversations_info(channel=str(call.channel_id))["channel"]
    properties = channel.get("properties") or {}
    tabs = [each.get("data") or {} for each in properties.get("tabs") or []]
    found = [(each or {}).get("file_id") for each in (properties.get("canvas"), *tabs)]
    canvas_id = next((each for each in found if each), None)
    if not canvas_id:
        raise LookupError("the channel tells of no canvas")
    return str(canvas_id)


def _document(wanted: Mapping[str, Any]) -> str:
    parts: list[str] = []
    for _, heading, rows in wanted["sections"]:
        parts += [_heading(heading), *(markdown_escaped(text) for _, text in rows)]
    heading, hint = wanted["notes"]
    return "\n\n".join([*parts, _heading(heading), markdown_escaped(hint)])


class _Canvas:
    """A canvas as it reads now, and what hour48 wrote on it before."""

    def __init__(self, call: SlackCall, canvas_id: str, known: Mapping[str, Any]) -> None:
        self._call = call
        self._id = canvas_id
        self._lines: dict[str, str] = dict(known.get("lines", {}))
        self._headings: dict[str, str] = dict(known.get("headings", {}))
        self._read: list[str] | None = None

    def bring_up_to(self, wanted: Mapping[str, Any]) -> Result:
        """Write what changed since the last time."""
        lines: dict[str, str] = {}
        for key, heading, rows in wanted["sections"]:
            if key not in self._headings and _heading(heading) in self._headed():
                self._headings[key] = heading  # written by a try that was interrupted
            stays = self._keeps(key)
            for name, text in reversed(rows):
                if stays:
                    self._put(name, text, key, heading)
                lines[name] = text
        for name, text in self._lines.items():
            if name not in lines and (section_id := self._own(text)):
                self._edit("delete", section_id)
        return {"canvas_id": self._id, "headings": self._headings, "lines": lines}

    def _headed(self) -> set[str]:
        return {f"## {markdown_escaped(row[3:])}" for row in self._rows() if row[:3] == "## "}

    def _keeps(self, key: str) -> bool:
        """Return whether a section is to be kept; one whose heading people deleted is not."""
        heading, rows = self._headings.get(key), self._rows()
        return not heading or not rows or any(r.startswith("#") and heading in r for r in rows)

    def _put(self, name: str, text: str, key: str, heading: str) -> None:
        before = self._lines.get(name)
        if before == text or text in self._rows():
            return
        if before is not None and (section_id := self._own(before)):
            self._edit("replace", section_id, markdown_escaped(text))
        elif key in self._headings:
            found = self._look_up(self._headings[key], headings_only=True)
            if found:
                self._edit("insert_after", found[0], markdown_escaped(text))
        else:
            self._edit("insert_at_end", None, f"{_heading(heading)}\n\n{markdown_escaped(text)}")
            self._headings[key] = heading
        self._read = None

    def _own(self, text: str) -> str | None:
        """Return the section that still reads as hour48 wrote it; None where it can't be told."""
        found = self._look_up(text) if self._rows().count(text) == 1 else []
        return found[0] if len(found) == 1 else None

    def _rows(self) -> list[str]:
        """Return what stands on the canvas now, row by row; nothing where it can't be read."""
        if self._read is None:
            self._call.require_time()
            rows = (_plain(row) for row in self._content().splitlines())
            self._read = [row for row in rows if row]
        return self._read

    def _content(self) -> str:
        try:
            answer = self._call.client.canvases_getContent(canvas_id=self._id)
        except SlackApiError as error:
            if error.response.get("error") not in UNREADABLE:
                raise
            return ""
        return str(answer.get("content") or "")

    def _look_up(self, text: str, *, headings_only: bool = False) -> list[str]:
        self._call.require_time()
        criteria: dict[str, Any] = {"contains_text": text}
        if headings_only:
            criteria["section_types"] = ["any_header"]
        answer = self._call.client.canvases_sections_lookup(canvas_id=self._id, criteria=criteria)
        return [str(each["id"]) for each in answer.get("sections") or []]

    def _edit(self, operation: str, section_id: str | None, markdown: str | None = None) -> None:
        self._call.require_time()
        change: dict[str, Any] = {"operation": operation}
        if section_id is not None:
            change["section_id"] = section_id
        if markdown is not None:
            change["document_content"] = {"type": "markdown", "markdown": markdown}
        self._call.client.canvases_edit(canvas_id=self._id, changes=[change])


def _heading(text: str) -> str:
    return f"## {markdown_escaped(text)}"


def _plain(row: str) -> str:
    """Return a row without Markdown's escapes, as the lines were that hour48 wrote."""
    return " ".join(_ESCAPE.sub(r"\1", row).split())
