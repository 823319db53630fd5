"""The reports, and how they are opened."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from bot.domain.verdict import verdict
from bot.playbook.figures import figures_of
from bot.playbook.loader import load_playbook
from bot.report.compose import compose
from bot.report.content import ReportContent
from bot.report.page import render_page
from tests.acceptance.conftest import Scheme, heard
from tests.acceptance.report.records import BERLIN, KICKOFF, RECORDS, STUCK

HOSTILE_TEXT = (
    '</title><script>document.title="owned"</script><img src=x onerror=alert(1)> "\' & {{ 7*7 }} '
    '#import "x" $a_b$ \\ @ref <label> =1+1 \u202eabc \u2028 Пилот 顧客 🚀 ' + "W" * 60
)
KEPT = {"key", "category", "decision", "due", "link", "number", "id"}


def content_of(name: str) -> ReportContent:
    """Return the content of one of the records, or of the poisoned one."""
    playbook = load_playbook()
    record = RECORDS.get(name, STUCK)
    found = verdict(record, figures=figures_of(playbook))
    content = compose(record, found, playbook, kickoff=KICKOFF, timezone=BERLIN)
    return _poisoned(content) if name == "hostile" else content


def _poisoned(value: Any) -> Any:
    """Put the hostile text in the place of every text that a person could have written."""
    if isinstance(value, tuple):
        return tuple(_poisoned(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in fields(value) if each.name not in KEPT]
        return replace(value, **{name: _poisoned(getattr(value, name)) for name in names})
    return HOSTILE_TEXT if isinstance(value, str) else value


@pytest.fixture(scope="session")
def report_files(tmp_path_factory):
    """Return name → the address of its page."""
    folder = tmp_path_factory.mktemp("pages")
    addresses = {}
    for name in (*RECORDS, "hostile"):
        file = folder / f"{name.replace(' ', '-')}.html"
        file.write_text(render_page(content_of(name), load_playbook()), encoding="utf-8")
        addresses[name] = file.as_uri()
    return addresses


@pytest.fixture
def open_page(tabs, report_files):
    """Return a function that opens a report: name, width, colour scheme."""
    with ExitStack() as lent:

        def opening(name: str, width: int = 1180, scheme: Scheme = "light"):
            page = tabs.lend(width, 900, scheme)
            lent.callback(tabs.take_back, page)
            page.said = lent.enter_context(heard(page))
            page.goto(report_files[name])
            return page

        yield opening
