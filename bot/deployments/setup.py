"""Setting a deployment up: who answers for what, the control answer, who is on call."""

from __future__ import annotations

from bot.db.deployment_models import Deployment, DeploymentOwner
from bot.deployments import announcements, queries
from bot.deployments.forms import LONGEST_ANSWER, SetUpForm, check_set_up, read_control
from bot.deployments.named_people import named_for, notify_named
from bot.domain.enums import AuditAction
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.vocabulary import OwnedPart
from bot.messages.catalog import say
from bot.sprints.people import require
from bot.sprints.selection import require_running
from bot.unit_of_work import Change, UnitOfWork


def set_up(uow: UnitOfWork, actor_id: str, deployment_id: int, form: SetUpForm) -> Deployment:
    """Name owners and on-call, and say what everybody gets that the model does not answer.

    Raises:
        FormError: fields that cannot be taken.
        InputError: the sprint is over, or they may not.
    """
    row, sprint = queries.locked(uow, deployment_id)
    require(uow, actor_id, Action.DEPLOY, sprint)
    require_running(sprint)
    model = queries.model_of(uow, row)
    check_set_up(uow, form, [str(name) for name in model.columns] if model else [])
    before = named_for(uow, row)
    owners = {part: user_id for part, user_id in form.owners.items() if user_id}
    for part, user_id in owners.items():
        name_owner(uow, row, actor_id, part, user_id)
    if form.on_call:
        uow.ensure_person(form.on_call)
        row.on_call = form.on_call
    row.control = read_control(form.control) or row.control
    row.entity_column = form.entity_column.strip()[:LONGEST_ANSWER] or row.entity_column
    if form.keeps_features is not None:
        row.keeps_features = form.keeps_features
    uow.changes.add(Change.DEPLOYMENTS)
    uow.audit_row(
        actor_id,
        AuditAction.SET_UP,
        row,
        on_call=row.on_call,
        control=row.control,
        entity_column=row.entity_column,
        keeps_features=row.keeps_features,
        owners={part.value: user_id for part, user_id in owners.items()},
    )
    announcements.show(uow, sprint, row)
    now = named_for(uow, row)
    changed = {each for each in (*before, *now) if before.get(each) != now.get(each)}
    notify_named(uow, sprint, row, changed, actor_id=actor_id)
    return row


def name_owner(
    uow: UnitOfWork, row: Deployment, actor_id: str, part: OwnedPart, user_id: str
) -> DeploymentOwner:
    """Name somebody as owner of a part; another person has to accept it anew."""
    owner = queries.owner_of(uow, row, part)
    if owner is not None and owner.user_id == user_id:
        return owner
    uow.ensure_person(user_id)
    if owner is None:
        owner = DeploymentOwner(deployment_id=row.id, part=part.value)
        uow.session.add(owner)
    owner.user_id = user_id
    owner.named_by = actor_id
    owner.named_at = uow.now
    owner.accepted_at = None
    uow.session.flush()
    return owner


def accept_ownership(uow: UnitOfWork, actor_id: str, deployment_id: int, part: OwnedPart) -> bool:
    """Answer for a part of the deployment by name; only oneself can do that.

    Returns:
        Whether that is new.

    Raises:
        InputError: somebody else was named, the sprint is over, or they may not.
    """
    row, sprint = queries.locked(uow, deployment_id)
    require(uow, actor_id, Action.ACCEPT_OWNERSHIP, sprint)
    require_running(sprint)
    named = queries.owner_of(uow, row, part)
    if named is not None and named.user_id != actor_id:
        who = uow.name(named.user_id)
        raise InputError(say("rollout.named_another", who=who, part=part_words(part)))
    owner = name_owner(uow, row, actor_id, part, actor_id)
    if owner.accepted_at is not None:
        return False
    owner.accepted_at = uow.now
    uow.audit_row(actor_id, AuditAction.ACCEPTED, row, part=part.value)
    announcements.show(uow, sprint, row)
    notify_named(uow, sprint, row, [actor_id], actor_id=actor_id)
    return True


def part_words(part: OwnedPart) -> str:
    """Return what people call a part that somebody owns."""
    return say(f"rollout.part_{part}")
