"""What the app is sent has the shape of what Slack was recorded to send."""

from __future__ import annotations

import pytest

from tests.integration.playground.shape_judge import misfits, recorded
from tests.integration.playground.small_app import (
    actions,
    button,
    kinds_of,
    modal,
    plain,
    text_input,
)

NEVER_RECORDED = (".view.blocks is unknown", ".event.view.blocks is unknown")
"""Every view carries its blocks; the recordings left them out."""

SHAPES = {
    "/sprint": "SlashCommand",
    "block_actions": "BlockAction",
    "view_submission": "ViewSubmission",
    "view_closed": "ViewClosed",
    "message_action": "MessageShortcut",
    "app_home_opened": "AppHomeOpened",
    "member_joined_channel": "MemberJoinedChannel",
    "member_left_channel": "MemberLeftChannel",
    "channel_archive": "ChannelArchive",
    "channel_rename": "ChannelRename",
    "app_mention": "AppMention",
    "channel_join": "MessageChannelJoin",
}


def act_out_everything(app, workspace, ana, ben, channel):
    """Do each thing once that an app can be told of."""
    posted = app.client.chat_postMessage(
        channel=channel,
        text="Hi",
        blocks=[actions(button("pick"))],
        metadata={"event_type": "outbox", "event_payload": {"id": 1}},
    )
    ana.click(posted["ts"], "pick")
    home = ana.open_home()
    ana.click(home, "pick")
    ana.open_home(wait=0.05)
    ana.command("/sprint", "plan", channel=channel)
    view = ana.wait_for_modal()
    app.client.views_update(view_id=view.view_id, view=modal(notify_on_close=True))
    view.fill(name="push").submit()
    view.close()
    message = ben.post(channel, f"Hello @{workspace.manifest.bot_name}")
    ana.shortcut("log", message)
    cho = workspace.add_person("Cho")
    cho.join(channel)
    cho.leave(channel)
    app.client.conversations_rename(channel=channel, name="renamed")
    app.client.conversations_archive(channel=channel)


def test_every_payload_has_the_recorded_shape(app, workspace, ana, ben, channel):
    shapes = recorded("slack-shapes.json")["payloads"]
    act_out_everything(app, workspace, ana, ben, channel)
    app.wait_for("channel_rename")
    everything = [*app.bodies, *workspace.events_sent]  # Bolt hides what its own bot has done
    for kind, name in SHAPES.items():
        bodies = [body for body in everything if kind in kinds_of(body)]
        assert bodies, kind
        for body in bodies:
            judged = {**body, "is_enterprise_install": False}
            if "is_enterprise_install" not in shapes[name]:
                del judged["is_enterprise_install"]
            found = misfits(shapes[name], judged)
            assert [one for one in found if not one.endswith(NEVER_RECORDED)] == [], kind
    plain_messages = [one for one in app.of("message") if not one["event"].get("subtype")]
    for body in plain_messages:
        found = misfits(shapes["Message"], body)
        allowed = (".event.user is", ".event.app_id is unknown", "metadata.event_payload")
        assert [one for one in found if not any(part in one for part in allowed)] == []


@pytest.mark.parametrize(
    ("element", "given", "kept"),
    [
        ({"type": "plain_text_input"}, "x", {"value": "x"}),
        ({"type": "plain_text_input"}, None, {"value": None}),
        ({"type": "number_input", "is_decimal_allowed": True}, "2.5", {"value": "2.5"}),
        ({"type": "email_text_input"}, "a@b.co", {"value": "a@b.co"}),
        ({"type": "datepicker"}, "2026-03-01", {"selected_date": "2026-03-01"}),
        ({"type": "timepicker"}, "09:30", {"selected_time": "09:30"}),
        ({"type": "datetimepicker"}, 1772000000, {"selected_date_time": 1772000000}),
        ({"type": "users_select"}, "ana", {"selected_user": "ana"}),
        ({"type": "multi_users_select"}, ["ana"], {"selected_users": ["ana"]}),
        ({"type": "conversations_select"}, "C1", {"selected_conversation": "C1"}),
        ({"type": "channels_select"}, "C1", {"selected_channel": "C1"}),
    ],
)
def test_a_field_sends_what_was_filled_in(app, ana, element, given, kept):
    ana.command("/sprint", "plan")
    view = ana.wait_for_modal()
    block = text_input("field") | {"optional": True, "element": {**element, "action_id": "field"}}
    app.client.views_update(view_id=view.view_id, view=modal(callback_id="log", blocks=[block]))
    given = ana if given == "ana" else [ana] if given == ["ana"] else given
    kept = {
        key: ana.id if value == "ana" else [ana.id] if value == ["ana"] else value
        for key, value in kept.items()
    }
    assert view.fill(field=given).submit().ok
    state = app.wait_for("view_submission")["view"]["state"]["values"]
    assert state["field"]["field"] == {"type": element["type"], **kept}


OPTIONS = [{"text": plain(text), "value": text.lower()} for text in ("One", "Two", "Three")]


@pytest.mark.parametrize("kind", ["static_select", "radio_buttons"])
def test_one_option_is_chosen_by_its_value_or_its_text(app, ana, channel, kind):
    element = {"type": kind, "action_id": "pick", "options": OPTIONS, "initial_option": OPTIONS[0]}
    block = {"type": "actions", "block_id": "choice", "elements": [element]}
    ts = app.client.chat_postMessage(channel=channel, text="x", blocks=[block])["ts"]
    assert ana.choose(ts, "pick", "Two").ok
    body = app.wait_for("block_actions")
    assert body["actions"][0]["selected_option"]["value"] == "two"
    assert body["state"]["values"]["choice"]["pick"]["selected_option"]["value"] == "two"


@pytest.mark.parametrize("kind", ["checkboxes", "multi_static_select"])
def test_several_options_are_chosen_together(app, ana, channel, kind):
    element = {"type": kind, "action_id": "pick", "options": OPTIONS}
    accessory = {"type": "section", "block_id": "s", "text": plain("x"), "accessory": element}
    ts = app.client.chat_postMessage(channel=channel, text="x", blocks=[accessory])["ts"]
    ana.choose(ts, "pick", ["one", "Three"])
    chosen = app.wait_for("block_actions")["actions"][0]["selected_options"]
    assert [option["value"] for option in chosen] == ["one", "three"]


def test_an_overflow_menu_sends_its_choice_and_keeps_nothing(app, ana, channel):
    element = {"type": "overflow", "action_id": "pick", "options": OPTIONS}
    ts = app.client.chat_postMessage(channel=channel, text="x", blocks=[actions(element)])["ts"]
    ana.choose(ts, "pick", "three")
    body = app.wait_for("block_actions")
    assert body["actions"][0]["selected_option"]["value"] == "three"
    assert body["state"]["values"] == {}


def test_what_was_typed_beside_a_button_comes_with_its_click(app, ana, channel):
    blocks = [text_input("note"), actions(button("pick"))]
    ts = app.client.chat_postMessage(channel=channel, text="x", blocks=blocks)["ts"]
    ana.type_into(ts, "note", "remember this")
    ana.click(ts, "pick")
    state = app.wait_for("block_actions")["state"]["values"]
    assert state["note"]["text"]["value"] == "remember this"


def test_an_external_select_asks_the_app_for_its_options(app, ana, channel):
    element = {"type": "external_select", "action_id": "ask"}
    ts = app.client.chat_postMessage(channel=channel, text="x", blocks=[actions(element)])["ts"]
    assert ana.suggestions(ts, "ask", "tele") == [{"text": plain("tele!"), "value": "tele"}]


def test_a_field_that_dispatches_tells_the_app_at_once(app, ana):
    ana.command("/sprint", "plan")
    view = ana.wait_for_modal()
    block = text_input("name") | {"dispatch_action": True}
    block["element"]["action_id"] = "typed"
    app.client.views_update(view_id=view.view_id, view=modal(blocks=[block]))
    view.fill(name="Ana")
    body = app.wait_for("block_actions")
    assert body["actions"][0]["value"] == "Ana"
    assert body["view"]["state"]["values"]["name"]["typed"]["value"] == "Ana"


@pytest.mark.parametrize(
    ("element", "given", "said"),
    [
        ({"type": "plain_text_input", "min_length": 5}, "abc", "at least 5"),
        ({"type": "plain_text_input", "max_length": 2}, "abc", "at most 2"),
        ({"type": "number_input", "is_decimal_allowed": False}, "2.5", "a number"),
        (
            {"type": "number_input", "is_decimal_allowed": False, "max_value": "9"},
            "10",
            "9 or less",
        ),
        ({"type": "number_input", "is_decimal_allowed": False, "min_value": "3"}, "2", "3 or more"),
        ({"type": "email_text_input"}, "nobody", "email"),
        ({"type": "url_text_input"}, "nowhere", "URL"),
    ],
)
def test_the_client_refuses_what_the_app_need_not_see(workspace, client, ana, element, given, said):
    from playground.tickets import new_trigger

    block = text_input("field") | {"element": {**element, "action_id": "field"}}
    trigger = new_trigger(workspace, ana.id)
    client.views_open(trigger_id=trigger, view=modal(blocks=[block]))
    answer = ana.wait_for_modal().fill(field=given).submit()
    assert answer.error == "validation"
    assert said in answer.errors["field"]
