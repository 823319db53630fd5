"""A small page of ours: a few sentences, for a browser that installs or signs in."""

from __future__ import annotations

from typing import Final

STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.5 system-ui;margin:12vh auto;max-width:36rem;padding:0 1rem}"
    "h1{font-size:1.4rem;line-height:1.3}"
    "@media(prefers-color-scheme:dark){body{background:#161513;color:#f2efe9}a{color:#9cc8ff}}"
)


def small_page(inside: str) -> str:
    """Return a page in the reader's colour scheme; what is in it has to be escaped already."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>hour48</title><style>{STYLE}</style><main>{inside}</main></html>"
    )
