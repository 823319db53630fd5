"""`make pictures`: writes docs/images anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.acceptance.conftest import CHROMIUM, LAUNCH
from tests.pictures.gallery import WORDS, take_all

FOLDER = Path(__file__).parents[2] / "docs" / "images"


def main() -> None:
    """Take all pictures and say how large they are."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    target.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=LAUNCH)
        pictures = take_all(browser)
        browser.close()
    words = {name: picture.words for name, picture in sorted(pictures.items())}
    if target == FOLDER:
        WORDS.write_text(f"{json.dumps(words, indent=1, ensure_ascii=False)}\n", encoding="utf-8")
    for name, picture in pictures.items():
        (target / f"{name}.png").write_bytes(picture.data)
        print(f"{len(picture.data) / 1000:6.0f} kB  {name}.png")


if __name__ == "__main__":
    main()
