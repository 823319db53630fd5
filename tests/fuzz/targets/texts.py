"""Targets that are one reader or writer of text each; nothing but the processor is needed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, meta

from bot.approvals.forms import read_hours
from bot.domain.channel_names import channel_names, slug
from bot.fix_lint import lint_fix
from bot.messages.catalog import FILTERS, _sources, say, say_plain
from bot.reading.lead_time import read_lead_time
from bot.report.write import inert
from bot.slack import blocks, limits
from bot.slack.text import clip, escape, link, one_line
from bot.sprints.audit_export import FORMULA_STARTS, harmless
from bot.suggest import suggest
from handlers.blocker_verbs import nearest_command
from handlers.blockers import SUBCOMMANDS
from handlers.request import FormValues, Request
from handlers.typed_text import split_words, typed_text
from playground.blockkit import check_blocks
from tests.fuzz.targets.hostile import PINGS, assert_harmless

CHANNEL: Final = re.compile(r"[a-z0-9_-]{1,80}")
LIVE: Final = re.compile(r"<(?!!date\^)[^>]*>|<[!@#](?!date\^)")
ENTITY: Final = re.compile(r"&(?!amp;|lt;|gt;)")


def _shown(block: dict[str, Any], limit: int) -> None:
    text = block["text"]["text"]
    assert len(text) <= limit
    assert not LIVE.search(text), text
    assert not ENTITY.search(text), text
    assert_harmless(block)


def slash_text(text: str) -> None:
    """What is typed after a command."""
    words = typed_text(text)
    nearest_command(words, SUBCOMMANDS)
    split_words(text)
    _shown(blocks.section(say("help.unknown_far", word=words[:40])), limits.SECTION_TEXT)
    Request("T1", "U1", value=text).number(1) if text.count(":") else None


def modal_fields(text: str) -> None:
    """What is typed into a form, wherever it is shown: escaped once, never a ping."""
    _shown(
        blocks.section(say("blocker.already_logged", who=text, number=1, title=text)),
        limits.SECTION_TEXT,
    )
    typed = FormValues({"title": {"e": {"value": text}}}).text("title")
    message = blocks.message(typed or "-", [blocks.header(text or "-"), blocks.section(text)])
    assert not check_blocks(message["blocks"], "message")
    assert_harmless(message)


def escaping(text: str) -> None:
    """Escaping is done once, and clipping never cuts an entity or a link in two."""
    safe = escape(text)
    assert escape(safe) == safe
    assert not re.search(r"[<>]", safe)
    for limit in (1, 2, 7, 80):
        cut = clip(safe, limit)
        assert len(cut) <= limit
        assert not ENTITY.search(cut), cut
    made = link(text, text)
    assert made.count("<") == made.count(">") == 1
    assert made.count("|") == 1


@cache
def _sayings() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the templates that take a stranger's words for all of their facts.

    Those with a link in them are given an address of ours.
    """
    environment = Environment(autoescape=False)
    environment.filters.update(FILTERS)
    found = []
    without_links = [(key, source) for key, source in _sources("en").items() if "<{{" not in source]
    for key, source in without_links:
        names = tuple(sorted(meta.find_undeclared_variables(environment.parse(source))))
        try:
            say(key, **dict.fromkeys(names, "x"))
        except (TypeError, ValueError, AttributeError, KeyError):
            continue
        if names:
            found.append((key, names))
    return tuple(found)


def template_text(text: str) -> None:
    """A fact in any template: shown as it is, never run, never markup."""
    sayings = _sayings()
    key, names = sayings[sum(map(ord, text)) % len(sayings)]
    said = say(key, **dict.fromkeys(names, text))
    assert not PINGS.search(said), said
    assert not LIVE.search(said), said
    plain = say_plain(key, **dict.fromkeys(names, text))
    if "{{ 7*7 }}" in text:
        assert "49" not in plain.replace(text, "")


def fix_items(text: str) -> None:
    """A line of the thirty-day plan."""
    lint_fix(text, owner=text[:20] or None, due=text[-20:] or None)


def lead_time(text: str) -> None:
    """How long something takes, and a deadline in hours, as people write them."""
    read_lead_time(text)
    read_lead_time(text, on=date(2026, 3, 9))
    hours = read_hours(text)
    assert hours is None or 0 < hours < 10_000


def blocker_kind(text: str) -> None:
    """A blocker's title, for which a kind is suggested."""
    ranked = suggest(text)
    assert abs(sum(each.probability for each in ranked) - 1) < 1e-6


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
    for guard in (harmless, inert):
        cell = guard(text)
        assert not cell.lstrip(" ").startswith(FORMULA_STARTS), repr(cell)
        written = io.StringIO()
        csv.writer(written, lineterminator="\r\n").writerow([cell, "next"])
        read = next(csv.reader(io.StringIO(written.getvalue(), newline="")))
        assert read == [cell, "next"]


def message_text(text: str) -> None:
    """A message that a shortcut turns into a title or a note."""
    words = one_line(typed_text(text))
    _shown(blocks.section(words), limits.SECTION_TEXT)
    assert "\n" not in words


TARGETS: Final[tuple[Callable[[str], None], ...]] = (
    slash_text,
    modal_fields,
    escaping,
    template_text,
    fix_items,
    lead_time,
    blocker_kind,
    channel_name,
    csv_cell,
    message_text,
)
