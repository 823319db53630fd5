"""The debrief at first sight: one message, at most 900 characters, for every golden story."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from bot.debrief.summary import curve_of, outlook_words, summary_of
from bot.domain.record import Correction
from bot.domain.story import parse_story
from bot.domain.verdict import verdict
from bot.domain.vocabulary import Role
from bot.messages.debrief_summary import Closed, ShortFix, closed_card, summary_card
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import STORIES, load_story
from bot.slack import native
from bot.slack.action_ids import Act
from bot.slack.text import Mrkdwn

GOLDEN = sorted([*Path("tests/stories").glob("*.yaml"), *STORIES.glob("*.yaml")])
MOST = 900
NOT_READ = {"type", "action_id", "value", "block_id", "style", "emoji", "accessibility_label"}


@cache
def judged(path):
    return verdict(load_story(path).record)


def read(part):
    """Return every text that a person reads in blocks, buttons and charts."""
    if isinstance(part, dict):
        return [word for key, each in part.items() if key not in NOT_READ for word in read(each)]
    if isinstance(part, list):
        return [word for each in part for word in read(each)]
    if isinstance(part, bool) or part is None:
        return []
    return [f"{part:g}" if isinstance(part, float) else str(part)]


def shown(card, refused=frozenset()):
    """Return what is read at first sight; a chart's labels stand once along its axis."""
    words = []
    for block in native.chosen(card, refused)["blocks"]:
        if block["type"] == "data_visualization":
            chart = block["chart"]
            values = [point["value"] for each in chart["series"] for point in each["data"]]
            names = [each["name"] for each in chart["series"]]
            words += [
                block["title"],
                *names,
                *chart["axis_config"]["categories"],
                *map(str, values),
            ]
        else:
            words += read(block)
    return " ".join(words)


def card_of(path, **more):
    return summary_card(summary_of(judged(path), load_playbook(), 1, **more))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
@pytest.mark.parametrize("refused", [frozenset(), native.NATIVE], ids=["native", "plain"])
def test_the_debrief_reads_in_at_most_900_characters(path, refused):
    words = shown(card_of(path, early_at="31"), refused)
    assert len(words) <= MOST, (len(words), words)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_it_says_the_path_the_chance_the_cause_and_five_answers(path):
    card, found = card_of(path), judged(path).by_facts
    playbook = load_playbook()
    words = shown(card)
    path_title = playbook.path(judged(path).path).title
    assert ("No path yet" if found.nothing_known else path_title) in words
    is_told = "chance to be live within 30 days" in words
    assert is_told or found.deployed or found.nothing_known
    if found.critical_path:
        assert found.critical_path.cause.title[:40] in words.replace("&amp;", "&")
    rows = [each["elements"] for each in card["blocks"] if each["type"] == "actions"]
    acts = [each["action_id"] for row in rows for each in row]
    for act in (Act.DEBRIEF_FACTS, Act.DEBRIEF_CORRECT, Act.DEBRIEF_DISCUSS):
        assert acts.count(act) == 5
    assert acts[-1] == Act.DEBRIEF_CLOSE


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_curve_rises_and_agrees_with_the_chance(path):
    found = judged(path).by_facts
    chance = found.chances.now if found.chances else None
    curve = list(curve_of(found.forecast, chance).values())
    assert curve == sorted(curve)
    assert all(0 <= each <= 100 for each in curve)
    if curve and chance is not None:
        assert curve[1] == pytest.approx(100 * chance)


def test_a_correction_stays_beside_the_computed_answer():
    path = next(each for each in GOLDEN if each.stem == "article_insurance")
    words = shown(card_of(path, corrections={"timeline": "Weeks: the committee meets on Friday"}))
    assert "Weeks: the committee meets on Friday" in words
    computed = (
        load_playbook().question("timeline").option(str(judged(path).by_facts.timeline)).title
    )
    assert computed in words


def test_a_deployment_with_open_causes_keeps_its_dates():
    found = judged(Path("tests/stories/edge_live_with_expired_approvals.yaml"))
    assert found.deployed
    assert found.causes
    assert "50 %" in outlook_words(found, 0.1)
    assert "It's live, but not cleared" in outlook_words(found, 0.1)
    assert "to be live within 30 days" not in outlook_words(found, 0.1)
    shown = " ".join(read(summary_card(summary_of(found, load_playbook(), 1))))
    assert "chance that the rest is cleared" in shown
    assert "chance to be live" not in shown
    assert "No, it is structural" not in shown


def test_a_claimed_deployment_is_said_to_be_claimed_and_never_to_be_live():
    path = Path("tests/stories/edge_claimed_against_the_gates.yaml")
    found, words = judged(path), shown(card_of(path))

    assert found.claimed
    assert "Said to be live, but nothing shows it" in words
    assert "It's live" not in words
    reasons = " ".join(each.text for each in found.reasons["deployed"])
    assert "counts as claimed" in reasons
    assert "It is live" not in reasons


def one_blocker(title, kind, at, waits_for=None, **more):
    """Return the record of a sprint that one blocker stopped."""
    told = {"at": at, "by": "Ana", "blocker": "b1", "title": title, "kind": kind}
    team = dict(zip(Role, ("Ana", "Ben", "Cho", "Dee"), strict=True))
    story = {"story": "One blocker", "team": team, "events": [told | {"lead_time": "3 weeks"}]}
    record = parse_story(story).record
    blockers = [replace(each, waits_for=waits_for) for each in record.blockers]
    return replace(record, blockers=blockers, **more)


@pytest.mark.parametrize(
    ("title", "kind", "at", "waits_for", "answer"),
    [
        ("The works council has to agree", "approval_process", 40, None, None),
        ("The supplier has not signed", "decision_authority", 3, "purchasing", None),
        ("No GPU quota for us", "infrastructure", 30, None, None),
        ("Sign-off is missing", "approval_process", 3, "infosec", "Security approval"),
        ("Sign-off is missing", "approval_process", 40, "legal", "Privacy review"),
        ("The API needs a change request", "approval_process", 40, None, "Integration"),
    ],
)
def test_question_2_and_the_main_cause_never_name_two_things(title, kind, at, waits_for, answer):
    found = verdict(one_blocker(title, kind, at, waits_for))
    words = shown(summary_card(summary_of(found, load_playbook(), 1)))
    assert f"*Main cause:* {title}" in words
    assert (answer or "The main cause above") in words, words
    reason = found.reasons["critical_path"][0].text
    assert title in reason
    assert ("(" in reason) == (answer is not None)


def test_a_corrected_critical_path_is_the_main_cause():
    told = Correction("c1", "critical_path", "budget_authority", "Ana", 48.5, "Nobody pays for it")
    found = verdict(
        one_blocker("Infosec has not signed", "approval_process", 40, corrections=[told])
    )
    words = shown(summary_card(summary_of(found, load_playbook(), 1)))
    assert "*Main cause:* Nobody pays for it" in words


DATED = ("gates", "deployments", "rollbacks", "action_plans", "overrides", "guardrails")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_facts_and_reasons_name_whole_hours(path):
    record = load_story(path).record
    odd = {
        key: [replace(each, at=each.at + 0.24814) for each in getattr(record, key)] for key in DATED
    }
    found = verdict(replace(record, **{key: tuple(each) for key, each in odd.items()}))
    said = [str(each) for sentences in found.by_facts.reasons.values() for each in sentences]
    assert said
    assert not [each for each in said if re.search(r"hour \d+\.\d{2}", each)]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_close_shows_each_fix_whole_or_its_whole_first_sentence(path):
    texts = [fix.text for fix in judged(path).by_facts.fixes]
    fixes = [ShortFix(text, "Ben", Mrkdwn("7 Dec")) for text in texts]
    words = shown(closed_card(Closed("Fix blockers", "A few stand in the way.", fixes, {})))
    for number, text in enumerate(texts[:5], 1):
        line = words.split(f"{number}. ", 1)[1].split(" · ")[0].replace("&amp;", "&")
        assert text.startswith(line)
        assert len(line) > 200 or line == " ".join(text.split()).removesuffix(".")
