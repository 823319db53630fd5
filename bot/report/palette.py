"""The report's colours, once, for page, PDF and picture. Contrast is tested at 4.5 to 1 or more."""

from __future__ import annotations

from typing import Final

LIGHT: Final = {
    "paper": "#faf8f4",
    "raised": "#f1ede5",
    "ink": "#1d1b18",
    "soft": "#5c564d",
    "rule": "#d8d1c4",
    "accent": "#9a2f16",
    "technical": "#2b5b87",
    "organizational": "#b2411f",
    "capability": "#6d6a1c",
    "wait": "#6f665a",
    "live": "#2c6b4b",
}
DARK: Final = {
    "paper": "#161513",
    "raised": "#211f1c",
    "ink": "#ece7de",
    "soft": "#aba395",
    "rule": "#3b372f",
    "accent": "#f08a66",
    "technical": "#83b4e0",
    "organizational": "#ee8660",
    "capability": "#c3bd58",
    "wait": "#a79d8d",
    "live": "#76c29b",
}


def css_variables(colours: dict[str, str]) -> str:
    """Return `colours` as CSS custom properties."""
    return "".join(f"--{name}:{value};" for name, value in colours.items())
