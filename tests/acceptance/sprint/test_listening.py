"""People answer prompts in words, react, and are offered to log what they say in passing."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.db.listening_models import CaptureOffer, PromptReply
from bot.db.models import Blocker, Note, Sprint
from bot.records.queries import record_of
from tests.stage import buttons_of, key_of, open_stage, shown, words_of

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("listening")
    with open_stage(folder) as stage:
        stage.start()
        stage.go(2)
        yield stage


def prompt(stage, hour):
    return stage.keyed(f":prompt:{hour}")


def eventually(stage, look, seconds=8.0):
    """Return what `look` finds, once it finds something; else what it found last."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        stage.settle()
        if found := look():
            return found
        time.sleep(0.03)
    return look()


def stored(stage, model):
    runtime = stage.bot.core.runtime
    with runtime.reading(stage.workspace.team_id) as uow:
        return list(uow.session.scalars(select(model)))


def quiet(stage):
    """Let everything that is under way arrive."""
    time.sleep(0.3)
    stage.settle()


def log(stage, words):
    stage.command("Ana", "/blocker", words, stage.channel)
    return next(m for m in reversed(stage.posts(stage.channel)) if words in m.text + shown(m))


def last_event(stage, kind):
    return next(e for e in reversed(stage.workspace.events_sent) if e["event"]["type"] == kind)


def test_a_reply_in_the_thread_answers_the_prompt(running):
    ben = running["Ben"]
    said = ben.post(running.channel, "Credentials work since 10:40", thread=prompt(running, 2))
    assert eventually(running, lambda: "Credentials work" in shown(prompt(running, 2)))
    running.workspace.messenger.enqueue(last_event(running, "message"))
    quiet(running)
    assert len([r for r in stored(running, PromptReply) if r.ts == said.ts]) == 1
    ben.edit(said, "Credentials fail since 10:40")
    assert eventually(running, lambda: "Credentials fail" in shown(prompt(running, 2)))
    ben.delete(said)
    assert eventually(running, lambda: "Credentials" not in shown(prompt(running, 2)))
    assert [r for r in stored(running, PromptReply) if r.ts == said.ts] == []


def test_a_reply_that_is_quicker_than_the_bots_own_note_of_its_prompt_counts(tmp_path):
    with open_stage(tmp_path) as stage:
        stage.start()
        stage.settle()
        stage.workspace.faults.play("drop_after", "chat.postMessage")
        hour = threading.Thread(target=stage.go, args=(1,))
        hour.start()
        until = time.monotonic() + 8
        while not stage.has(":prompt:1") and time.monotonic() < until:
            time.sleep(0.01)
        said = stage["Ben"].post(stage.channel, "Half of it came", thread=prompt(stage, 1))
        hour.join()
        assert eventually(stage, lambda: "Half of it came" in shown(prompt(stage, 1)))
        assert [row.ts for row in stored(stage, PromptReply)] == [said.ts]


def test_the_button_opens_one_field_and_its_answer_replaces_the_earlier_one(running):
    for words in ("Three teams must say yes", "Two teams must say yes"):
        running["Cho"].click(prompt(running, 2), "prompt.answer")
        form = running.modal("Cho")
        assert [block["type"] for block in form.blocks] == ["input"]
        assert "do the credentials work?" in words_of(form.blocks)
        running.press(running["Cho"], form.fill(answer=words).submit)
    card = shown(prompt(running, 2))
    assert "Two teams must say yes" in card
    assert "Three teams" not in card


def test_the_named_person_is_pinged_once_and_nobody_else(running):
    asked = prompt(running, 2)
    assert [m.target for m in asked.mentions] == [running["Ben"].id]
    assert [m.target for m in prompt(running, 1).mentions] == []


def test_a_late_answer_counts_and_the_folded_line_keeps_question_and_answer(running):
    late = prompt(running, 1)
    running["Dee"].post(running.channel, "The warehouse team, they said Monday", thread=late)
    folded = eventually(running, lambda: "they said Monday" in shown(late) and shown(late))
    assert "Who did you ask for access" in folded
    assert "*Hour 1*" in folded
    assert buttons_of(late) == ["prompt.answer"]


def test_talk_of_others_and_questions_to_the_bot_answer_nothing(running):
    before = len(stored(running, PromptReply))
    running["Eve"].join(running.channel)
    running["Eve"].post(running.channel, "I can help", thread=prompt(running, 2))
    running["Ana"].post(running.channel, ":tada:", thread=prompt(running, 2))
    running["Ana"].post(running.channel, "@hour48 what blocks us?", thread=prompt(running, 2))
    quiet(running)
    assert len(stored(running, PromptReply)) == before
    running["Ana"].post(
        running.channel, "@hour48 Paula reset my password at nine", thread=prompt(running, 2)
    )
    assert eventually(running, lambda: "Paula reset my password" in shown(prompt(running, 2)))


def test_answers_reach_the_record_the_gate_and_the_digest(running):
    for who, hour, words in (
        ("Cho", 2, "Two directors must agree"),
        ("Dee", 1, "Ask again Monday"),
    ):
        asked = prompt(running, hour)
        running[who].post(running.channel, words, thread=asked)
        assert eventually(running, lambda p=asked, w=words: w in shown(p))
    runtime = running.bot.core.runtime
    with runtime.reading(running.workspace.team_id) as uow:
        record = record_of(uow, uow.session.get_one(Sprint, 1))
    said = {(a.hour, a.text, a.by) for a in record.answers}
    assert (2.0, "Two directors must agree", "Cho") in said
    assert all(a.permalink for a in record.answers)
    running.go(7)
    assert "Two directors must agree" in shown(running.keyed("gate:data"))
    digests = [shown(m) for m in running.posts(running.channel) if ":digest:" in key_of(m)]
    assert any("Ask again Monday" in digest for digest in digests)


def test_a_construction_sign_logs_a_message_once_and_can_be_taken_back(running):
    ben = running["Ben"]
    said = running["Dee"].post(running.channel, "SAP export needs the basis team, 3 weeks")
    ben.react(said, "construction")

    def found():
        return [b for b in stored(running, Blocker) if "SAP export" in b.title]

    [blocker] = eventually(running, found)
    assert (blocker.state, blocker.raised_by) == ("open", ben.id)
    key = f":blocker:{blocker.number}"
    assert eventually(running, lambda: any(key_of(m).endswith(key) for m in running.posts()))
    card = shown(running.keyed(key))
    assert "Logged by Ben" in card, "Dee wrote it: nobody says that Ben raised it"
    assert blocker.lead_time == "3 weeks"
    assert "basis team" in blocker.waits_for
    running.workspace.messenger.enqueue(last_event(running, "reaction_added"))
    quiet(running)
    assert len(found()) == 1
    assert "within five minutes" in shown(ben.ephemerals()[-1])
    ben.unreact(said, "construction")
    assert eventually(running, lambda: found()[0].state == "withdrawn")
    ben.react(said, "construction")
    assert eventually(running, lambda: found()[0].state == "open")
    assert len(found()) == 1


def test_a_second_construction_sign_names_the_blocker_that_is_there(running):
    said = running["Dee"].post(running.channel, "No licence for the connector")
    running["Ben"].react(said, "construction")
    eventually(running, lambda: [b for b in stored(running, Blocker) if "licence" in b.title])
    running["Ana"].react(said, "construction")
    told = eventually(
        running, lambda: [m for m in running["Ana"].ephemerals() if "logged that" in shown(m)]
    )
    assert "Ben logged that already" in shown(told[-1])


def test_a_removal_delivered_before_its_reaction_wins(running):
    said = running["Dee"].post(running.channel, "Firewall blocks port 5432")
    with running.workspace.lock:
        sent = len(running.workspace.events_sent)
    hold = running.workspace.messenger.enqueue
    running.workspace.messenger.enqueue = lambda envelope: None
    running["Ben"].react(said, "construction")
    running.clock.advance(timedelta(seconds=2))
    running["Ben"].unreact(said, "construction")
    running.workspace.messenger.enqueue = hold
    added, removed = running.workspace.events_sent[sent:]
    hold(removed)
    quiet(running)
    hold(added)
    quiet(running)
    assert not [b for b in stored(running, Blocker) if "Firewall" in b.title]


def test_a_pushpin_keeps_a_message_for_the_debrief_until_it_is_taken_away(running):
    said = running["Dee"].post(running.channel, "Finance only trusts the ERP totals")
    running["Ana"].react(said, "pushpin")
    [note] = eventually(running, lambda: stored(running, Note))
    assert (note.text, note.said_by) == ("Finance only trusts the ERP totals", running["Dee"].id)
    running["Ana"].unreact(said, "pushpin")
    assert eventually(running, lambda: not stored(running, Note))


def test_a_reply_in_a_thread_can_be_kept_too(running):
    root = running["Ana"].post(running.channel, "Notes from the call")
    said = running["Dee"].post(running.channel, "Marketing owns the churn list", thread=root)
    running["Ana"].react(said, "pushpin")
    [note] = eventually(running, lambda: stored(running, Note))
    assert note.text == "Marketing owns the churn list"


def test_a_check_mark_resolves_the_blocker_of_a_card_and_not_after_five_minutes(running):
    card = log(running, "The queue has no consumer")
    number = int(key_of(card).rsplit(":", 1)[1])

    def state():
        return next(b.state for b in stored(running, Blocker) if b.number == number)

    running["Ben"].react(card, "white_check_mark")
    assert eventually(running, lambda: state() == "fixed")
    running["Ben"].unreact(card, "white_check_mark")
    assert eventually(running, lambda: state() == "open")
    running["Ben"].react(card, "white_check_mark")
    assert eventually(running, lambda: state() == "fixed")
    running.go(0.2)
    known = len(running["Ben"].ephemerals())
    running["Ben"].unreact(card, "white_check_mark")
    eventually(running, lambda: len(running["Ben"].ephemerals()) > known)
    assert "More than five minutes" in shown(running["Ben"].ephemerals()[-1])
    assert state() == "fixed"


def test_a_check_mark_resolves_the_blocker_that_a_message_was_logged_as(running):
    said = running["Dee"].post(running.channel, "The warehouse VPN drops every hour")
    running["Ben"].react(said, "construction")
    eventually(running, lambda: [b for b in stored(running, Blocker) if "VPN drops" in b.title])
    running["Dee"].react(said, "white_check_mark")
    eventually(
        running,
        lambda: [
            b for b in stored(running, Blocker) if "VPN drops" in b.title and b.state == "fixed"
        ],
    )


def test_a_check_mark_on_another_message_of_the_bot_says_where_it_works(running):
    known = len(running["Dee"].ephemerals())
    running["Dee"].react(running.keyed("sprint:1:card"), "white_check_mark")
    eventually(running, lambda: len(running["Dee"].ephemerals()) > known)
    assert "resolves a blocker on its card" in shown(running["Dee"].ephemerals()[-1])


def test_other_reactions_and_other_channels_do_nothing(running):
    known = len(stored(running, Blocker)), len(stored(running, Note))
    said = running["Dee"].post(running.channel, "The build fails on every machine")
    running["Ben"].react(said, "eyes")
    running["Ben"].react(said, "white_check_mark")
    elsewhere = running.workspace.general
    running["Ben"].invite(elsewhere, running.workspace.bot_user_id)
    other = running["Ben"].post(elsewhere, "The lift is stuck again, 3 weeks")
    running["Ben"].react(other, "construction")
    quiet(running)
    assert (len(stored(running, Blocker)), len(stored(running, Note))) == known


SECRET = "We are stuck: the zebrafinch gateway refuses our token until IT approves it"


def whole_database(stage):
    with stage.bot.core.engine.connect() as connection:
        names = connection.execute(
            text("select name from sqlite_master where type = 'table'")
        ).scalars()
        return "\n".join(
            str(row)
            for name in names
            for row in connection.execute(text(f'select * from "{name}"'))
        )


def test_quiet_capture_is_off_until_it_is_announced_and_stores_nothing(running):
    dee = running["Dee"]
    dee.post(running.channel, SECRET)
    quiet(running)
    assert not [m for m in dee.ephemerals() if "capture.log" in buttons_of(m)]
    assert "is on" in running.command("Ana", "/sprint", "capture on", running.channel)
    assert any("switched on quiet capture" in shown(m) for m in running.posts(running.channel))

    def offers():
        return [m for m in dee.ephemerals() if "capture.log" in buttons_of(m)]

    dee.post(running.channel, SECRET)
    [offer] = eventually(running, offers)
    dee.post(running.channel, SECRET)
    dee.post(running.channel, "Lunch at one?")
    quiet(running)
    assert len(offers()) == 1
    assert len(stored(running, CaptureOffer)) == 1
    assert "zebrafinch" not in whole_database(running)
    assert not [m for m in running["Ben"].ephemerals() if "capture.log" in buttons_of(m)]
    running.click("Dee", offer, "capture.log")
    logged = [b for b in stored(running, Blocker) if "zebrafinch" in b.title]
    assert [b.raised_by for b in logged] == [dee.id]
    assert offers() == []
    running.go(1.1)
    dee.post(running.channel, SECRET.replace("zebrafinch", "heron"))
    [offer] = eventually(running, offers)
    running.click("Dee", offer, "capture.no")
    assert offers() == []
    assert "heron" not in whole_database(running)
    running.command("Ana", "/sprint", "capture off", running.channel)
    running.go(1.1)
    dee.post(running.channel, SECRET.replace("zebrafinch", "stork"))
    quiet(running)
    assert offers() == []


def test_the_messages_tab_suggests_what_fits_and_the_viewed_channel_is_meant(running):
    dee = running["Dee"]
    channel = dee.open_messages()
    suggested = eventually(running, lambda: running.workspace.suggested.get(channel.id))
    assert suggested["title"] == "Churn pilot"
    assert suggested["prompts"][0]["title"] == "What blocks us?"
    eve = running["Eve"]
    eve.look_at(running.channel)
    asked = eve.post(None, "which hour is it?")
    told = eventually(running, lambda: eve.thread(asked))
    assert "of 48" in shown(told[0])
