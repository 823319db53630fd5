"""Where log lines go and what they look like."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict

from bot.settings import LogSettings


def _without_blanks(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Leave out what a line has nothing to say about, such as the sprint of a help text."""
    return {key: value for key, value in line.items() if value is not None}


def log_to(settings: LogSettings) -> None:
    """Write log lines to standard error as the settings say."""
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.form == "json"
        else structlog.dev.ConsoleRenderer()
    )
    level = getattr(logging, settings.level.upper())
    logging.basicConfig(level=level)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _without_blanks,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
