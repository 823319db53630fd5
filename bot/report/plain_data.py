"""The report as plain data: JSON for programs, and the form in which typst takes it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from typing import Any, Final

from bot.playbook.model import Playbook
from bot.report.chart import clipped, timeline_chart
from bot.report.content import SHOWN_FIXES, ReportContent
from bot.report.curve import forecast_chart
from bot.report.formatting import counted
from bot.report.palette import LIGHT
from bot.report.pictures import for_paper, pictures
from bot.report.texts import page_words, say
from bot.texts import language

LONG_WORD: Final = re.compile(r"[^\s\u200b]{12}(?=[^\s\u200b]{12})")
BREAK_HERE: Final = "\u200b"
NOT_WORDS: Final = frozenset({"link", "id", "key", "pictures"})


def render_json(content: ReportContent) -> str:
    """Return the whole report as JSON, its keys as in `bot.report.content`."""
    return (
        json.dumps(_finite(asdict(content)), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    )


def typst_data(content: ReportContent, playbook: Playbook) -> str:
    """Return what the typst templates read, as JSON: words stay data and are never markup."""
    drawn = pictures(content)
    curve = forecast_chart(content.forecast)
    data = {
        "content": asdict(content),
        "paths": [path.model_dump(mode="json") for path in playbook.paths],
        "colours": LIGHT,
        "shown_fixes": SHOWN_FIXES,
        "pictures": {name: for_paper(svg) if svg else None for name, svg in drawn.items()},
        "summaries": {
            "timeline": timeline_chart(content.timeline).summary,
            "forecast": curve.summary if curve else None,
        },
        "card": _card(content),
        "words": page_words(),
        "language": language(),
    }
    return json.dumps(breakable(_finite(data)), allow_nan=False)


def _card(content: ReportContent) -> dict[str, str | None]:
    """Return the card's words, each short enough for its place."""
    key = content.key_blocker
    return {
        "end": clipped(content.end, 24),
        "title": clipped(content.title, 80),
        "outcome": clipped(content.outcome, 160),
        "path": clipped(content.path.title, 50),
        "likely": clipped(content.forecast.p50_words, 24),
        "surely": clipped(content.forecast.p80_words, 24),
        "blocker": clipped(key.title, 130) if key else None,
        "plan": _plan_line(content),
    }


def _plan_line(content: ReportContent) -> str:
    if not content.fixes:
        return say("nothing_to_fix")
    first = content.fixes[0]
    count = counted(len(content.fixes), "fix")
    return clipped(
        say("planned_first", count=count, due_words=first.due_words, words=first.words), 165
    )


def breakable(value: Any) -> Any:
    """Let long words break on paper, where nothing else would keep them inside their column."""
    if isinstance(value, str):
        return LONG_WORD.sub(lambda word: word.group() + BREAK_HERE, value)
    if isinstance(value, dict):
        return {key: each if key in NOT_WORDS else breakable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [breakable(each) for each in value]
    return value


def _finite(value: Any) -> Any:
    """Replace what JSON cannot say: a number without end becomes null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value
