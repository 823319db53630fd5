"""One Playwright for all browser tests of a process; two at once refuse each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """Drive Debian's Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; install Debian's chromium to run these tests.")
    with sync_playwright() as playwright:
        yield playwright
