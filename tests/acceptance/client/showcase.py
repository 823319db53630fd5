"""A small real Bolt app that shows one of everything in the browser client."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from handlers.socket_mode import stop_listening
from playground.manifest import DeclaredCommand, DeclaredShortcut, Manifest
from playground.server import LocalSlack
from playground.workspace import Workspace
from tests.acceptance.client import samples

MANIFEST = Manifest(
    commands={
        "/sprint": DeclaredCommand(
            "/sprint", "Plan, start and follow a sprint", "plan | start | help"
        ),
        "/blocker": DeclaredCommand("/blocker", "Write down what blocks", "[text] | list"),
        "/silent": DeclaredCommand("/silent", "Never answers"),
    },
    shortcuts=(
        DeclaredShortcut(
            "log_blocker", "Log as blocker", "message", "Keep what was said as a blocker"
        ),
        DeclaredShortcut("plan_anywhere", "Plan a sprint", "global", "Open the plan from anywhere"),
    ),
)


class Showcase:
    """Answers commands, buttons, modals, shortcuts and the Home tab.

    Args:
        slack: the local Slack.
        workspace: the team it is installed in.
    """

    def __init__(self, slack: LocalSlack, workspace: Workspace) -> None:
        self.submitted: list[dict[str, Any]] = []
        self.pressed: list[dict[str, Any]] = []
        self.client = WebClient(workspace.bot_token, base_url=slack.api_url)
        self.bolt = App(client=self.client, signing_secret=workspace.signing_secret)
        self._listen()
        app_client = WebClient(workspace.app_token, base_url=slack.api_url)
        self.handler = SocketModeHandler(self.bolt, workspace.app_token, web_client=app_client)
        self.handler.connect()
        workspace.hub.wait_for_connection()

    def stop(self) -> None:
        stop_listening(self.handler.client)
        self.handler.close()

    def _listen(self) -> None:
        bolt = self.bolt
        bolt.command("/sprint")(self._plan)
        bolt.command("/blocker")(self._blocker)
        bolt.view("plan")(self._submit)
        bolt.view("deeper")(lambda ack: ack())
        bolt.action("deeper")(self._deeper)
        bolt.action(re.compile(".+"))(self._press)
        bolt.options("value")(self._suggest)
        bolt.shortcut("log_blocker")(self._log)
        bolt.shortcut("plan_anywhere")(self._plan)
        bolt.event("app_home_opened")(self._home)
        bolt.event("message")(lambda: None)
        bolt.event("reaction_added")(lambda: None)
        bolt.event("member_joined_channel")(lambda: None)

    def _plan(self, ack: Any, body: Any, client: Any) -> None:
        ack()
        more = samples.actions("deep", samples.button("deeper", "One window deeper"))
        view = samples.modal("Plan a sprint", "plan", [*samples.every_input(), more])
        client.views_open(trigger_id=body["trigger_id"], view=view)

    def _deeper(self, ack: Any, body: Any, client: Any) -> None:
        ack()
        view = samples.modal("Deeper", "deeper", [samples.section("A second window.")])
        client.views_push(trigger_id=body["trigger_id"], view=view)

    def _blocker(self, ack: Any, command: Any, respond: Any) -> None:
        ack()
        respond(f"Noted for you alone: {command['text'] or 'nothing'}")

    def _submit(self, ack: Any, view: Any) -> None:
        values = view["state"]["values"]
        if values["title"]["value"]["value"] == "vague":
            ack(response_action="errors", errors={"title": "Name the thing that is missing."})
            return
        self.submitted.append(values)
        ack()

    def _press(self, ack: Any, body: Any, client: Any) -> None:
        ack()
        action = body["actions"][0]
        self.pressed.append(action)
        if action["action_id"] != "on_track":
            return
        client.chat_postMessage(
            channel=body["channel"]["id"],
            thread_ts=body["message"]["ts"],
            text=f"<@{body['user']['id']}> is on track.",
        )

    def _suggest(self, ack: Any, payload: Any) -> None:
        sources = ["households", "transactions", "products"]
        ack(options=[samples.option(one) for one in sources if payload["value"] in one])

    def _log(self, ack: Any, shortcut: Any, client: Any) -> None:
        ack()
        quoted = samples.section(f">{shortcut['message']['text']}")
        view = samples.modal("Log a blocker", "deeper", [quoted])
        client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    def _home(self, event: Any, client: Any) -> None:
        blocks = [
            {"type": "header", "text": samples.plain("Your sprints")},
            samples.section("*Churn pilot* · hour 9 of 48 · 2 open blockers"),
            samples.actions("home", samples.button("home_press", "Open")),
        ]
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})
