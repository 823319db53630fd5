"""A real Bolt app over both transports cannot tell the local Slack from the real one."""

from __future__ import annotations

import pytest

from playground.errors import NotOnScreenError
from tests.integration.playground.small_app import actions, button


def test_a_command_is_acknowledged_with_a_text_only_its_author_sees(app, ana, ben, channel):
    answer = ana.command("/sprint", "hello", channel=channel)
    assert answer.ok
    assert [message.text for message in ana.ephemerals(channel)] == ["You said: hello"]
    assert ben.ephemerals() == []
    assert ana.messages(channel) == []


def test_a_command_can_be_answered_aloud(app, ana, ben, channel):
    ana.command("/sprint", "aloud", channel=channel)
    assert [message.text for message in ben.messages(channel)] == ["All can hear."]


def test_a_modal_is_filled_refused_corrected_and_closed(app, ana, channel):
    ana.command("/sprint", "plan", channel=channel)
    modal = ana.wait_for_modal()
    assert modal.title == "Plan"
    refused_here = modal.submit()
    assert refused_here.errors == {"name": "Please complete this required field."}
    assert app.of("view_submission") == []
    refused_by_app = modal.fill(name="bad").submit()
    assert refused_by_app.errors == modal.errors == {"name": "Not that."}
    assert modal.is_open
    assert modal.fill(name="good").submit().ok
    assert ana.modal is None
    state = app.of("view_submission")[-1]["view"]["state"]["values"]
    assert state["name"]["text"] == {"type": "plain_text_input", "value": "good"}
    assert state["why"]["text"]["value"] == "because", "an untouched field keeps what it began with"


@pytest.mark.parametrize(
    ("name", "titles"),
    [("update", ["Changed"]), ("push", ["Plan", "Next"]), ("clear", [])],
)
def test_a_submission_may_change_the_stack_of_modals(app, ana, name, titles):
    ana.command("/sprint", "plan")
    ana.wait_for_modal().fill(name=name).submit()
    assert [modal.title for modal in ana.modals] == titles


def test_errors_for_a_block_that_is_not_there_are_told_as_such(app, ana):
    ana.command("/sprint", "plan")
    answer = ana.wait_for_modal().fill(name="astray").submit()
    assert "nowhere" in (answer.error or "")


def test_a_button_replaces_its_message_through_the_response_url(app, workspace, ana, channel):
    posted = app.client.chat_postMessage(
        channel=channel, text="Hi", blocks=[actions(button("press"))]
    )
    assert ana.click(posted["ts"], "press").ok
    workspace.wait_until(lambda: ana.messages(channel)[0].text == "Pressed.")
    assert ana.messages(channel)[0].blocks == []


def test_a_button_removes_its_message_through_the_response_url(app, workspace, ana, channel):
    app.client.chat_postEphemeral(
        channel=channel, user=ana.id, text="Hi", blocks=[actions(button("remove"))]
    )
    assert ana.click(ana.ephemerals(channel)[0], "remove").ok
    workspace.wait_until(lambda: not ana.ephemerals(channel))


def test_a_button_that_is_not_there_cannot_be_pressed(app, ana, channel):
    posted = app.client.chat_postMessage(
        channel=channel, text="Hi", blocks=[actions(button("press"))]
    )
    with pytest.raises(NotOnScreenError, match="there is: press"):
        ana.click(posted["ts"], "missing")


def test_a_message_shortcut_brings_the_message(app, ana, ben, channel):
    message = ben.post(channel, "The replica is <locked>")
    assert ana.shortcut("log", message).ok
    assert ana.wait_for_modal().view.private_metadata == "The replica is &lt;locked&gt;"


def test_a_global_shortcut_opens_a_modal(app, ana):
    assert ana.global_shortcut("everywhere").ok
    assert ana.wait_for_modal().title == "Everywhere"


def test_the_home_tab_is_published_and_pressed(app, ana):
    home = ana.open_home()
    assert home is not None
    assert ana.click(home, "pick").ok
    assert app.wait_for("block_actions")["container"] == {"type": "view", "view_id": home.id}


def test_a_response_url_answers_five_times_and_no_more(app, workspace, ana, channel):
    ana.command("/sprint", "respond", channel=channel)
    workspace.wait_until(lambda: len(workspace.calls("response_url")) == 6)
    assert [message.text for message in ana.ephemerals(channel)] == [
        f"Answer {number}" for number in range(5)
    ]
    assert workspace.calls("response_url")[5].answer["error"] == "used_url"


def test_a_pressed_button_in_a_modal_lays_another_on_top(app, workspace, ana):
    from tests.integration.playground.small_app import modal

    ana.command("/sprint", "plan")
    first = ana.wait_for_modal()
    view = modal(blocks=[actions(button("deeper"))])
    app.client.views_update(view_id=first.view_id, view=view)
    assert first.click("deeper").ok
    workspace.wait_until(lambda: len(ana.modals) == 2)
    body = app.wait_for("block_actions")
    assert ana.modal.view.root_view_id == ana.modal.view.previous_view_id == first.view_id
    assert body["view"]["hash"]


def test_what_people_write_and_who_comes_and_goes_is_told_as_events(app, workspace, ana, channel):
    cho = workspace.add_person("Cho")
    ana.post(channel, "Hello")
    cho.join(channel)
    cho.leave(channel)
    assert app.wait_for("message")["event"]["text"] == "Hello"
    assert app.wait_for("member_joined_channel")["event"]["user"] == cho.id
    assert app.wait_for("member_left_channel")["event"]["channel"] == channel


def test_an_app_that_is_late_leaves_the_person_with_an_error(app, workspace, ana, channel):
    workspace.delivery.ack_seconds = 0.2
    answer = ana.command("/sprint", "slow", channel=channel)
    assert (answer.ok, answer.error) == (False, "operation_timeout")
    assert "operation_timeout" in ana.ephemerals(channel)[0].text


def test_an_app_that_is_gone_leaves_the_person_with_an_error(app, workspace, ana, channel):
    app.stop()
    workspace.hub.drop()
    answer = ana.command("/sprint", "hello", channel=channel)
    assert (answer.ok, answer.error) == (False, "dispatch_failed")
    app.stop = lambda: None
