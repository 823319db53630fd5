"""The guided first sprint of `hour48 play`: what to try next, noticed when it is done.

The story is ready: a draft of the plan, and a team that writes and asks while a newcomer looks on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from bot.domain.vocabulary import Subject
from playground.errors import NotOnScreenError
from playground.local_bot import LocalBot
from playground.model import Channel
from playground.on_screen import close_all, key_of, last_with
from playground.people import ActingMember
from playground.posting import post_by_person

FILE: Final = Path(__file__).parent / "data" / "guide.yaml"
GUIDE: Final = "Guide"
TEAM: Final = ("Ana", "Ben", "Cho", "Dee")
ROLES: Final = ("Dee", "Ben", "Cho", "Ana")
"""Who builds, has the data, approves, and speaks for the business: the last one leads."""
OTHERS: Final = ("Eve", "Sam")
ZONE: Final = "Europe/Berlin"
LOG: Final = "construction"
IMPOSSIBLE: Final = (NotOnScreenError, TimeoutError, IndexError)
"""What an act meets where an earlier step was skipped."""
LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class TourStep:
    """One thing to try.

    Args:
        key: names the act that does it.
        title: a few words.
        text: what to do, as Slack's mrkdwn.
        as_: the first name of who does it.
        at: `general`, `sprint` or `home`.
        done: what is then recorded, as `subject action`; one of several is enough.
    """

    key: str
    title: str
    text: str
    as_: str
    at: str
    done: frozenset[str]


@dataclass(frozen=True, slots=True)
class Script:
    """The words of the tour.

    Args:
        welcome: what a newcomer reads first.
        end: what they read last.
        missing: why a step cannot be done.
        story: what the team says and does by itself.
        steps: what to try, in order.
    """

    welcome: str
    end: str
    missing: str
    story: Mapping[str, str]
    steps: tuple[TourStep, ...]


def read_script(file: Path = FILE) -> Script:
    """Read the tour's words."""
    raw = yaml.safe_load(file.read_text("utf-8"))
    steps = [
        TourStep(
            key=each["key"],
            title=each["title"],
            text=each["text"],
            as_=each["as"],
            at=each["at"],
            done=frozenset(each["done"]),
        )
        for each in raw["steps"]
    ]
    words = {key: raw[key] for key in ("welcome", "end", "missing", "story")}
    return Script(**words, steps=tuple(steps))


class Tour:
    """Leads through the first sprint.

    Args:
        local: the workspace and the bot in it.
        script: the words.
    """

    def __init__(self, local: LocalBot, script: Script | None = None) -> None:
        self._local = local
        self._script = script or read_script()
        self._says = self._script.story
        workspace = local.workspace
        self._people = {name: workspace.add_person(name, tz=ZONE) for name in (*TEAM, *OTHERS)}
        self._guide = workspace.add_person(GUIDE, tz=ZONE)
        self._number = 0
        self._did: TourStep | None = None
        """The step that was done for somebody last; pressing again would do it twice."""
        self._changed = threading.Event()
        self._turn = threading.Lock()
        self._ended = False
        self._unsubscribe: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._watch, name="tour", daemon=True)

    # --- the tour itself ----------------------------------------------------------------------

    def begin(self) -> None:
        """Leave the draft of a plan, say the first step, and watch for what is done."""
        ana = self._people["Ana"]
        ana.command("/sprint", "plan", channel=self._general)
        form = ana.wait_for_modal()
        form.fill(self._plan())
        form.close()
        self._say(self._script.welcome)
        self._say_step()
        self._unsubscribe = self._local.workspace.subscribe(lambda _revision: self._changed.set())
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._ended = True
        self._unsubscribe()
        self._changed.set()

    @property
    def step(self) -> TourStep | None:
        """What to try now; None after the last."""
        steps = self._script.steps
        return steps[self._number] if self._number < len(steps) else None

    def state(self) -> dict[str, Any]:
        """Return what the client's bar shows."""
        step, of = self.step, len(self._script.steps)
        if step is None:
            last = self._script.steps[-1]
            end = {"number": of, "of": of, "text": self._script.end}
            return {**end, "as": self._people[last.as_].id, "at": self._place(last)}
        return {
            "number": self._number + 1,
            "of": of,
            "title": step.title,
            "text": step.text,
            "as": self._people[step.as_].id,
            "at": self._place(step),
        }

    def do(self) -> None:
        """Do the present step in the newcomer's place.

        Raises:
            LookupError: what it needs is not there, as when an earlier step was skipped.
        """
        step = self.step
        if step is None or step is self._did:
            return
        self._did = step
        try:
            self._local.settle()
            ACTS[step.key](self, self._people[step.as_])
        except IMPOSSIBLE:
            self._did = None
            raise LookupError(self._script.missing) from None

    def skip(self) -> None:
        """Go on to the next step."""
        with self._turn:
            self._go_on()

    # --- noticing -----------------------------------------------------------------------------

    def _watch(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            if self._ended:
                return
            with self._turn:
                if self.step is not None and self._is_done(self._script.steps[-1]):
                    self._end()  # a sprint that ended early has no more to try
                while (step := self.step) is not None and self._is_done(step):
                    self._go_on()
            threading.Event().wait(LOOK_SECONDS)

    def _is_done(self, step: TourStep) -> bool:
        seen = self._local.recorded() | self._seen()
        return not step.done.isdisjoint(seen)

    def _seen(self) -> set[str]:
        """Return what the channels show and no row of the trail says."""
        bot = self._local.workspace.bot_user_id
        messages = self._local.workspace.all_messages()
        keys = {key_of(message) for message in messages if message.user_id == bot}
        found = set()
        if any(key.startswith("answer:") for key in keys):
            found.add("question answered")
        if any(":gate:" in key for key in keys):
            found.add("gate open")
        return found

    def _go_on(self) -> None:
        step = self.step
        if step is None:
            return
        self._number += 1
        with suppress(*IMPOSSIBLE):
            AFTER.get(step.key, Tour._nothing)(self)
        if self.step is None:
            self._end()
        else:
            self._say_step()

    def _end(self) -> None:
        self._number = len(self._script.steps)
        self._say(self._script.end)

    def _say_step(self) -> None:
        step = self.step
        if step is not None:
            self._say(f"*{self._number + 1}. {step.title}.* {step.text}")

    def _say(self, words: str) -> None:
        """Post as it stands: what somebody is told to type mentions nobody yet."""
        guide, place = self._guide.user, self._general
        post_by_person(self._local.workspace, guide, place, words, thread_ts=None, files=[])

    # --- where things are ---------------------------------------------------------------------

    @property
    def _general(self) -> Channel:
        return self._local.workspace.general

    @property
    def _channel(self) -> Channel:
        """The sprint's channel; #general until it is there."""
        bot = self._local.workspace.bot_user_id
        made = [
            each
            for each in self._local.workspace.channels.values()
            if each.creator == bot and each.kind == "channel"
        ]
        return made[-1] if made else self._general

    def _place(self, step: TourStep) -> dict[str, str]:
        if step.at == "home":
            return {"kind": "home"}
        place = self._general if step.at == "general" else self._channel
        return {"kind": "channel", "id": place.id}

    # --- what the team does by itself ---------------------------------------------------------

    def _nothing(self) -> None:
        return

    def _ben_is_blocked(self) -> None:
        self._people["Ben"].post(self._channel, self._says["blocked"])

    def _ben_asks(self) -> None:
        ben = self._people["Ben"]
        ben.command("/approval", "", channel=self._channel)
        form = ben.wait_for_modal()
        form.fill(
            subject=Subject.DATA_ACCESS,
            approver=self._people["Cho"].id,
            what=self._says["request"],
        )
        form.submit()
        close_all(ben)

    def _stop_the_clock(self) -> None:
        self._local.clock.set_speed(1)
        self._local.ring()

    # --- the steps, done for somebody -----------------------------------------------------------

    def _plan(self) -> dict[str, Any]:
        start = (self._local.clock.now() + timedelta(hours=24)).replace(minute=0, second=0)
        return {
            "title": self._says["title"],
            "reason_valuable": self._says["worth"],
            "people": [self._people[name].id for name in ROLES],
            "start": int(start.timestamp()),
            "sponsor": self._people["Sam"].id,
        }

    def _do_plan(self, person: ActingMember) -> None:
        person.command("/sprint", "plan", channel=self._general)
        person.wait_for_modal().fill(self._plan()).submit()
        close_all(person)

    def _do_start(self, person: ActingMember) -> None:
        person.command("/sprint", "start", channel=self._general)

    def _do_answer(self, person: ActingMember) -> None:
        prompt = last_with(person.messages(self._channel), "prompt.answer")
        person.post(self._channel, self._says["answer"], thread=prompt)

    def _do_mark(self, person: ActingMember) -> None:
        posts = [m for m in person.messages(self._channel) if m.text == self._says["blocked"]]
        person.react(posts[-1], LOG)

    def _do_ask(self, person: ActingMember) -> None:
        bot = self._local.workspace.manifest.bot_name
        person.post(self._channel, f"@{bot} {self._says['question']}")

    def _do_probe(self, person: ActingMember) -> None:
        person.command("/probe", self._says["probe"], channel=self._channel)

    def _do_decide(self, person: ActingMember) -> None:
        card = last_with(person.dms(), "approval.approve")
        person.click(card, "approval.approve")

    def _do_time(self, _person: ActingMember) -> None:
        while not any(":gate:" in key_of(m) for m in self._channel.messages):
            due = self._local.next_due_at()
            if due is None:
                return
            self._local.jump_to(due)

    def _do_gate(self, person: ActingMember) -> None:
        person.command("/sprint", self._says["gate"], channel=self._channel)

    def _do_debrief(self, person: ActingMember) -> None:
        person.command("/sprint", "close", channel=self._channel)
        person.wait_for_modal().submit()
        close_all(person)


ACTS: Final[Mapping[str, Callable[[Tour, ActingMember], None]]] = {
    "plan": Tour._do_plan,
    "start": Tour._do_start,
    "answer": Tour._do_answer,
    "mark": Tour._do_mark,
    "ask": Tour._do_ask,
    "probe": Tour._do_probe,
    "decide": Tour._do_decide,
    "time": Tour._do_time,
    "gate": Tour._do_gate,
    "debrief": Tour._do_debrief,
}
"""Step → what does it."""
AFTER: Final[Mapping[str, Callable[[Tour], None]]] = {
    "answer": Tour._ben_is_blocked,
    "probe": Tour._ben_asks,
    "time": Tour._stop_the_clock,
}
"""Step → what the team does once it is done."""
