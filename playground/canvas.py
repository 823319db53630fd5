"""A channel's canvas: sections of Markdown that the app and everybody in the channel may edit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from playground.errors import SlackError

LARGEST: Final = 1_048_576
"""Characters of a canvas's Markdown."""
_HEADING: Final = re.compile(r"(#{1,3}) +(.*)")
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_EMPHASIS: Final = re.compile(r"(?<!\\)(\*\*|__|\*|_|~~|`)(?=\S)(.+?)(?<=\S)(?<!\\)\1")


@dataclass
class CanvasSection:
    """One block of a canvas, as it was written."""

    id: str
    markdown: str

    @property
    def kind(self) -> str:
        """`h1` to `h3`, else `text`."""
        found = _HEADING.match(self.markdown)
        return f"h{len(found[1])}" if found else "text"

    @property
    def text(self) -> str:
        """What can be read."""
        found = _HEADING.match(self.markdown)
        words = found[2] if found else self.markdown
        return _ESCAPE.sub(r"\1", _EMPHASIS.sub(r"\2", words))


@dataclass
class Canvas:
    """A canvas.

    Args:
        id: its file's id.
        title: its title.
        new_id: makes the ids of its sections.
        sections: in their order.
    """

    id: str
    title: str
    new_id: Callable[[], str]
    sections: list[CanvasSection] = field(default_factory=list)

    @property
    def markdown(self) -> str:
        """The whole canvas."""
        return "\n\n".join(section.markdown for section in self.sections)

    def write(self, markdown: str, at: int) -> None:
        """Insert Markdown as sections, one for each block."""
        parts = [part.strip() for part in re.split(r"\n\s*\n", markdown) if part.strip()]
        self.sections[at:at] = [CanvasSection(self.new_id(), part) for part in parts]
        if len(self.markdown) > LARGEST:
            raise SlackError("canvas_editing_failed")

    def place(self, section_id: str) -> int:
        """Return where a section stands, or refuse."""
        for place, section in enumerate(self.sections):
            if section.id == section_id:
                return place
        raise SlackError("canvas_editing_failed", [f"[ERROR] no section {section_id}"])

    def found(self, kinds: list[str], text: str) -> list[CanvasSection]:
        """Return the sections of one of these kinds, or any, that contain a text."""
        wanted = {f"h{level}" for level in (1, 2, 3)} if "any_header" in kinds else set(kinds)
        return [
            each
            for each in self.sections
            if (not wanted or each.kind in wanted) and text.lower() in each.text.lower()
        ]
