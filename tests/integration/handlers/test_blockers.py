from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.blockers.queries import stops_of_sprint
from bot.db.models import Blocker, Note
from bot.messages import keys
from bot.records.queries import record_of
from bot.slack.action_ids import Act, ShortcutId, ViewId
from bot.sprints.snapshot import gather, moves_between, open_counts
from handlers.blockers import ACTIONS, COMMANDS, SHORTCUTS, VIEWS
from handlers.bolt_app import all_handlers
from handlers.dispatch import run
from handlers.request import Done, Errors, FormValues, Open, Redraw, Request, Say
from tests.runtimes import (
    ANA,
    BEN,
    CHANNEL,
    CHO,
    EVE,
    TEAM,
    add_sprint,
    advance,
    lines_below,
    trail,
)

SENTENCE = "Read access needs a form signed by two directors"


def type_in(ctx, text, user=ANA, channel=CHANNEL, receipt=None):
    request = Request(TEAM, user, "ana", channel, "trigger", text, receipt=receipt)
    return run(ctx, COMMANDS["/blocker"], request)


def press(ctx, act, value="1", user=ANA):
    request = Request(TEAM, user, "ana", CHANNEL, "trigger", action_id=act, value=value)
    return run(ctx, ACTIONS[act], request)


def submit(ctx, opened, user=ANA, receipt="view:1", **typed):
    values = {
        key: {key: {"selected_option": {"value": value}}}
        if key in ("kind", "severity", "remedy", "family", "sprint")
        else {key: {"value": value, "selected_user": value}}
        for key, value in typed.items()
    }
    view = dict(opened.view)
    request = Request(
        TEAM,
        user,
        "ana",
        form=FormValues(values),
        private=view["private_metadata"],
        view=view,
        receipt=receipt,
    )
    return run(ctx, VIEWS[ViewId.BLOCKER], request)


def submit_withdraw(ctx, view, user=ANA):
    shown = dict(view)
    request = Request(TEAM, user, private=shown["private_metadata"], view=shown, receipt="view:w")
    return run(ctx, VIEWS[ViewId.WITHDRAW_BLOCKER], request)


POSTED = "1700000000.000100"


def on_message(
    ctx, shortcut, text="The build <!channel> fails", user=ANA, channel=CHANNEL, ts=POSTED
):
    message = {"text": text, "ts": ts, "user": BEN}
    return run(ctx, SHORTCUTS[shortcut], Request(TEAM, user, "ana", channel, message=message))


def blockers(runtime):
    with runtime.reading(TEAM) as uow:
        return list(uow.session.scalars(select(Blocker).order_by(Blocker.id)))


def more(ctx, opened, user=ANA):
    """Press *More* of a form; its view comes back with every field."""
    view = dict(opened.view)
    request = Request(TEAM, user, "ana", private=view["private_metadata"], view=view)
    return run(ctx, all_handlers("ACTIONS")[Act.FORM_MORE], request)


def initial(view, block_id):
    [block] = [each for each in view["blocks"] if each.get("block_id") == block_id]
    element = block["element"]
    chosen = element.get("initial_option", {}).get("value")
    return element.get("initial_value") or chosen or element.get("initial_user")


def said(outcome):
    assert isinstance(outcome, Say), outcome
    return str(outcome.content)


def test_a_sentence_is_logged_at_once_and_its_entities_are_read(ctx, runtime, running_sprint):
    typed = "A &lt;b&gt; &amp; <@U2|ben> <https://x.test|the form> &amp;lt;"
    assert type_in(ctx, typed) == Done()
    assert blockers(runtime)[0].title == "A <b> & @ben the form &lt;"


def test_elsewhere_one_is_told_where_it_went(ctx, running_sprint):
    assert "Logged as blocker 1" in said(type_in(ctx, SENTENCE, channel="D9"))


def test_a_delivery_that_comes_twice_is_logged_once(ctx, runtime, running_sprint):
    for _ in range(2):
        type_in(ctx, SENTENCE, receipt="command:1")
    assert len(blockers(runtime)) == 1


def test_a_line_fills_the_card_with_what_it_says(ctx, runtime, running_sprint):
    type_in(ctx, "no GPU, infra needs 2-3 weeks, slows us down, owner: Ben")
    [blocker] = blockers(runtime)
    assert (blocker.lead_time, blocker.severity, blocker.owner_id) == ("2-3 weeks", "slows", BEN)
    assert blocker.waits_for != "owner"


def test_an_owner_who_is_mentioned_is_told_though_nobody_knew_them(ctx, runtime, running_sprint):
    type_in(ctx, "The form is missing, owner <@U777|zoe>, 2 weeks")
    [blocker] = blockers(runtime)
    assert (blocker.owner_id, blocker.waits_for) == ("U777", None)
    assert any("<@U777>" in line for line in lines_below(runtime, keys.blocker(running_sprint, 1)))


def test_a_message_opens_the_form_with_what_it_says(ctx, running_sprint):
    text = "Freigabe vom Datenschutz fehlt, dauert ca. 4 Wochen"
    view = on_message(ctx, ShortcutId.LOG_AS_BLOCKER, text).view
    assert "4 Wochen" in initial(view, "lead_time")
    assert initial(view, "waits_for") == "Datenschutz"


def test_a_quick_answer_says_how_long(ctx, runtime, running_sprint):
    type_in(ctx, SENTENCE)
    assert press(ctx, Act.BLOCKER_HOW_LONG, "1:weeks") == Done()
    assert blockers(runtime)[0].lead_time == "weeks"
    assert "already" in said(press(ctx, Act.BLOCKER_HOW_LONG, "1:days"))
    assert isinstance(press(ctx, Act.BLOCKER_HOW_LONG, "1:eons"), Say)


@pytest.mark.parametrize(
    ("word", "nearest"), [("lst", "list"), ("LISTS", "list"), ("hlep", "help")]
)
def test_a_mistyped_subcommand_is_not_logged(ctx, runtime, running_sprint, word, nearest):
    assert f"/blocker {nearest}" in said(type_in(ctx, word))
    assert blockers(runtime) == []


@pytest.mark.parametrize("text", ["!!", "x", "🙈"])
def test_too_few_words_are_refused_with_an_example(ctx, runtime, running_sprint, text):
    outcome = type_in(ctx, text)
    assert isinstance(outcome, (Say, Errors))
    assert "for example" in str(outcome)
    assert blockers(runtime) == []


def test_too_many_words_open_the_form_with_them(ctx, running_sprint):
    outcome = type_in(ctx, "access " * 100)
    assert isinstance(outcome, Open)
    assert len(initial(outcome.view, "title")) <= 300


@pytest.mark.parametrize("word", ["test", "Hallo!", "VPN", "GPU-quota"])
def test_a_single_word_opens_the_form_and_logs_nothing(ctx, runtime, running_sprint, word):
    outcome = type_in(ctx, word)
    assert isinstance(outcome, Open)
    assert initial(outcome.view, "title") == word
    assert blockers(runtime) == []


def test_the_form_logs_what_was_filled_in(ctx, runtime, running_sprint):
    opened = type_in(ctx, "")
    assert isinstance(opened, Open)
    assert initial(more(ctx, opened).view, "kind") == "auto"
    filled = {
        "title": SENTENCE,
        "kind": "decision_authority",
        "severity": "slows",
        "remedy": "governance",
        "lead_time": "2-6 weeks",
        "waits_for": "legal",
        "owner": BEN,
        "family": "auto",
    }
    assert submit(ctx, opened, **filled) == Done()
    [blocker] = blockers(runtime)
    assert (blocker.kind, blocker.severity, blocker.owner_id) == (
        "decision_authority",
        "slows",
        BEN,
    )
    assert (blocker.lead_time, blocker.waits_for, blocker.family) == ("2-6 weeks", "legal", None)


def test_a_fault_is_shown_at_its_field_and_the_form_stays_open(ctx, runtime, running_sprint):
    opened = type_in(ctx, "")
    outcome = submit(ctx, opened, title="..", kind="auto", severity="stops")
    assert isinstance(outcome, Errors)
    assert list(outcome.errors) == ["title"]
    outcome = submit(ctx, more(ctx, opened), title=SENTENCE, kind="bogus", severity="stops")
    assert isinstance(outcome, Errors)
    assert list(outcome.errors) == ["kind"]
    assert blockers(runtime) == []


def test_in_several_sprints_the_form_asks_which(ctx, runtime, running_sprint):
    other = add_sprint(runtime, title="Second", channel_id="C2")
    opened = type_in(ctx, SENTENCE, channel="D9")
    assert isinstance(opened, Open)
    assert initial(opened.view, "title") == SENTENCE
    assert initial(more(ctx, opened).view, "kind") == "approval_process"
    submit(ctx, opened, sprint=str(other), title=SENTENCE, kind="auto", severity="stops")
    assert blockers(runtime)[0].sprint_id == other


def test_without_a_sprint_the_next_step_is_named(ctx):
    assert "/sprint plan" in said(type_in(ctx, SENTENCE, channel="D9"))


def test_before_the_start_nothing_is_logged(ctx, runtime):
    add_sprint(runtime, status="planned", started_at=None, channel_id=None)
    assert "/sprint start" in said(type_in(ctx, SENTENCE, channel="D9"))


def test_the_list_tells_what_is_open_and_what_it_waits_for(ctx, runtime, running_sprint):
    assert "No open blockers" in said(type_in(ctx, "list"))
    type_in(ctx, SENTENCE)
    type_in(ctx, "The notebook server has 2 GB of memory")
    press(ctx, Act.BLOCKER_FIXED)
    shown = said(type_in(ctx, "list", user=EVE))
    assert "1 open blocker" in shown
    assert "notebook server" in shown
    assert SENTENCE not in shown


def test_help_shows_examples(ctx):
    assert "/blocker list" in said(type_in(ctx, "help"))


def test_the_second_to_resolve_is_told_who_did(ctx, runtime, running_sprint):
    type_in(ctx, SENTENCE)
    assert press(ctx, Act.BLOCKER_FIXED) == Done()
    advance(runtime, 1)
    shown = said(press(ctx, Act.BLOCKER_WORKED_AROUND, user=BEN))
    assert "Ana marked blocker 1 as fixed" in shown
    assert "<!date^" in shown
    assert "Reopen" in said(press(ctx, Act.BLOCKER_STILL, user=BEN))


def test_reopen_and_still_answer_a_second_press(ctx, running_sprint):
    type_in(ctx, SENTENCE)
    assert "open already" in said(press(ctx, Act.BLOCKER_REOPEN))
    assert press(ctx, Act.BLOCKER_STILL) == Done()
    assert "Noted" in said(press(ctx, Act.BLOCKER_STILL))


@pytest.mark.parametrize("value", ["", "x", "99", "1:2:3x", "9" * 30])
@pytest.mark.parametrize("act", [act for act in ACTIONS if act != Act.BLOCKER_OPEN_FORM])
def test_a_button_of_another_time_is_answered(ctx, running_sprint, act, value):
    assert isinstance(press(ctx, act, value=value), Say)


def states(runtime):
    return [blocker.state for blocker in blockers(runtime)]


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("resolve 1", "fixed"),
        ("done 1", "fixed"),
        ("Close #1.", "fixed"),
        ("fixed blocker 1", "fixed"),
        ("resolve 1, the form came", "fixed"),
        ("done 1 please", "fixed"),
        ("done with 1", "fixed"),
        ("done1", "fixed"),
        ("1 done", "fixed"),
        ("Blocker 1 is resolved!", "fixed"),
        ("workaround 1", "worked_around"),
        ("still 1", "open"),
        ("edit 1", "open"),
        ("withdraw 1", "open"),
        ("reopen 1", "open"),
    ],
)
def test_a_command_with_a_number_is_for_that_blocker(ctx, runtime, running_sprint, typed, state):
    type_in(ctx, SENTENCE)
    assert isinstance(type_in(ctx, typed), (Say, Open))
    assert states(runtime) == [state]


@pytest.mark.parametrize("typed", ["1", "blocker 1", "show #1"])
def test_a_number_alone_shows_that_blocker(ctx, runtime, running_sprint, typed):
    type_in(ctx, SENTENCE)
    assert f"*Blocker 1* · {SENTENCE}" in said(type_in(ctx, typed))
    assert states(runtime) == ["open"]


def test_a_resolved_blocker_is_reopened_by_its_number(ctx, runtime, running_sprint):
    type_in(ctx, SENTENCE)
    assert "Blocker 1 is resolved" in said(type_in(ctx, "resolve 1"))
    assert "Blocker 1 is open again" in said(type_in(ctx, "reopen 1", user=BEN))
    assert states(runtime) == ["open"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("resolve 3", "has no blocker 3. Its blockers are 1 to 2"),
        ("edit 0", "has no blocker 0"),
        ("3", "has no blocker 3. Its blockers are 1 to 2"),
        ("done 99999999", "has no blocker 99999999"),
        ("close", "Which one?"),
        ("withdraw", "/blocker withdraw 2"),
        ("resolve 1 and 2", "One blocker at a time"),
        ("resolve 1, 2", "One blocker at a time"),
        ("resolv", "/blocker resolve"),
        ("reslove 2", "Did you mean `/blocker resolve 2`?"),
        ("#2 resolvd", "Did you mean `/blocker resolve 2`?"),
        ("withdrw blocker 1", "Did you mean `/blocker withdraw 1`?"),
    ],
)
def test_a_command_without_its_blocker_changes_nothing(ctx, runtime, running_sprint, typed, told):
    type_in(ctx, SENTENCE)
    type_in(ctx, "The notebook server has 2 GB of memory")
    assert told in said(type_in(ctx, typed))
    assert states(runtime) == ["open", "open"]


def test_in_a_sprint_without_blockers_a_number_is_refused(ctx, runtime, running_sprint):
    assert "Nothing has been logged yet" in said(type_in(ctx, "resolve 1"))
    assert blockers(runtime) == []


@pytest.mark.parametrize(
    "typed",
    [
        "Fix 3 broken joins first",
        "Close 2 firewall ports",
        "open 1.5 GB limit",
        "done 2 weeks late",
        "2 done deals are lost",
        "Oracle 19",
        "Port 443",
    ],
)
def test_a_sentence_that_begins_like_a_command_is_logged(ctx, runtime, running_sprint, typed):
    type_in(ctx, typed)
    assert [blocker.title for blocker in blockers(runtime)] == [typed]


def test_a_blocker_logged_by_mistake_is_withdrawn_after_a_question(ctx, runtime, running_sprint):
    type_in(ctx, SENTENCE)
    asked = type_in(ctx, "withdraw 1")
    assert isinstance(asked, Open)
    assert states(runtime) == ["open"]
    assert submit_withdraw(ctx, asked.view) == Done()
    assert states(runtime) == ["withdrawn"]
    assert "withdrawn" in said(type_in(ctx, "withdraw 1"))
    assert "withdrawn" in said(type_in(ctx, "resolve 1"))


def test_the_form_withdraws_for_the_one_who_logged_it_and_the_lead(ctx, runtime, running_sprint):
    type_in(ctx, SENTENCE, user=BEN)
    assert Act.BLOCKER_WITHDRAW in str(press(ctx, Act.BLOCKER_EDIT, user=BEN).view)
    assert Act.BLOCKER_WITHDRAW in str(press(ctx, Act.BLOCKER_EDIT, user=ANA).view)
    assert Act.BLOCKER_WITHDRAW not in str(press(ctx, Act.BLOCKER_EDIT, user=CHO).view)
    assert "can withdraw" in said(press(ctx, Act.BLOCKER_WITHDRAW, user=CHO))
    form = dict(press(ctx, Act.BLOCKER_EDIT, user=BEN).view)
    pressed = Request(TEAM, BEN, action_id=Act.BLOCKER_WITHDRAW, value="1", view=form)
    assert isinstance(run(ctx, ACTIONS[Act.BLOCKER_WITHDRAW], pressed), Redraw)


def test_a_withdrawn_blocker_is_in_the_audit_trail_and_nowhere_else(ctx, runtime, running_sprint):
    type_in(ctx, SENTENCE)
    type_in(ctx, SENTENCE)
    press(ctx, Act.CAUSE_JOIN, f"{running_sprint}:blocker-1:blocker-2")
    advance(runtime, 3)
    submit_withdraw(ctx, type_in(ctx, "withdraw 1").view)
    with runtime.reading(TEAM) as uow:
        sprint = uow.sprint(running_sprint)
        record = record_of(uow, sprint)
        assert [blocker.id for blocker in record.blockers] == ["blocker-2"]
        assert record.links == ()
        assert open_counts(uow, sprint) == (1, 0)
        assert [blocker.number for blocker in gather(uow, sprint).blockers] == [2]
        moves = moves_between(uow, sprint, sprint.started_at, uow.now)
        assert [row for *move, row in moves if move == ["blocker", "logged"]] == [2]
        assert sum(stop.end - stop.start for stop in stops_of_sprint(uow, sprint)) == 3
    actions = [entry.action for entry in trail(runtime, "blocker") if entry.subject_id == 1]
    assert actions == ["logged", "withdrawn"]


def test_a_withdrawn_blocker_that_is_reopened_never_counted_as_resolved(
    ctx, runtime, running_sprint
):
    type_in(ctx, SENTENCE)
    submit_withdraw(ctx, type_in(ctx, "withdraw 1").view)
    type_in(ctx, "reopen 1")
    with runtime.reading(TEAM) as uow:
        [blocker] = record_of(uow, uow.sprint(running_sprint)).blockers
    assert blocker.history == ()


def test_a_message_of_a_withdrawn_blocker_can_be_logged_again(ctx, runtime, running_sprint):
    opened = on_message(ctx, ShortcutId.LOG_AS_BLOCKER)
    submit(ctx, opened, title="The build fails", kind="auto", severity="stops")
    submit_withdraw(ctx, type_in(ctx, "withdraw 1").view)
    assert isinstance(on_message(ctx, ShortcutId.LOG_AS_BLOCKER, user=BEN), Open)


def test_edit_opens_with_what_is_known_and_saves(ctx, runtime, running_sprint):
    type_in(ctx, SENTENCE)
    opened = press(ctx, Act.BLOCKER_EDIT)
    assert isinstance(opened, Open)
    assert initial(opened.view, "title") == SENTENCE
    submit(ctx, opened, title="Two signatures", kind="approval_process", severity="slows")
    [blocker] = blockers(runtime)
    assert (blocker.title, blocker.severity) == ("Two signatures", "slows")
    assert isinstance(press(ctx, Act.BLOCKER_EDIT, user=EVE), Say)


def test_a_message_becomes_a_blocker_with_its_link_once(ctx, runtime, running_sprint):
    opened = on_message(ctx, ShortcutId.LOG_AS_BLOCKER)
    assert isinstance(opened, Open)
    assert initial(opened.view, "title") == "The build @channel fails"
    submit(ctx, opened, title="The build fails", kind="auto", severity="stops")
    assert blockers(runtime)[0].permalink.endswith("/C1/p1700000000000100")
    assert "blocker 1" in said(on_message(ctx, ShortcutId.LOG_AS_BLOCKER, user=BEN))


@pytest.mark.parametrize("shortcut", [ShortcutId.LOG_AS_BLOCKER, ShortcutId.KEEP_FOR_DEBRIEF])
@pytest.mark.parametrize("ts", ["", None, "../1.2", "é" * 30_000])
def test_a_message_that_nothing_names_is_neither_logged_nor_kept(
    ctx, runtime, running_sprint, shortcut, ts
):
    assert "which message" in said(on_message(ctx, shortcut, ts=ts))
    with runtime.reading(TEAM) as uow:
        assert uow.session.scalars(select(Note)).all() == []


def test_a_message_is_kept_for_the_debrief_once(ctx, runtime, running_sprint):
    assert "Kept" in said(on_message(ctx, ShortcutId.KEEP_FOR_DEBRIEF))
    assert "Ana kept" in said(on_message(ctx, ShortcutId.KEEP_FOR_DEBRIEF, user=BEN))
    assert "no words" in said(on_message(ctx, ShortcutId.KEEP_FOR_DEBRIEF, text=""))
    with runtime.reading(TEAM) as uow:
        [note] = uow.session.scalars(select(Note))
    assert (note.text, note.said_by, note.kept_by) == ("The build @channel fails", BEN, ANA)
