"""What a workspace is made of: plain records, without rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from playground.canvas import Canvas

Block = dict[str, Any]
"""One Block Kit block, as JSON."""

SLACKBOT = "USLACKBOT"
"""The member that every workspace has from its beginning."""

StateValues = dict[str, dict[str, dict[str, Any]]]
"""What has been typed: block_id -> action_id -> the element's value object."""


@dataclass
class User:
    """A member of the workspace, human or bot."""

    id: str
    team_id: str
    name: str
    real_name: str
    email: str
    tz: str = "UTC"
    locale: str = "en-US"
    is_guest: bool = False
    deleted: bool = False
    is_bot: bool = False
    is_slackbot: bool = False
    is_admin: bool = False
    bot_id: str | None = None
    app_id: str | None = None
    color: str = "4bbe2e"
    updated: int = 0


@dataclass
class Caption:
    """A channel's topic or purpose."""

    value: str = ""
    creator: str = ""
    last_set: int = 0


@dataclass(frozen=True)
class Mention:
    """A real ping: somebody is notified by this message.

    Args:
        kind: whom it calls.
        target: the user's id, the usergroup's id, or the broadcast's name.
    """

    kind: Literal["user", "broadcast", "usergroup"]
    target: str


@dataclass
class Message:
    """One message, in a channel or seen by one person only (`ephemeral_to`)."""

    ts: str
    channel_id: str
    user_id: str
    text: str
    blocks: list[Block] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    thread_ts: str | None = None
    reply_broadcast: bool = False
    metadata: dict[str, Any] | None = None
    subtype: str | None = None
    by_bot: bool = False
    username: str | None = None
    icons: dict[str, str] = field(default_factory=dict)
    edited: dict[str, str] | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    mentions: list[Mention] = field(default_factory=list)
    ephemeral_to: str | None = None
    client_msg_id: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class Pin:
    """A pinned message."""

    message_ts: str
    created: int
    created_by: str


@dataclass
class Bookmark:
    """A link in a channel's bookmark bar."""

    id: str
    channel_id: str
    title: str
    link: str
    emoji: str
    type: str
    created: int
    updated: int
    rank: str
    updated_by: str


@dataclass
class Channel:
    """A conversation: public or private channel, direct message or group direct message."""

    id: str
    name: str
    creator: str
    created: int
    is_private: bool = False
    is_im: bool = False
    is_mpim: bool = False
    is_general: bool = False
    is_archived: bool = False
    members: list[str] = field(default_factory=list)
    topic: Caption = field(default_factory=Caption)
    purpose: Caption = field(default_factory=Caption)
    previous_names: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    ephemerals: list[Message] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)
    bookmarks: list[Bookmark] = field(default_factory=list)
    canvas: Canvas | None = None
    last_read: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The word scopes and events use: `channel`, `group`, `im` or `mpim`."""
        if self.is_im:
            return "im"
        if self.is_mpim:
            return "mpim"
        return "group" if self.is_private else "channel"


@dataclass
class ScreenView:
    """A modal or a Home tab, with what its person has typed into it."""

    id: str
    user_id: str
    type: str
    blocks: list[Block]
    hash: str
    title: dict[str, Any] | None = None
    submit: dict[str, Any] | None = None
    close: dict[str, Any] | None = None
    private_metadata: str = ""
    callback_id: str = ""
    external_id: str = ""
    clear_on_close: bool = False
    notify_on_close: bool = False
    submit_disabled: bool = False
    root_view_id: str = ""
    previous_view_id: str | None = None
    state: StateValues = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    response_urls: list[dict[str, str]] = field(default_factory=list)


@dataclass
class StoredFile:
    """An uploaded file; it is shared once `channels` is not empty."""

    id: str
    user_id: str
    name: str
    length: int
    created: int
    title: str = ""
    alt_text: str = ""
    snippet_type: str = ""
    content: bytes | None = None
    completed: bool = False
    deleted: bool = False
    channels: list[str] = field(default_factory=list)
    shares: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Trigger:
    """The right to open one modal for one person, for three seconds of real time."""

    id: str
    user_id: str
    born: float
    view_id: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    """The right to answer an act up to five times in thirty minutes of real time."""

    id: str
    user_id: str
    channel_id: str
    born: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


@dataclass(frozen=True)
class JournalEntry:
    """One entry of the journal: a Web API call, or a use of a response_url.

    Args:
        method: such as `chat.postMessage`; `response_url` for an answer to one.
        arguments: as the caller sent them, decoded, without the token.
        answer: the JSON answered, or meant to be answered when a fault swallowed it.
        at: the workspace's time when it was answered, ISO 8601 in UTC.
        seconds: real seconds since the workspace began.
        caller: the bot's user id, or an empty string when the token was not known.
        accepted: whether it changed or read anything, however it was answered.
        fault: the name of the fault that was played, if one was.
    """

    method: str
    arguments: dict[str, Any]
    answer: dict[str, Any]
    at: str
    seconds: float
    caller: str
    accepted: bool
    fault: str | None = None


@dataclass(frozen=True)
class ActResult:
    """What came of a person's act.

    Args:
        ok: whether the app acknowledged in time.
        error: `dispatch_failed` or `operation_timeout` when it did not; for a modal with
            refused fields `validation`.
        body: the acknowledgement's payload.
        seconds: real seconds until the acknowledgement.
        errors: a modal's field errors, block_id -> sentence.
    """

    ok: bool
    error: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    errors: dict[str, str] = field(default_factory=dict)
