"""Acts a plan out after its sprint: a fix is refused, then proved, and breaks again at night."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import yaml

from bot.domain.vocabulary import Kind, Role, Severity
from bot.playbook.story_file import load_story
from playground.demo import Demo, DemoProgress
from playground.local_bot import LocalBot
from playground.model import Channel, Message
from playground.on_screen import close_all, elements, key_of, last_with
from playground.people import ActingMember

STORY: Final = Path(__file__).parent / "data" / "second_sprint.yaml"
WORDS: Final = STORY.with_name("proving.yaml")
"""What people type."""
SOURCE: Final = "shelves"
COLUMN: Final = "stock"
HOUR: Final = 1
"""The hour in which the team finds what stops it and ends the sprint."""
READ_SECONDS: Final = 30.0
LEAD_TIME: Final = "1 week"
ROWS: Final = 900
SHOPS, ITEMS, DAILY = 6, 25, 18


@dataclass(frozen=True)
class Proven:
    """What the channel read about the fix, in order."""

    refused: str
    proved: str
    regressed: str


class Proving:
    """A second sprint that ends early, and what becomes of the one fix of its plan.

    Args:
        local: the workspace and the bot in it.
        people: who is there already.
        file: the source that is broken, mended and broken again.
        tell: is told how far it is.
    """

    def __init__(
        self,
        local: LocalBot,
        people: dict[str, ActingMember],
        file: Path,
        tell: Callable[[DemoProgress], None] = lambda _told: None,
    ) -> None:
        self._local = local
        self._file = file
        self._words = yaml.safe_load(WORDS.read_text("utf-8"))
        self._demo = Demo(local, load_story(STORY), people=people, tell=tell)

    def act(self) -> Proven:
        """Act it out, from the second sprint's plan to the morning after."""
        write_shelves(self._file, gaps=True)
        self._demo.run_until(HOUR)
        self._find()
        self._close()
        self._answer()
        refused = self._press_done(1)
        write_shelves(self._file, gaps=False)
        proved = self._press_done(2)
        write_shelves(self._file, gaps=True)
        self._sleep()
        return Proven(refused, proved, self._read(":regressed:"))

    @property
    def _channel(self) -> Channel:
        return self._demo.channel

    @property
    def _data(self) -> ActingMember:
        return self._demo.role(Role.DATA)

    def _find(self) -> None:
        """Let the probe find the gaps, and log them as a blocker from its card."""
        self._data.command("/probe", f"quality {SOURCE}", channel=self._channel)
        self._local.settle()
        card = last_with(self._data.messages(self._channel), "finding.to_blocker")
        named = next(each for each in _options(card) if each.startswith(COLUMN))
        self._data.choose(card, "finding.to_blocker", named)
        modal = self._data.wait_for_modal().show_all()
        modal.fill(kind=Kind.DATA_ACCESS, severity=Severity.STOPS, lead_time=LEAD_TIME)
        modal.submit()
        close_all(self._data)
        self._local.settle()

    def _close(self) -> None:
        """End the sprint and its debrief; the plan appears with its check."""
        lead = self._demo.lead
        lead.command("/sprint", "close", channel=self._channel)
        lead.wait_for_modal().submit()
        close_all(lead)
        self._local.settle()
        lead.click(last_with(lead.messages(self._channel), "debrief.close"), "debrief.close")
        lead.wait_for_modal().submit()
        close_all(lead)
        self._local.settle()

    def _answer(self) -> None:
        """Answer the plan's first question; the answer becomes the item."""
        self._data.click(self._item(), "fix.rewrite")
        modal = self._data.wait_for_modal()
        modal.fill(text=self._words["answer"])
        modal.submit()
        close_all(self._data)
        self._local.settle()

    def _item(self) -> Message:
        """Return the card of the plan's first item."""
        messages = self._data.messages(self._channel)
        return last_with([*reversed(messages)], "fix.done")

    def _press_done(self, look: int) -> str:
        """Call the item done and return what its check says below the plan."""
        self._local.clock.advance(timedelta(hours=2))
        self._local.settle()
        self._data.click(self._item(), "fix.done")
        self._local.settle()
        return self._read(f":checked:{look}")

    def _sleep(self) -> None:
        """Let the night pass: at three all checks run again."""
        self._local.jump_to(self._local.clock.now() + timedelta(days=1))

    def _read(self, wanted: str) -> str:
        """Return what the channel reads under a key of the outbox, once it is there.

        Raises:
            TimeoutError: nothing is.
        """

        def said() -> list[Message]:
            return [each for each in self._data.messages(self._channel) if wanted in key_of(each)]

        return self._local.workspace.wait_until(said, READ_SECONDS)[-1].text


def _options(card: Message) -> list[str]:
    """Return what a card's menu of findings offers."""
    menus = [each for each in elements(card) if each.get("action_id") == "finding.to_blocker"]
    return [option["text"]["text"] for menu in menus for option in menu.get("options", [])]


def write_shelves(file: Path, *, gaps: bool) -> None:
    """Write the shelves' days; with gaps, the shops send no stock on two days of five.

    Stock is measured in half crates: whole numbers that some rows lack may be optional.
    """
    luck = random.Random(7)
    first = datetime.now(UTC).date() - timedelta(days=ROWS // DAILY)
    part = file.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(("day", "shop", "item", COLUMN, "sold"))
        for at in range(ROWS):
            stock, sold = luck.randint(8, 120) / 2, luck.randint(0, 12)
            day = first + timedelta(days=at // DAILY)
            shown = "" if gaps and at % 5 < 2 else stock
            rows.writerow((day, f"shop {at % SHOPS}", f"item {at % ITEMS}", shown, sold))
    part.replace(file)
