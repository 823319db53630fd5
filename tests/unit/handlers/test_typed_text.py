"""A form is filled with what was chosen; a choice that is none is refused at its field."""

from __future__ import annotations

import pytest

from bot.approvals.forms import ApprovalForm
from bot.blockers.forms import BlockerForm
from bot.domain.errors import FormError
from bot.domain.vocabulary import Kind, Severity, Subject
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
