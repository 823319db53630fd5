"""Questions typed to the bot in Slack, answered from the record in the question's thread."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from bot.ask import Answer, Asking, ask
from bot.ask.clock_times import WallClock, with_hours
from bot.ask.intents import Intent
from bot.ask.lexicon import LANGUAGES
from bot.ask.say import hours, say
from bot.ask.slots import people_of
from bot.ask.wording import language_of
from bot.db.models import Sprint
from bot.db.outbox_models import OutboxItem
from bot.debrief.queries import experience_of
from bot.domain.enums import OutboxKind, OutboxState, SprintStatus
from bot.domain.permissions import Action, is_allowed
from bot.domain.verdict import verdict, what_if
from bot.messages import keys
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs, channel_queue
from bot.playbook.figures import figures_of, priors_of
from bot.records.queries import record_of
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, escape
from bot.sprints.card_threads import text_args
from bot.sprints.delivery_failures import ELSE_TO
from bot.sprints.people import may_see, relations
from bot.sprints.selection import last_closed, possible_sprints
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import UnitOfWork

MOST_LINKS: Final = 6
MOST_BEFORE: Final = 3
"""Questions back that a question may lean on."""
REMEMBERED: Final = timedelta(hours=1)
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


class RefusedError(Exception):
    """A question that is not answered here.

    Args:
        key: the sentence, in a language of `bot.ask`.
        facts: what it takes.
    """

    def __init__(self, key: str, **facts: str) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as Slack delivered it.

    Args:
        channel_id: where it was asked.
        ts: its message.
        thread_ts: the thread it was asked in; None at the top level.
        user_id: who asked.
        text: what was typed, as Slack keeps it.
        direct: it was asked in a direct message.
        bot_user_id: the bot's own id, whose mention is no part of the question.
        viewed: the channel that they had before them, where the agent surface says so.
    """

    channel_id: str
    ts: str
    thread_ts: str | None
    user_id: str
    text: str
    direct: bool
    bot_user_id: str | None = None
    viewed: str | None = None

    def without_bot(self) -> str:
        """Return the text without the mention of the bot."""
        text = re.sub(rf"<@{self.bot_user_id}(?:\|[^>]*)?>", " ", self.text)
        return text.strip(" ,:")


def answer_in_thread(uow: UnitOfWork, asked: Asked) -> None:
    """Post the answer below the question, once however often the question is delivered."""
    key = keys.answer(asked.channel_id, asked.ts)
    if uow.find_message(key) is not None:
        return
    words = _words(uow, asked)
    try:
        sprint = _sprint_of(uow, asked)
    except RefusedError as refused:
        refusal = say(language_of(words), refused.key, **refused.facts)
        _post(uow, asked, key, text_args("ask.refused", said=refusal), Template.LINE, None)
        return
    args = {
        "question": with_hours(words, _clock_of(uow, sprint, asked.user_id)),
        "before": _asked_before(uow, asked, sprint),
        "asker": uow.name(asked.user_id),
        "hour": min(hour_of(sprint, sprint.ended_at or uow.now), float(sprint.length_hours)),
    }
    _post(uow, asked, key, args, Template.ANSWER, sprint.id)


def _asked_before(uow: UnitOfWork, asked: Asked, sprint: Sprint) -> list[str]:
    """Return the questions that were answered before in this thread, or in the direct message."""
    here = OutboxItem.queue == channel_queue(asked.channel_id)
    if asked.thread_ts or not asked.direct:
        root = asked.thread_ts or asked.ts
        here = OutboxItem.thread_key == keys.question(asked.channel_id, root)
    answers = uow.session.scalars(
        select(OutboxItem)
        .where(OutboxItem.team_id == uow.team_id, OutboxItem.sprint_id == sprint.id, here)
        .where(OutboxItem.key.startswith("answer:"), OutboxItem.created_at > uow.now - REMEMBERED)
        .order_by(OutboxItem.id.desc())
        .limit(MOST_BEFORE)
    )
    told = [
        row.template["question"] for row in answers if row.template and "question" in row.template
    ]
    return told[::-1]


def _sprint_of(uow: UnitOfWork, asked: Asked) -> Sprint:
    """Return the sprint a question is about; what is private is not said where others read.

    Raises:
        RefusedError: there is none, there are several, or it may not be told here.
    """
    here = asked.viewed if asked.direct else asked.channel_id
    found = possible_sprints(uow, here, asked.user_id) or last_closed(uow, asked.user_id)
    if asked.direct:
        found = [each for each in found if may_see(uow, asked.user_id, each)]
    if not found:
        raise RefusedError("refused_no_sprint")
    if len(found) > 1:
        titles = ", ".join(f"“{sprint.title}”" for sprint in found)
        raise RefusedError("refused_several", titles=titles)
    sprint = found[0]
    if not is_allowed(Action.READ, relations(uow, asked.user_id, sprint)):
        raise RefusedError("refused_not_yours")
    if not asked.direct and sprint.is_private and asked.channel_id != sprint.channel_id:
        raise RefusedError("refused_private")
    if sprint.started_at is None:
        cancelled = sprint.status == SprintStatus.CANCELLED
        raise RefusedError("refused_cancelled" if cancelled else "refused_not_started")
    return sprint


def _clock_of(uow: UnitOfWork, sprint: Sprint, user_id: str) -> WallClock:
    """Return the kickoff and this moment as the asker's own clock shows them."""
    person = uow.person(user_id)
    try:
        zone = ZoneInfo((person.timezone if person else None) or sprint.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    kickoff = sprint.started_at or uow.now
    return WallClock(kickoff.astimezone(zone), uow.now.astimezone(zone))


def _words(uow: UnitOfWork, asked: Asked) -> str:
    """Return the question with people's names in the place of their mentions."""

    def name(match: re.Match[str]) -> str:
        return "" if match[1] == asked.bot_user_id else uow.name(match[1])

    return html.unescape(_MENTION.sub(name, asked.text)).strip()


def _post(
    uow: UnitOfWork,
    asked: Asked,
    key: str,
    args: dict[str, Any],
    template: Template,
    sprint_id: int | None,
) -> None:
    root = asked.thread_ts or asked.ts
    thread = keys.question(asked.channel_id, root)
    if uow.find_message(thread) is None:
        # A person's message stands in Slack already; the row lets the answer find its thread.
        row = uow.upsert(
            thread, None, {}, queue=channel_queue(asked.channel_id), kind=OutboxKind.MESSAGE
        )
        row.state, row.sent_version = OutboxState.SENT, row.version
        row.channel_id, row.ts = asked.channel_id, root
    uow.upsert(
        key,
        template,
        {**args, ELSE_TO: asked.user_id},
        queue=channel_queue(asked.channel_id),
        sprint_id=sprint_id,
        thread_key=thread,
        priority=Priority.NORMAL,
    )


@dataclass(frozen=True, slots=True)
class Posted:
    """An answer that was posted, for whatever may put it better.

    Args:
        question: the question, with its clock times as hours.
        told: the answer.
        people: the names in the record.
    """

    question: str
    told: Answer
    people: tuple[str, ...]


def posted_answer(uow: UnitOfWork, asked: Asked) -> Posted | None:
    """Return the answer to a question; None where it was refused."""
    found = _posted(uow, asked)
    if found is None:
        return None
    sprint_id, args = found
    asking = _asking(uow, uow.sprint(sprint_id))
    return Posted(args["question"], _answer_of(asking, args), tuple(people_of(asking.record)))


def _posted(uow: UnitOfWork, asked: Asked) -> tuple[int, dict[str, Any]] | None:
    """Return the sprint of an answer and what it is rendered from; None where it was refused."""
    row = uow.find_message(keys.answer(asked.channel_id, asked.ts))
    if row is None or row.sprint_id is None or row.template is None:
        return None
    return row.sprint_id, {key: value for key, value in row.template.items() if key != "name"}


def put_better(uow: UnitOfWork, asked: Asked, **found: str) -> Posted | None:
    """Change an answer that was posted.

    Args:
        uow: the open unit.
        asked: the question.
        found: `intent` for a question that was like nothing, or `said`, the answer in other
            words, with `said_of`, the answer that they stand for.
    """
    posted = _posted(uow, asked)
    if posted is None:
        return None
    sprint_id, args = posted
    key = keys.answer(asked.channel_id, asked.ts)
    _post(uow, asked, key, {**args, **found}, Template.ANSWER, sprint_id)
    return posted_answer(uow, asked)


def render_answer(uow: UnitOfWork, sprint: Sprint | None, args: TemplateArgs) -> Block:
    """Render an answer with links to the messages it rests on."""
    if sprint is None:
        message = "an answer belongs to a sprint"
        raise LookupError(message)
    answer = _answer_of(_asking(uow, sprint), args)
    # Other words stand for one answer only; when the record has moved on, the record speaks.
    spoken = args["said"] if args.get("said_of") == answer.text else answer.text
    text = Mrkdwn(escape(f"{_cancelled(uow, sprint, answer.language)} {spoken}".strip()))
    links = [f"<{f.permalink}|{escape(f.label)}>" for f in answer.facts if f.permalink][:MOST_LINKS]
    shown = [blocks.section(text)]
    if links:
        shown.append(blocks.context(Mrkdwn(" · ".join(links))))
    return blocks.message(text, shown)


def _cancelled(uow: UnitOfWork, sprint: Sprint, language: str) -> str:
    """Say that a sprint was cancelled: what its record calls open is no longer waited for."""
    if sprint.status != SprintStatus.CANCELLED:
        return ""
    return say(language, "was_cancelled", at=hours(hour_of(sprint, sprint.ended_at or uow.now)))


def _answer_of(asking: Asking, args: TemplateArgs) -> Answer:
    chosen = Intent(args["intent"]) if args.get("intent") else None
    return ask(
        asking,
        args["question"],
        at=args["hour"],
        asker=args["asker"],
        chosen=chosen,
        before=args.get("before", ()),
    )


def _asking(uow: UnitOfWork, sprint: Sprint) -> Asking:
    experience = experience_of(uow, sprint.started_at or uow.now)
    figures, priors = figures_of(uow.playbook), priors_of(uow.playbook)
    return Asking(
        record_of(uow, sprint),
        judge=lambda known: verdict(known, experience=experience, figures=figures, priors=priors),
        try_fixes=lambda known, done: what_if(known, done, experience=experience, priors=priors),
        scenarios=uow.playbook.scenario_titles,
        learnings=uow.playbook.scenario_learnings,
        spare=max(len(_cancelled(uow, sprint, each).split()) for each in LANGUAGES),
    )
