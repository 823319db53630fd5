"""What dispatch does around every handler: the person, the delivery's receipt, the commit."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.db.models import AuditEntry, Person
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.sprints.people import require
from handlers.context import HandlerContext
from handlers.dispatch import perform, run
from handlers.request import AfterCommit, Done, Ephemeral, FormValues, Open, Request, Say
from handlers.transaction import Transaction
from tests.runtimes import ANA, TEAM


def noting(ctx, request):
    ctx.allow_own()
    ctx.uow.audit(None, request.user_id, "noted", "test")
    return Done()


def noted(runtime):
    with runtime.reading_sessions() as session:
        return session.scalar(select(func.count()).where(AuditEntry.action == "noted"))


@pytest.mark.parametrize("name", ["receipt", "signed"])
def test_a_delivery_that_comes_again_is_acted_on_once(ctx, runtime, name):
    request = Request(TEAM, ANA, **{name: "view:1"})
    assert [run(ctx, noting, request) for _ in range(2)] == [Done(), Done()]
    assert noted(runtime) == 1


def test_what_goes_on_after_its_commit_is_no_repeat_of_itself(runtime):
    request = Request(TEAM, ANA, receipt="view:2", signed="signature")
    with Transaction(runtime, request) as own:
        for step in ("noted", "told"):
            own.uow.audit(None, ANA, step, "test")
            own.commit()
    assert noted(runtime) == 1


def test_what_is_written_without_asking_for_a_permission_is_not_kept(ctx, runtime):
    def careless(ctx, request):
        ctx.uow.audit(None, request.user_id, "noted", "test")
        return Done()

    assert "error ID" in run(ctx, careless, Request(TEAM, ANA)).content["text"]
    assert noted(runtime) == 0


def test_a_permission_that_is_asked_for_is_enough(ctx, runtime):
    def careful(ctx, request):
        require(ctx.uow, request.user_id, Action.PLAN)
        ctx.uow.audit(None, request.user_id, "noted", "test")
        return Done()

    assert run(ctx, careful, Request(TEAM, ANA)) == Done()
    assert noted(runtime) == 1


def test_whoever_a_form_chooses_is_asked_about_before_it_is_judged(runtime):
    asked = []
    ctx = HandlerContext(runtime, look_up=lambda _team, user: asked.append(user))
    chosen = FormValues({"owner": {"owner": {"selected_user": "U_BOT"}}})
    run(ctx, lambda _ctx, _request: Done(), Request(TEAM, "U_NEW", form=chosen, receipt="view:1"))
    assert asked == ["U_NEW", "U_BOT"]


def test_what_a_handler_refuses_keeps_nothing_and_may_be_sent_again(ctx, runtime):
    def refusing(ctx, request):
        noting(ctx, request)
        raise InputError("No.")

    request = Request(TEAM, ANA, receipt="command:1")
    assert isinstance(run(ctx, refusing, request), Say)
    assert noted(runtime) == 0
    run(ctx, noting, request)
    assert noted(runtime) == 1


def test_whoever_changes_something_is_known_afterwards(ctx, runtime):
    run(ctx, noting, Request(TEAM, "U_NEW", "nia"))
    with runtime.reading(TEAM) as uow:
        assert uow.person("U_NEW").name == "nia"


def test_whoever_only_looks_is_not_written_down(ctx, runtime):
    run(ctx, lambda ctx, _request: Ephemeral(ctx.reading.name(ANA)), Request(TEAM, "U_NEW"))
    with runtime.reading_sessions() as session:
        assert session.scalar(select(Person.id).where(Person.user_id == "U_NEW")) is None


def test_an_answer_other_than_begun_takes_back_what_was_written(ctx, runtime):
    def turning(ctx, request):
        noting(ctx, request)
        ctx.undo()
        return Ephemeral("Which one?")

    run(ctx, turning, Request(TEAM, ANA, receipt="command:1"))
    assert noted(runtime) == 0
    run(ctx, noting, Request(TEAM, ANA, receipt="command:1"))
    assert noted(runtime) == 1


def test_reading_sees_what_the_same_request_wrote(ctx, runtime):
    def looking(ctx, request):
        noting(ctx, request)
        ctx.uow.session.flush()
        seen = ctx.reading.session.scalar(select(func.count()).select_from(AuditEntry))
        return Ephemeral(str(seen))

    assert run(ctx, looking, Request(TEAM, ANA)).content["text"] == "1"


def test_what_is_built_later_is_built_after_the_commit(ctx, runtime):
    def handler(ctx, request):
        noting(ctx, request)
        return AfterCommit(lambda: Open({"blocks": [], "count": noted(runtime)}))

    assert perform(ctx, handler, Request(TEAM, ANA)).view["count"] == 1
