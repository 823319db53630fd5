"""`/probe governance accept`: the form offers every duty; errors come back at their field."""

import pytest
from sqlalchemy import select

from bot.db.acceptance_models import Acceptance
from bot.domain.errors import FormError
from handlers.context import HandlerContext, probe_offers
from handlers.dispatch import perform
from handlers.probe_runs import on_command, submit_acceptance
from handlers.request import FormValues, Open, Request
from probes.governance.answers import duties
from probes.settings import read_settings
from tests.runtimes import ANA, CHANNEL, TEAM


def filled(says, proof="policies/retention.pdf"):
    return FormValues(
        {
            "duty": {"e": {"selected_option": {"value": "privacy.retention"}}},
            "says": {"e": {"value": says}},
            "proof": {"e": {"value": proof}},
        }
    )


def _perform(handler, ctx, request):
    return perform(ctx, handler, request)


def ask(runtime, **given):

    ctx = HandlerContext(runtime, probes=probe_offers(read_settings({})))
    return ctx, Request(team_id=TEAM, user_id=ANA, channel_id=CHANNEL, **given)


def test_the_form_offers_every_duty_of_the_check(runtime, running_sprint):
    opened = _perform(on_command, *ask(runtime, text="governance accept"))
    assert isinstance(opened, Open)
    fields = {block.get("block_id"): block for block in opened.view["blocks"]}
    assert len(fields["duty"]["element"]["options"]) == len(duties())
    assert opened.view["private_metadata"] == str(running_sprint)


def test_an_acceptance_is_kept_under_the_name_of_who_sent_it(runtime, running_sprint):
    given = {"form": filled("Deleted after 90 days"), "private": str(running_sprint)}
    _perform(submit_acceptance, *ask(runtime, **given))
    with runtime.reading(TEAM) as uow:
        row = uow.session.scalars(select(Acceptance)).one()
    assert (row.user_id, row.section, row.duty) == (ANA, "privacy", "retention")


def test_a_placeholder_comes_back_at_its_field(runtime, running_sprint):
    given = {"form": filled("TBD", "see wiki"), "private": str(running_sprint)}
    with pytest.raises(FormError) as refused:
        _perform(submit_acceptance, *ask(runtime, **given))
    assert set(refused.value.errors) == {"says", "proof"}
