"""A form is filled with what was chosen; a choice that is none is refused at its field."""

from __future__ import annotations

import pytest

from bot.approvals.forms import ApprovalForm
from bot.blockers.forms import BlockerForm
from bot.domain.errors import FormError, InputError
from bot.domain.vocabulary import Kind, Severity, Subject
from handlers import probe_runs, sprints
from handlers.context import HandlerContext
from handlers.deployments import read_deploy
from handlers.request import Request
from handlers.typed_text import fill


def test_what_is_left_to_hour48_takes_the_default():
    form = fill(BlockerForm, sprint_id=1, title="No access", kind="auto", severity=None)
    assert (form.kind, form.severity) == (None, Severity.STOPS)


def test_choices_become_members():
    form = fill(BlockerForm, sprint_id=1, title="x", kind="data_access", severity="slows")
    assert (form.kind, form.severity) == (Kind.DATA_ACCESS, Severity.SLOWS)
    assert fill(ApprovalForm, sprint_id=1, subject="legal").subject is Subject.LEGAL


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"kind": "no such kind"}, {"kind"}),
        ({"kind": "x", "severity": "y", "family": "z"}, {"kind", "severity", "family"}),
    ],
)
def test_a_choice_that_is_none_is_refused_at_its_field(values, fields):
    with pytest.raises(FormError) as refused:
        fill(BlockerForm, sprint_id=1, title="x", **values)
    assert set(refused.value.errors) == fields


def test_a_request_without_a_subject_is_refused_there():
    with pytest.raises(FormError) as refused:
        fill(ApprovalForm, sprint_id=1, subject=None, what="x")
    assert set(refused.value.errors) == {"subject"}


@pytest.mark.parametrize(
    "command", [sprints.on_command, probe_runs.on_command], ids=["/sprint", "/probe"]
)
def test_an_unknown_word_is_shown_as_it_was_typed(runtime, command):
    ctx = HandlerContext(runtime)
    request = Request("T1", "U1", channel_id="C1", text="&lt;!channel&gt; &amp; co")
    with pytest.raises(InputError) as refused:
        command(ctx, request)
    assert "&lt;!channel&gt;" in str(refused.value)
    assert "&amp;lt;" not in str(refused.value)


def test_a_reason_is_kept_as_it_was_typed():
    typed = read_deploy("1 --override p95 &lt; 1 s &amp; &lt;https://a.example/x?a=1&amp;b=2&gt;")
    assert typed.override == "p95 < 1 s & <https://a.example/x?a=1&b=2>"
    link = read_deploy("elsewhere 5 <https://a.example/x?a=1&amp;b=2|a.example>").link
    assert link == "https://a.example/x?a=1&b=2"
