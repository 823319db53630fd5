"""Acts a story out in the local workspace: real commands, real buttons, real modals.

Whoever the story names types and presses; the bot is not told that it is a demo.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bot.domain import story_events
from bot.domain.record import CriterionAnswer, SprintRecord
from bot.domain.story import Story
from bot.domain.vocabulary import KIND_CATEGORY, Category, Criterion, Decision, Kind, Role
from playground.going_live import GoingLive
from playground.local_bot import LocalBot
from playground.model import Channel
from playground.on_screen import close_all, elements, last_with, number_of, with_value
from playground.people import ActingMember
from playground.talk import Talk
from playground.texts import say
from playground.traffic import Traffic

TIMEZONE: Final = "Europe/Berlin"
QUESTIONS: Final = (
    "unlimited_resources",
    "critical_path",
    "timeline",
    "thirty_days",
    "should_do_ai",
)
SPONSORS: Final = "steering"
PLACES: Final = ("1st", "2nd", "3rd")
SERVED_HERE: Final = "/livez"
"""What a story's evidence ends with where hour48 serves the model itself."""


@dataclass(frozen=True)
class ProbeCue:
    """A probe that the team runs at an hour of the demo."""

    hour: int
    text: str


@dataclass(frozen=True)
class DemoProgress:
    """How far the demo is, for the progress display."""

    done: int
    of: int
    words: str


class Demo:
    """One story, acted out.

    Args:
        local: the workspace and the bot in it.
        story: what happens.
        probes: which probes the team runs, and when.
        tell: is told how far it is.
        traffic: calls the deployed model; None where deployments are only said to run elsewhere.
        sources: the configured sources; one whose file is not there yet can be granted.
        people: who is in the workspace already, by name.
    """

    def __init__(
        self,
        local: LocalBot,
        story: Story,
        probes: Sequence[ProbeCue] = (),
        tell: Callable[[DemoProgress], None] = lambda _told: None,
        traffic: Traffic | None = None,
        sources: Mapping[str, Any] | None = None,
        people: dict[str, ActingMember] | None = None,
    ) -> None:
        self.local = local
        self.story = story
        self.record: SprintRecord = story.record
        self._probes = list(probes)
        self._tell = tell
        self.people = {} if people is None else people
        self._blockers: dict[str, int] = {}
        self._approvals: dict[str, list[tuple[int, str]]] = {}
        self._channel: Channel | None = None
        self._traffic = traffic
        self._sources = {name: Path(str(each["path"])) for name, each in (sources or {}).items()}
        self._asked: dict[str, str] = {}
        self._going: GoingLive | None = None
        self._talk: Talk | None = None
        self._times_live = 0
        self._steps = 0

    # --- the people -----------------------------------------------------------------------

    def person(self, name: str) -> ActingMember:
        """Return the member of that name; the story may name anybody."""
        if name not in self.people:
            self.people[name] = self.local.workspace.add_person(name, tz=TIMEZONE)
        return self.people[name]

    def role(self, role: str) -> ActingMember:
        """Return who has a role in the story."""
        return self.person(self.record.team.get(role, role.capitalize()))

    @property
    def lead(self) -> ActingMember:
        """Who plans, starts and closes the sprint."""
        return self.role(Role.BUSINESS)

    @property
    def channel(self) -> Channel:
        """The sprint's channel, once it is there."""
        if self._channel is None:
            created = [
                channel
                for channel in self.local.workspace.channels.values()
                if channel.creator == self.local.workspace.bot_user_id and channel.kind == "channel"
            ]
            self._channel = created[-1]
        return self._channel

    @property
    def going_live(self) -> GoingLive:
        """How the team takes its model live, in the sprint's channel."""
        if self._going is None:
            self._going = GoingLive(self.local, self.channel, self._traffic)
        return self._going

    @property
    def talk(self) -> Talk:
        """What people say in the sprint's channel."""
        if self._talk is None:
            self._talk = Talk(self.local, self.channel, self.role)
        return self._talk

    # --- the acts -------------------------------------------------------------------------

    def run(self) -> None:
        """Act the whole story out, from planning to the closed debrief."""
        self.run_until(self.record.length)
        if self._times_live and self.going_live.is_real:
            self.going_live.finish()
        self.debrief()

    def run_until(self, hour: float) -> None:
        """Act from planning to the end of an hour of the sprint."""
        self._plan()
        self._vote()
        self._start()
        self._live_through(int(hour))

    def _say(self, words: str) -> None:
        self._steps += 1
        whole = int(self.record.length) + 4
        self._tell(DemoProgress(min(self._steps, whole), whole, words))

    def _plan(self) -> None:
        self._say("planning")
        for role in Role:
            self.role(role)
        sponsors = self._sponsors()
        self.lead.command("/sprint", "plan")
        modal = self.lead.wait_for_modal().show_all()
        start = (self.local.clock.now() + timedelta(hours=20)).replace(minute=0, second=0)
        self._planned_start = start
        modal.fill(self._plan_values(start, sponsors))
        modal.submit()
        if self.lead.modal and "doubles" in str(self.lead.modal.blocks):
            modal = self.lead.wait_for_modal()
            modal.fill(doubles=["yes"])
            modal.submit()
        close_all(self.lead)
        self.local.settle()

    def _sponsors(self) -> Channel:
        """Return the channel of those who only want to know, with the bot in it."""
        workspace = self.local.workspace
        for channel in workspace.channels.values():
            if channel.name == SPONSORS:
                return channel
        made = workspace.add_channel(SPONSORS, creator=self.lead.id, members=[self.lead.id])
        self.lead.invite(made, workspace.bot_user_id)
        return made

    def _plan_values(self, start: datetime, sponsors: Channel) -> dict[str, Any]:
        values: dict[str, Any] = {
            "title": self.record.title[:120],
            "use_case": self.record.use_case.value,
            "use_case_words": self.record.title,
            "start": int(start.timestamp()),
            "timezone": TIMEZONE,
            "quiet_from": "00:00",
            "quiet_until": "00:00",
            "digest_channel": sponsors.id,
        }
        met = {answer.criterion: answer for answer in self.record.criteria}
        for key in Criterion:
            answer = met.get(key)
            values[f"criterion_{key}"] = _chosen(answer)
            values[f"reason_{key}"] = (answer and answer.reason) or say("as_agreed")
        for role in Role:
            values[f"role_{role}"] = self.role(role).id
        return values

    def _vote(self) -> None:
        """Let the team cast the story's votes: a kind that is ticked is a vote."""
        self._say(say("asking"))
        team = list(dict.fromkeys(self.role(role).name for role in Role))
        for name, kinds in _ballots(self.record.expected, team).items():
            if not kinds:
                continue
            person = self.person(name)
            ask = last_with(person.dms(), "expect.open")
            person.click(ask, "expect.open")
            modal = person.wait_for_modal().show_all()
            modal.fill(_ballot_values(kinds))
            modal.submit()
        self.local.settle()

    def _start(self) -> None:
        """Let the sprint start by itself; an unmet criterion needs the lead's sentence first."""
        self._say("kickoff")
        if any(answer.met is False for answer in self.record.criteria):
            self.lead.command("/sprint", "start")
            modal = self.lead.wait_for_modal()
            modal.fill(reason=say("demo_override"))
            modal.submit()
            close_all(self.lead)
            self.local.settle()
        else:
            self.local.jump_to(self._planned_start)
        self._kickoff_at = self.local.clock.now()
        self._fill_kickoff()

    def _fill_kickoff(self) -> None:
        builder = self.role(Role.BUILDER)
        welcome = last_with(builder.messages(self.channel), "kickoff.open")
        close_all(builder)  # a form that an earlier press opened beside its act
        builder.click(welcome, "kickoff.open")
        modal = builder.wait_for_modal()
        modal.fill(
            success=say("success"),
            data=say("data"),
            integration=say("integration"),
        )
        if value := self.record.value:
            modal.fill(worth=f"{value.amount:,.2f} {value.currency} per {value.per}")
        modal.submit()
        self.local.settle()

    def _live_through(self, last: int) -> None:
        """Go hour by hour: what falls due, what the story says, what the team answers."""
        events = list(self.story.events)
        for hour in range(last + 1):
            self._go_to(hour)
            self._say(f"hour {hour}")
            if hour < self.record.length:
                self._answer_prompt(hour)
                self.talk.ask(hour)
            for cue in [cue for cue in self._probes if cue.hour == hour]:
                self.role(Role.DATA).command("/probe", cue.text, channel=self.channel)
                self.local.settle()
            while events and events[0].at < hour + 1:
                event = events.pop(0)
                self._go_to(event.at)
                self._act(event)
                self.local.settle()

    def _go_to(self, hour: float) -> None:
        self.local.jump_to(self._kickoff_at + timedelta(hours=hour))

    def _answer_prompt(self, hour: int) -> None:
        """Press that all is well, unless the story has somebody answer in words."""
        answers = (e for e in self.story.events if isinstance(e, story_events.Answered))
        if any(each.hour == hour and "hour" in each.model_fields_set for each in answers):
            return
        person = self.role(list(Role)[hour % len(Role)])
        prompt = last_with(person.messages(self.channel), "prompt.on_track")
        person.click(prompt, "prompt.on_track")
        self.local.settle()

    def _act(self, event: story_events.Event) -> None:
        if event.verb == "guardrail":
            return self._act_guardrail()
        person = self.person(event.by)
        if person.id not in self.channel.members:
            person.join(self.channel)
        act = getattr(self, f"_act_{event.verb}", None)
        if act is None:  # the verdict reads it from the story; nothing in Slack shows it
            return None
        act(person, event)
        return None

    def _act_guardrail(self) -> None:
        """Let a column break upstream; whoever watches finds it, no person says it."""
        if self._times_live and self.going_live.is_real:
            self._say(say("breaks"))
            self.going_live.break_upstream(self.role(Role.BUILDER))

    def _act_owner(self, _person: ActingMember, event: story_events.Owned) -> None:
        owner = self.person(event.of)
        if owner.id not in self.channel.members:
            owner.join(self.channel)
        self.going_live.accept(owner, event.owner)

    def _act_answer(self, person: ActingMember, event: story_events.Answered) -> None:
        self.talk.answer(person, int(event.hour), event.answer)

    def _act_blocker(self, person: ActingMember, event: story_events.Raised) -> None:
        title = event.title
        if self.talk.says_it():
            card = self.talk.log(person, title)
            person.click(card, "blocker.edit")
        else:
            person.command("/blocker", "", channel=self.channel)
        modal = person.wait_for_modal().show_all()
        values = {"title": title}
        for name in ("kind", "severity", "remedy", "lead_time", "family"):
            if name in event.model_fields_set:
                values[name] = str(getattr(event, name))
        modal.fill(values)
        modal.submit()
        close_all(person)
        self.local.settle()
        self._blockers[event.blocker] = number_of(
            last_with(person.messages(self.channel), "blocker.fixed"), "blocker.fixed"
        )

    def _act_resolve(self, person: ActingMember, event: story_events.Resolved) -> None:
        self.talk.resolve(person, self._blockers[event.resolve], event.how)

    def _act_ask_access(self, person: ActingMember, event: story_events.AskedAccess) -> None:
        """Say that access was asked for; what is not configured here can't be looked at."""
        source = event.source
        row = self._blockers[event.ask_access]
        card = with_value(person.messages(self.channel), "blocker.fixed", row)
        if source not in self._sources:
            return
        person.click(card, "evidence.access")
        modal = person.wait_for_modal()
        modal.fill(source=source)
        modal.submit()
        close_all(person)
        self._asked[event.ask_access] = source
        self.local.settle()

    def _act_granted(self, _person: ActingMember, event: story_events.Granted) -> None:
        """Let the source's file appear, as a mounted share does; the bot sees it by itself."""
        source = self._asked.get(event.granted)
        if source is None:
            return
        self._say(say("granted", source=source))
        place = self._sources[source]
        files = (path for path in self._sources.values() if path.is_file())
        there = next(path for path in files if path.suffix == place.suffix)
        shutil.copyfile(there, place)
        self.local.clock.advance(timedelta(seconds=30))
        self.local.settle()

    def _act_gate(self, person: ActingMember, event: story_events.Gated) -> None:
        person.command("/sprint", f"gate {event.gate} {event.scenario}", channel=self.channel)
        if any(each.key == event.gate and event.at < each.end for each in self.record.phases):
            person.wait_for_modal().submit()

    def _act_request(self, person: ActingMember, event: story_events.Requested) -> None:
        approver = self.person(event.of)
        person.command("/approval", "", channel=self.channel)
        modal = person.wait_for_modal()
        left = self.record.length - event.at
        hours = left if event.deadline is None else event.deadline
        modal.fill(
            subject=str(event.request),
            approver=approver.id,
            what=say("may_we"),
            deadline=f"{hours:g}",
        )
        modal.submit()
        close_all(person)
        self.local.settle()
        card = last_with(person.messages(self.channel), "approval.approve")
        number = number_of(card, "approval.approve")
        self._approvals.setdefault(event.request, []).append((number, approver.name))

    def _act_decide(self, person: ActingMember, event: story_events.Decided) -> None:
        asked = self._approvals[event.decide]
        row = [number for number, name in asked if name == person.name][-1]
        approved = event.decision is Decision.APPROVED
        action = "approval.approve" if approved else "approval.reject"
        card = with_value(person.messages(self.channel), action, row)
        person.click(card, action)
        if not approved:
            modal = person.wait_for_modal()
            modal.fill(reason=event.why or say("demo_refusal"))
            modal.submit()

    def _act_deploy(self, person: ActingMember, event: story_events.Deployed) -> None:
        shown = event.evidence or ""
        if self.going_live.is_real and shown.endswith(SERVED_HERE):
            return self._act_go_live(person)
        text = f"deploy elsewhere {event.deploy:g} {shown}".rstrip()
        person.command("/sprint", text, channel=self.channel)
        return None

    def _act_go_live(self, lead: ActingMember) -> None:
        builder = self.role(Role.BUILDER)
        if self._times_live:
            self._say(say("mended"))
            self.going_live.mend(builder)
        self._say(say("goes_live"))
        self.going_live.go_live(builder, self.role(Role.DATA), lead)
        self._times_live += 1

    def _act_rollback(self, person: ActingMember, event: story_events.RolledBack) -> None:
        if self._times_live:
            self.going_live.press_roll_back(person, event.rollback)
        else:
            person.command("/sprint", f"rollback {event.rollback}", channel=self.channel)

    def _act_action_plan(self, person: ActingMember, event: story_events.Planned) -> None:
        word = "yes" if event.action_plan else "no"
        person.command("/sprint", f"output {word}", channel=self.channel)

    def debrief(self) -> None:
        """Agree with every answer, correct one as teams do, and close."""
        self._say("debrief")
        for number, question in enumerate(QUESTIONS):
            person = self.role(list(Role)[number % len(Role)])
            summary = with_value(person.messages(self.channel), "debrief.discuss", question)
            values = [str(each.get("value", "")) for each in elements(summary)]
            value = next(each for each in values if each.endswith(f":{question}"))
            person.click(summary, "debrief.discuss", value=value)
            self.local.settle()
            card = with_value(person.messages(self.channel), "debrief.agree", question)
            person.click(card, "debrief.agree")
        closing = last_with(self.lead.messages(self.channel), "debrief.close")
        self.lead.click(closing, "debrief.close")
        self.lead.wait_for_modal().submit()
        close_all(self.lead)
        self.local.settle()
        self._say("closed")


def _ballots(votes: dict[Category, int] | Any, team: Sequence[str]) -> dict[str, list[Kind]]:
    """Deal the votes out as ticked kinds, so that everybody gets about as many."""
    wanted: list[Kind] = []
    for category in Category:
        kinds = [kind for kind in Kind if KIND_CATEGORY[kind] is category]
        most = len(kinds) * len(team)
        wanted += [
            kinds[number % len(kinds)] for number in range(min(votes.get(category, 0), most))
        ]
    ballots: dict[str, list[Kind]] = {name: [] for name in team}
    for kind in wanted:
        free = [name for name in team if kind not in ballots[name]]
        ballots[min(free, key=lambda name: len(ballots[name]))].append(kind)
    return ballots


def _ballot_values(kinds: Sequence[Kind]) -> dict[str, Any]:
    by_category = {
        category: [kind.value for kind in kinds if KIND_CATEGORY[kind] is category]
        for category in Category
    }
    ranking = sorted(Category, key=lambda category: -len(by_category[category]))
    values: dict[str, Any] = {
        f"rank_{place}": category.value for place, category in zip(PLACES, ranking, strict=True)
    }
    for category, ticked in by_category.items():
        if ticked:
            values[f"kinds_{category}"] = ticked
    return values


def _chosen(answer: CriterionAnswer | None) -> str:
    """Return the option that a criterion's answer is in the plan's form."""
    if answer is None:
        return "yes"
    return {True: "yes", False: "no", None: "unconfirmed"}[answer.met]
