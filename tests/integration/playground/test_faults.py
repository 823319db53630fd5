"""Each fault is played by itself; rates, scopes, sockets and signatures hold as in Slack."""

from __future__ import annotations

import time

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.errors import InputError
from playground.manifest import Manifest
from playground.model import Mention
from playground.server import LocalSlack
from tests.integration.playground.small_app import actions, button


def texts(person, channel):
    return [message.text for message in person.messages(channel)]


def post(client, channel, text="once"):
    return client.chat_postMessage(channel=channel, text=text)


def test_a_played_rate_limit_says_how_long_to_wait(workspace, client, ana, channel):
    workspace.faults.play("ratelimited", "chat.postMessage", times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            post(client, channel)
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "1"
    assert post(client, channel)["ok"]
    assert texts(ana, channel) == ["once"]


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ("error_before", False),
        ("drop_before", False),
        ("error_after", True),
        ("drop_after", True),
        ("timeout_after", True),
    ],
)
def test_a_failed_call_was_accepted_or_not_as_the_fault_says(
    workspace, client, ana, channel, fault, arrived
):
    client.timeout = 1
    workspace.faults.hang = 1.5
    workspace.faults.play(fault, "chat.postMessage")
    with pytest.raises((SlackApiError, OSError)):
        post(client, channel)
    assert texts(ana, channel) == (["once"] if arrived else [])
    call = workspace.calls("chat.postMessage")[0]
    assert (call.fault, call.accepted) == (fault, arrived)
    assert post(client, channel, "again")["ok"]


def test_the_default_client_posts_twice_when_the_connection_breaks(slack, workspace, ana, channel):
    """The hazard the bot has to live with, shown to be real here too."""
    workspace.faults.play("drop_after", "chat.postMessage")
    post(WebClient(workspace.bot_token, base_url=slack.api_url), channel)
    assert texts(ana, channel) == ["once", "once"]


def test_latency_is_added_to_every_call(workspace, client):
    workspace.faults.latency = 0.2
    started = time.monotonic()
    client.auth_test()
    assert time.monotonic() - started >= 0.2


def test_a_random_schedule_is_the_same_for_the_same_seed(slack):
    def played(seed):
        faults = slack.add_workspace("Team").faults
        faults.play_at_random(seed, 0.3)
        return [faults.next_for("chat.postMessage") for _ in range(60)]

    assert played(7) == played(7) != played(8)
    assert set(played(7)) >= {None, "ratelimited"}


def test_a_fault_may_let_calls_pass_first_and_is_cleared(workspace):
    workspace.faults.play("error_after", "chat.update", skip=1)
    assert [workspace.faults.next_for("chat.update") for _ in range(3)] == [
        None,
        "error_after",
        None,
    ]
    workspace.faults.play("error_after", times=None)
    workspace.faults.clear()
    assert workspace.faults.next_for("chat.update") is None


def test_an_event_is_delivered_again_under_the_same_id(app, workspace, ana, channel):
    workspace.faults.redeliver_events = 2
    ana.post(channel, "Hello")
    with app.came:
        assert app.came.wait_for(lambda: len(app.of("message")) == 3, 3)
    assert len({body["event_id"] for body in app.of("message")}) == 1


def test_a_lost_acknowledgement_is_an_error_to_the_person(app, workspace, ana, channel):
    workspace.faults.lose_acks = 1
    assert ana.command("/sprint", "x", channel=channel).error == "operation_timeout"
    assert ana.command("/sprint", "x", channel=channel).ok


def test_a_dropped_or_refreshed_socket_is_reconnected(start_app, workspace, ana):
    start_app("socket")
    for interrupt in (workspace.hub.drop, workspace.hub.ask_to_reconnect):
        before = len(workspace.calls("apps.connections.open"))
        interrupt()
        workspace.wait_until(
            lambda known=before: len(workspace.calls("apps.connections.open")) > known, 10
        )
        workspace.hub.wait_for_connection(5)
        time.sleep(0.1)
        assert ana.command("/sprint", "still there").ok


def test_payloads_take_turns_between_connections(start_app, workspace, ana):
    first, second = start_app("socket"), start_app("socket")
    assert workspace.hub.connections == 2
    for _ in range(4):
        assert ana.command("/sprint", "x").ok
    assert len(first.of("/sprint")) == len(second.of("/sprint")) == 2


def test_a_request_signed_with_another_secret_is_not_taken(start_app, workspace, ana):
    start_app("http")
    workspace.signing_secret = "another"
    assert ana.command("/sprint", "x").error == "dispatch_failed"


def test_an_unacknowledged_event_is_sent_again_and_says_so(start_app, workspace, ana, channel):
    app = start_app("http")
    workspace.delivery.retry_after_seconds = (0.0, 0.1)
    address, workspace.request_url = workspace.request_url, "http://127.0.0.1:9"
    ana.post(channel, "Hello")
    time.sleep(0.05)
    workspace.request_url = address
    assert app.wait_for("message")["event"]["text"] == "Hello"


def test_rates_hold_when_they_are_enforced(workspace, client, channel):
    workspace.enforce_rates = True
    for _ in range(4):  # a short burst is allowed
        post(client, channel)
    with pytest.raises(SlackApiError) as refused:
        post(client, channel)
    assert refused.value.response["error"] == "ratelimited"
    assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 4
    for _ in range(20):
        client.conversations_setTopic(channel=channel, topic="x")
    with pytest.raises(SlackApiError, match="ratelimited"):
        client.conversations_setTopic(channel=channel, topic="x")


def test_a_scope_the_manifest_does_not_carry_is_missing(slack):
    manifest = Manifest(scopes=frozenset({"chat:write", "channels:manage", "users:read"}))
    workspace = slack.add_workspace("Least", manifest=manifest)
    client = WebClient(workspace.bot_token, base_url=slack.api_url)
    channel = client.conversations_create(name="open")["channel"]["id"]
    with pytest.raises(SlackApiError) as refused:
        client.pins_add(channel=channel, timestamp="1.1")
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "pins:write"
    assert refused.value.response["provided"] == "channels:manage,chat:write,users:read"
    with pytest.raises(SlackApiError, match="missing_scope"):
        client.conversations_create(name="closed", is_private=True)
    user = client.users_info(user=workspace.add_person("Ana").id)["user"]
    assert "email" not in user["profile"]


@pytest.mark.parametrize(
    ("message", "pings"),
    [
        ({"text": "<!channel> <@{ana}>"}, ["channel", "{ana}"]),
        ({"text": "&lt;!channel&gt; &lt;@{ana}&gt; @here"}, []),
        ({"text": "@here", "link_names": True}, ["here"]),
        (
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "<@{ana}>"}}]},
            ["{ana}"],
        ),
        ({"blocks": [{"type": "section", "text": {"type": "plain_text", "text": "<@{ana}>"}}]}, []),
        (
            {
                "blocks": [
                    {
                        "type": "rich_text",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [
                                    {"type": "text", "text": "<!everyone>"},
                                    {"type": "broadcast", "range": "here"},
                                ],
                            }
                        ],
                    }
                ]
            },
            ["here"],
        ),
    ],
)
def test_only_real_pings_are_recorded(client, ana, channel, message, pings):
    import json

    spoken = json.loads(json.dumps(message).replace("{ana}", ana.id))
    client.chat_postMessage(channel=channel, **{"text": "x", **spoken})
    found = {mention.target for mention in ana.messages(channel)[0].mentions}
    assert found == {ping.replace("{ana}", ana.id) for ping in pings}


def test_what_people_type_is_escaped_except_for_whom_they_mean(workspace, ana, ben, channel):
    message = ana.post(channel, "@Ben <!channel> & @nobody #sprint")
    sprint = workspace.channel("sprint").id
    assert message.text == f"<@{ben.id}> &lt;!channel&gt; &amp; @nobody <#{sprint}|sprint>"
    assert message.mentions == [Mention("user", ben.id)]


def test_a_person_sees_their_own_screen_and_nobody_elses(workspace, client, ana, ben, channel):
    cho = workspace.add_person("Cho", is_guest=True)
    secret = workspace.add_channel("secret", is_private=True, members=[ana.id])
    client.chat_postEphemeral(channel=channel, user=ana.id, text="Psst")
    client.chat_postMessage(channel=channel, text=f"<@{ben.id}>", blocks=[actions(button("b"))])

    def place(person, channel_id):
        screen = workspace.view_for(person.id)
        return next((one for one in screen["channels"] if one["id"] == channel_id), None)

    assert [one["text"] for one in place(ana, channel)["messages"]] == ["Psst", f"<@{ben.id}>"]
    assert (place(ben, channel)["unread"], place(ben, channel)["unread_mentions"]) == (1, 1)
    ben.mark_read(channel)
    assert place(ben, channel)["unread"] == 0
    assert place(ana, secret.id) is not None
    assert place(ben, secret.id) is None
    assert place(cho, channel) is None


def test_whoever_waits_or_subscribes_hears_of_a_change(workspace, client, ana, channel):
    heard = []
    stop = workspace.subscribe(heard.append)
    post(client, channel)
    assert workspace.wait_until(lambda: ana.messages(channel))[0].text == "once"
    assert heard == sorted(set(heard)) != []
    stop()
    count = len(heard)
    post(client, channel)
    assert len(heard) == count
    with pytest.raises(TimeoutError):
        workspace.wait_until(lambda: False, 0.05)


def test_should_escape_tells_a_command_whom_and_where_is_meant(slack):
    from playground.posting import link_names

    workspace = slack.add_workspace("Team")
    ana = workspace.add_person("Ana")
    linked = link_names(workspace, "security @Ana for #general @nobody", with_labels=True)
    general = workspace.general.id
    assert linked == f"security <@{ana.id}|ana> for <#{general}|general> @nobody"


def test_a_port_that_is_taken_is_refused_in_one_sentence():
    with LocalSlack() as slack:
        taken = int(slack.base_url.rsplit(":", 1)[1])
        with pytest.raises(InputError, match=f"Port {taken} can't be used"):
            LocalSlack(port=taken)
    with pytest.raises(InputError, match="Port 70000"):
        LocalSlack(port=70_000)
