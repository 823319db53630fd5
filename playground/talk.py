"""How the people of a story talk to the bot: answers in words, questions, reactions.

A story says what happened, not how it was typed. What can be said in two ways is said in turn in
each, so that a demo shows both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Final

from bot.domain.vocabulary import Role
from playground.local_bot import LocalBot
from playground.model import Channel, Message
from playground.on_screen import close_all, key_of, last_with, with_value
from playground.people import ActingMember
from playground.texts import table

LOG: Final = "construction"
KEEP: Final = "pushpin"
RESOLVE: Final = "white_check_mark"
HEARD_SECONDS: Final = 30.0
CHANNEL, DIRECT, THREAD = "channel", "direct", "thread"
QUESTIONS: Final = {
    3: (Role.BUSINESS, CHANNEL),
    10: (Role.APPROVER, DIRECT),
    22: (Role.BUILDER, THREAD),
    30: (Role.DATA, CHANNEL),
    42: (Role.BUSINESS, CHANNEL),
    46: (Role.APPROVER, DIRECT),
}
"""Who asks what at which hour, and where; none of it needs anything of the story."""


class Talk:
    """What people say in the sprint's channel.

    Args:
        local: the workspace and the bot in it.
        channel: the sprint's channel.
        role: who has a role in the story.
    """

    def __init__(
        self, local: LocalBot, channel: Channel, role: Callable[[Role], ActingMember]
    ) -> None:
        self._local = local
        self._channel = channel
        self._role = role
        self._turns: Counter[str] = Counter()

    # --- prompts --------------------------------------------------------------------------

    def answer(self, person: ActingMember, hour: int, words: str) -> None:
        """Answer the prompt of an hour in words: by its form or by a reply in its thread.

        A busy team is spared some prompts; the words then answer the one before.
        """
        prompt = self._prompt_of(hour)
        if self._turn("answered"):
            close_all(person)
            person.click(prompt, "prompt.answer")
            form = person.wait_for_modal()
            form.fill(answer=words)
            form.submit()
        else:
            before = prompt.blocks
            posted = person.post(self._channel, words, thread=prompt)
            self._wait(lambda: prompt.blocks != before)
            self._keep(self._role(Role.BUSINESS), posted)
        self._local.settle()

    def _keep(self, person: ActingMember, message: Message) -> None:
        """Keep what was said for the debrief; only who keeps it is told so."""
        seen = len(person.ephemerals(self._channel))
        person.react(message, KEEP)
        self._wait(lambda: len(person.ephemerals(self._channel)) > seen)

    def _wait(self, is_so: Callable[[], bool]) -> None:
        """Wait until the bot has heard: Slack takes its word for an event before it acts on it."""
        self._local.workspace.wait_until(is_so, HEARD_SECONDS)
        self._local.settle()

    def _prompt_of(self, hour: int) -> Message:
        prompts = {
            int(key.rpartition(":")[2]): message
            for message in self._channel.messages
            if ":prompt:" in (key := key_of(message)) and not message.is_reply
        }
        return prompts[max(asked for asked in prompts if asked <= hour)]

    # --- questions ------------------------------------------------------------------------

    def ask(self, hour: int) -> None:
        """Ask what is asked at this hour, if anything is."""
        if hour not in QUESTIONS:
            return
        role, place = QUESTIONS[hour]
        words = table("question", int)[hour]
        person, bot = self._role(role), self._local.workspace.manifest.bot_name
        if place == DIRECT:
            seen = len(person.dms())
            person.post(None, words)
            self._wait(lambda: len(person.dms()) > seen + 1)
        else:
            root = self._channel.messages[-1] if place == THREAD else None
            asked = person.post(self._channel, f"@{bot} {words}", thread=root)
            self._wait(lambda: self._is_answered(asked))

    def _is_answered(self, asked: Message) -> bool:
        bot = self._local.workspace.bot_user_id
        thread = asked.thread_ts or asked.ts
        return any(
            reply.thread_ts == thread and reply.user_id == bot and reply.ts > asked.ts
            for reply in self._channel.messages
        )

    # --- blockers -------------------------------------------------------------------------

    def says_it(self) -> bool:
        """Return whether the next blocker is said in the channel, and not typed into a form."""
        return self._turn("logged")

    def log(self, person: ActingMember, title: str) -> Message:
        """Say what blocks in the channel, mark it as a blocker, and return the blocker's card."""
        known = len(self._cards())
        person.react(person.post(self._channel, title), LOG)
        self._wait(lambda: len(self._cards()) > known)
        return last_with(person.messages(self._channel), "blocker.fixed")

    def resolve(self, person: ActingMember, row: int, how: str) -> None:
        """Resolve a blocker on its card; what is fixed is marked so or pressed, in turn."""
        action = f"blocker.{how}"
        cards = [each for each in person.messages(self._channel) if not each.is_reply]
        card = with_value(cards, action, row)
        if how == "fixed" and self._turn("resolved"):
            before = card.blocks
            person.react(card, RESOLVE)
            self._wait(lambda: card.blocks != before)
        else:
            person.click(card, action)

    def _cards(self) -> list[str]:
        keys = map(key_of, self._channel.messages)
        return [key for key in keys if re.fullmatch(r"sprint:\d+:blocker:\d+", key)]

    def _turn(self, counter: str) -> bool:
        """Return whether it is the first way's turn, and pass the turn on."""
        self._turns[counter] += 1
        return self._turns[counter] % 2 == 1
