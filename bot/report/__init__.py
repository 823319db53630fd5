"""The debrief as page, PDF, picture, JSON and CSV, all from one tree of content."""

from bot.report.write import Format, render_report, write_report

__all__ = ["Format", "render_report", "write_report"]
