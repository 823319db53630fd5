"""Whole sprints in the pseudo-language: no English leaks, and no block breaks Slack's limits."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import playground.views
from bot.playbook.story_file import STORIES as SHIPPED
from bot.playbook.story_file import load_story
from hour48.local_workspace import open_local_bot
from playground import talk
from playground.blockkit import check_view
from playground.demo import Demo
from playground.showcase import DEMO_START, QUICK
from playground.texts import say
from tests import pseudo
from tests.stage import open_stage

pytestmark = pytest.mark.timeout(600)
GOLDEN = Path(__file__).parents[1] / "stories"
STORIES = (
    "grocer",
    "article_retail_bank_loans",
    "edge_all_approvals_expired",
    "article_ecommerce_success",
    "edge_rolled_back_and_deployed_again",
)
SHOWN = frozenset({"text", "alt_text", "title", "label", "hint", "placeholder", "description"})
NOT_WORDS = re.compile(
    r"<!date[^>]*>|<[^>|]*>|<[^>|]*\||`[^`]*`|:[a-z0-9_+-]+:|https?://\S+|&\w+;"
    r"|/[a-z]+(?: [A-Za-z]+(?![^\W\d_]))*"
)
WORD = re.compile(r"[^\W\d_]+")
FREE = frozenset(
    {
        *("story", "title", "lead_time", "by", "of", "builder", "data", "approver", "business"),
        *("rollback", "why", "reason", "waits_for", "answer", "note", "evidence", "member"),
    }
)
"""Fields of a story that hold words and names; the others are choices."""
TYPED = (
    "As agreed in the team. steering",
    "One prediction reaches a real user before hour 48.",
    "Production data, not an extract.",
    "One API call into the system that the business uses.",
    "May we go on?",
)
"""What the demo's people type besides."""
OURS = frozenset({"hour", "sprint", "slack", "usd", "eur", "europe", "berlin", "utc", "hour48"})
"""Names that are the same in every language."""


@pytest.fixture
def foreign(tmp_path, monkeypatch) -> Iterator[None]:
    """Let the workspace and everybody in it read the pseudo-language."""
    monkeypatch.setenv("HOUR48_LANGUAGE__DEFAULT", pseudo.NAME)
    with pseudo.installed(tmp_path / "languages"):
        yield


def shown(value: Any, field: str = "") -> Iterator[str]:
    """Yield every text of blocks that somebody reads."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from shown(each, str(key))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from shown(each, field)
    elif isinstance(value, str) and field in SHOWN:
        yield value


def english(texts: Iterator[str], typed: frozenset[str]) -> dict[str, set[str]]:
    """Return the words that nobody typed and that are not accented, each with where it stands."""
    found: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for word in WORD.findall(NOT_WORDS.sub(" ", text)):
            if word.isascii() and len(word) > 2 and word.lower() not in typed | OURS:
                at = text.find(word)
                found[word.lower()].add(text[max(0, at - 80) : at + 80])
    return found


def words_of(value: Any, field: str = "") -> frozenset[str]:
    """Return every word that people type in a story, in lower case."""
    if isinstance(value, Mapping):
        return frozenset().union(*(words_of(each, str(key)) for key, each in value.items()))
    if isinstance(value, (list, tuple)):
        return frozenset().union(*(words_of(each, field) for each in value))
    typed = isinstance(value, str) and field in FREE
    return frozenset(word.lower() for word in WORD.findall(value)) if typed else frozenset()


SHORT = """
story: Nine hours of a sprint
team: {builder: Ana, data: Ben, approver: Cho, business: Dee}
events:
  - {at: 1, by: Ben, blocker: read, title: Nobody may read the order tables}
  - {at: 2, by: Ana, request: security, of: Cho, deadline: 3}
  - {at: 3, by: Ben, resolve: read, how: fixed}
  - {at: 4, by: Cho, decide: security, decision: rejected, why: No logs of who is scored}
  - {at: 8, by: Ana, gate: data, scenario: accessible}
"""
"""Each main surface once, ended early: what the short run has time for."""


def end_early(demo: Demo) -> None:
    """Act to the first gate, end the sprint there, and close its debrief."""
    demo.run_until(9)
    demo.lead.command("/sprint", "close")
    demo.lead.wait_for_modal().submit()
    demo.local.settle()
    demo.debrief()


@pytest.mark.smoke
def test_nine_hours_in_another_language_show_no_english(
    foreign: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "short.yaml"
    file.write_text(SHORT, "utf-8")
    seen = look_for_english(file, tmp_path, monkeypatch, end_early)
    assert seen > 100


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_a_sprint_in_another_language_shows_no_english(
    foreign: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    file = (SHIPPED if name == "grocer" else GOLDEN) / f"{name}.yaml"
    look_for_english(file, tmp_path, monkeypatch, Demo.run)


def look_for_english(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Demo], None]
) -> int:
    """Act a story out, refuse every English word, and return how many texts were looked at."""
    views: list[Mapping[str, Any]] = []

    def remember(view: dict[str, Any], kind: str) -> list[str]:
        views.append(view)
        return check_view(view, kind)

    monkeypatch.setattr(playground.views, "check_view", remember)
    monkeypatch.setattr(talk, "QUESTIONS", {})  # they are answered in the language of the question
    with open_local_bot(tmp_path, DEMO_START, {}, QUICK) as (stage, _):
        stage.workspace.locale = f"{pseudo.NAME}-XX"
        act(Demo(stage, load_story(file)))
        workspace = stage.workspace
        bots = [m for c in workspace.channels.values() for m in (*c.messages, *c.ephemerals)]
        said = [
            (message.text, message.blocks)
            for message in bots
            if message.user_id == workspace.bot_user_id and not message.subtype
        ]
        refused = [
            (call.method, call.answer)
            for call in workspace.journal
            if not call.answer.get("ok", True)
        ]
    assert not [each for each in refused if "invalid" in str(each[1].get("error"))], refused
    everything = {
        "text": [text for text, _ in said],
        "blocks": [b for _, b in said],
        "views": views,
    }
    typed = words_of(yaml.safe_load(file.read_text("utf-8"))) | words_of(
        [*TYPED, say("demo_override")], "why"
    )
    typed |= words_of([say("demo_refusal"), workspace.name], "why")
    texts = [*shown(everything)]
    leaks = english(iter(texts), typed)
    assert not leaks, "\n".join(f"{word}: {sorted(where)[:2]}" for word, where in leaks.items())
    return len(texts)


SLACKS = "Please complete this required field."
"""What Slack itself says of an empty field."""
COMMANDS = (
    *(("/sprint", text) for text in ("", "help", "status", "schedule", "list", "edit", "links")),
    *(("/sprint", text) for text in ("audit", "report", "rerun", "gate", "gate data", "deploy")),
    *(("/sprint", text) for text in ("rollback", "output", "capture", "close", "cancel", "plan")),
    *(("/sprint", text) for text in ("nonsense", "deploy elsewhere", "gate model easy")),
    *(("/blocker", text) for text in ("", "help", "list", "resolve 1", "resolve 77", "edit 1")),
    *(("/blocker", text) for text in ("Ωμέγα ἀρχή κόσμος", "withdraw 1", "still 1", "reopen 1")),
    *(("/approval", text) for text in ("", "help", "list", "security", "nonsense")),
    *(("/probe", text) for text in ("", "help", "list", "access nowhere", "checks", "nonsense")),
    *(("/probe", text) for text in ("environment", "governance", "baseline", "joins a.b c.d")),
)
TYPED_HERE = words_of(
    [*(text for _, text in COMMANDS), "Churn pilot Acme Grocers nowhere As agreed."], "why"
)


@pytest.mark.smoke
def test_forms_and_answers_follow_the_person_and_channels_the_workspace(
    foreign: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOUR48_LANGUAGE__DEFAULT", "en")
    views: list[Mapping[str, Any]] = []

    def remember(view: dict[str, Any], kind: str) -> list[str]:
        views.append(view)
        return check_view(view, kind)

    monkeypatch.setattr(playground.views, "check_view", remember)
    with open_stage(tmp_path) as stage:
        ana = stage["Ana"]
        ana.user.locale = f"{pseudo.NAME}-XX"
        stage.start()
        views.clear()
        faults: list[str] = []
        for command, text in COMMANDS:
            stage.command("Ana", command, text, stage.channel)
            if ana.modal is not None and ana.modal.view.submit:
                faults += [
                    each for each in ana.modal.submit().errors.values() if each != SLACKS
                ]  # an empty form, for what it says
                stage.settle()
            stage.dismiss("Ana")
        ana.open_home()
        stage.go(3)
        told = [(m.text, m.blocks) for m in (*ana.ephemerals(), *ana.dms()) if m.user_id != ana.id]
        channel = [(m.text, m.blocks) for m in stage.posts(stage.channel) if not m.subtype]
    names = words_of([person.name for person in stage.people.values()], "by")
    everything = {"text": [*faults, *(text for text, _ in told)], "blocks": [b for _, b in told]}
    leaks = english(shown({**everything, "views": views}), TYPED_HERE | names)
    assert not leaks, "\n".join(f"{word}: {sorted(where)[:2]}" for word, where in leaks.items())
    foreign_words = {
        word
        for text in shown({"text": [t for t, _ in channel]})
        for word in WORD.findall(text)
        if re.search("[áéíóú]", word)
    }
    assert not foreign_words, foreign_words
