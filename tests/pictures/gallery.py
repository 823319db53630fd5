"""Acts the demo's sprint and takes a picture of each surface at its moment."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page, ViewportSize

from bot.playbook.story_file import load_story
from hour48.local_workspace import open_local_bot
from playground.client_routes import BrowserClient
from playground.demo import Demo, DemoProgress
from playground.model import Message
from playground.people import ActingMember
from playground.showcase import DEMO_START, DEMO_STORY, PROBES, QUICK, LocalClock
from probes.samples.generated_grocer import write_tables
from probes.samples.grocer import build_grocer, public_tables

WORDS = Path(__file__).with_name("words.json")
"""What could be read when the pictures of the documentation were taken."""
SHARPNESS = 2
"""Pixels of a picture for each pixel of the page."""
FRAME = 400
"""Height of what stands around a message: the head of the channel and the composer."""
COLOURS = 128
AT_REST = """async () => {
  const later = (ms) => new Promise((done) => setTimeout(done, ms));
  for (const image of document.images) image.loading = "eager";
  const drawn = [...document.images].map((image) => image.decode());
  await Promise.race([Promise.allSettled(drawn), later(3000)]);
  await later(100);
}"""
"""Waits for images and for a frame or two: a channel that grows scrolls to its end by itself."""
WINDOW: ViewportSize = {"width": 1280, "height": 860}
NARROW: ViewportSize = {"width": 940, "height": 1000}


@dataclass(frozen=True)
class Picture:
    """A picture that was taken.

    Args:
        data: the PNG.
        shown: what can be read on the surface.
    """

    data: bytes
    shown: str

    @property
    def words(self) -> str:
        """What can be read, without the seconds that a probe took."""
        return re.sub(r"\b\d+(\.\d+)? s\b", "… s", self.shown)


class Gallery:
    """The pages of the workspace, to take pictures of.

    Args:
        browser: Chromium.
        demo: the sprint that is acted out.
        address: the address of the client by person and place.
    """

    def __init__(
        self, browser: Browser, demo: Demo, address: Callable[[ActingMember, str], str]
    ) -> None:
        self._browser = browser
        self._address = address
        self.demo = demo
        self.taken: dict[str, Picture] = {}

    @contextmanager
    def page(self, person: ActingMember, place: str, size: ViewportSize = NARROW) -> Iterator[Page]:
        """Open the client as a person who looks at a channel or at `home`."""
        page = self._browser.new_page(viewport=size, device_scale_factor=SHARPNESS)
        try:
            page.goto(self._address(person, place))
            page.wait_for_selector("#ready", state="attached")
            yield page
        finally:
            page.close()

    def keep(self, name: str, page: Page, first: str = "body", last: str = "") -> None:
        """Take a picture of the window, or of an element, or from one element to another.

        Args:
            name: the picture's.
            page: where to look.
            first: the element's selector; the whole window for `body`.
            last: the selector of the element where the picture ends; the first one when empty.
        """
        elements = [page.locator(each).first for each in (first, last or first)]
        words = page.inner_text("body") if last else elements[0].inner_text()
        if first == "body":
            self.taken[name] = Picture(_small(page.screenshot()), words)
            return
        height = _extent(elements)["height"]
        page.set_viewport_size({"width": NARROW["width"], "height": int(height) + FRAME})
        page.evaluate(AT_REST)
        elements[0].evaluate("element => element.scrollIntoView({ block: 'start' })")
        self.taken[name] = Picture(_small(page.screenshot(clip=_extent(elements))), words)

    def keep_messages(self, name: str, person: ActingMember, *messages: Message) -> None:
        """Take the picture of a message, or of the first to the last, as a person sees it."""
        with self.page(person, messages[0].channel_id) as page:
            ends = [f'article[data-ts="{each.ts}"]' for each in (messages[0], messages[-1])]
            self.keep(name, page, ends[0], ends[1] if len(messages) > 1 else "")

    def of_kind(self, kind: str) -> list[Message]:
        """Return the messages of a kind, by the key that delivery writes into each."""
        found = []
        for message in self.demo.local.workspace.all_messages():
            key = str((message.metadata or {}).get("event_payload", {}).get("key", ""))
            if key.split(":")[2:3] == [kind] and not message.is_reply:
                found.append(message)
        assert found, f"no message of the kind {kind}"
        return found

    def lead_plans(self) -> None:
        """Take the picture of the plan form as the lead fills it in."""
        lead = self.demo.lead
        lead.command("/sprint", "plan")
        modal = lead.wait_for_modal()
        modal.fill(title=self.demo.record.title)
        with self.page(lead, "home") as page:
            self.keep("plan", page, "dialog.modal")
        modal.close()

    def open_home(self) -> None:
        """Take the picture of the Home tab of the approver, for whom something waits."""
        approver = self.demo.person("Cho")
        approver.open_home()
        self.demo.local.settle()
        with self.page(approver, "home") as page:
            self.keep("home", page, ".home-body")

    def look_at_workspace(self) -> None:
        """Take the picture of the whole local workspace."""
        with self.page(self.demo.person("Ana"), self.demo.channel.id, WINDOW) as page:
            self.keep("workspace", page)

    def look_at_report(self) -> None:
        """Take the picture of the report's first page, as it opens in a browser."""
        files = self.demo.local.workspace.files.values()
        report = next(one for one in files if one.name.endswith("-report.html"))
        page = self._browser.new_page(viewport=WINDOW, device_scale_factor=SHARPNESS)
        page.set_content((report.content or b"").decode())
        self.keep("report", page)
        page.close()

    def look_at_debrief(self) -> None:
        """Take the picture of the debrief, from its introduction to its last question."""
        self.keep_messages("debrief", self.demo.lead, *self.of_kind("debrief"))

    def _card(self, name: str, who: str) -> Callable[[], None]:
        def take() -> None:
            self.keep_messages(name, self.demo.person(who), self.of_kind(name)[-1])

        return take

    def moments(self) -> dict[str, list[Callable[[], None]]]:
        """Return what to look at when the demo says where it is."""
        return {
            "hour 3": [self._card("blocker", "Ben"), self._card("approval", "Cho")],
            "hour 4": [self._card("probe", "Ben")],
            "hour 9": [self._card("prompt", "Ana"), self._card("gate", "Ana")],
            "hour 20": [self.look_at_workspace],
            "hour 25": [self._card("digest", "Dee")],
            "hour 27": [self.open_home],
            "debrief": [self.look_at_debrief],
            "closed": [self.look_at_report],
        }


def take_all(browser: Browser, until: float | None = None) -> dict[str, Picture]:
    """Act the demo's sprint and return every picture by its name.

    Args:
        browser: Chromium.
        until: the hour to stop after, with the pictures so far; the closed debrief where None.
    """
    with tempfile.TemporaryDirectory(prefix="hour48-pictures-") as temporary:
        folder = Path(temporary)
        files = build_grocer(folder / "data", public_tables() or write_tables(folder / "tables"))
        sources = {name: {"path": str(path)} for name, path in files.items()}
        with open_local_bot(folder, DEMO_START, sources, QUICK) as (stage, slack):
            client = BrowserClient(stage.workspace, clock_control=LocalClock(stage))
            slack.add_routes(client.routes())

            def address(person: ActingMember, place: str) -> str:
                return client.address(slack.base_url, person=person.id, place=place)

            def look(step: DemoProgress) -> None:
                for picture in gallery.moments().get(step.words, ()):
                    picture()

            demo = Demo(stage, load_story(DEMO_STORY), PROBES, look)
            gallery = Gallery(browser, demo, address)
            gallery.lead_plans()
            if until is None:
                demo.run()
            else:
                demo.run_until(until)
            client.close()
            return gallery.taken


def _extent(elements: Sequence[Locator]) -> FloatRect:
    """Return the rectangle from the first element to the last, in pixels of the page."""
    boxes = [element.bounding_box() for element in elements]
    first, last = boxes[0], boxes[-1]
    assert first is not None, "it is not shown"
    assert last is not None, "it is not shown"
    height = last["y"] + last["height"] - first["y"]
    return {"x": first["x"], "y": first["y"], "width": first["width"], "height": height}


def _small(png: bytes) -> bytes:
    """Return the same picture in few colours, which for pages is a fourth of the bytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    written = io.BytesIO()
    few.save(written, "PNG", optimize=True)
    return written.getvalue()
