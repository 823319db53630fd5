"""A small Bolt app with one of everything, so that the local Slack is tried by the real library."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.starlette import SlackRequestHandler
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.routing import Route

from handlers.socket_mode import stop_listening
from playground.server import LocalSlack
from playground.wire import ThreadedServer
from playground.workspace import Workspace


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(action_id: str, text: str = "Press", value: str = "1") -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": value}


def actions(*elements: dict[str, Any], block_id: str = "buttons") -> dict[str, Any]:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def text_input(block_id: str, **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "text", **more}
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element}


def modal(title: str = "Plan", callback_id: str = "plan", **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": plain(title),
        "submit": plain("Save"),
        "callback_id": callback_id,
        "blocks": [text_input("name"), text_input("why", initial_value="because")],
        **more,
    }


class SmallApp:
    """Runs the app over one transport and remembers every payload it got."""

    def __init__(self, slack: LocalSlack, workspace: Workspace, transport: str) -> None:
        self.workspace = workspace
        self.transport = transport
        self.bodies: list[dict[str, Any]] = []
        self.came = threading.Condition()
        self.client = WebClient(workspace.bot_token, base_url=slack.api_url)
        self.bolt = App(
            client=self.client,
            signing_secret=workspace.signing_secret,
            token_verification_enabled=True,
        )
        self._listen()
        self._start(slack)

    def _start(self, slack: LocalSlack) -> None:
        self.workspace.transport = "socket" if self.transport == "socket" else "http"
        if self.transport == "socket":
            app_client = WebClient(self.workspace.app_token, base_url=slack.api_url)
            self.handler = SocketModeHandler(
                self.bolt, self.workspace.app_token, web_client=app_client, ping_interval=1
            )
            self.handler.connect()
            self.workspace.hub.wait_for_connection()
        else:
            adapter = SlackRequestHandler(self.bolt)
            routes = [Route("/slack/events", adapter.handle, methods=["POST"])]
            self.server = ThreadedServer(Starlette(routes=routes))
            self.server.start()
            self.workspace.request_url = f"{self.server.base_url}/slack/events"

    def stop(self) -> None:
        if self.transport == "socket":
            stop_listening(self.handler.client)
            self.handler.close()
        else:
            self.server.stop()

    def wait_for(self, kind: str, timeout: float = 3.0) -> dict[str, Any]:
        """Return the first payload of a kind: its command, type or event type."""
        with self.came:
            assert self.came.wait_for(lambda: self.of(kind), timeout), f"No {kind} came."
        return self.of(kind)[0]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for body in self.bodies if kind in kinds_of(body)]

    def _keep(self, body: dict[str, Any], next: Any) -> None:  # noqa: A002  (Bolt's name)
        with self.came:
            self.bodies.append(body)
            self.came.notify_all()
        next()

    def _listen(self) -> None:
        bolt = self.bolt
        bolt.use(self._keep)
        bolt.command("/sprint")(sprint)
        bolt.action("press")(press)
        bolt.action("remove")(remove)
        bolt.action(re.compile("pick|typed"))(just_ack)
        bolt.action("deeper")(deeper)
        bolt.view("plan")(plan)
        bolt.view("log")(just_ack)
        bolt.view_closed("plan")(just_ack)
        bolt.shortcut("log")(log)
        bolt.shortcut("everywhere")(everywhere)
        bolt.options("ask")(options)
        bolt.event("app_home_opened")(home)
        bolt.event(re.compile(".*"))(lambda: None)


def just_ack(ack):
    ack()


def sprint(ack, command, client, respond):
    word = command["text"].split(" ")[0]
    if word == "plan":
        ack()
        client.views_open(trigger_id=command["trigger_id"], view=modal())
    elif word == "slow":
        time.sleep(0.6)
        ack()
    elif word == "respond":
        ack()
        for number in range(6):
            respond(f"Answer {number}")
    elif word == "aloud":
        ack({"response_type": "in_channel", "text": "All can hear."})
    else:
        ack(f"You said: {command['text']}")


def press(ack, respond):
    ack()
    respond(text="Pressed.", replace_original=True)


def remove(ack, respond):
    ack()
    respond(delete_original=True)


def deeper(ack, body, client):
    ack()
    client.views_push(trigger_id=body["trigger_id"], view=modal("Deeper", "deeper"))


def plan(ack, view):
    name = view["state"]["values"]["name"]["text"]["value"]
    answers = {
        "bad": {"response_action": "errors", "errors": {"name": "Not that."}},
        "astray": {"response_action": "errors", "errors": {"nowhere": "Lost."}},
        "update": {"response_action": "update", "view": modal("Changed")},
        "push": {"response_action": "push", "view": modal("Next", "next")},
        "clear": {"response_action": "clear"},
    }
    ack(**answers.get(name, {}))


def log(ack, shortcut, client):
    ack()
    view = modal("Log", "log", private_metadata=shortcut["message"]["text"])
    client.views_open(trigger_id=shortcut["trigger_id"], view=view)


def everywhere(ack, shortcut, client):
    ack()
    client.views_open(trigger_id=shortcut["trigger_id"], view=modal("Everywhere"))


def home(event, client):
    view = {"type": "home", "blocks": [actions(button("pick"))]}
    client.views_publish(user_id=event["user"], view=view)


def options(ack, payload):
    ack(options=[{"text": plain(payload["value"] + "!"), "value": payload["value"]}])


def kinds_of(body: dict[str, Any]) -> set[str]:
    event = body.get("event", {})
    names = (body.get("command"), body.get("type"), event.get("type"), event.get("subtype"))
    return {name for name in names if name}
