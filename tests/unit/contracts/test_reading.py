"""Every text that people read, read by a machine: the style of the product's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import bot.messages as messages
from bot.texts import SOURCE_TREE
from tests import pseudo

FOLDER = Path(messages.__file__).parent / "texts" / "en"
TEXTS = {
    f"{file.stem}.{key}": str(text)
    for file in sorted(FOLDER.glob("*.yaml"))
    for key, text in yaml.safe_load(file.read_text("utf-8")).items()
}
BANNED = (
    r"\bshall\b",
    r"\bthat waits? for you\b",
    r"\bit stays\b",
    r"\bis taken back\b",
    r"\bstands? in front of\b",
    r"\bknot\b",
    r"\bis no subject\b",
    r"\bset it beside\b",
    r"\bNothing of yours\b",
    r"\bwait for you\b",
    r"\bgoing by the words\b",
    r"\bas people say\b",
    r"\bwhich (?:knot|function)\b",
    r"\bbelongs into\b",
    r"\bsilence is now\b",
    r"\bin front of a stop\b",
    r"\bthis settles\b",
    r"\bwere otherwise\b",
    r"\bI ask on the day\b",
    r"\blist of hopes\b",
    r"\bdecoration\b",
    r"\bConvert on reading\b",
    r"\beven odds\b",
    r"\bfour in five\b",
    r"\bon my side\b",
    r"(?<!are )\ball the same\b",
    r"\bstands?\b(?! (?:for|out)\b|-)",
    r"(?<!there )\bis no (?!longer\b|better\b)[a-z]+\b",
    r"\(optional\)",  # Slack adds it to the label
)
TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
SETTINGS = re.compile(r"`[^`]*`|:[a-z_0-9]+:|\b[a-z]+\.[a-z_]+\b|\ballow_internal\b")
"""Commands, emoji, and settings by their names in the configuration."""
LONGEST_HINT = 12
LONGEST_BUTTON = 4
LONGEST_SENTENCE = 30
BUTTONS = re.compile(r"(_yes|_submit|_button|button_\w+)$")
HINTS = re.compile(r"_hint$")
DATA_OF_HINTS = {"approval.form_deadline_hint", "plan.form_people_hint"}
"""Hints that list something configured, so that their length is the list's."""


def plain(text: str) -> str:
    """Return a text as it reads: tags are one word each, markup is gone."""
    return re.sub(r"`[^`]*`|:[a-z_]+:|[*_>]", " x ", TAGS.sub("x", text))


def words(text: str) -> list[str]:
    return re.findall(r"[\w'’]+", plain(text))


@pytest.mark.parametrize("banned", BANNED)
def test_no_text_has_a_banned_phrase(banned: str) -> None:
    found = {key: text for key, text in TEXTS.items() if re.search(banned, text, re.IGNORECASE)}
    assert not found


def test_no_page_of_the_documentation_says_what_stands_or_is_no_such_thing() -> None:
    pages = [*(SOURCE_TREE / "docs").rglob("*.md"), *SOURCE_TREE.glob("*.md")]
    banned = [phrase for phrase in BANNED if re.search("stands\\?|is no|shall", phrase)]
    found = {
        f"{page.name}: {hit.group()}"
        for page in pages
        for phrase in banned
        for hit in re.finditer(phrase, page.read_text("utf-8"), re.IGNORECASE)
    }
    assert not found


def test_hints_have_at_most_twelve_words() -> None:
    long = {
        key: text
        for key, text in TEXTS.items()
        if HINTS.search(key) and key not in DATA_OF_HINTS and len(words(text)) > LONGEST_HINT
    }
    assert not long


def test_buttons_have_at_most_four_words_and_no_full_stop() -> None:
    wrong = {
        key: text
        for key, text in TEXTS.items()
        if BUTTONS.search(key)
        and (len(words(text)) > LONGEST_BUTTON or text.rstrip().endswith("."))
        and "{{" not in text
        and "_ask" not in key
    }
    assert not wrong


def test_sentences_are_short() -> None:
    long = {
        key: sentence
        for key, text in TEXTS.items()
        for sentence in re.split(r"(?<=[.!?])\s+|\n|;", plain(text))
        if len(re.findall(r"[\w'’]+", sentence)) > LONGEST_SENTENCE
    }
    assert not long


def test_hours_are_whole_and_no_raw_key_is_printed() -> None:
    raw = {
        key: text
        for key, text in TEXTS.items()
        if re.search(r"\{\{ *(state|status|kind|subject|severity|remedy|family)_key *\}\}", text)
        or re.search(r"\b[a-z]+(?:_[a-z]+)+\b", SETTINGS.sub("", TAGS.sub("", text)))
    }
    assert not raw


def test_the_local_workspace_draws_every_emoji_of_a_text() -> None:
    drawn = (SOURCE_TREE / "playground" / "client" / "emoji.js").read_text("utf-8")
    said = {
        name
        for text in TEXTS.values()
        for name in re.findall(r"(?<![\w{]):([a-z][a-z_]+):(?!\w)", TAGS.sub("", text))
    }
    assert not {name for name in said if not re.search(rf"\b{name} ", drawn)}


def test_errors_that_something_broke_say_that_nothing_was_lost_and_what_next() -> None:
    text = TEXTS["errors.broken"]
    assert "nothing" in text.lower()
    assert "again" in text


def leaves(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Yield every text of a file by its path of keys."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, f"{key}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, key)
    elif isinstance(value, str):
        yield key, value


BESIDE_CODE = {
    key: text
    for path in pseudo.sources()
    if not path.is_relative_to(FOLDER)
    for key, text in leaves(
        yaml.safe_load(path.read_text("utf-8")), path.relative_to(SOURCE_TREE).as_posix()
    )
}
"""What the verdict, the playbook, probes, serving and the command line say."""
WHOLE = {"asked_in_hour", "at_hour", "cost", "zone_shift"}
"""Texts whose hours are given as whole numbers or words."""
LONGEST_LABEL = 6
SLACKS_BUTTON = 75


def test_no_text_beside_code_has_a_banned_phrase() -> None:
    found = {
        key: text
        for key, text in BESIDE_CODE.items()
        if any(re.search(banned, text, re.IGNORECASE) for banned in BANNED)
    }
    assert not found


def test_no_text_beside_code_prints_a_float_hour() -> None:
    raw = {
        key: text
        for key, text in BESIDE_CODE.items()
        if re.search(r"\bhours? \{(?:at|due_at|asked|start|end|resolved_at|requested_at)\}", text)
        and not any(f".{whole}" in key for whole in WHOLE)
    }
    assert not raw


def test_labels_have_at_most_six_words_and_no_full_stop() -> None:
    wrong = {
        key: text
        for key, text in TEXTS.items()
        if re.search(r"\.label_\w+$|_label$", key)
        and (len(words(text)) > LONGEST_LABEL or text.endswith("."))
    }
    assert not wrong


def test_buttons_fit_slack_in_a_language_that_is_longer() -> None:
    long = {
        key: text
        for key, text in TEXTS.items()
        if BUTTONS.search(key)
        and "{{" not in text
        and "_ask" not in key
        and len(pseudo.accented(text)) > SLACKS_BUTTON
    }
    assert not long
