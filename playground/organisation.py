"""An organisation of the local Slack (Enterprise Grid): workspaces with people and one app."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from playground.errors import SlackError
from playground.manifest import Manifest
from playground.model import ScreenView, StoredFile, User
from playground.sockets import SocketHub
from playground.stamps import Ids, new_secret

Json = dict[str, Any]
BY_CHANNEL = ("channel", "channel_id")
BY_PERSON = ("user", "user_id", "users")


class Organisation:
    """Several workspaces and one installation of the app, which acts where it was added.

    Args:
        name: the organisation's.
        ids: where new ids come from.
        manifest: the app's.
    """

    def __init__(self, name: str, ids: Ids, manifest: Manifest) -> None:
        self.name = name
        self.manifest = manifest
        self.id = ids.new("E")
        self.app_id = ids.new("A")
        self.bot_user_id = ids.new("U")
        self.bot_id = ids.new("B")
        self.hub = SocketHub(self.app_id)
        self.bot_token = new_secret("xoxb-")
        self.app_token = new_secret("xapp-")
        self.signing_secret = new_secret("")
        self.verification_token = new_secret("")
        self.client_id = ids.new("") + "." + ids.new("")
        self.client_secret = new_secret("")
        self.installed = False
        self.granted: list[str] = []
        self.workspaces: list[Any] = []
        self.files: dict[str, StoredFile] = {}
        self.homes: dict[str, ScreenView] = {}
        self.oauth_codes: dict[str, str] = {}
        self.token_seconds: int | None = None
        self.refresh_token: str | None = None
        self.admins: set[str] = set()

    def covers(self, team_id: str) -> bool:
        """Return whether the app was added to a workspace."""
        return self.installed and team_id in self.granted

    def covered(self) -> list[Any]:
        """Return the workspaces that the app was added to."""
        return [one for one in self.workspaces if self.covers(one.team_id)]

    def add_app_to(self, *workspaces: Any) -> None:
        """Add the app to workspaces, as an organisation's administrator does."""
        team_ids = [one.team_id for one in workspaces]
        self.granted += team_ids
        self._tell({"type": "team_access_granted", "team_ids": team_ids})

    def remove_app_from(self, *workspaces: Any) -> None:
        """Remove the app from workspaces."""
        team_ids = [one.team_id for one in workspaces]
        self.granted = [one for one in self.granted if one not in team_ids]
        self._tell({"type": "team_access_revoked", "team_ids": team_ids})

    def uninstall(self) -> None:
        """Remove the app from the organisation."""
        self._tell({"type": "tokens_revoked", "tokens": {"bot": [self.bot_user_id]}})
        self._tell({"type": "app_uninstalled"})
        self.installed = False
        self.granted = []

    def _tell(self, event: Json) -> None:
        """Send an event that is the organisation's and no workspace's."""
        carrier = self.workspaces[0]
        wanted = self.manifest.events
        if wanted is not None and event["type"] not in wanted:
            return
        is_of_token = event["type"] in ("app_uninstalled", "tokens_revoked")
        envelope: Json = {
            "token": self.verification_token,
            "enterprise_id": self.id,
            "api_app_id": self.app_id,
            "event": {**event, "event_ts": carrier.stamps.new()},
            "type": "event_callback",
            "event_id": carrier.ids.new("Ev"),
            "event_time": carrier.stamps.seconds(),
        }
        if is_of_token:
            envelope |= {"team_id": None, "authorizations": [self.authorization()]}
        carrier.events_sent.append(envelope)
        carrier.messenger.enqueue(envelope)

    def authorization(self) -> Json:
        """Return how an event names the installation that it comes by."""
        return {
            "enterprise_id": self.id,
            "team_id": None,
            "user_id": self.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": True,
        }

    def share(self, user: User, workspace: Any) -> None:
        """Let a person of one workspace into another one of the organisation, by the same id."""
        with workspace.changing():
            workspace.users[user.id] = user
            workspace.general.members.append(user.id)

    def workspace_for(self, method: str, values: Json, needs_team: Callable[[str], bool]) -> Any:
        """Return the workspace that a call with the organisation's token acts in, or refuse.

        Args:
            method: the Web API's method.
            values: the call's arguments.
            needs_team: whether a method has to be told its workspace.
        """
        team_id = str(values.get("team_id") or "")
        if team_id and (needs_team(method) or self.covers(team_id)):
            if not self.covers(team_id):
                raise SlackError("team_access_not_granted")
            return next(one for one in self.workspaces if one.team_id == team_id)
        if needs_team(method):
            raise SlackError("missing_argument", response_metadata={"messages": ["team_id"]})
        covered = self.covered()
        named = next((one for one in self.workspaces if _is_in(one, values)), None)
        if named is not None and named not in covered:
            raise SlackError("team_access_not_granted")
        return named or next(iter(covered), self.workspaces[0])


def _is_in(workspace: Any, values: Json) -> bool:
    """Return whether what a call names is in a workspace; people may be in several."""
    if any(str(values.get(name)) in workspace.channels for name in BY_CHANNEL):
        return True
    named: Iterable[str] = (str(values.get(name, "")) for name in ("view_id", "trigger_id"))
    if any(one in workspace.views or one in workspace.triggers for one in named):
        return True
    has_channel = any(values.get(name) for name in BY_CHANNEL)
    people = {str(values[name]) for name in BY_PERSON if values.get(name)}
    return not has_channel and bool(people) and people <= set(workspace.users)
