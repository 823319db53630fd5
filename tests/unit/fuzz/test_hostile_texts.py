"""A short run of the fuzz targets; `make fuzz` is the long one, by atheris and hypothesis."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from bot.domain.errors import AlreadyDone, FormError, InputError
from tests.fuzz import feeding, ledger
from tests.fuzz.examples import TEXTS
from tests.fuzz.targets import HOSTILE, TARGETS, handlers, run

WHOLE_HANDLERS = {target.__name__ for target in handlers.TARGETS}
HEAVY = WHOLE_HANDLERS | {"report_page", "delivery_body", "story_fields", "probe_rebinding"}
LIGHT = sorted(set(TARGETS) - HEAVY)


def fed_with_texts_of_every_sort(name, most):
    @settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck))
    @given(text=TEXTS)
    def fed(text):
        run(name, text)

    fed()


@pytest.mark.parametrize("name", LIGHT)
def test_a_hostile_text_is_taken_or_refused_in_words(name):
    fed_with_texts_of_every_sort(name, 15)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_many_hostile_texts_are_taken_or_refused_in_words(name):
    fed_with_texts_of_every_sort(name, 100 if name in HEAVY else 1_000)


@pytest.mark.parametrize("name", LIGHT)
def test_known_tricks_are_taken_or_refused_in_words(name):
    for text in HOSTILE:
        run(name, text)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(HEAVY))
def test_known_tricks_are_taken_or_refused_in_words_by_whole_handlers_too(name):
    for text in HOSTILE:
        run(name, text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "noticed"),
    [
        (KeyError("a fault"), KeyError),
        (InputError("Hello <!channel>"), AssertionError),
        (FormError({"title": ""}), AssertionError),
        (InputError("A word."), None),
        (AlreadyDone(), None),
    ],
)
def test_a_handler_that_breaks_or_refuses_with_a_ping_is_noticed(monkeypatch, error, noticed):
    def planted(_ctx, _request):
        raise error

    monkeypatch.setattr(handlers.app, "VIEWS", dict.fromkeys(handlers.app.VIEWS, planted))
    with pytest.raises(noticed) if noticed else nullcontext():
        run("form_fields", "words")


# --- what is counted, and what is kept of it ------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "FOLDER", tmp_path)
    monkeypatch.setattr(feeding, "FOLDER", tmp_path)
    monkeypatch.setattr(ledger, "RESULT", tmp_path / "fuzz.json")
    return tmp_path


def planted(text):
    if "bad" in text:
        raise KeyError(text)
    if "no" in text:
        raise InputError("No.")


def test_a_run_goes_on_from_what_a_killed_one_counted(folder, monkeypatch):
    monkeypatch.setitem(TARGETS, "planted", planted)
    monkeypatch.setattr(feeding, "EVERY_SECONDS", 0.0)
    killed = feeding.Feeder("atheris", "planted")
    for text in ("a", "no", "bad one", "bad two"):
        killed.feed(text)
    again = feeding.Feeder("hypothesis", "planted")
    again.feed("b")
    found = ledger.sum_up(["planted"])["planted"]
    assert (found["inputs"], found["atheris"], found["hypothesis"]) == (5, 4, 1)
    assert feeding.Feeder("atheris", "planted").count.inputs == 4
    assert json.loads((folder / "fuzz.json").read_text()) == {"planted": found}


def test_a_fault_is_noted_with_the_text_that_broke_and_feeding_goes_on(folder, monkeypatch):
    monkeypatch.setitem(TARGETS, "planted", planted)
    feeder = feeding.Feeder("atheris", "planted")
    for text in ("bad", "fine", "bad"):
        feeder.feed(text)
    feeder.keep()
    (finding,) = ledger.sum_up(["planted"])["planted"]["findings"]
    assert finding["what"].startswith("KeyError at test_hostile_texts.py")
    assert (folder / "inputs").is_dir()
    assert Path(finding["input"]).read_text() == "bad"


def test_an_input_that_takes_too_long_is_a_finding(folder, monkeypatch):
    monkeypatch.setitem(TARGETS, "planted", lambda _text: None)
    monkeypatch.setattr(feeding, "SLOW_SECONDS", -1.0)
    feeder = feeding.Feeder("atheris", "planted")
    feeder.feed("x")
    assert feeder.count.findings[0]["what"] == "slower than two seconds"
