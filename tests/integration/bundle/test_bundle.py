"""A bundle holds on any machine, and no byte of it can be changed unnoticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bundle.bundle import make_bundle, verify_bundle
from bot.bundle.judged import RECORD, VERDICT, Grounds, read_grounds
from bot.bundle.seal import SealBrokenError, open_sealed, seal, sealing_key
from bot.domain.errors import InputError
from bot.domain.record import SprintRecord
from bot.domain.verdict import to_json, verdict
from bot.domain.verdict.experience import Experience
from bot.playbook.figures import figures_of, phases_of, priors_of
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story
from tests.runtimes import ANA, HOUR_0, TEAM, add_sprint

SECRETS = ["a secret of this bot"]
STORIES = sorted(Path("tests/stories").glob("*.yaml"))
TUNED, UNSEEN = STORIES[::2], STORIES[1::2]


@pytest.fixture
def raw(runtime):
    number = add_sprint(runtime, status="closed", ended_at=HOUR_0, closed_at=HOUR_0)
    with runtime.uow(TEAM) as uow:
        uow.audit(number, ANA, "logged", "blocker", 1, title="VPN <waits>")
        uow.audit(number, ANA, "closed", "sprint", number)
    with runtime.reading(TEAM) as uow:
        return make_bundle(uow, uow.sprint(number), SECRETS)


def test_a_bundle_holds_and_says_what_it_is(raw):
    found = verify_bundle(raw)
    assert (found.entries, found.about["title"]) == (2, "Churn pilot")
    assert verify_bundle(raw, found.fingerprint).entries == 2
    assert verify_bundle(raw, found.fingerprint.replace(":", "").upper()).entries == 2


def test_the_same_evidence_makes_the_same_bytes(runtime, raw):
    with runtime.reading(TEAM) as uow:
        assert make_bundle(uow, uow.sprint(1), SECRETS) == raw


def test_another_key_is_another_seal(raw):
    files = dict(open_sealed(raw).files)
    forged = seal(files, sealing_key(["another secret"]))
    with pytest.raises(SealBrokenError, match="Another key"):
        verify_bundle(forged, verify_bundle(raw).fingerprint)


def _holds_when_flipped(raw, place, bit):
    changed = bytearray(raw)
    changed[place] ^= 1 << bit
    try:
        open_sealed(bytes(changed))
    except SealBrokenError:
        return False
    return True


def test_a_flipped_byte_is_found_in_a_sample_of_places(raw):
    places = [*range(0, len(raw), 23), *range(len(raw) - 400, len(raw))]
    assert [at for at in places if _holds_when_flipped(raw, at, at % 8)] == []


@pytest.mark.slow
def test_every_flipped_byte_is_found(raw):
    assert [at for at in range(len(raw)) if _holds_when_flipped(raw, at, at % 8)] == []


@pytest.mark.parametrize("change", ["cut", "longer", "empty", "before"])
def test_a_file_of_another_length_is_found(raw, change):
    other = {"cut": raw[:-1], "longer": raw + b"\0", "empty": b"", "before": b"\0" + raw}[change]
    with pytest.raises(SealBrokenError):
        open_sealed(other)


@given(st.dictionaries(st.from_regex(r"\A[a-z]{1,8}\.json\Z"), st.binary(max_size=60), max_size=4))
def test_whatever_was_sealed_comes_back(files):
    assert open_sealed(seal(files, sealing_key(SECRETS))).files == files


@given(st.binary(max_size=200))
def test_no_stranger_s_file_is_a_bundle_or_a_crash(raw):
    with pytest.raises(SealBrokenError):
        open_sealed(raw)


def test_a_changed_file_is_named(raw):
    files = dict(open_sealed(raw).files)
    whole = seal(files, sealing_key(SECRETS))
    at = whole.index(files[RECORD])
    changed = whole[:at] + b"[" + whole[at + 1 :]
    with pytest.raises(SealBrokenError):
        open_sealed(changed)


def test_a_verdict_that_does_not_follow_is_found_even_under_a_seal(raw):
    """Whoever holds the key can seal anything; the replay still says that it does not follow."""
    files = dict(open_sealed(raw).files)
    told = json.loads(files[VERDICT])
    told["path"] = "deploy_more" if told["path"] != "deploy_more" else "fix_blockers"
    files[VERDICT] = json.dumps(told).encode()
    with pytest.raises(InputError, match="another verdict"):
        verify_bundle(seal(files, sealing_key(SECRETS)))


def test_an_entry_that_was_changed_is_found_even_under_a_seal(raw):
    files = dict(open_sealed(raw).files)
    files["audit.jsonl"] = files["audit.jsonl"].replace(b'"actor_id": "U1"', b'"actor_id": "U9"')
    with pytest.raises(SealBrokenError, match="Audit entry"):
        verify_bundle(seal(files, sealing_key(SECRETS)))


def grounds_of(story):
    playbook = load_playbook()
    record: SprintRecord = load_story(story, phases=phases_of(playbook)).record
    past = Experience(outcomes={("model", "stuck"): 2, ("data", "fine"): 1})
    return Grounds(record, past, priors_of(playbook), figures_of(playbook))


@pytest.mark.parametrize("half", [TUNED, UNSEEN], ids=["one half", "the other half"])
def test_grounds_come_back_as_they_were_and_judge_the_same(half):
    for story in half:
        try:
            grounds = grounds_of(story)
        except InputError:  # a story of the tests that is meant to be refused
            continue
        files = grounds.files()
        again = read_grounds(files)
        assert again == grounds, story
        direct = verdict(
            grounds.record,
            experience=grounds.experience,
            priors=grounds.priors,
            figures=grounds.figures,
        )
        assert json.loads(files[VERDICT]) == json.loads(json.dumps(to_json(direct)))


@pytest.mark.smoke
def test_another_process_with_another_hash_seed_and_locale_judges_the_same(raw, tmp_path):
    file = tmp_path / "a.hour48"
    file.write_bytes(raw)
    command = [sys.executable, "-m", "hour48", "bundle", "verify", str(file), "--json"]
    for seed in ("1", "4711"):
        told = subprocess.run(
            command,
            check=False,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Pacific/Apia", "LC_ALL": "C"},
        )
        assert told.returncode == 0, told.stdout + told.stderr
        assert json.loads(told.stdout)["holds"] is True


def test_a_sprint_without_evidence_and_a_bot_without_a_key_are_a_sentence_each(runtime):
    number = add_sprint(runtime, status="planned", started_at=None)
    with runtime.reading(TEAM) as uow:
        with pytest.raises(InputError, match="not started"):
            make_bundle(uow, uow.sprint(number), SECRETS)
        with pytest.raises(InputError, match="encryption_keys"):
            sealing_key([])
