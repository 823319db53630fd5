"""Targets that read a file: stories, playbooks, configuration, backups."""

from __future__ import annotations

import atexit
import contextlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.db.backup import _about
from bot.domain.errors import InputError
from bot.domain.verdict import verdict
from bot.playbook.loader import check_playbook, load_playbook
from bot.playbook.story_file import load_story
from bot.report.compose import compose
from bot.report.page import render_page
from bot.report.plain_data import render_json
from bot.report.write import render_csv
from bot.settings import load
from probes.settings import read_settings

STORY_HEAD: Final = "story: Pilot\nteam: {builder: Ana, data: Ben, approver: Cho, business: Dee}\n"
KICKOFF: Final = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
TAGS: Final = ("<script", "<img src=x", "onerror=alert(1)>", 'href="javascript:')


@cache
def _folder() -> Path:
    """Return a folder in memory that goes with the process."""
    home = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    made = Path(tempfile.mkdtemp(prefix="hour48-fuzz-", dir=home))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _file(name: str, text: str) -> Path:
    file = _folder() / name
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    return file


def story(text: str) -> None:
    """A story file."""
    load_story(_file("story.yaml", text))


def story_events(text: str) -> None:
    """A story whose head is right, so that its events are reached."""
    load_story(_file("events.yaml", f"{STORY_HEAD}events:\n{text}"))


def story_fields(text: str) -> None:
    """A story that is right but for one field, judged if it is taken."""
    judged = load_story(_file("fields.yaml", _story_with(text)))
    verdict(judged.record)


def _story_with(text: str) -> str:
    plain = text.encode("utf-8", "ignore").decode()
    event: dict[str, Any] = {"at": 1, "by": "Ana", "blocker": "b1", "title": "A form is missing"}
    names = ("title", "by", "blocker", "lead_time", "kind", "severity", "remedy", "family", "at")
    event[names[sum(map(ord, plain)) % len(names)]] = plain
    whole = {
        "story": plain[:100] or "Pilot",
        "team": {"builder": "Ana", "data": "Ben", "approver": "Cho", "business": "Dee"},
        "events": [event],
    }
    return json.dumps(whole)


def playbook(text: str) -> None:
    """A company's own playbook."""
    check_playbook(_file("playbook.yaml", text))


def configuration(text: str) -> None:
    """`hour48.toml`."""
    load(_file("hour48.toml", text))


def probe_settings(text: str) -> None:
    """The sections about sources and targets; a file in UTF-8 holds no lone surrogates."""
    text = text.encode("utf-8", "ignore").decode()
    read_settings({"targets": {"crm": {"url": text}}, "sources": {"shop": {"path": text}}})


def backup_file(text: str) -> None:
    """A backup: no archive, or one whose description was written by somebody else."""
    file = _folder() / "backup.zip"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(InputError):
        _about(file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("about.json", text.encode("utf-8", "surrogatepass"))
    _about(file)


@cache
def _sample() -> Any:
    return load_story(_file("sample.yaml", _story_with("Churn")))


def report_page(text: str) -> None:
    """A report whose every text is a stranger's, as page, table and JSON."""
    try:
        record = load_story(_file("report.yaml", _report_story(text))).record
    except InputError:
        record = _sample().record
    book = _playbook()
    content = compose(record, verdict(record), book, kickoff=KICKOFF, timezone=UTC)
    page = render_page(content, book).casefold()
    for tag in TAGS:
        assert tag not in page, tag
    render_json(content)
    render_csv(content)


def _report_story(text: str) -> str:
    plain = text.encode("utf-8", "ignore").decode()[:200]
    event = {"at": 1, "by": "Ana", "blocker": "b1", "title": plain}
    team = {"builder": "Ana", "data": "Ben", "approver": "Cho", "business": "Dee"}
    return json.dumps({"story": plain, "team": team, "events": [event]})


@cache
def _playbook() -> Any:
    return load_playbook()


TARGETS: Final[tuple[Callable[[str], None], ...]] = (
    story,
    story_events,
    story_fields,
    playbook,
    configuration,
    probe_settings,
    backup_file,
    report_page,
)
