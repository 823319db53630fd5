"""What those are told who were named as owner of a part of a deployment, or put on call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.deployments import queries
from bot.deployments.announcements import checklist_key
from bot.domain.verdict.wording import listed
from bot.messages import keys
from bot.messages.catalog import say_plain
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.slack.text import Mrkdwn, mention
from bot.sprints.card_threads import text_args
from bot.unit_of_work import UnitOfWork

ON_CALL: Final = "on_call"


def named_for(uow: UnitOfWork, row: Deployment) -> dict[str, set[str]]:
    """Return who is named for a deployment → for which parts; being on call is one."""
    named: dict[str, set[str]] = defaultdict(set)
    for owner in queries.owners(uow, row):
        named[owner.user_id].add(owner.part)
    if row.on_call:
        named[row.on_call].add(ON_CALL)
    return named


def notify_named(
    uow: UnitOfWork, sprint: Sprint, row: Deployment, people: Iterable[str], *, actor_id: str
) -> None:
    """Tell people what they are named for and what is left to accept; who did it knows.

    The team reads it below the checklist, others in their direct messages. Whoever was told
    before is also told that it has changed, the actor too.
    """
    team = {sprint.lead_id, *(member.user_id for member in sprint.members)}
    for user_id in sorted(people):
        key = keys.named_for_deployment(sprint.id, row.id, user_id)
        known, is_here = uow.find_message(key), user_id in team
        if user_id == actor_id and known is None:
            continue
        below = checklist_key(row) if is_here else None
        uow.upsert(
            key,
            Template.LINE,
            _args(uow, sprint, row, user_id),
            sprint_id=sprint.id,
            to=None if is_here else user_id,
            queue=known.queue if known else None,  # it stays where it was posted
            thread_key=known.thread_key if known else below,
        )


def _args(uow: UnitOfWork, sprint: Sprint, row: Deployment, user_id: str) -> TemplateArgs:
    owned = [each for each in queries.owners(uow, row) if each.user_id == user_id]
    waits = any(each.accepted_at is None for each in owned)
    named = [
        say_plain("rollout.named_owner", part=say_plain(f"rollout.part_{each.part}"))
        for each in owned
    ]
    if row.on_call == user_id:
        named.append(say_plain("rollout.named_on_call"))
    return text_args(
        "rollout.named" if named else "rollout.named_no_more",
        who=mention(user_id),
        title=sprint.title,
        roles=listed(named),
        waits=waits,
        channel=Mrkdwn(f"<#{sprint.channel_id}>") if sprint.channel_id else "",
    )
