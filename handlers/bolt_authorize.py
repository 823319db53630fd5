"""Bolt's authorize function: finds the installation a delivery is for; handles uninstalls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from slack_bolt import BoltContext, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError

from bot.db.installations import LONG_AGO, Installations
from bot.db.organisations import Organisations
from bot.outbox.clients import NotInstalledError, SlackClients
from bot.slack.api_errors import TRANSPORT_ERRORS, diagnose
from handlers.payload import first, ident, is_ident, is_org, workspace_of
from handlers.request import acts_in

log = structlog.get_logger()

Json = dict[str, Any]
GRANTED: Final = "team_access_granted"
REVOKED: Final = "team_access_revoked"


class NotNowError(RuntimeError):
    """Slack does not say just now who the bot is, so nothing that came in is acknowledged."""


def authorize_by(clients: SlackClients) -> Callable[..., AuthorizeResult | None]:
    """Return what Bolt asks who the bot is in a workspace, and with which token it answers.

    Bolt's own way to ask acknowledges what comes in while Slack refuses to answer, and a form that
    was submitted then is gone from the screen and kept nowhere.
    """

    def authorize(
        context: BoltContext,
        enterprise_id: str | None = None,
        team_id: str | None = None,
        user_id: str | None = None,
    ) -> AuthorizeResult | None:
        is_all = context.is_enterprise_install or team_id is None
        place = enterprise_id if is_all and enterprise_id else team_id
        try:
            way = clients.workspace(place or "")
        except NotInstalledError:
            return None
        except (SlackApiError, *TRANSPORT_ERRORS) as error:
            raise NotNowError(diagnose(error).error) from error
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            user_id=user_id,
            bot_user_id=way.bot_user_id,
            bot_token=way.client.token,
        )

    return authorize


class CoveredWorkspaces:
    """Holds up what came by an organisation's installation from a workspace that it doesn't cover.

    A middleware of Bolt, after its authorisation, which looks at the organisation alone.

    Args:
        clients: the workspaces that are served.
        organisations: which of them an organisation's installation covers.
    """

    def __init__(self, clients: SlackClients, organisations: Organisations) -> None:
        self._clients = clients
        self._organisations = organisations

    def __call__(
        self,
        request: BoltRequest,
        next: Callable[[], BoltResponse],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Pass on what is of a workspace that is covered; anything else has no effect."""
        enterprise_id = request.context.enterprise_id
        if not request.context.is_enterprise_install or enterprise_id is None:
            return next()
        team_id = workspace_of(request.body) or acts_in(request.body)
        if team_id is None or self._is_served(enterprise_id, team_id):
            return next()
        log.warning("organisation.not_covered", organisation=enterprise_id, team=team_id)
        return BoltResponse(status=200, body="")

    def _is_served(self, enterprise_id: str, team_id: str) -> bool:
        """Return whether a workspace is covered; an unknown one is, since Slack delivers for it.

        The event that grants it may be on its way; one that was revoked stays so until then.
        """
        try:
            self._clients.workspace(team_id)
        except NotInstalledError:
            granted = self._organisations.grant(
                enterprise_id, [team_id], datetime.now(UTC), LONG_AGO
            )
            self._clients.forget(team_id)
            return bool(granted)
        return True


@dataclass(frozen=True, slots=True)
class InstallationChanges:
    """The listener for what Slack tells of installations.

    Args:
        installations: the workspaces.
        organisations: which of them organisations cover.
        forget: told of each whose tokens have changed.
    """

    installations: Installations
    organisations: Organisations
    forget: Callable[[str], None]

    def __call__(self, event: Json, body: Json) -> None:
        """Take note of a workspace or organisation that removed the bot, or added it."""
        kind = event.get("type")
        if kind == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return
        event_time = body.get("event_time")
        at = datetime.fromtimestamp(int(event_time), UTC) if event_time else None
        changed = self._changed(str(kind), event, body, at)
        for team_id in changed:
            self.forget(team_id)
        log.info("workspace.changed", event=kind, teams=changed)

    def _changed(self, kind: str, event: Json, body: Json, at: datetime | None) -> list[str]:
        now, enterprise_id, team_id = datetime.now(UTC), _organisation(body), workspace_of(body)
        if kind in (GRANTED, REVOKED):
            named = event.get("team_ids") or []
            team_ids = [each for each in named if is_ident(each) and not is_org(each)]
            change = self.organisations.grant if kind == GRANTED else self.organisations.revoke
            return change(enterprise_id, team_ids, now, at) if enterprise_id else []
        is_all = first(body, "authorizations").get("is_enterprise_install") or team_id is None
        if enterprise_id and is_all:
            return self.organisations.leave(enterprise_id, now, at)
        if team_id and self.installations.leave(team_id, now, at):
            return [team_id]
        return []


def _organisation(body: Json) -> str | None:
    return ident(body, "enterprise_id") or ident(first(body, "authorizations"), "enterprise_id")
