"""A team that lives through one sprint beside a bot that keeps dying.

They do what people do: press again when Slack says that it did not work, and twice when they are in
a hurry. What was acknowledged is written down for the checker.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.vocabulary import Category, Criterion, Kind, Role
from playground.errors import NotOnScreenError, SlackError
from playground.modals import Modal
from playground.model import ActResult, Channel, Message
from playground.on_screen import elements
from playground.people import ActingMember
from playground.workspace import Workspace
from tests.chaos.clock import SharedClock
from tests.chaos.progress import GaveUpError, Patience

NOT_YET = (NotOnScreenError, SlackError, TimeoutError)
"""What a person meets who then tries again."""
WENT_WRONG = "Something went wrong; nothing changed"
"""What the bot says when it could not do it and asks to try again."""
QUESTIONS = ("unlimited_resources", "critical_path", "timeline", "thirty_days", "should_do_ai")
REJECTED_AT = 17
"""The hour whose request is refused."""
SCENARIOS = {"data": "accessible", "model": "works", "integration": "easy"}


class SprintTeam:
    """Four people and their sprint.

    Args:
        workspace: where they work.
        clock: their time.
        title: the sprint's.
        seed: for what they do when.
        hasty: whether they press and submit everything twice at once.
        patience: with which they try again.
    """

    deadline = "9"
    """Hours that an approver has."""

    def __init__(
        self,
        workspace: Workspace,
        clock: SharedClock,
        title: str,
        seed: int,
        patience: Patience,
        *,
        hasty: bool = False,
    ) -> None:
        self.workspace = workspace
        self.clock = clock
        self.title = title
        self.random = random.Random(seed)
        self.hasty = hasty
        self.patience = patience
        self.noted: list[tuple[str, ...]] = []
        self.people = {role: workspace.add_person(f"{role} {title}") for role in Role}
        self.lead: ActingMember = self.people[Role.BUSINESS]
        self.sponsors = workspace.add_channel(
            f"steering-{seed}", creator=self.lead.id, members=[self.lead.id]
        )
        self.lead.invite(self.sponsors, workspace.bot_user_id)
        self.blockers: list[str] = []
        self.begin_at = clock.now()

    # --- patience -------------------------------------------------------------------------

    def _until(self, what: str, attempt: Callable[[], Any]) -> Any:
        return self.patience.until(f"{self.title}: {what}", attempt)

    def _press(self, act: Callable[[], ActResult]) -> ActResult:
        """Do it, twice at once when in a hurry; the answer is the second one's."""
        if not self.hasty:
            return act()
        first = threading.Thread(target=_quietly, args=(act,))
        first.start()
        try:
            return act()
        finally:
            first.join()

    def click(self, person: ActingMember, find: Callable[[], Message], action: str) -> None:
        """Press a button until Slack says that the press has arrived, or the button is gone for it.

        Whoever was not told and finds no button any more sees that it is done.
        """
        pressed = False

        def attempt() -> bool:
            nonlocal pressed
            try:
                message = find()
            except NotOnScreenError:
                if pressed:
                    return True
                raise
            pressed = True
            return self._press(lambda: person.click(message, action)).ok

        self._until(f"press {action}", attempt)

    def form(
        self, person: ActingMember, opener: Callable[[], ActResult], values: dict[str, Any]
    ) -> None:
        """Open a form, fill it in and submit it, until it is taken."""

        def opened() -> Modal | None:
            self._close(person)
            if not opener().ok:
                return None
            return person.wait_for_modal(2.0)

        def attempt() -> bool:
            modal = opened()
            if modal is None or "words" in modal.callback_id:
                return False
            try:
                modal.show_all(2.0)
            except (TimeoutError, NotOnScreenError):
                return False
            modal.fill(values)
            return self._submitted(person, modal)

        self._until(f"fill in {list(values)}", attempt)
        self._close(person)

    def _submitted(self, person: ActingMember, modal: Modal) -> bool:
        """Submit until it is acknowledged; a form that was taken is gone from the screen."""

        def attempt() -> str:
            if not modal.is_open:
                return "gone"
            try:
                answer = self._press(modal.submit)
            except NotOnScreenError:
                return "gone"
            if any(WENT_WRONG in sentence for sentence in answer.errors.values()):
                return ""
            if answer.errors:
                raise GaveUpError(f"{self.title}: refused: {answer.errors}")
            return "taken" if answer.ok else ""

        self._until("submit", attempt)
        top = person.modal
        return top is None or WENT_WRONG not in str(top.blocks)

    @staticmethod
    def _close(person: ActingMember) -> None:
        while (modal := person.modal) is not None:
            try:
                modal.close()
            except NotOnScreenError:
                return

    # --- finding --------------------------------------------------------------------------

    @property
    def channel(self) -> Channel:
        """The sprint's channel: the one of the bot's that the lead is in and that is ours."""
        for channel in self.workspace.channels.values():
            named = channel.name.startswith(self._slug)
            if channel.creator == self.workspace.bot_user_id and named:
                return channel
        raise NotOnScreenError("the channel is not there yet")

    @property
    def _slug(self) -> str:
        return f"sprint-{self.title.lower().replace(' ', '-')}"

    def _with(self, action: str, value: str = "", *, direct: ActingMember | None = None) -> Message:
        place = direct.dms() if direct else self.lead.messages(self.channel)
        for message in reversed(place):
            for element in elements(message):
                same = str(element.get("action_id", "")).startswith(action)
                if same and value in (str(element.get("value", "")), ""):
                    return message
        raise NotOnScreenError(action)

    def _saying(self, action: str, words: str) -> Message:
        for message in reversed(self.lead.messages(self.channel)):
            acts = [element.get("action_id") for element in elements(message)]
            # Not in its blocks: the card of a later blocker may name an earlier one like it.
            if words in message.text and action in acts:
                return message
        raise NotOnScreenError(f"{action} of {words}")

    # --- what they do ---------------------------------------------------------------------

    def plan(self) -> None:
        """Plan the sprint for in two hours and say what they expect."""
        start = self.clock.now() + timedelta(hours=2)
        values: dict[str, Any] = {
            "title": self.title,
            "use_case": "churn",
            "use_case_words": "Say who leaves",
            "start": int(start.replace(minute=0, second=0, microsecond=0).timestamp()),
            "timezone": "UTC",
            "quiet_from": "00:00",
            "quiet_until": "00:00",
            "digest_channel": self.sponsors.id,
        }
        for key in Criterion:
            values |= {f"criterion_{key}": "yes", f"reason_{key}": "As agreed in the team."}
        for role, person in self.people.items():
            values[f"role_{role}"] = person.id
        self.form(self.lead, lambda: self.lead.command("/sprint", "plan"), values)
        self.noted.append(("sprint", self.title))
        for role in (Role.BUILDER, Role.DATA):
            self._expect(self.people[role])

    def _expect(self, person: ActingMember) -> None:
        ballot = {
            f"rank_{place}": category
            for place, category in zip(("1st", "2nd", "3rd"), Category, strict=True)
        } | {f"kinds_{Category.TECHNICAL}": [Kind.DATA_ACCESS]}
        self.form(
            person,
            lambda: person.click(self._with("expect.open", direct=person), "expect.open"),
            {
                key: value if isinstance(value, list) else str(value)
                for key, value in ballot.items()
            },
        )
        self.noted.append(("expected", person.id))

    def kick_off(self) -> None:
        """Fill in the kickoff once the channel is there."""
        builder = self.people[Role.BUILDER]
        self.form(
            builder,
            lambda: builder.click(self._with("kickoff.open"), "kickoff.open"),
            {
                "success": "One prediction reaches a user.",
                "data": "Production data.",
                "integration": "One call into the shop.",
            },
        )

    def act(self, hour: int) -> None:
        """Do what the team does in this hour."""
        if hour % 2 == 0:
            self.answer(hour)
        if hour % 5 == 1:
            self.report_blocker(hour)
        if hour % 10 == 8 and self.blockers:
            self.resolve_blocker()
        if hour in (3, 17, 33):
            self.ask_and_decide(hour)
        gates = {8: "data", 16: "model", 24: "integration"}
        if hour in gates:
            self.pass_gate(gates[hour])

    def answer(self, hour: int) -> None:
        """Say that the hour is on track."""
        person = self.random.choice(list(self.people.values()))
        action = "prompt.on_track"
        try:
            prompt = self._with(action)
        except NotOnScreenError:
            return
        value = next(e["value"] for e in elements(prompt) if e.get("action_id") == action)
        told = str(value).split(":")[1]
        if int(told) != hour:
            return
        self.click(person, lambda: prompt, action)
        self.noted.append(("answer", told, person.id))

    def report_blocker(self, hour: int) -> None:
        """Write down what stops them."""
        title = f"Blocked at hour {hour} of {self.title}"
        person = self.people[Role.DATA]
        self.form(
            person,
            lambda: person.command("/blocker", "", channel=self.channel),
            {"title": title, "kind": "approval_process", "severity": "slows"},
        )
        self.noted.append(("blocker", title))
        self.blockers.append(title)

    def resolve_blocker(self) -> None:
        """Say that the oldest blocker is fixed."""
        title = self.blockers.pop(0)
        self.click(
            self.people[Role.BUILDER], lambda: self._saying("blocker.fixed", title), "blocker.fixed"
        )
        self.noted.append(("resolved", title, "fixed"))

    def ask_and_decide(self, hour: int) -> None:
        """Ask for an approval, and let the approver give it, or once refuse it."""
        what = f"May we go on at hour {hour} of {self.title}?"
        asker, approver = self.people[Role.BUILDER], self.people[Role.APPROVER]
        self.form(
            asker,
            lambda: asker.command("/approval", "", channel=self.channel),
            {
                "subject": "security",
                "approver": approver.id,
                "what": what,
                "deadline": self.deadline,
            },
        )
        self.noted.append(("approval", what))
        if hour != REJECTED_AT:
            self.click(approver, lambda: self._saying("approval.approve", what), "approval.approve")
            self.noted.append(("decision", what, "approved"))
            return
        self.form(
            approver,
            lambda: approver.click(self._saying("approval.reject", what), "approval.reject"),
            {"reason": "The review takes four weeks."},
        )
        self.noted.append(("decision", what, "rejected"))

    def pass_gate(self, phase: str) -> None:
        """Say which scenario a phase ended in."""
        scenario = SCENARIOS[phase]
        person = self.people[Role.BUILDER]
        self._until(
            f"gate {phase}",
            lambda: person.command("/sprint", f"gate {phase} {scenario}", channel=self.channel).ok,
        )

    def close(self) -> None:
        """Agree with the five answers and close the sprint."""
        for question in QUESTIONS:
            self._discuss(question)
            find = partial(self._debrief_of, question)
            self.click(self.lead, find, "debrief.agree")
        self.form(
            self.lead,
            lambda: self.lead.click(self._with("debrief.close"), "debrief.close"),
            {},
        )
        self.noted.append(("closed", self.title))

    def _discuss(self, question: str) -> None:
        """Put an answer into the debrief's thread."""

        def attempt() -> bool:
            summary = self._with("debrief.discuss")
            values = [str(each.get("value", "")) for each in elements(summary)]
            value = next(each for each in values if each.endswith(f":{question}"))
            return self._press(lambda: self.lead.click(summary, "debrief.discuss", value=value)).ok

        self._until(f"discuss {question}", attempt)

    def _debrief_of(self, question: str) -> Message:
        for message in reversed(self.lead.messages(self.channel)):
            for element in elements(message):
                value = str(element.get("value", "")).split(":")
                if element.get("action_id") == "debrief.agree" and question in value:
                    return message
        raise NotOnScreenError(question)


def _quietly(act: Callable[[], ActResult]) -> None:
    try:
        act()
    except (NotOnScreenError, SlackError):
        return
