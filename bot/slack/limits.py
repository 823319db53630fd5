"""Slack's limits as measured and documented in 2026; see `docs/slack.md`."""

from __future__ import annotations

from typing import Final

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
SECTION_TEXT: Final = 3000
FIELDS: Final = 10
FIELD_TEXT: Final = 2000
HEADER_TEXT: Final = 150
ACTION_ELEMENTS: Final = 25
CONTEXT_ELEMENTS: Final = 10
CONTEXT_TEXT: Final = 2000
BUTTON_TEXT: Final = 75
OPTIONS: Final = 100
BOX_OPTIONS: Final = 10
OPTION_TEXT: Final = 75
PLACEHOLDER: Final = 150
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30
VIEW_WORD: Final = 24
PRIVATE_METADATA: Final = 3000
INPUT_LABEL: Final = 2000
INPUT_HINT: Final = 2000
INPUT_VALUE: Final = 3000
ALT_TEXT: Final = 2000
MESSAGE_TEXT: Final = 4000
TOPIC: Final = 250
PURPOSE: Final = 250
TABLE_ROWS: Final = 100
TABLE_PAGE: Final = 10
TABLE_CAPTION: Final = 150
TABLE_CELL: Final = 200
TABLE_TEXT: Final = 9000
CHART_TITLE: Final = 50
CHART_LABEL: Final = 20
CHART_POINTS: Final = 20
CHART_SERIES: Final = 6
MARKDOWN_TEXT: Final = 12_000
