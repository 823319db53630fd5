"""Acts a deployment out: the checklist's buttons, traffic over HTTP, the red button, live again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from playground.errors import NotOnScreenError
from playground.local_bot import LocalBot
from playground.model import Channel, Message
from playground.people import ActingMember
from playground.texts import say
from playground.traffic import Change, Traffic, scaled

SHADOW_CALLS: Final = 320
"""Households that come in the shadow run; the checklist wants 200 different ones."""
BROKEN_CALLS: Final = 400
MENDED_CALLS: Final = 450
MOST_ROUNDS: Final = 10
"""A slight change is seen by a large block of people, and needs as large a one to be over."""
WAIT_SECONDS: Final = 40.0
CENTS: Final = 100.0
BROKEN_COLUMN: Final = "spend"
CONTROL: Final = "no coupon"


class GoingLive:
    """The people of a sprint take its model live, watch it, and take it back.

    Args:
        local: the workspace and the bot in it.
        channel: the sprint's channel.
        traffic: who calls the model; None where no model can be served.
    """

    def __init__(self, local: LocalBot, channel: Channel, traffic: Traffic | None) -> None:
        self._local = local
        self._channel = channel
        self._traffic = traffic
        self.arms: Counter[str] = Counter()

    @property
    def is_real(self) -> bool:
        """Whether a model is served and called, rather than said to run elsewhere."""
        return self._traffic is not None

    # --- the checklist ------------------------------------------------------------------------

    def accept(self, person: ActingMember, part: str) -> None:
        """Let somebody accept a part of the deployment by their own press."""
        card = self._checklist(person)
        self._click(person, card, f"deploy.accept:{part}")

    def go_live(self, builder: ActingMember, on_call: ActingMember, lead: ActingMember) -> None:
        """Take the model through shadow and rehearsal to its first percent, or live again."""
        card = self._checklist(builder)
        if self._has(card, "deploy.set_up:on_call") or self._has(card, "deploy.set_up:control"):
            self._set_up(builder, card, on_call)
        self._run_shadow(builder)
        self._check(builder)
        self._rehearse(builder)
        self._wait_for("deploy.open", builder)
        self._click(lead, self._checklist(lead), "deploy.open")
        self._send(self._count())

    def _set_up(self, builder: ActingMember, card: Message, on_call: ActingMember) -> None:
        builder.click(card, "deploy.set_up:all")
        modal = builder.wait_for_modal().show_all()
        modal.fill(on_call=on_call.id, control=CONTROL)
        modal.submit()
        self._local.settle()

    def _run_shadow(self, builder: ActingMember) -> None:
        card = self._checklist(builder)
        if not self._has(card, "deploy.shadow"):
            return
        self._click(builder, card, "deploy.shadow:shadow")
        self._need().wait_until_served()
        self._send(SHADOW_CALLS)

    def _check(self, builder: ActingMember) -> None:
        card = self._checklist(builder)
        if self._has(card, "deploy.check"):
            self._click(builder, card, "deploy.check:governance")

    def _rehearse(self, builder: ActingMember) -> None:
        card = self._checklist(builder)
        if self._has(card, "deploy.rehearse"):
            self._click(builder, card, "deploy.rehearse:rollback")

    # --- live -------------------------------------------------------------------------------

    def break_upstream(self, person: ActingMember) -> None:
        """Let a column arrive in another unit until the watch has found and named it."""
        self._send(BROKEN_CALLS, scaled(BROKEN_COLUMN, CENTS))
        self._wait(lambda: self._shows(person, "rotating_light"), say("no_alert"))

    def press_roll_back(self, person: ActingMember, why: str) -> None:
        """Press the red button on the live card, then say why."""
        card = self._card(person, "deploy.roll_back")
        person.click(card, "deploy.roll_back")
        modal = person.wait_for_modal()
        modal.fill(why=why)
        modal.submit()
        self._local.settle()

    def mend(self, builder: ActingMember) -> None:
        """Mend the column, and run in shadow again until the alert has closed."""
        card = self._checklist(builder)
        if self._has(card, "deploy.shadow"):
            self._click(builder, card, "deploy.shadow:shadow")
        for _ in range(MOST_ROUNDS):
            self._send(MENDED_CALLS)
            if not self._shows_alarm(builder):
                return
        self._wait(lambda: not self._shows_alarm(builder), say("alert_open"))

    def finish(self) -> None:
        """Let more people come, and report what came of those who did."""
        self._send(self._count())
        self._need().report_outcomes()
        self._look()

    # --- what is on the screen ----------------------------------------------------------------

    def _checklist(self, person: ActingMember) -> Message:
        """Return the checklist, opened if it is not there yet."""
        try:
            return self._card(person, "deploy.set_up:all")
        except NotOnScreenError:
            person.command("/sprint", "deploy", channel=self._channel)
            self._local.settle()
            return self._card(person, "deploy.set_up:all")

    def _card(self, person: ActingMember, action: str) -> Message:
        for message in reversed(person.messages(self._channel)):
            if self._has(message, action):
                return message
        text = f"no message with the button {action}"
        raise NotOnScreenError(text)

    @staticmethod
    def _has(message: Message, action: str) -> bool:
        for block in message.blocks:
            placed = [*block.get("elements", []), block.get("accessory") or {}]
            if any(
                str(one.get("action_id", "")).startswith(action)
                for one in placed
                if isinstance(one, dict)
            ):
                return True
        return False

    def _shows(self, person: ActingMember, word: str) -> bool:
        return any(word in str(message.blocks) for message in person.messages(self._channel)[-12:])

    def _shows_alarm(self, person: ActingMember) -> bool:
        return "open" in _words_about(self._checklist(person), "Shadow run")

    def _click(self, person: ActingMember, card: Message, action: str) -> None:
        person.click(card, action)
        self._local.settle()

    # --- time passes --------------------------------------------------------------------------

    def _need(self) -> Traffic:
        if self._traffic is None:
            message = "nothing is served here"
            raise RuntimeError(message)
        return self._traffic

    def _count(self) -> int:
        return self._need().size

    def _send(self, count: int, change: Change | None = None) -> None:
        self.arms += self._need().send(count, change)
        self._look()

    def _look(self) -> None:
        """Let the watch look, once what was answered is written."""
        time.sleep(1.0)
        for _ in range(2):  # the watch reads up to what was there at its last look
            self._local.look_at_traffic()
        self._local.settle()

    def _wait_for(self, action: str, person: ActingMember) -> None:
        self._wait(
            lambda: self._has(self._checklist(person), action), say("no_button", action=action)
        )

    def _wait(self, is_so: Callable[[], Any], otherwise: str) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not is_so():
            if time.monotonic() > end:
                raise TimeoutError(otherwise)
            time.sleep(0.3)
            self._local.look_at_traffic()
            self._local.settle()


def _words_about(message: Message, start: str) -> str:
    """Return the paragraph of a message that is about something."""
    for block in message.blocks:
        text = str((block.get("text") or {}).get("text", ""))
        if start in text:
            return text
    return ""
