"""The picture of docs/verdict.md, from the verdict: `python -m tests.pictures.verdict_story`."""

from __future__ import annotations

from html import escape
from pathlib import Path

from bot.domain.verdict import verdict
from bot.playbook.figures import figures_of, phases_of, priors_of
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story

ROOT = Path(__file__).parents[2]
STORY = ROOT / "tests" / "stories" / "edge_one_cause_five_records.yaml"
PICTURE = ROOT / "docs" / "images" / "verdict-story.svg"
LEFT, RIGHT, ROW, DAYS = 24.0, 696.0, 58.0, 90.0


def x(days: float) -> float:
    """Return where a day stands, from left to right."""
    return LEFT + (RIGHT - LEFT) * min(days, DAYS) / DAYS


def bar(at: float, low: float, high: float, title: str, colour: str) -> str:
    """Return one row: to its 50 % day in full colour, to its 80 % day in pale."""
    rows = [
        f'<text x="{LEFT}" y="{at - 6}">{escape(title)}</text>',
        f'<rect x="{LEFT}" y="{at}" width="{x(high) - LEFT:.1f}" height="18" fill="{colour}" '
        'fill-opacity="0.35"/>',
        f'<rect x="{LEFT}" y="{at}" width="{x(low) - LEFT:.1f}" height="18" fill="{colour}"/>',
        f'<text x="{x(high) + 6:.1f}" y="{at + 14}" class="small">50 % by day {low:.0f}, '
        f"80 % by day {high:.0f}</text>",
    ]
    return "\n".join(rows)


def picture() -> str:
    """Return the story's causes, each with its 50 and 80 % days, and the deployment below them."""
    words = load_playbook(None)
    record = load_story(STORY, phases=phases_of(words)).record
    found = verdict(record, figures=figures_of(words), priors=priors_of(words))
    rows = []
    for number, cause in enumerate(found.causes):
        days, told = found.cause_days[cause.id], len(cause.records)
        count = "1 record" if told == 1 else f"{told} records"
        title = f"“{cause.title}”, told by {count}"
        rows.append(bar(34 + ROW * number, days.p50, days.p80, title, "#2f6fb5"))
    floor = 34 + ROW * len(found.causes)
    whole = found.forecast
    rows.append(bar(floor, whole.p50, whole.p80, "A deployment, when both are done", "#3b7d3f"))
    for day in range(0, int(DAYS) + 1, 15):
        rows.append(f'<text x="{x(day):.1f}" y="{floor + 50}" class="small">day {day}</text>')
        rows.append(
            f'<line x1="{x(day):.1f}" y1="20" x2="{x(day):.1f}" y2="{floor + 36}" stroke="#ddd"/>'
        )
    body = "\n".join(sorted(rows, key=lambda row: not row.startswith("<line")))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {floor + 60:.0f}" role="img" '
        'aria-label="Causes side by side, and when a deployment is possible">\n'
        "<style>text{font:14px sans-serif;fill:#222}.small{font-size:12px;fill:#555}</style>\n"
        f'<rect width="760" height="{floor + 60:.0f}" fill="#fff"/>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
