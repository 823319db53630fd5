"""The Web API's HTTP side: tokens, faults, rates, the journal; then the method itself."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from playground.answers import answer_response_url
from playground.errors import SlackError
from playground.faults import FaultName
from playground.methods import (
    agent,
    basics,
    canvases,
    chat,
    conversations,
    extras,
    files,
    history,
    screen,
)
from playground.methods.arguments import Arguments
from playground.methods.registry import (
    METHODS,
    MethodCall,
    answer,
    granted_scopes,
    needs_team,
    table,
    tier_of,
)
from playground.model import JournalEntry
from playground.organisation import Organisation
from playground.rates import HISTORY
from playground.team import Team
from playground.tickets import use_response_url
from playground.wire import break_connection

Json = dict[str, Any]
FAMILIES = (agent, basics, canvases, chat, conversations, extras, files, history, screen)
"""The modules whose methods are served; importing them registers the methods."""

SHOWN_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What is shown in place; anything else could run on the client's own address, so it is saved."""

BEFORE: dict[FaultName, tuple[int, str]] = {
    "error_before": (500, "internal_error"),
    "drop_before": (0, ""),
}


@dataclass(frozen=True)
class GatewayReply:
    """What goes back over HTTP; a status of 0 breaks the connection."""

    status: int
    body: Json
    headers: dict[str, str]


class Gateway:
    """Answers Web API calls for all workspaces of one server.

    Args:
        workspaces: returns those there are.
        organisations: returns those there are.
    """

    def __init__(
        self,
        workspaces: Callable[[], Iterable[Team]],
        organisations: Callable[[], Iterable[Organisation]] = tuple,
    ) -> None:
        self._workspaces = workspaces
        self._organisations = organisations

    async def call(self, http: HttpRequest) -> Response:
        """Answer one Web API call."""
        name = http.path_params["method"]
        values, token = await read_call(http)
        workspace, by_app = self._whose(token, values)
        organisation = self._organisation(token, values)
        if organisation is not None:
            try:
                workspace = organisation.workspace_for(name, values, needs_team)
            except SlackError as refusal:
                note_call(organisation.workspaces[0], name, values, refusal.body(), token[:5])
                return JSONResponse(refusal.body())
        if workspace is None:
            return self._stranger(name, token)
        if workspace.faults.latency:
            await asyncio.sleep(workspace.faults.latency)
        fault = workspace.faults.next_for(name)
        request = MethodCall(workspace, Arguments(values), by_app, organisation)
        reply = self._reply(name, request, fault)
        if fault == "timeout_after":
            await asyncio.sleep(workspace.faults.hang)
        if reply.status == 0:
            break_connection(http.client)
        granted = {} if by_app else {"X-OAuth-Scopes": ",".join(sorted(granted_scopes(workspace)))}
        return JSONResponse(reply.body, reply.status or 500, {**reply.headers, **granted})

    def _whose(self, token: str, values: Json) -> tuple[Team | None, bool]:
        for workspace in self._workspaces():
            if workspace.installed and token == workspace.bot_token:
                return workspace, False
            if token == workspace.app_token:
                return workspace, True
            credentials = (workspace.client_id, workspace.client_secret)
            is_its_app = (values.get("client_id"), values.get("client_secret")) == credentials
            if is_its_app and _is_for(workspace, values):
                return workspace, False
        return None, False

    def _organisation(self, token: str, values: Json) -> Organisation | None:
        """Return the organisation whose token, code or refresh token a call carries."""
        for one in self._organisations():
            if one.installed and token == one.bot_token:
                return one
            credentials = (one.client_id, one.client_secret)
            is_its_app = (values.get("client_id"), values.get("client_secret")) == credentials
            if is_its_app and _is_for(one, values):
                return one
        return None

    def _stranger(self, name: str, token: str) -> Response:
        if name not in METHODS:
            refusal = SlackError("unknown_method", req_method=name)
        elif name == "oauth.v2.access":
            refusal = SlackError("invalid_code")
        elif name == "api.test" and not token:
            return JSONResponse({"ok": True, "args": {}})
        else:
            refusal = SlackError("invalid_auth" if token else "not_authed")
        return JSONResponse(refusal.body())

    def _reply(self, name: str, request: MethodCall, fault: FaultName | None) -> GatewayReply:
        reply = self._before(name, request, fault) or self._judged(name, request)
        accepted = reply.body.get("ok", False)
        self._note(name, request, reply.body, accepted=accepted, fault=fault)
        if fault == "drop_after":
            return GatewayReply(0, {}, {})
        if fault == "error_after":
            return GatewayReply(500, {"ok": False, "error": "internal_error"}, {})
        return reply

    def _before(
        self, name: str, request: MethodCall, fault: FaultName | None
    ) -> GatewayReply | None:
        """Return the reply to a call that is refused before anyone looks at it."""
        if name not in METHODS:
            return GatewayReply(200, SlackError("unknown_method", req_method=name).body(), {})
        if fault in BEFORE:
            status, error = BEFORE[fault]
            return GatewayReply(status, {"ok": False, "error": error}, {})
        workspace = request.workspace
        channel = str(request.arguments.values.get("channel", ""))
        if refusal := workspace.faults.refusal_of(name, channel):
            return GatewayReply(refusal.status, refusal.body(), refusal.headers)
        wait = workspace.faults.retry_after if fault == "ratelimited" else 0
        is_limited = workspace.rates.history is not None and name in HISTORY
        if (workspace.enforce_rates or is_limited) and not wait:
            wait = workspace.rates.wait_for(name, tier_of(name), channel)
        if wait:
            return GatewayReply(
                429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(wait)}
            )
        return None

    def _judged(self, name: str, request: MethodCall) -> GatewayReply:
        try:
            return GatewayReply(200, answer(name, request), {})
        except SlackError as refusal:
            return GatewayReply(refusal.status, refusal.body(), refusal.headers)

    def _note(
        self, name: str, request: MethodCall, body: Json, *, accepted: bool, fault: str | None
    ) -> None:
        workspace = request.workspace
        caller = workspace.app_id if request.by_app else workspace.bot_user_id
        note_call(
            workspace, name, request.arguments.values, body, caller, accepted=accepted, fault=fault
        )

    # --- other addresses -------------------------------------------------------------------

    async def respond(self, http: HttpRequest) -> Response:
        """Take what is sent to a response_url."""
        workspace = self.workspace_at(http)
        body = await http.json()
        fault = workspace.faults.next_for("response_url")
        if fault in BEFORE:
            return PlainTextResponse("error", 500)
        try:
            if played := workspace.faults.refusal_of("response_url"):
                raise played
            with workspace.changing():
                ticket = use_response_url(workspace, http.path_params["key"])
                answer_response_url(workspace, ticket, body)
        except SlackError as refusal:
            note_call(workspace, "response_url", body, refusal.body(), workspace.bot_user_id)
            status = refusal.status if refusal.status != 200 else 400
            return PlainTextResponse(refusal.error, status)
        answered: Json = {"ok": True}
        note_call(
            workspace,
            "response_url",
            body,
            answered,
            workspace.bot_user_id,
            accepted=True,
            fault=fault,
        )
        return PlainTextResponse("error", 500) if fault else PlainTextResponse("ok")

    async def upload(self, http: HttpRequest) -> Response:
        """Take a file's content."""
        workspace = self.workspace_at(http)
        content = await read_content(http)
        try:
            files.receive_content(workspace, http.path_params["file_id"], content)
        except SlackError as refusal:
            return PlainTextResponse(refusal.error, refusal.status)
        return PlainTextResponse(f"OK - {len(content)}")

    async def download(self, http: HttpRequest) -> Response:
        """Give a file's content."""
        workspace = self.workspace_at(http)
        file = workspace.files.get(http.path_params["file_id"])
        if file is None or file.content is None:
            return PlainTextResponse("file_not_found", 404)
        kind = basics_type(file.name)
        is_shown = kind in SHOWN_TYPES and "download" not in http.query_params
        disposition = "inline" if is_shown else "attachment"
        headers = {
            "Content-Disposition": f'{disposition}; filename="{file.id}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(file.content, media_type=kind, headers=headers)

    def workspace_at(self, http: HttpRequest) -> Team:
        """Return the workspace an address names."""
        team_id = http.path_params["team_id"]
        return next(one for one in self._workspaces() if one.team_id == team_id)


def _is_for(workspace: Team | Organisation, values: Json) -> bool:
    """Return whether an app's code or refresh token is one of this workspace or organisation."""
    if values.get("code") in workspace.oauth_codes:
        return True
    return bool(workspace.refresh_token) and values.get("refresh_token") == workspace.refresh_token


def note_call(
    workspace: Team,
    name: str,
    values: Json,
    body: Json,
    caller: str,
    *,
    accepted: bool = False,
    fault: str | None = None,
) -> None:
    """Write one call into the workspace's journal."""
    kept = {key: value for key, value in values.items() if key not in ("token", "client_secret")}
    call = JournalEntry(
        method=name,
        arguments=kept,
        answer=body,
        at=workspace.clock.now().isoformat(),
        seconds=time.monotonic() - workspace.began,
        caller=caller,
        accepted=accepted,
        fault=fault,
    )
    with workspace.changing():
        workspace.journal.append(call)


async def read_call(http: HttpRequest) -> tuple[Json, str]:
    """Return a call's arguments and its token, whichever way they were sent."""
    values: Json = dict(http.query_params)
    content_type = http.headers.get("content-type", "")
    if "json" in content_type:
        body = await http.body()
        values.update(await http.json() if body else {})
    elif "form" in content_type:
        values.update((await http.form()).items())
    scheme, _, credentials = http.headers.get("authorization", "").partition(" ")
    token = str(values.pop("token", "") or "")
    if scheme.lower() == "bearer":
        token = credentials
    elif scheme.lower() == "basic":
        identity = base64.b64decode(credentials).decode().partition(":")
        values.update(client_id=identity[0], client_secret=identity[2])
    return values, token


async def read_content(http: HttpRequest) -> bytes:
    """Return the content of an upload, sent raw or as a form's file."""
    if "multipart/form-data" not in http.headers.get("content-type", ""):
        return await http.body()
    form = await http.form()
    parts = [value for value in form.values() if not isinstance(value, str)]
    return await parts[0].read() if parts else b""


def basics_type(name: str) -> str:
    """Return the media type a file's name promises."""
    import mimetypes

    return mimetypes.guess_type(name)[0] or "application/octet-stream"


UNSERVED = set(table()["methods"]) - set(METHODS)
if UNSERVED:
    raise RuntimeError(f"data/methods.yaml lists methods that nothing serves: {sorted(UNSERVED)}")
