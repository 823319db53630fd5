"""Every Web API method answers in the shape the real one was recorded in."""

from __future__ import annotations

import json

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.methods.registry import METHODS, table
from playground.tickets import new_trigger
from tests.integration.playground.shape_judge import misfits, recorded
from tests.integration.playground.small_app import actions, button, modal

ESSENTIAL = {
    "auth.test": "url team user team_id user_id bot_id is_enterprise_install",
    "apps.connections.open": "url",
    "bots.info": "bot.id bot.deleted bot.name bot.updated bot.app_id bot.user_id bot.icons",
    "bookmarks.add": "bookmark.id bookmark.channel_id bookmark.title bookmark.link bookmark.type",
    "chat.postMessage": "channel ts message.bot_id message.type message.text message.user"
    " message.ts message.team message.bot_profile message.app_id message.blocks message.metadata",
    "chat.update": "channel ts text message.edited message.bot_id message.text message.metadata",
    "chat.postEphemeral": "message_ts",
    "chat.getPermalink": "permalink channel",
    "conversations.create": "channel.id channel.name channel.is_channel channel.is_member"
    " channel.is_private channel.topic channel.purpose channel.name_normalized channel.creator",
    "conversations.open": "channel.id",
    "conversations.history": "messages has_more pin_count",
    "conversations.replies": "messages has_more",
    "conversations.members": "members response_metadata.next_cursor",
    "conversations.list": "channels response_metadata.next_cursor",
    "files.getUploadURLExternal": "upload_url file_id",
    "files.completeUploadExternal": "files",
    "files.info": "file",
    "oauth.v2.access": "access_token app_id authed_user.id scope token_type bot_user_id team.id",
    "pins.list": "items",
    "reactions.get": "type channel message.reactions",
    "users.info": "user.id user.team_id user.name user.real_name user.tz user.tz_offset"
    " user.profile.email user.is_bot user.deleted user.is_restricted",
    "users.list": "members cache_ts response_metadata.next_cursor",
    "views.open": "view.id view.hash view.root_view_id view.state view.callback_id view.app_id",
    "views.publish": "view.id view.hash view.type view.bot_id",
}


NEVER_RECORDED = {
    "conversations.info": {".channel.properties.canvas is unknown"},
    "auth.revoke": {".revoked is unknown"},
    "pins.list": {".items[0].channel is unknown", ".items[0].message is unknown"},
}
"""Documented by Slack, but in none of the recordings."""

NOT_RECORDED = {
    "assistant.threads.setSuggestedPrompts",
    "auth.teams.list",
    "canvases.getContent",
}
"""Newer methods, and those of organisations: no shape, scope or rate was recorded."""


class Tour:
    """Calls every method once, rightly, and keeps the answers."""

    def __init__(self, slack, workspace, client, ana, ben):
        self.slack, self.workspace, self.client = slack, workspace, client
        self.ana, self.ben = ana, ben
        self.answers = {}

    def call(self, name, /, **arguments):
        self.answers[name] = self.client.api_call(name, json=arguments).data
        return self.answers[name]

    def run(self):
        self.ensure_person()
        channel = self.call("conversations.create", name="tour")["channel"]["id"]
        self.talk(channel)
        self.decorate(channel)
        self.upload(channel)
        self.show()
        self.govern(channel)
        self.leave()
        return self.answers

    def ensure_person(self):
        app_client = WebClient(self.workspace.app_token, base_url=self.slack.api_url)
        opened = app_client.apps_connections_open(app_token=self.workspace.app_token)
        self.answers["apps.connections.open"] = opened.data
        self.call("api.test", foo="bar")
        self.call("auth.test")
        self.call("auth.teams.list")
        self.call("team.info")
        self.call("bots.info", bot=self.workspace.bot_id)
        self.call("users.info", user=self.ana.id, include_locale=True)
        self.call("users.list")
        self.call("users.lookupByEmail", email=self.ana.user.email)

    def talk(self, channel):
        metadata = {"event_type": "outbox", "event_payload": {"id": 1}}
        blocks = [actions(button("press"))]
        posted = self.call(
            "chat.postMessage", channel=channel, text="Hi", blocks=blocks, metadata=metadata
        )
        ts = posted["ts"]
        self.client.chat_postMessage(channel=channel, text="Below", thread_ts=ts)
        self.call(
            "chat.update", channel=channel, ts=ts, text="Hi!", blocks=blocks, metadata=metadata
        )
        self.call("conversations.invite", channel=channel, users=f"{self.ana.id},{self.ben.id}")
        self.call("chat.postEphemeral", channel=channel, user=self.ana.id, text="Psst")
        self.call("chat.getPermalink", channel=channel, message_ts=ts)
        self.call("reactions.add", channel=channel, timestamp=ts, name="tada")
        self.call("reactions.get", channel=channel, timestamp=ts)
        direct = self.client.conversations_open(users=[self.ana.id])["channel"]["id"]
        prompts = [{"title": "What blocks us?", "message": "What blocks us?"}]
        self.call("assistant.threads.setSuggestedPrompts", channel_id=direct, prompts=prompts)
        self.ana.post(channel, "From a person")
        self.call("conversations.history", channel=channel, include_all_metadata=True)
        self.call("conversations.replies", channel=channel, ts=ts, include_all_metadata=True)
        gone = self.client.chat_postMessage(channel=channel, text="Gone")["ts"]
        self.call("chat.delete", channel=channel, ts=gone)
        self.ts = ts

    def decorate(self, channel):
        self.call("conversations.setTopic", channel=channel, topic="Churn")
        self.call("conversations.setPurpose", channel=channel, purpose="To learn")
        content = {"type": "markdown", "markdown": "## Blockers\n\nNone"}
        canvas = self.call(
            "conversations.canvases.create", channel_id=channel, document_content=content
        )["canvas_id"]
        found = self.call(
            "canvases.sections.lookup", canvas_id=canvas, criteria={"contains_text": "None"}
        )["sections"]
        change = {"operation": "delete", "section_id": found[0]["id"]}
        self.call("canvases.edit", canvas_id=canvas, changes=[change])
        assert self.call("canvases.getContent", canvas_id=canvas)["content"] == "## Blockers"
        self.call("pins.add", channel=channel, timestamp=self.ts)
        self.call("pins.list", channel=channel)
        self.call("pins.remove", channel=channel, timestamp=self.ts)
        link = {"title": "Plan", "link": "https://example.com", "type": "link"}
        bookmark = self.call("bookmarks.add", channel_id=channel, **link)["bookmark"]["id"]
        self.call("bookmarks.edit", channel_id=channel, bookmark_id=bookmark, title="The plan")
        self.call("bookmarks.list", channel_id=channel)
        self.call("bookmarks.remove", channel_id=channel, bookmark_id=bookmark)

    def upload(self, channel):
        asked = self.call("files.getUploadURLExternal", filename="plan.ics", length=4)
        sent = httpx.post(asked["upload_url"], content=b"text", trust_env=False)
        assert sent.status_code == 200
        files = [{"id": asked["file_id"], "title": "Plan"}]
        self.call("files.completeUploadExternal", files=files, channel_id=channel)
        self.call("files.info", file=asked["file_id"])
        self.call("files.delete", file=asked["file_id"])

    def show(self):
        trigger = new_trigger(self.workspace, self.ana.id)
        opened = self.call("views.open", trigger_id=trigger, view=modal())["view"]
        self.call("views.update", view_id=opened["id"], hash=opened["hash"], view=modal("Other"))
        trigger = new_trigger(self.workspace, self.ana.id)
        self.call("views.push", trigger_id=trigger, view=modal("Next"))
        home = {"type": "home", "blocks": [actions(button("press"))]}
        self.call("views.publish", user_id=self.ana.id, view=home)

    def govern(self, channel):
        self.call("conversations.open", users=self.ana.id, return_im=True)
        types = "public_channel,private_channel,im,mpim"
        self.call("conversations.list", types=types)
        self.call("users.conversations", types=types)
        self.call("conversations.members", channel=channel)
        self.call("conversations.info", channel=channel, include_num_members=True)
        self.call("conversations.kick", channel=channel, user=self.ben.id)
        self.call("conversations.rename", channel=channel, name="toured")
        self.call("conversations.archive", channel=channel)
        self.call("conversations.unarchive", channel=channel)
        self.call("conversations.leave", channel=channel)
        self.call("conversations.join", channel=channel)

    def leave(self):
        self.workspace.oauth_codes["code"] = self.ana.id
        fresh = WebClient(base_url=self.slack.api_url)
        self.answers["oauth.v2.access"] = fresh.oauth_v2_access(
            client_id=self.workspace.client_id,
            client_secret=self.workspace.client_secret,
            code="code",
        ).data
        self.call("auth.revoke")


@pytest.fixture
def answers(slack, workspace, client, ana, ben):
    return Tour(slack, workspace, client, ana, ben).run()


def test_every_method_answers_ok_when_asked_rightly(answers):
    assert set(answers) == set(METHODS) == set(table()["methods"])
    assert all(answer["ok"] for answer in answers.values())


def test_every_answer_has_the_recorded_shape(answers):
    shapes = recorded("slack-shapes.json")["responses"]
    assert set(answers) - set(shapes) == NOT_RECORDED
    wrong = {name: set(misfits(shapes[name], answers[name])) for name in set(answers) & set(shapes)}
    assert {name: found for name, found in wrong.items() if found} == NEVER_RECORDED


def test_every_answer_carries_what_apps_rely_on(answers):
    for name, paths in ESSENTIAL.items():
        for path in paths.split():
            part = answers[name]
            for key in path.split("."):
                assert part.get(key) is not None, f"{name} lacks {path}"
                part = part[key]


def test_rates_scopes_and_arguments_are_those_recorded_from_slack():
    methods = recorded("slack-methods.json")
    families = table()["families"]
    assert set(table()["methods"]) - set(methods) == NOT_RECORDED
    for name in set(table()["methods"]) & set(methods):
        entry = table()["methods"][name]
        family = families.get(entry.get("family"), {})
        ours = {*entry.get("scopes", []), *(s for scopes in family.values() for s in scopes)}
        assert ours == set(methods[name]["scopes"]), name
        rate = methods[name]["rate"]
        assert entry.get("tier") == (int(rate[-1]) if rate.startswith("Tier") else None), name
        required = {key for key, arg in methods[name]["args"].items() if arg["required"]}
        assert required <= {*entry.get("required", []), "view"}, name


ERRORS = [
    ("conversations.create", {"name": "general"}, "name_taken"),
    ("conversations.create", {"name": "x" * 81}, "invalid_name_maxlength"),
    ("conversations.create", {"name": "Große Pläne!"}, "invalid_name_specials"),
    ("conversations.create", {"name": "---"}, "invalid_name_punctuation"),
    ("conversations.invite", {"users": "ana"}, "already_in_channel"),
    ("conversations.invite", {"users": "bot"}, "cant_invite_self"),
    ("conversations.invite", {"users": "UNOBODY"}, "user_not_found"),
    ("conversations.invite", {"users": "gone"}, "cant_invite"),
    ("conversations.kick", {"user": "bot"}, "cant_kick_self"),
    ("conversations.setTopic", {"topic": "x" * 251}, "too_long"),
    ("conversations.info", {"channel": "CNOWHERE"}, "channel_not_found"),
    ("conversations.info", {"channel": "secret"}, "channel_not_found"),
    ("conversations.history", {"channel": "elsewhere"}, "not_in_channel"),
    ("conversations.history", {"oldest": "yesterday"}, "invalid_ts_oldest"),
    ("conversations.history", {"cursor": "nonsense"}, "invalid_cursor"),
    ("conversations.replies", {"ts": "1.1"}, "thread_not_found"),
    ("conversations.list", {"types": "secret_channel"}, "invalid_types"),
    ("conversations.list", {"limit": 5000}, "invalid_limit"),
    ("conversations.open", {"channel": ""}, "users_list_not_supplied"),
    ("conversations.open", {"channel": "", "users": "gone"}, "user_disabled"),
    ("conversations.unarchive", {}, "not_archived"),
    ("chat.postMessage", {"text": ""}, "no_text"),
    ("chat.postMessage", {"text": "x", "channel": "elsewhere"}, "not_in_channel"),
    ("chat.postMessage", {"text": "x", "channel": "archived"}, "is_archived"),
    ("chat.postMessage", {"text": "x", "thread_ts": "1.1"}, "thread_not_found"),
    ("chat.postMessage", {"text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_format"),
    ("chat.postMessage", {"blocks": "{"}, "invalid_blocks_format"),
    ("chat.postMessage", {"blocks": [{"type": "section"}]}, "invalid_blocks"),
    ("chat.update", {"ts": "1.1", "text": "x"}, "message_not_found"),
    ("chat.update", {"ts": "person's", "text": "x"}, "cant_update_message"),
    ("chat.update", {"ts": "own", "text": "x" * 4001}, "msg_too_long"),
    ("chat.delete", {"ts": "person's"}, "cant_delete_message"),
    ("chat.postEphemeral", {"user": "UNOBODY", "text": "x"}, "user_not_in_channel"),
    ("pins.add", {"timestamp": "pinned"}, "already_pinned"),
    ("pins.add", {"timestamp": "1.1"}, "message_not_found"),
    ("pins.remove", {"timestamp": "own"}, "no_pin"),
    ("bookmarks.add", {"title": "x", "type": "link", "link": "nowhere"}, "invalid_link"),
    ("bookmarks.remove", {"bookmark_id": "Bk1"}, "not_found"),
    ("files.info", {"file": "F1"}, "file_not_found"),
    ("files.completeUploadExternal", {"files": [{"id": "F1"}]}, "file_not_found"),
    ("users.info", {"user": "UNOBODY"}, "user_not_found"),
    ("users.lookupByEmail", {"email": "nobody@example.com"}, "users_not_found"),
    ("views.open", {"trigger_id": "1.2.3", "view": modal()}, "invalid_trigger_id"),
    ("views.update", {"view_id": "V1", "view": modal()}, "not_found"),
    ("views.publish", {"user_id": "ana", "view": modal()}, "invalid_arguments"),
    ("bots.info", {"bot": "B1"}, "bot_not_found"),
    ("team.info", {"team": "T1"}, "team_not_found"),
    ("chat.postmessage", {"text": "x"}, "unknown_method"),
    ("chat.getPermalink", {}, "invalid_arguments"),
]


@pytest.mark.parametrize(("name", "arguments", "error"), ERRORS)
def test_a_wrong_call_is_refused_by_slacks_own_name(
    workspace, client, ana, channel, name, arguments, error
):
    gone = workspace.add_person("Gone", deleted=True)
    places = workspace.channels[channel]
    own = client.chat_postMessage(channel=channel, text="own")["ts"]
    pinned = client.chat_postMessage(channel=channel, text="pinned")["ts"]
    client.pins_add(channel=channel, timestamp=pinned)
    archived = workspace.add_channel("old", members=places.members)
    archived.is_archived = True
    known = {
        "ana": ana.id,
        "bot": workspace.bot_user_id,
        "gone": gone.id,
        "secret": workspace.add_channel("secret", is_private=True).id,
        "elsewhere": workspace.add_channel("elsewhere").id,
        "archived": archived.id,
        "own": own,
        "pinned": pinned,
        "person's": ana.post(channel, "mine").ts,
    }
    spoken = {
        key: known.get(value, value) if isinstance(value, str) else value
        for key, value in {"channel": channel, "channel_id": channel, **arguments}.items()
    }
    with pytest.raises(SlackApiError) as refused:
        client.api_call(name, json=spoken)
    assert refused.value.response["error"] == error


def test_the_refusals_tried_here_are_names_that_slack_uses():
    methods = recorded("slack-methods.json")
    common = {"invalid_arguments", "unknown_method", "user_not_found", "is_archived"}
    for name, _, error in ERRORS:
        listed = set(methods.get(name, {}).get("errors", [])) | common
        assert error in listed or error in {
            "message_not_found",
            "thread_not_found",
            "not_in_channel",
        }, (name, error)


def test_one_who_cannot_come_keeps_all_from_coming_unless_forced(workspace, client, ana, channel):
    cho = workspace.add_person("Cho")
    with pytest.raises(SlackApiError, match="already_in_channel"):
        client.conversations_invite(channel=channel, users=[ana.id, cho.id])
    assert cho.id not in workspace.channels[channel].members
    answer = client.conversations_invite(channel=channel, users=[ana.id, cho.id], force=True)
    assert answer["errors"] == [{"user": ana.id, "ok": False, "error": "already_in_channel"}]
    assert cho.id in workspace.channels[channel].members


@pytest.mark.parametrize("way", ["form", "json", "query", "token in the body"])
def test_arguments_arrive_whichever_way_they_are_sent(slack, workspace, channel, way):
    bearer = {"Authorization": f"Bearer {workspace.bot_token}"}
    blocks = [actions(button("press"))]
    sent = {"channel": channel, "text": "Größe & <more>", "blocks": json.dumps(blocks)}
    clients = {
        "form": {"data": sent, "headers": bearer},
        "json": {"json": {**sent, "blocks": blocks}, "headers": bearer},
        "query": {"params": sent, "headers": bearer},
        "token in the body": {"data": {**sent, "token": workspace.bot_token}},
    }
    answer = httpx.post(f"{slack.api_url}chat.postMessage", trust_env=False, **clients[way]).json()
    assert answer["message"]["text"] == "Größe & <more>"
    assert answer["message"]["blocks"][0]["elements"][0]["action_id"] == "press"


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-1", "invalid_auth")])
def test_a_stranger_is_refused(slack, token, error):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.post(f"{slack.api_url}auth.test", headers=headers, trust_env=False).json()
    assert answer == {"ok": False, "error": error}


def test_each_team_is_reached_by_its_own_token_alone(slack, workspace, client):
    other = slack.add_workspace("Other")
    assert client.auth_test()["team_id"] == workspace.team_id
    assert (
        WebClient(other.bot_token, base_url=slack.api_url).auth_test()["team_id"] == other.team_id
    )
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.conversations_info(channel=other.general.id)


def test_metadata_is_shown_in_history_only_when_asked_for(client, channel):
    metadata = {"event_type": "outbox", "event_payload": {"id": "42"}}
    client.chat_postMessage(channel=channel, text="x", metadata=metadata)
    assert "metadata" not in client.conversations_history(channel=channel)["messages"][0]
    asked = client.conversations_history(channel=channel, include_all_metadata=True)
    assert asked["messages"][0]["metadata"] == metadata


def test_history_is_paged_newest_first_and_cut_by_time(client, channel):
    sent = [client.chat_postMessage(channel=channel, text=str(n))["ts"] for n in range(7)]
    pages = client.conversations_history(channel=channel, limit=3)
    assert [m["text"] for page in pages for m in page["messages"]] == list("6543210")
    after = client.conversations_history(channel=channel, oldest=sent[4])["messages"]
    assert [m["text"] for m in after] == ["6", "5"]
    upto = client.conversations_history(channel=channel, latest=sent[1], inclusive=True)["messages"]
    assert [m["text"] for m in upto] == ["1", "0"]


def test_replies_are_in_their_thread_and_not_in_the_channel(client, channel):
    parent = client.chat_postMessage(channel=channel, text="parent")["ts"]
    client.chat_postMessage(channel=channel, text="reply", thread_ts=parent)
    client.chat_postMessage(channel=channel, text="loud", thread_ts=parent, reply_broadcast=True)
    thread = client.conversations_replies(channel=channel, ts=parent)["messages"]
    assert [m["text"] for m in thread] == ["parent", "reply", "loud"]
    assert thread[0]["reply_count"] == 2
    shown = client.conversations_history(channel=channel)["messages"]
    assert [m["text"] for m in shown] == ["loud", "parent"]


def test_a_view_that_changed_meanwhile_is_not_overwritten(workspace, client, ana):
    trigger = new_trigger(workspace, ana.id)
    view = client.views_open(trigger_id=trigger, view=modal())["view"]
    client.views_update(view_id=view["id"], hash=view["hash"], view=modal("Second"))
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_update(view_id=view["id"], hash=view["hash"], view=modal("Third"))


def test_a_trigger_opens_one_modal_and_only_while_it_is_fresh(workspace, client, ana, monkeypatch):
    trigger = new_trigger(workspace, ana.id)
    client.views_open(trigger_id=trigger, view=modal())
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        client.views_open(trigger_id=trigger, view=modal())
    late = new_trigger(workspace, ana.id)
    workspace.triggers[late].born -= 3.1
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        client.views_open(trigger_id=late, view=modal())


def test_modals_stack_three_deep(workspace, client, ana):
    for title in ("One", "Two", "Three"):
        client.views_open(trigger_id=new_trigger(workspace, ana.id), view=modal(title))
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        client.views_push(trigger_id=new_trigger(workspace, ana.id), view=modal("Four"))
    assert [one.title for one in ana.modals] == ["One", "Two", "Three"]


def test_a_file_is_sent_by_the_sdk_and_read_back(slack, workspace, client, ana, channel):
    answer = client.files_upload_v2(
        channel=channel, filename="sprint.ics", content="BEGIN:VCALENDAR", initial_comment="Yours"
    )
    message = ana.messages(channel)[-1]
    assert (message.text, message.files) == ("Yours", [answer["file"]["id"]])
    url = client.files_info(file=message.files[0])["file"]["url_private"]
    assert httpx.get(url, trust_env=False).text == "BEGIN:VCALENDAR"


def test_a_text_alone_takes_an_updated_messages_blocks_away(client, ana, channel):
    blocks = [actions(button("press"))]
    ts = client.chat_postMessage(channel=channel, text="x", blocks=blocks)["ts"]
    client.chat_update(channel=channel, ts=ts, text="folded")
    assert ana.messages(channel)[0].blocks == []
