"""What a person types in, and what is suggested: rankings, wording, learning, refusals."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.vocabulary import KIND_CATEGORY, Kind
from bot.suggest import Suggestion, retrain, suggest, wording
from bot.suggest.answers import answers, shown
from bot.suggest.features import features, normalise, words
from bot.suggest.model import load
from bot.suggest.suggestion import SHIPPED
from tests.speed import usual_seconds

ROOT_CAUSES = [
    ("No credentials until a form is signed off", Kind.APPROVAL_PROCESS),
    ("Accessing the history takes a formal request with a 6-week SLA", Kind.APPROVAL_PROCESS),
    ("Every Python library needs its own security approval", Kind.APPROVAL_PROCESS),
    ("Can't install Python packages, the laptops are locked down", Kind.INFRASTRUCTURE),
    ("Data is in 47 systems with no common id", Kind.DATA_ACCESS),
    ("Nobody knows who owns the table", Kind.UNCLEAR_OWNERSHIP),
    ("Nobody wants to take responsibility for the table", Kind.ACCOUNTABILITY),
    ("Nobody knows how to query the table", Kind.SKILLS_GAP),
    ("There is nobody on staff to maintain the table, the post is vacant", Kind.MISSING_ROLE),
    ("There is no process for getting models approved, it was never defined", Kind.MISSING_PROCESS),
    ("Nobody in the room has the authority to decide", Kind.DECISION_AUTHORITY),
    ("Legal is nervous: what if the model is wrong?", Kind.RISK_TOLERANCE),
    ("The COBOL system has no API to call", Kind.INTEGRATION),
    ("No staging, no rollback, and the release train left yesterday", Kind.DEPLOYMENT_PIPELINE),
    ("We have Azure but no one knows how to use it", Kind.SKILLS_GAP),
]


@pytest.mark.parametrize(("text", "kind"), ROOT_CAUSES)
def test_the_root_cause_is_named_rather_than_the_symptom(text: str, kind: Kind):
    assert suggest(text)[0].kind is kind


def test_all_twelve_kinds_come_back_ranked_and_sum_to_one():
    ranked = suggest("the vpn is down")
    shares = [one.probability for one in ranked]
    assert {one.kind for one in ranked} == set(Kind)
    assert shares == sorted(shares, reverse=True)
    assert math.isclose(sum(shares), 1.0, abs_tol=1e-6)
    assert all(one.category is KIND_CATEGORY[one.kind] for one in ranked)


@given(st.text(max_size=300))
def test_any_text_is_ranked_or_refused_with_a_sentence(text: str):
    if words(normalise(text)):
        assert len(suggest(text)) == 12
    else:
        with pytest.raises(InputError, match="no words"):
            suggest(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We can’t get access", "we can't get ACCESS"),
        ("<@U123> says *no* :cry: to <https://x.example/a|the wiki>", "says no to the wiki"),
        ("They  won't\nsign", "they will not sign"),
    ],
)
def test_quotes_case_and_slack_markup_make_no_difference(one: str, other: str):
    assert words(normalise(one)) == words(normalise(other))
    assert features(one) == features(other)


@pytest.mark.parametrize("text", ["", "   ", "!!! …", "<@U12345>", "x" * 10_001])
def test_a_text_without_words_or_beyond_the_limit_is_refused(text: str):
    with pytest.raises(InputError):
        suggest(text)


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0.8, 0.1, 0.1), "looks like skills gap"),
        ((0.45, 0.4, 0.15), "could be skills gap or missing role"),
        ((0.2, 0.19, 0.18), "hard to tell: could be skills gap, missing role or accountability"),
    ],
)
def test_wording_gets_more_careful_as_probability_falls(shares: tuple[float, ...], said: str):
    kinds = (Kind.SKILLS_GAP, Kind.MISSING_ROLE, Kind.ACCOUNTABILITY)
    ranked = [
        Suggestion(kind, KIND_CATEGORY[kind], share)
        for kind, share in zip(kinds, shares, strict=True)
    ]
    assert wording(ranked) == said


def test_wording_uses_the_playbooks_titles():
    ranked = suggest("Nobody knows who owns the table")
    assert wording(ranked, {kind: kind.upper() for kind in Kind}) == "looks like UNCLEAR_OWNERSHIP"


def test_a_suggestion_takes_less_than_twenty_milliseconds():
    texts = [text for text, _ in ROOT_CAUSES]
    suggest(texts[0])
    assert usual_seconds(lambda: [suggest(text) for text in texts], 2) / len(texts) < 0.02


def test_the_running_bot_loads_neither_scikit_learn_nor_numpy():
    code = (
        "import sys; from bot.suggest import suggest; suggest('no gpu left');"
        "print([m for m in ('sklearn', 'numpy', 'scipy', 'pandas', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


CORRECTIONS = [
    ("The kraken team is asleep again", Kind.MISSING_ROLE),
    ("kraken said no once more", Kind.MISSING_ROLE),
    ("Kraken is offline and so are we", Kind.MISSING_ROLE),
]


def test_a_correction_is_remembered_at_once_for_the_same_and_for_like_texts():
    told = CORRECTIONS[1][0]
    assert suggest(told)[0].kind is not Kind.MISSING_ROLE
    assert suggest(told, CORRECTIONS)[0].kind is Kind.MISSING_ROLE
    before = _share(suggest("kraken said no"), Kind.MISSING_ROLE)
    assert _share(suggest("kraken said no", CORRECTIONS), Kind.MISSING_ROLE) > before


def test_a_correction_does_not_touch_unlike_texts():
    for text, _ in ROOT_CAUSES:
        assert suggest(text, CORRECTIONS)[0].kind is suggest(text)[0].kind


@pytest.mark.slow
def test_retraining_learns_a_workspaces_words_and_keeps_the_rest(tmp_path: Path):
    weights = retrain(CORRECTIONS, tmp_path / "T123" / "weights.zip")
    unseen = "we asked kraken and got nothing"
    before, after = suggest(unseen), suggest(unseen, weights=weights)
    assert _share(after, Kind.MISSING_ROLE) > 2 * _share(before, Kind.MISSING_ROLE)
    assert all(suggest(text, weights=weights)[0].kind is kind for text, kind in ROOT_CAUSES)
    assert suggest(unseen) == before


def test_a_workspace_without_its_own_weights_gets_the_shipped_ones(tmp_path: Path):
    assert suggest("no gpu left", weights=tmp_path / "none.zip") == suggest("no gpu left")


def test_failed_training_keeps_the_earlier_weights(tmp_path: Path):
    weights = tmp_path / "weights.zip"
    weights.write_bytes(SHIPPED.read_bytes())
    with pytest.raises(InputError, match="go on as before"):
        retrain([("text", "no such kind")], weights)  # type: ignore[list-item]  # the fault that is refused
    assert weights.read_bytes() == SHIPPED.read_bytes()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18])
def test_a_broken_weights_file_is_refused_with_a_sentence(tmp_path: Path, content: bytes):
    path = tmp_path / "weights.zip"
    path.write_bytes(content)
    with pytest.raises(InputError, match="train them again"):
        load(path)


def _share(ranked: list[Suggestion], kind: Kind) -> float:
    return next(one.probability for one in ranked if one.kind is kind)


def test_a_file_is_answered_line_by_line_without_its_blank_lines(tmp_path: Path):
    file = tmp_path / "lines.txt"
    file.write_bytes("\ufeffNo API in the ERP\r\n\r\nWho owns the table?\r\n".encode())
    told = answers(None, file)
    assert isinstance(told, list)
    assert [one["text"] for one in told] == ["No API in the ERP", "Who owns the table?"]
    assert all(one["kind"] == one["kinds"][0]["kind"] for one in told)
    assert shown(told).count("\n") == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x00\x1a", "not plain text"),
        ("é".encode("latin-1") + b"t\xe9", "not plain text"),
        (b"all good\n!!!\n", "line 2"),
        (b"x" * 10_000_000, "10,000,000 bytes"),
    ],
)
def test_a_bad_file_is_refused_with_what_is_wrong(tmp_path: Path, content: bytes, said: str):
    file = tmp_path / "lines.txt"
    file.write_bytes(content)
    with pytest.raises(InputError, match=said):
        answers(None, file)


@pytest.mark.parametrize("both", [True, False])
def test_text_and_file_together_or_neither_is_refused(tmp_path: Path, both: bool):
    with pytest.raises(InputError, match="either"):
        answers("text" if both else None, tmp_path / "x" if both else None)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path):
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            answers(None, path)


def test_the_command_prints_the_best_kind_and_all_ranked():
    command = [sys.executable, "-m", "hour48", "suggest", "no gpu left in the quota", "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert told["kind"] == "infrastructure"
    assert told["category"] == "technical"
    assert len(told["kinds"]) == 12


def test_the_command_says_a_refusal_on_standard_error():
    command = [sys.executable, "-m", "hour48", "suggest", " "]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no words" in done.stderr
