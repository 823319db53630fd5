"""Configures logging: format, level and destination, for libraries too."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

from bot.settings import LogSettings

STAMPED: Final = structlog.processors.TimeStamper(fmt="iso")
log = structlog.get_logger()


def _without_blanks(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Leave out what a line has nothing to say about, such as the sprint of a help text."""
    return {key: value for key, value in line.items() if value is not None}


def log_to(settings: LogSettings) -> None:
    """Write log lines to standard error as the settings say; as JSON, every single one."""
    is_json = settings.form == "json"
    renderer = structlog.processors.JSONRenderer() if is_json else structlog.dev.ConsoleRenderer()
    level = getattr(logging, settings.level.upper())
    heard = max(level, logging.INFO)  # at debug, libraries log whole answers with tokens in them
    logging.basicConfig(level=heard)
    if is_json:
        _speak_json(heard)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _without_blanks,
            structlog.processors.add_log_level,
            STAMPED,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # with its line end in one write: libraries' lines come from other threads
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def _speak_json(level: int) -> None:
    """Let what libraries log, warn of and die of be JSON lines as well."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        STAMPED,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _died
    threading.excepthook = _thread_died
    sys.unraisablehook = _unraisable


def _died(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("process.died_of", exc_info=(kind, error, trace))


def _thread_died(died: threading.ExceptHookArgs) -> None:
    name = died.thread.name if died.thread else None
    exc_info = (died.exc_type, died.exc_value, died.exc_traceback)
    log.critical("thread.died_of", thread=name, exc_info=exc_info)


def _unraisable(failed: Any) -> None:
    exc_info = (failed.exc_type, failed.exc_value, failed.exc_traceback)
    log.error("error.ignored", where=str(failed.err_msg or failed.object)[:200], exc_info=exc_info)
