"""The local Slack as a whole: one server on the loopback address, any number of workspaces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.clock import Clock
from playground.gateway import Gateway
from playground.manifest import Manifest, read_manifest
from playground.organisation import Organisation
from playground.stamps import Ids
from playground.team import Transport
from playground.wire import ThreadedServer
from playground.workspace import Workspace

AVATAR = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72">
<rect width="72" height="72" rx="12" fill="#{color}"/>
<text x="36" y="47" font-family="sans-serif" font-size="32" fill="#fff"
text-anchor="middle">{letter}</text>
</svg>"""


class LocalSlack:
    """A Slack on this machine, for trying and testing; use it as a context manager.

    Args:
        clock: what message timestamps are taken from; the system's when left out.
        manifest: the app's manifest file; without one, every scope is granted, every event sent
            and every command and shortcut known.
        port: 0 takes a free one.
        routes: further routes to serve, such as those of the browser client.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        manifest: Path | None = None,
        port: int = 0,
        routes: Sequence[BaseRoute] = (),
    ) -> None:
        self.clock = clock
        self.manifest = read_manifest(manifest) if manifest else Manifest()
        self.workspaces: list[Workspace] = []
        self.organisations: list[Organisation] = []
        self._ids = Ids()
        self._gateway = Gateway(lambda: tuple(self.workspaces), lambda: tuple(self.organisations))
        self._application = Starlette(
            routes=[*self._routes(), *routes], exception_handlers={ClientDisconnect: _to_nobody}
        )
        self._server = ThreadedServer(self._application, port)
        self.base_url = self._server.base_url
        self.api_url = f"{self.base_url}/api/"

    def _routes(self) -> list[BaseRoute]:
        gateway = self._gateway
        return [
            Route("/api/{method:path}", gateway.call, methods=["GET", "POST"]),
            Route("/respond/{team_id}/{key}", gateway.respond, methods=["POST"]),
            Route("/upload/{team_id}/{file_id}", gateway.upload, methods=["POST"]),
            Route("/files/{team_id}/{file_id}/{name:path}", gateway.download),
            Route("/avatars/{name}", self._avatar),
            WebSocketRoute("/link/{team_id}", self._link),
        ]

    def add_routes(self, routes: Sequence[BaseRoute]) -> None:
        """Serve further routes, such as those of the browser client."""
        self._application.router.routes.extend(routes)

    def start(self) -> LocalSlack:
        """Start serving."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving; the workspaces can still be looked at."""
        for workspace in self.workspaces:
            workspace.delivery.close()
        self._server.stop()

    def __enter__(self) -> LocalSlack:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def add_workspace(
        self,
        name: str,
        *,
        transport: Transport = "socket",
        request_url: str | None = None,
        manifest: Manifest | None = None,
        organisation: Organisation | None = None,
    ) -> Workspace:
        """Open a new team with the app installed in it, unless it belongs to an organisation.

        Args:
            name: the team's name.
            transport: `socket` for Socket Mode, `http` for signed requests to `request_url`.
            request_url: where the app listens; may also be set later, on the workspace.
            manifest: instead of the server's.
            organisation: the one that it belongs to.
        """
        workspace = Workspace(
            name,
            clock=self.clock,
            manifest=manifest or self.manifest,
            ids=self._ids,
            base_url=self.base_url,
            transport=transport,
            request_url=request_url,
            organisation=organisation,
        )
        self.workspaces.append(workspace)
        if organisation is not None:
            organisation.workspaces.append(workspace)
        return workspace

    def add_organisation(self, name: str) -> Organisation:
        """Open an organisation, whose workspaces are then added to it; its app is not installed."""
        self.organisations.append(Organisation(name, self._ids, self.manifest))
        return self.organisations[-1]

    async def _link(self, socket: WebSocket) -> None:
        team_id = socket.path_params["team_id"]
        workspace = next((one for one in self.workspaces if one.team_id == team_id), None)
        if workspace is None:
            await socket.close(code=1008)
            return
        await workspace.hub.serve(socket, socket.query_params.get("ticket", ""))

    async def _avatar(self, http: Request) -> Response:
        user_id = http.path_params["name"].partition("-")[0]
        for workspace in self.workspaces:
            if user_id in workspace.users:
                user = workspace.users[user_id]
                letter = user.real_name[:1].upper().replace("&", "").replace("<", "")
                picture = AVATAR.format(color=user.color, letter=letter)
                return Response(picture, media_type="image/svg+xml")
        return Response(status_code=404)


async def _to_nobody(_http: Request, _hung_up: Exception) -> Response:
    """Answer who is gone; a bot that is killed within a call is what this Slack is for."""
    return Response(status_code=400)
