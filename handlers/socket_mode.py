"""The line to Slack in Socket Mode: opened at the start, however often that takes, and hung up."""

from __future__ import annotations

import threading
from itertools import chain, repeat
from typing import Any, Final

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.domain.errors import InputError
from bot.messages.catalog import say_plain
from bot.slack.api_errors import TRANSPORT_ERRORS, Diagnosis, ErrorClass, diagnose
from bot.slack.tls import trust_them

log = structlog.get_logger()

AT_ONCE: Final = 24
"""Payloads handled at once."""
WAITS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before the next try, while Slack cannot be reached; the last one again and again."""
PATIENCE: Final = 10.0
"""Seconds for which a start waits for the first try; Slack may tell it to come back later."""
LISTENER_SECONDS: Final = 0.1
"""How long the listener is waited for before it is told to end once more."""
HOPELESS: Final = frozenset({ErrorClass.LOCKED_OUT, ErrorClass.PERMANENT})


def stop_listening(client: Any) -> None:
    """End the SDK's listener, which forgets an end that it is told of as it begins to listen.

    The SDK's `close` tells it once, and then waits for it without a limit.

    Args:
        client: the SDK's client of Socket Mode.
    """
    client.default_auto_reconnect_enabled = False  # what a connection begins with
    client.auto_reconnect_enabled = False
    listener = client.current_session_runner
    listener.event.set()
    while listener.thread.is_alive():
        client.current_session_state.terminated = True
        client.disconnect()
        listener.thread.join(LISTENER_SECONDS)


class SocketLine:
    """One Socket Mode connection.

    Args:
        app: Bolt's app, which answers what comes in.
        app_token: the token that opens connections.
        api_url: where the Web API is.
    """

    def __init__(self, app: App, app_token: str, api_url: str) -> None:
        trust_them()
        client = WebClient(token=app_token, base_url=api_url)
        self._handler: Any = SocketModeHandler(  # untyped in slack-bolt
            app, app_token, web_client=client, concurrency=AT_ONCE
        )
        self._has_hung_up = threading.Event()
        self._was_tried = threading.Event()
        self._refusal: InputError | None = None
        self._trying = threading.Thread(target=self._try, name="socket-line", daemon=True)

    @property
    def client(self) -> Any:
        """The SDK's client of the connection."""
        return self._handler.client

    def open(self) -> None:
        """Connect; while Slack cannot be reached, go on trying in the background.

        Raises:
            InputError: Slack does not take the token, so that trying again is of no use.
        """
        self._trying.start()
        self._was_tried.wait(PATIENCE)
        if self._refusal is not None:
            raise self._refusal

    def problem(self) -> str | None:
        """Return what is wrong with the connection, or None."""
        if self.client.is_connected():
            return None
        return self._refusal.message if self._refusal else say_plain("server.socket_mode_connected")

    def hang_up(self) -> None:
        """Take nothing new from Slack, answer what was taken, and close the connection."""
        self._has_hung_up.set()
        if self._trying.ident is not None:
            self._trying.join(PATIENCE)
        self.client.closed = True
        self.client.message_queue.put(None)  # its reader would else sleep out its second
        self.client.message_workers.shutdown(wait=True)  # an answer needs the connection still open
        stop_listening(self.client)
        self._handler.close()

    def _try(self) -> None:
        for wait in chain((0.0,), WAITS, repeat(WAITS[-1])):
            if self._has_hung_up.wait(wait) or self._connect():
                return

    def _connect(self) -> bool:
        """Try once; return whether there is an end to trying."""
        self.client.wss_uri = None  # an address serves once
        try:
            self._handler.connect()
        except TRANSPORT_ERRORS as error:
            return self._is_hopeless(diagnose(error))
        finally:
            self._was_tried.set()  # after a refusal has been kept
        log.info("socket.connected")
        return True

    def _is_hopeless(self, diagnosis: Diagnosis) -> bool:
        log.warning("socket.not_connected", error=diagnosis.error)
        if diagnosis.error_class not in HOPELESS:
            return False
        self._refusal = InputError(
            say_plain("server.socket_refused", error=diagnosis.error),
            field="slack.app_token",
        )
        return True
