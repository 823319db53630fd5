"""What a person is told when a handler refuses or breaks; nothing that was typed gets lost."""

from __future__ import annotations

import pytest

from bot.domain.errors import AlreadyDone, FormError, InputError
from bot.slack.text import Mrkdwn
from handlers.dispatch import run
from handlers.request import Done, Errors, Request, Say

TEAM, ANA = "T1", "U1"
FIELDS = [{"type": "input", "block_id": "title"}, {"type": "input", "block_id": "kind"}]
FORM = {"type": "modal", "blocks": [{"type": "section"}, *FIELDS]}


def raising(error):
    def handler(_ctx, _request):
        raise error

    return handler


def a_form():
    return Request(team_id=TEAM, user_id=ANA, view=FORM, receipt="view:V1")


@pytest.mark.parametrize(
    ("error", "errors"),
    [
        (InputError("Too long.", field="kind"), {"kind": "Too long."}),
        (InputError("The sprint has ended."), {"title": "The sprint has ended."}),
        (InputError("No.", field="elsewhere"), {"title": "No."}),
        (FormError({"kind": "Which?", "title": "Say it."}), {"kind": "Which?", "title": "Say it."}),
        (FormError({"gone": "One.", "lost": "Two."}), {"title": "One. Two."}),
    ],
)
def test_a_refused_form_stays_open_with_its_errors_at_its_own_fields(ctx, error, errors):
    assert run(ctx, raising(error), a_form()) == Errors(errors)


def test_a_form_whose_handler_breaks_stays_open_and_names_the_errors_id(ctx):
    outcome = run(ctx, raising(RuntimeError("boom")), a_form())
    assert isinstance(outcome, Errors)
    assert "error ID" in outcome.errors["title"]
    assert "boom" not in outcome.errors["title"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("That is not a phase."), "That is not a phase."),
        (FormError({"a": "One.", "b": "Two."}), "One. Two."),
        (RuntimeError("boom"), "error ID"),
    ],
)
def test_a_refused_command_or_press_is_told_in_words(ctx, error, told):
    outcome = run(ctx, raising(error), Request(team_id=TEAM, user_id=ANA))
    assert isinstance(outcome, Say)
    assert told in outcome.content["text"]


def test_a_second_click_is_no_error(ctx):
    assert run(ctx, raising(AlreadyDone()), a_form()) == Done()


def test_what_was_typed_after_a_refused_command_comes_back(ctx):
    text = "securty <@U0000003|cho> scores for 1 % &amp; <!channel> one week"
    typed = Request(team_id=TEAM, user_id=ANA, text=text, command="/approval")
    said = run(ctx, raising(InputError("Unknown type.")), typed).content["text"]
    assert said.startswith("Unknown type.\nYou typed: /approval securty <@U0000003> scores for 1 %")
    assert "&amp; @channel one week" in said
    refused = run(ctx, raising(InputError(Mrkdwn("See <#C1>."))), typed)
    assert refused.content["text"].startswith("See <#C1>."), "what is marked up stays so"
    short = Request(team_id=TEAM, user_id=ANA, text="lst", command="/approval")
    assert "You typed" not in run(ctx, raising(InputError("No.")), short).content["text"]
