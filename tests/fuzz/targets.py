"""Everything that reads what a stranger wrote, each as a function of one hostile text.

A target returns quietly, or raises `InputError`, which is a refusal in words. Anything else that is
raised is a finding: an unhandled exception, or one of the promises that the target asserts.
"""

from __future__ import annotations

import csv
import io
import ipaddress
import json
import re
import socket
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.fixes import lint_fix
from bot.playbook.loader import check_playbook
from bot.playbook.story_file import load_story
from bot.report_links import ReportLinks
from bot.settings import load
from bot.slack import blocks, limits
from bot.slack.words import every_key, say
from bot.sprint.errors import InputError
from bot.sprint.lead_time import read_lead_time
from bot.sprint.naming import channel_names, slug
from bot.usecases.audit_trail import FORMULA_STARTS, harmless
from handlers.blockers import SUBCOMMANDS, nearest_word
from handlers.probing import _words as probe_words
from handlers.request import Form, Request, from_action
from handlers.typed import typed_text, unpack
from probes.guard import Refused, checked_addresses, is_internal
from probes.settings import read_settings

CHANNEL: Final = re.compile(r"[a-z0-9_-]{1,80}")
LIVE_MARKUP: Final = re.compile(r"<(?![#!]?date)[^>]*>|<!|<@|<#")
"""What Slack would act on; words of ours carry none where only a person's text is put in."""


def _harmless_in_slack(block: dict[str, Any], limit: int) -> None:
    shown = block["text"]["text"]
    assert len(shown) <= limit
    assert not LIVE_MARKUP.search(shown), shown
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown), shown
    json.dumps(block).encode()


def slash_text(text: str) -> None:
    """What is typed after a command."""
    words = typed_text(text)
    nearest_word(words, SUBCOMMANDS)
    probe_words(text)
    block = blocks.section(say("help.unknown_far", word=words[:40]))
    assert len(block["text"]["text"]) <= limits.SECTION_TEXT
    Request("T1", "U1", value=text).number(1) if text.count(":") else None


def modal_fields(text: str) -> None:
    """What is typed into a form, wherever it is shown: escaped once, never a ping."""
    assert every_key()
    block = blocks.section(say("blocker.already_logged", who=text, number=1, title=text))
    _harmless_in_slack(block, limits.SECTION_TEXT)
    form = Form({"title": {"e": {"value": text}}})
    message = blocks.message(form.text("title") or "-", [blocks.header(text or "-")])
    assert len(message["blocks"][0]["text"]["text"]) <= limits.HEADER_TEXT
    json.dumps(message).encode()
    read_lead_time(text)
    read_lead_time(text, on=date(2026, 3, 9))


def fix_items(text: str) -> None:
    """A line of the thirty-day plan."""
    lint_fix(text)


def channel_name(text: str) -> None:
    """A sprint's title, as the name of its channel and of its files."""
    names = channel_names(text, date(2026, 3, 9))
    assert names
    assert all(CHANNEL.fullmatch(name) for name in names), names
    file = f"{slug(text)[:60] or 'sprint'}-1-report.pdf"
    assert Path(file).name == file
    assert "\0" not in file


def csv_cell(text: str) -> None:
    """A cell of an export: no formula, and it reads back as one cell."""
    cell = harmless(text)
    assert not cell.lstrip(" ").startswith(FORMULA_STARTS), repr(cell)
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([cell, "next"])
    read = next(csv.reader(io.StringIO(written.getvalue(), newline="")))
    assert read == [cell, "next"]


@cache
def _folder() -> Path:
    home = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    return Path(tempfile.mkdtemp(prefix="hour48-fuzz-", dir=home))


def _file(name: str, text: str) -> Path:
    file = _folder() / name
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    return file


def story(text: str) -> None:
    """A story file."""
    load_story(_file("story.yaml", text))


STORY_HEAD: Final = "story: Pilot\nteam: {builder: Ana, data: Ben, approver: Cho, business: Dee}\n"


def story_events(text: str) -> None:
    """A story whose head is right, so that its events are reached."""
    load_story(_file("events.yaml", f"{STORY_HEAD}events:\n{text}"))


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


def _numeric(host: str, port: int) -> list[str]:
    """Resolve as the system does, but ask no name server: decimal, octal, hex and short forms."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def probe_target(text: str) -> None:
    """A host to call: what may be called is on the public internet, however it is written."""
    try:
        allowed = checked_addresses(text, 443, resolver=_numeric)
    except (Refused, OSError, UnicodeError, ValueError):
        return
    for address in allowed:
        assert not is_internal(address), address
        assert not ipaddress.ip_address(address.split("%")[0]).is_private, address


@cache
def _links() -> ReportLinks:
    return ReportLinks("https://hour48.example.com", ["a secret"])


def report_link(text: str) -> None:
    """The end of a report's address."""
    assert _links().read(text, datetime.now(UTC)) is None


def private_metadata(text: str) -> None:
    """What a modal or a button brings back."""
    request = from_action(
        {
            "team": {"id": "T1"},
            "user": {"id": "U1"},
            "actions": [{"action_id": text, "value": text}],
            "view": {"private_metadata": json.dumps({"sprint": text})},
        }
    )
    unpack(request)
    for part in range(3):
        try:
            assert request.number(part) < 10**18
        except InputError:
            continue


TARGETS: Final[dict[str, Callable[[str], None]]] = {
    target.__name__: target
    for target in (
        slash_text,
        modal_fields,
        fix_items,
        channel_name,
        csv_cell,
        story,
        story_events,
        playbook,
        configuration,
        probe_settings,
        probe_target,
        report_link,
        private_metadata,
    )
}

HOSTILE: Final = (
    "<!channel> <@U1> <#C1|x> <https://evil.example|click>",
    "&amp;lt;!here&gt;",
    '=HYPERLINK("http://evil.example")',
    "\t=1+1",
    "{{ 7*7 }}{% include '/etc/passwd' %}",
    "'; DROP TABLE sprints; --",
    "../../etc/passwd\0.csv",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "::ffff:169.254.169.254",
    "[::1]",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fe80::1%eth0",
    "127.1",
    "\u202e\u2066gnp.exe",
    "\ud800",
    "é" * 5000,
    "a: &a [*a]",
    "x: !!python/object/apply:os.system ['id']",
    "[slack]\nbot_token = 1\n",
    "1" * 400,
    "9" * 30 + " weeks",
)


def run(name: str, text: str) -> None:
    """Feed one text to a target; a refusal in words is an answer."""
    try:
        TARGETS[name](text)
    except InputError as refused:
        if not str(refused):
            raise AssertionError("a refusal without words") from refused
