"""api.*, auth.*, apps.*, oauth.*, team.*, bots.* and users.*."""

from __future__ import annotations

from typing import Any

from playground.errors import SlackError
from playground.events import emit
from playground.methods.paging import page
from playground.methods.registry import MethodCall, granted_scopes, method
from playground.shapes import bot_profile, channel_shape, user_shape
from playground.stamps import new_secret

Json = dict[str, Any]


@method("api.test")
def api_test(request: MethodCall) -> Json:
    """Answer what was sent."""
    error = request.arguments.text("error")
    if error:
        raise SlackError(error, args=request.arguments.values)
    return {"args": request.arguments.values}


@method("auth.test")
def auth_test(request: MethodCall) -> Json:
    """Say whose token it is."""
    workspace = request.workspace
    bot = workspace.users[workspace.bot_user_id]
    identity = {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "team_id": workspace.team_id,
        "is_enterprise_install": False,
    }
    if organisation := request.organisation:
        identity |= {
            "team": organisation.name,
            "team_id": organisation.id,
            "enterprise_id": organisation.id,
            "is_enterprise_install": True,
        }
    if request.by_app:
        return {**identity, "app_name": bot.real_name, "app_id": workspace.app_id}
    return {
        **identity,
        "user": bot.name,
        "user_id": bot.id,
        "bot_id": workspace.bot_id,
    }


@method("auth.revoke")
def auth_revoke(request: MethodCall) -> Json:
    """Take the bot's token back."""
    if request.arguments.flag("test"):
        return {"revoked": False}
    if request.organisation is not None:
        request.organisation.uninstall()
        return {"revoked": True}
    workspace = request.workspace
    emit(workspace, {"type": "tokens_revoked", "tokens": {"bot": [workspace.bot_user_id]}})
    emit(workspace, {"type": "app_uninstalled"})
    workspace.installed = False
    return {"revoked": True}


@method("auth.teams.list")
def auth_teams_list(request: MethodCall) -> Json:
    """List the workspaces that the token acts in."""
    organisation = request.organisation
    found = organisation.covered() if organisation else [request.workspace]
    shown, metadata = page(found, request.arguments)
    teams = [{"id": one.team_id, "name": one.name} for one in shown]
    return {"teams": teams, "response_metadata": metadata}


@method("oauth.v2.access")
def oauth_access(request: MethodCall) -> Json:
    """Give the bot's token for a code, or the next one for a refresh token."""
    workspace = request.organisation or request.workspace
    code = request.arguments.text("code")
    if request.arguments.text("grant_type") == "refresh_token":
        installer = ""
        workspace.bot_token = new_secret("xoxe.xoxb-")
    elif code not in workspace.oauth_codes:
        raise SlackError("invalid_code")
    else:
        installer = workspace.oauth_codes.pop(code)
    workspace.installed = True
    return {
        **_token_life(workspace),
        "app_id": workspace.app_id,
        "authed_user": {"id": installer},
        "scope": ",".join(sorted(granted_scopes(request.workspace))),
        "token_type": "bot",
        "access_token": workspace.bot_token,
        "bot_user_id": workspace.bot_user_id,
        **_installed_in(request),
    }


def _installed_in(request: MethodCall) -> Json:
    """Return what an installation is of: a workspace, or all of an organisation."""
    workspace = request.workspace
    whole = request.organisation or workspace.organisation
    is_org = request.organisation is not None
    return {
        "team": None if is_org else {"id": workspace.team_id, "name": workspace.name},
        "enterprise": whole and {"id": whole.id, "name": whole.name},
        "is_enterprise_install": is_org,
    }


def _token_life(workspace: Any) -> Json:
    """Return until when a token lasts, where it does not last for ever."""
    if workspace.token_seconds is None:
        return {}
    workspace.refresh_token = new_secret("xoxe-")
    return {"expires_in": workspace.token_seconds, "refresh_token": workspace.refresh_token}


@method("apps.connections.open")
def apps_connections_open(request: MethodCall) -> Json:
    """Give the address of a Socket Mode connection."""
    workspace = request.workspace
    address = workspace.base_url.replace("http", "ws", 1)
    ticket = workspace.hub.new_ticket()
    return {"url": f"{address}/link/{workspace.team_id}?ticket={ticket}&app_id={workspace.app_id}"}


@method("team.info")
def team_info(request: MethodCall) -> Json:
    """Tell of the team."""
    workspace = request.workspace
    if request.arguments.text("team", workspace.team_id) != workspace.team_id:
        raise SlackError("team_not_found")
    return {
        "team": {
            "id": workspace.team_id,
            "name": workspace.name,
            "domain": workspace.domain,
            "email_domain": "",
            "url": f"https://{workspace.domain}.slack.com/",
            "icon": {"image_default": True},
            "is_verified": False,
        }
    }


@method("bots.info")
def bots_info(request: MethodCall) -> Json:
    """Tell of the bot."""
    workspace = request.workspace
    if request.arguments.text("bot", workspace.bot_id) != workspace.bot_id:
        raise SlackError("bot_not_found")
    profile = bot_profile(workspace)
    del profile["team_id"]
    return {"bot": {**profile, "user_id": workspace.bot_user_id}}


def _shows_email(request: MethodCall) -> bool:
    return "users:read.email" in granted_scopes(request.workspace)


@method("users.info")
def users_info(request: MethodCall) -> Json:
    """Tell of one user."""
    user = request.workspace.user(request.arguments.text("user"))
    shape = user_shape(request.workspace, user, with_email=_shows_email(request))
    if request.arguments.flag("include_locale"):
        shape["locale"] = user.locale
    return {"user": shape}


@method("users.list")
def users_list(request: MethodCall) -> Json:
    """List the users, deactivated ones too."""
    workspace = request.workspace
    users, metadata = page(list(workspace.users.values()), request.arguments)
    with_email = _shows_email(request)
    members = [user_shape(workspace, user, with_email=with_email) for user in users]
    return {
        "members": members,
        "cache_ts": workspace.stamps.seconds(),
        "response_metadata": metadata,
    }


@method("users.lookupByEmail")
def users_lookup_by_email(request: MethodCall) -> Json:
    """Find a user by e-mail."""
    wanted = request.arguments.text("email").casefold()
    for user in request.workspace.users.values():
        if wanted == user.email.casefold() and not user.deleted:
            return {"user": user_shape(request.workspace, user, with_email=True)}
    raise SlackError("users_not_found")


TYPE_NAMES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def wanted_kinds(request: MethodCall) -> list[str]:
    """Return the kinds of conversation asked for; each needs its scope."""
    names = request.arguments.names("types") or ["public_channel"]
    if any(name not in TYPE_NAMES for name in names):
        raise SlackError("invalid_types")
    kinds = [TYPE_NAMES[name] for name in names]
    for kind in kinds:
        request.require_scope("read", kind)
    return kinds


@method("users.conversations")
def users_conversations(request: MethodCall) -> Json:
    """List the conversations a user is in, as far as the bot may see them."""
    workspace = request.workspace
    user = workspace.user(request.arguments.text("user", workspace.bot_user_id))
    kinds = wanted_kinds(request)
    skip_archived = request.arguments.flag("exclude_archived")
    found = [
        channel
        for channel in workspace.channels.values()
        if channel.kind in kinds
        and user.id in channel.members
        and (channel.kind == "channel" or workspace.bot_user_id in channel.members)
        and not (skip_archived and channel.is_archived)
    ]
    shown, metadata = page(found, request.arguments)
    channels = [channel_shape(workspace, channel, workspace.bot_user_id) for channel in shown]
    for channel in channels:
        channel.pop("is_member", None)
    return {"channels": channels, "response_metadata": metadata}


def new_oauth_code(workspace: Any, installer_id: str) -> str:
    """Return a code as the installation page would hand it to the app.

    Args:
        workspace: which team is installing.
        installer_id: who pressed "Allow".
    """
    code = new_secret("")
    workspace.oauth_codes[code] = installer_id
    return code
