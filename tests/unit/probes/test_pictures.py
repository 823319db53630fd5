"""Pictures can be posted and read: small, wide enough, described in words, whatever the names."""

import pytest
from PIL import Image

from probes.pictures import Bar, GroupBar, group_differences, importance, latency, model_comparison
from probes.pictures.style import MOST_BYTES

HOSTILE = ["$price$ \\frac{", "<!channel>", "a\nb\tc", "列" * 60, "", "x" * 500]
BARS = [Bar(name, 0.5 + 0.05 * n, 0.4, 0.9) for n, name in enumerate(HOSTILE)]
DRAW = {
    "importance": lambda folder: importance(folder, BARS, metric="AUC", subtitle="new rows"),
    "nothing": lambda folder: importance(folder, [], metric="AUC", subtitle="new rows"),
    "many": lambda folder: importance(folder, BARS * 60, metric="AUC", subtitle="new rows"),
    "models": lambda folder: model_comparison(
        folder, BARS, guessing=0.5, metric="AUC", subtitle="by time", beside=[], beside_name=""
    ),
    "latency": lambda folder: latency(folder, [1.0, 2.0, 900.0], budget_ms=300, target="<x>"),
    "no calls": lambda folder: latency(folder, [], budget_ms=300, target="pricing"),
    "groups": lambda folder: group_differences(
        folder,
        [GroupBar(name, 0.2, 0.1, 0.3, n, n > 2) for n, name in enumerate(HOSTILE)],
        column="area",
        metric="share chosen",
        overall=0.2,
        name="groups",
    ),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_picture_is_light_readable_and_described(tmp_path, name):
    picture = DRAW[name](tmp_path)
    assert picture.path.stat().st_size <= MOST_BYTES
    with Image.open(picture.path) as image:
        width, height = image.size
    assert 480 <= width <= 1600
    assert 150 <= height <= 2400
    assert 20 <= len(picture.alt) <= 1600
    assert picture.title


def test_the_alternative_text_says_the_figures(tmp_path):
    alt = latency(tmp_path, [10.0] * 99 + [200.0], budget_ms=300, target="pricing").alt
    assert "100 calls" in alt
    assert "median 10 ms" in alt
    assert "budget 300 ms" in alt
