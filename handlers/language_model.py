"""The company's own language model for questions, behind an OpenAI-compatible address.

An answer from the record is posted first; what the model adds changes it afterwards, or does not.
A model that is away, slow, wrong or disobedient leaves the answer as it is.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import structlog

from bot.ask.assist import faithful, intent_messages, read_intent, rephrase_messages
from bot.ask.intents import Intent
from bot.db.encryption import Encryption
from bot.debrief.questions import Asked, Posted, posted_answer, put_better
from bot.domain.errors import InputError
from bot.settings import AskSettings
from bot.unit_of_work import Runtime
from probes.guard import guarded_client

log = structlog.get_logger()

SEALED: Final = "sealed:"
LARGEST_ANSWER: Final = 64_000
MOST_TOKENS: Final = 400
AT_A_TIME: Final = 4
MOST_WAITING: Final = 24
"""Answers that a slow model may hold up; further ones stay as the record gives them."""


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Asks one address.

    Args:
        settings: where, and what it may do.
        key: the key in the clear; empty for none.
    """

    settings: AskSettings
    key: str = field(default="", repr=False)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="model"),
        repr=False,
    )
    _room: threading.Semaphore = field(
        default_factory=lambda: threading.Semaphore(MOST_WAITING), repr=False
    )

    def improve(self, runtime: Runtime, team_id: str, asked: Asked) -> None:
        """Improve an answer later, in a thread of the model's own; nobody waits for a slow one."""
        if not self._room.acquire(blocking=False):
            log.info("ask.model_busy", team=team_id)
            return
        work = self._pool.submit(copy_context().run, improve_answer, runtime, self, team_id, asked)
        work.add_done_callback(self._ended)

    def _ended(self, work: Future[None]) -> None:
        self._room.release()
        if error := work.exception():
            log.error("ask.model_failed", error=repr(error)[:200])

    def said(self, messages: list[dict[str, str]]) -> str | None:
        """Return what the model says; None where it is not to be had in time."""
        end = time.monotonic() + self.settings.seconds
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        asked = {
            "model": self.settings.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
        }
        address = f"{str(self.settings.url).rstrip('/')}/chat/completions"
        try:
            with (
                guarded_client(
                    timeout=self.settings.seconds,
                    allow_internal=self.settings.allow_internal,
                    left=lambda: end - time.monotonic(),
                ) as client,
                client.stream("POST", address, headers=headers, json=asked) as response,
            ):
                response.raise_for_status()
                return _content(json.loads(_body(response)))
        except (httpx.HTTPError, httpx.InvalidURL, InputError, OSError, ValueError) as error:
            log.info("ask.model_away", error=type(error).__name__)
            return None


def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body.extend(chunk)
        if len(body) > LARGEST_ANSWER:
            message = "the model's answer does not end"
            raise ValueError(message)
    return bytes(body)


def _content(answer: Any) -> str | None:
    try:
        content = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return None
    return content if isinstance(content, str) else None


def model_of(settings: AskSettings, encryption: Encryption | None) -> LanguageModel | None:
    """Return the configured model; None where none is.

    Raises:
        InputError: the key is sealed, and nothing that is configured opens it.
    """
    if settings.url is None:
        return None
    key = settings.key.get_secret_value() if settings.key else ""
    if key.startswith(SEALED):
        opener = encryption or Encryption([])
        key = opener.open(key.removeprefix(SEALED))
    return LanguageModel(settings, key)


def improve_answer(runtime: Runtime, model: LanguageModel, team_id: str, asked: Asked) -> None:
    """Let a model choose what an unread question means, and put the answer into other words."""
    with runtime.reading(team_id) as uow:
        posted = posted_answer(uow, asked)
    if posted is None:
        return
    if posted.told.intent is Intent.NONE:
        posted = _chosen(runtime, model, team_id, asked, posted)
    if posted is None or not posted.told.known or posted.told.intent is Intent.HELP:
        return
    if model.settings.rephrases:
        _rephrase(runtime, model, team_id, asked, posted)


def _chosen(
    runtime: Runtime, model: LanguageModel, team_id: str, asked: Asked, posted: Posted
) -> Posted | None:
    if not model.settings.chooses_intent:
        return None
    intent = read_intent(model.said(intent_messages(posted.question)) or "")
    if intent is None:
        return None
    with runtime.uow(team_id) as uow:
        return put_better(uow, asked, intent=intent.value)


def _rephrase(
    runtime: Runtime, model: LanguageModel, team_id: str, asked: Asked, posted: Posted
) -> None:
    draft = posted.told
    rephrased = model.said(rephrase_messages(posted.question, draft.text, draft.language))
    if rephrased is None:
        return
    taken = faithful(draft.text, rephrased, draft.language, posted.people)
    log.info("ask.rephrased", taken=taken is not None)
    if taken is not None and taken != draft.text:
        with runtime.uow(team_id) as uow:
            put_better(uow, asked, said=taken, said_of=draft.text)
