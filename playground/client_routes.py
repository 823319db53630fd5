"""The browser client's routes: its page, what a person sees as JSON, live nudges, and their acts.

Only this machine may ask, and only who knows the key of this run: other pages open in the same
browser can neither read the workspace nor act in it.
"""

from __future__ import annotations

import asyncio
import json
import math
import mimetypes
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.clock import CompressedClock
from playground.client_acts import ACTS, ClientError, refusal_text
from playground.errors import NotOnScreenError, SlackError
from playground.model import StoredFile
from playground.shapes import file_shape
from playground.texts import say
from playground.workspace import Workspace

Json = dict[str, Any]
Endpoint = Callable[[Request], Awaitable[Response]]

PAGES = Path(__file__).parent / "client"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
LARGEST_BODY = 1_000_000
LARGEST_UPLOAD = 10_000_000
FASTEST_CLOCK = 36_000.0
NUDGE_GAP_SECONDS = 0.1
HEARTBEAT_SECONDS = 15.0
SHOWN_INLINE = ("image/", "text/plain", "application/pdf")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FILE_HEADERS = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox"}


class ClockControl(Protocol):
    """What the client's clock buttons do."""

    @property
    def speed(self) -> float:
        """The workspace's seconds for each real second."""

    @property
    def can_jump(self) -> bool:
        """Whether there is a next event to jump to."""

    def set_speed(self, speed: float) -> None:
        """Let the clock run `speed` times as fast; 0 stops it."""

    def jump_to_next_event(self) -> bool:
        """Jump to when the next thing is due; False when nothing is."""


@dataclass(frozen=True)
class CompressedClockControl:
    """Controls a `CompressedClock`.

    Args:
        clock: the workspace's clock.
        next_event: returns when the next thing is due, None when nothing is; without it the
            client shows no button to jump.
        changed: called after each change, so that who sleeps until a time can look again.
    """

    clock: CompressedClock
    next_event: Callable[[], datetime | None] | None = None
    changed: Callable[[], None] = lambda: None

    @property
    def speed(self) -> float:
        """The workspace's seconds for each real second."""
        return self.clock.speed

    @property
    def can_jump(self) -> bool:
        """Whether the button to jump is shown."""
        return self.next_event is not None

    def set_speed(self, speed: float) -> None:
        """Let the clock run `speed` times as fast; 0 stops it."""
        self.clock.set_speed(speed)
        self.changed()

    def jump_to_next_event(self) -> bool:
        """Jump to when the next thing is due; False when nothing is."""
        due = self.next_event() if self.next_event else None
        if due is None:
            return False
        self.clock.jump_to(due)
        self.changed()
        return True


class TrafficControl(Protocol):
    """What the client's traffic buttons do: calls of a deployed model."""

    @property
    def state(self) -> str:
        """Which of the buttons is pressed."""

    @property
    def is_served(self) -> bool:
        """Whether a deployed model answers calls; without one the buttons are hidden."""

    @property
    def arms(self) -> Mapping[str, int]:
        """How many calls each arm has answered."""

    def set(self, state: str) -> None:
        """Switch the traffic; ValueError where there is no such state."""


class GuideControl(Protocol):
    """What the client's bar of a guided sprint shows and does."""

    def state(self) -> Json:
        """Return the present step."""

    def do(self) -> None:
        """Do the present step in the person's place."""

    def skip(self) -> None:
        """Go on to the next step."""


class BrowserClient:
    """The browser client of one workspace.

    Args:
        workspace: the team it shows.
        clock_control: what its clock buttons do; a workspace on a `CompressedClock` gets speed
            buttons without it, but no jump.
        traffic: what its traffic buttons do; without it there are none.
        guide: what leads a newcomer; without it there is no such bar.
        prefix: where its routes are mounted, without a slash at the end.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        clock_control: ClockControl | None = None,
        traffic: TrafficControl | None = None,
        guide: GuideControl | None = None,
        prefix: str = "/client",
    ) -> None:
        self.workspace = workspace
        self.prefix = prefix
        self.key = secrets.token_urlsafe(24)
        self.clock_control = clock_control or self._plain_control()
        self._traffic = traffic
        self._guide = guide
        self._closing = False

    def _plain_control(self) -> ClockControl | None:
        clock = self.workspace.clock
        return CompressedClockControl(clock) if isinstance(clock, CompressedClock) else None

    def address(
        self,
        base_url: str,
        *,
        person: str | None = None,
        place: str | None = None,
        thread: str | None = None,
    ) -> str:
        """Return the address that opens the client, with the key of this run.

        Args:
            base_url: the server's, such as `http://127.0.0.1:8048`.
            person: the user id to act as; the first member when left out.
            place: a channel id, or `home` for the app's Home tab.
            thread: the timestamp of the message whose thread is open.
        """
        chosen = {"as": person, "at": place, "thread": thread}
        fragment = urlencode({key: value for key, value in chosen.items() if value})
        page = f"{base_url.rstrip('/')}{self.prefix}/?{urlencode({'key': self.key})}"
        return f"{page}#{fragment}" if fragment else page

    def close(self) -> None:
        """End the live lines, so that a server that shuts down does not wait for them."""
        self._closing = True
        with self.workspace.changing():
            pass

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount in the server's application."""
        at = self.prefix
        return [
            Route(f"{at}/", self._guard(self._page)),
            Route(f"{at}/api/state", self._guard(self._state)),
            Route(f"{at}/api/events", self._guard(self._events)),
            Route(f"{at}/api/clock", self._guard(self._clock), methods=["POST"]),
            Route(f"{at}/api/traffic", self._guard(self._switch_traffic), methods=["POST"]),
            Route(f"{at}/api/guide", self._guard(self._guided), methods=["POST"]),
            Route(f"{at}/api/upload", self._guard(self._upload), methods=["POST"]),
            Route(f"{at}/api/{{act}}", self._guard(self._act), methods=["POST"]),
            Route(f"{at}/files/{{file_id}}", self._guard(self._file)),
            Route(f"{at}/files/{{file_id}}/{{name}}", self._guard(self._file)),
            Route(f"{at}/{{asset}}", self._guard(self._asset)),
        ]

    # --- who may ask ----------------------------------------------------------------------

    def _guard(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            problem = _not_local(request) or self._without_key(request) or _from_elsewhere(request)
            if problem:
                return _refused(problem, 403)
            try:
                return await endpoint(request)
            except (ClientError, NotOnScreenError, SlackError, LookupError) as refusal:
                return _refused(refusal_text(refusal), 409)

        return guarded

    def _cookie_name(self, request: Request) -> str:
        return f"hour48_{request.url.port or 80}_{self.workspace.team_id}"

    def _without_key(self, request: Request) -> str | None:
        shown = request.query_params.get("key") or request.cookies.get(self._cookie_name(request))
        if shown and secrets.compare_digest(shown.encode(), self.key.encode()):
            return None
        return say("needs_key")

    # --- the page and its parts -----------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        response = HTMLResponse(_page_with_preloads(), headers=HEADERS)
        response.set_cookie(
            self._cookie_name(request), self.key, path=self.prefix, httponly=True, samesite="strict"
        )
        return response

    async def _asset(self, request: Request) -> Response:
        path = PAGES / request.path_params["asset"]
        if path.parent != PAGES or not path.is_file():
            return _refused(say("no_such_page"), 404)
        kind = mimetypes.guess_type(path.name)[0]
        return Response(path.read_bytes(), media_type=kind, headers=HEADERS)

    async def _file(self, request: Request) -> Response:
        file = self.workspace.files.get(request.path_params["file_id"])
        if file is None or file.deleted or file.content is None:
            return _refused(say("no_such_file"), 404)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        shown = "inline" if kind.startswith(SHOWN_INLINE) else "attachment"
        return Response(file.content, media_type=kind, headers=_file_headers(file.name, shown))

    # --- what a person sees ---------------------------------------------------------------

    async def _state(self, request: Request) -> Response:
        chosen, place = request.query_params.get("as"), request.query_params.get("channel")
        screen = await run_in_threadpool(self._screen, chosen, place)
        return JSONResponse(screen, headers=HEADERS)

    def _screen(self, user_id: str | None, place: str | None) -> Json:
        """Return what the person sees; messages only of the channel that is open."""
        user = self._member(user_id)
        self.workspace.direct_message(user)
        screen = self.workspace.view_for(user)
        for channel in screen["channels"]:
            if channel["id"] != place:
                del channel["messages"]
        screen["clock"] = {"now": screen["now"], **self._clock_state()}
        screen["traffic"] = self._traffic_state()
        screen["guide"] = self._guide.state() if self._guide else None
        return screen

    def _traffic_state(self) -> Json | None:
        if self._traffic is None or not self._traffic.is_served:
            return None
        return {"state": self._traffic.state, "arms": dict(self._traffic.arms)}

    def _member(self, user_id: str | None) -> str:
        user = self.workspace.users.get(user_id or "")
        if user and not user.is_bot and not user.deleted:
            return user.id
        members = [person.user for person in self.workspace.people()]
        present = next((member.id for member in members if not member.deleted), None)
        if present is None:
            raise ClientError("Nobody is in this workspace yet: add a person, then reload.")
        return present

    def _clock_state(self) -> Json:
        control = self.clock_control
        if control is None:
            return {"speed": 1, "controllable": False, "can_jump": False}
        return {"speed": control.speed, "controllable": True, "can_jump": control.can_jump}

    async def _events(self, _request: Request) -> Response:
        return StreamingResponse(
            self._nudges(), media_type="text/event-stream", headers={**HEADERS}
        )

    async def _nudges(self) -> AsyncIterator[str]:
        """Yield a nudge after changes, several at once as one; the client then asks its state."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def nudge(_revision: int) -> None:
            loop.call_soon_threadsafe(changed.set)

        unsubscribe = self.workspace.subscribe(nudge)
        try:
            yield "retry: 500\n\n"
            while not self._closing:
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                changed.clear()
                yield f"event: change\ndata: {self.workspace.revision}\n\n"
                await asyncio.sleep(NUDGE_GAP_SECONDS)
        finally:
            unsubscribe()

    # --- what a person does ---------------------------------------------------------------

    async def _act(self, request: Request) -> Response:
        work = ACTS.get(request.path_params["act"])
        if work is None:
            return _refused(say("no_such_act"), 404)
        body = await _json_body(request)
        person = self.workspace.person(self._acting(body))
        return JSONResponse(await run_in_threadpool(work, person, body), headers=HEADERS)

    def _acting(self, body: Json) -> str:
        user_id = str(body.get("as"))
        if self._member(user_id) != user_id:
            raise ClientError("That person is not a member here. Choose another to act as.")
        return user_id

    async def _clock(self, request: Request) -> Response:
        body, control = await _json_body(request), self.clock_control
        if control is None:
            raise ClientError("This workspace runs on the machine's own clock.")
        await run_in_threadpool(_turn_clock, control, body)
        with self.workspace.changing():
            return JSONResponse({"ok": True, **self._clock_state()}, headers=HEADERS)

    async def _switch_traffic(self, request: Request) -> Response:
        body, traffic = await _json_body(request), self._traffic
        if traffic is None:
            raise ClientError("Nobody calls a model in this workspace.")
        try:
            await run_in_threadpool(traffic.set, str(body.get("state")))
        except ValueError as wrong:
            raise ClientError(str(wrong)) from None
        with self.workspace.changing():
            return JSONResponse({"ok": True, "traffic": self._traffic_state()}, headers=HEADERS)

    async def _guided(self, request: Request) -> Response:
        body, guide = await _json_body(request), self._guide
        acts = {"do": guide.do, "skip": guide.skip} if guide else {}
        act = acts.get(str(body.get("act")))
        if act is None:
            raise ClientError("Nobody leads through this workspace.")
        await run_in_threadpool(act)
        with self.workspace.changing():
            return JSONResponse({"ok": True}, headers=HEADERS)

    async def _upload(self, request: Request) -> Response:
        content = await _limited_body(request, LARGEST_UPLOAD)
        workspace = self.workspace
        user_id = self._acting({"as": request.query_params.get("as")})
        with workspace.changing():
            file = StoredFile(
                id=workspace.ids.new("F"),
                user_id=user_id,
                name=Path(request.query_params.get("name") or "file").name,
                length=len(content),
                created=workspace.stamps.seconds(),
                content=content,
                completed=True,
            )
            workspace.files[file.id] = file
            return JSONResponse(file_shape(workspace, file), headers=HEADERS)


def _page_with_preloads() -> str:
    """Return the page, naming all modules at once: found one by one they take many round trips."""
    links = (f'<link rel="modulepreload" href="{path.name}" />' for path in PAGES.glob("*.js"))
    page = (PAGES / "index.html").read_text(encoding="utf-8")
    return page.replace("</head>", "".join(sorted(links)) + "</head>")


def _turn_clock(control: ClockControl, body: Json) -> None:
    if body.get("jump"):
        if not control.jump_to_next_event():
            raise ClientError("Nothing is due: plan or start a sprint first.")
        return
    speed = body.get("speed")
    if not isinstance(speed, int | float) or not math.isfinite(speed):
        raise ClientError("The clock's speed must be a number.")
    control.set_speed(min(max(float(speed), 0.0), FASTEST_CLOCK))


def _refused(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status_code=status, headers=HEADERS)


def _not_local(request: Request) -> str | None:
    """A name other than the loopback's is a page that rebinds its own name to this machine."""
    caller = request.client.host if request.client else ""
    if caller in LOOPBACK and request.url.hostname in LOOPBACK:
        return None
    return say("only_here")


def _from_elsewhere(request: Request) -> str | None:
    if request.method in ("GET", "HEAD"):
        return None
    origin = urlsplit(request.headers.get("origin", ""))
    if origin.netloc and origin.netloc == request.headers.get("host"):
        return None
    return say("only_own_page")


def _file_headers(name: str, shown: str) -> dict[str, str]:
    safe = "".join(char for char in name if char.isascii() and (char.isalnum() or char in " .-_"))
    return {**FILE_HEADERS, "Content-Disposition": f'{shown}; filename="{safe or "file"}"'}


async def _limited_body(request: Request, largest: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body.extend(chunk)
        if len(body) > largest:
            raise ClientError(f"That is larger than {largest // 1_000_000} MB.")
    return bytes(body)


async def _json_body(request: Request) -> Json:
    try:
        body = json.loads(await _limited_body(request, LARGEST_BODY))
    except (ValueError, RecursionError):  # a body nested too deep to be ours
        body = None
    if not isinstance(body, dict):
        raise ClientError("The page sent something unreadable. Reload it and try again.")
    return body
