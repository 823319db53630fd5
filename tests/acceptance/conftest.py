"""One Chromium for all browser tests of a process; two Playwrights at once refuse each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    sync_playwright,
)

CHROMIUM = Path("/usr/bin/chromium")
Scheme = Literal["light", "dark"]
LAUNCH = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Drive Debian's Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; install Debian's chromium to run these tests.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=LAUNCH)
        yield chromium
        chromium.close()


class Tabs:
    """Lends tabs of one window, and takes them back blank: a tab costs more than a page in it."""

    def __init__(self, window: BrowserContext) -> None:
        self._window = window
        self._free: list[Page] = []

    def lend(self, width: int, height: int, scheme: Scheme) -> Page:
        """Return a blank tab of a size and colour scheme."""
        page = self._free.pop() if self._free else self._window.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(media="null", color_scheme=scheme)
        return page

    def take_back(self, page: Page) -> None:
        """Leave the page that is shown, and whatever it listens to."""
        page.goto("about:blank")
        self._free.append(page)


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """One window for all pages that leave nothing behind: a tab costs less than a window."""
    with browser.new_context() as opened:
        opened.new_page()  # stays open, and with it the process that the tabs share
        yield opened


@pytest.fixture(scope="session")
def tabs(window: BrowserContext) -> Tabs:
    return Tabs(window)


@contextmanager
def heard(page: Page, *kinds: str) -> Iterator[list[str]]:
    """Note what a page reports: errors, and messages of these kinds or all."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if not kinds or message.type in kinds:
            said.append(message.text)

    def refuse(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    listeners: dict[str, Callable[[Any], None]] = {
        "pageerror": lambda error: said.append(str(error)),
        "console": hear,
        "dialog": refuse,
    }
    for event, listener in listeners.items():
        page.on(event, listener)  # type: ignore[call-overload]  # its overloads are by literal
    yield said
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
