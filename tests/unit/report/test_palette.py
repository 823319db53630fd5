"""Text can be read on every ground it stands on, in light and in dark."""

from __future__ import annotations

import pytest

from bot.report.palette import DARK, LIGHT


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_21_to_1():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "raised"])
@pytest.mark.parametrize(
    "text", ["ink", "soft", "accent", "technical", "organizational", "capability", "wait", "live"]
)
def test_text_has_a_contrast_of_at_least_4_5_to_1(scheme, ground, text):
    assert contrast(scheme[text], scheme[ground]) >= 4.5
