"""Whether two records are one cause: offered on cards and at the debrief, said with one press.

A blocker, a request, a probe's finding and a gate are named as the verdict's record names them:
`blocker-3`, `approval-2`, `probe-17-0`, `gate-data`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from sqlalchemy import select

from bot.blockers.queries import links_by_names, record_name, said_of
from bot.db.models import (
    Approval,
    Blocker,
    CauseLink,
    FindingOverride,
    GateAnswer,
    ProbeRun,
    Sprint,
)
from bot.domain.enums import ApprovalState, AuditAction, BlockerState
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.verdict.likeness import nearest
from bot.domain.verdict.links import chain_from
from bot.domain.vocabulary import FindingLevel
from bot.messages.blocker_card import SameAs
from bot.messages.catalog import say
from bot.sprints.people import require
from bot.sprints.selection import require_live
from bot.unit_of_work import UnitOfWork

STANDING: Final = (ApprovalState.WAITING, ApprovalState.REJECTED, ApprovalState.EXPIRED)
Row = Blocker | Approval | GateAnswer | ProbeRun


def store_cause_link(
    uow: UnitOfWork, actor_id: str, sprint_id: int, names: tuple[str, str], *, same: bool
) -> tuple[tuple[Row, Row], Sprint]:
    """Note that two records are one cause, or are not; saying it again changes nothing.

    Args:
        uow: the open unit.
        actor_id: who says it.
        sprint_id: the sprint of both.
        names: what the records are called, such as `blocker-3` and `approval-2`.
        same: they are one.

    Returns:
        The two rows, and their sprint.

    Raises:
        InputError: one of them is not of the sprint, they are the same, or the person may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    first, second = sorted(names)
    one, other = (row_named(uow, sprint, name) for name in (first, second))
    about = next((row for row in (one, other) if isinstance(row, Blocker)), sprint)
    require(uow, actor_id, Action.EDIT_BLOCKER, about)
    require_live(sprint)
    if one is None or other is None or first == second:
        raise InputError(say("blocker.same_two"))
    link = links_by_names(uow, sprint).get((first, second))
    if link is None or link.same != same:
        _note(uow, actor_id, sprint, (first, second), link, same=same)
    return (one, other), sprint


def row_named(uow: UnitOfWork, sprint: Sprint, name: str) -> Row | None:
    """Return the row of a sprint that a name such as `approval-2` means; None for no row."""
    sort, _, key = name.partition("-")
    number = key.partition("-")[0]
    query = {
        "blocker": select(Blocker).where(Blocker.number == _figure(number)),
        "approval": select(Approval).where(Approval.number == _figure(number)),
        "probe": select(ProbeRun).where(ProbeRun.id == _figure(number)),
        "gate": select(GateAnswer).where(GateAnswer.phase == key),
    }.get(sort)
    if query is None:
        return None
    return cast(
        "Row | None", uow.session.scalars(query.filter_by(sprint_id=sprint.id)).one_or_none()
    )


def _figure(words: str) -> int:
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 else -1


def _note(
    uow: UnitOfWork,
    actor_id: str,
    sprint: Sprint,
    names: tuple[str, str],
    link: CauseLink | None,
    *,
    same: bool,
) -> None:
    if link is None:
        first, second = names
        link = CauseLink(team_id=uow.team_id, sprint_id=sprint.id, first=first, second=second)
        uow.session.add(link)
    link.same, link.said_by, link.said_at = same, actor_id, uow.now
    uow.session.flush()
    action = AuditAction.JOINED if same else AuditAction.PARTED
    uow.audit_row(actor_id, action, link, records=list(names))


def open_twins(uow: UnitOfWork, sprint: Sprint, blocker: Blocker) -> list[Blocker]:
    """Return the other open blockers that people joined with one, through others too; locked."""
    joined = [set(pair) for pair, link in links_by_names(uow, sprint).items() if link.same]
    names = chain_from({f"blocker-{blocker.number}"}, joined)
    numbers = [_figure(name.partition("-")[2]) for name in names if name.startswith("blocker-")]
    if len(numbers) < 2:
        return []
    query = select(Blocker).where(
        Blocker.sprint_id == sprint.id,
        Blocker.number.in_(numbers),
        Blocker.state == BlockerState.OPEN,
        Blocker.id != blocker.id,
    )
    return list(uow.session.scalars(query.order_by(Blocker.number).with_for_update()))


def same_as(uow: UnitOfWork, sprint: Sprint, blocker: Blocker) -> SameAs | None:
    """Return the open record that a blocker is, or may be, the same as; None for no other.

    What people said goes first; else the blocker, request or finding whose words are nearest.
    """
    if blocker.state != BlockerState.OPEN:
        return None
    mine = f"blocker-{blocker.number}"
    own = {mine}
    if blocker.approval_id is not None:  # it came from this request, so nobody need say so
        request = uow.session.get_one(Approval, blocker.approval_id)
        own.add(f"approval-{request.number}")
    others = {name: title for name, title in _open_records(uow, sprint) if name not in own}
    groups = said_of(uow, sprint, mine)
    joined = next((name for name, same in groups.items() if same and name in others), None)
    if joined is not None:
        return SameAs(joined, record_name(joined), others[joined], is_joined=True)
    left = [name for name in others if name not in groups]
    near = nearest(blocker.title, [others[name] for name in left])
    if near is None:
        return None
    name = left[near]
    return SameAs(name, record_name(name), others[name], is_joined=False)


def _open_records(uow: UnitOfWork, sprint: Sprint) -> Iterator[tuple[str, str]]:
    """Yield the name and the words of each record that stands in the way."""
    blockers = select(Blocker).where(
        Blocker.sprint_id == sprint.id, Blocker.state == BlockerState.OPEN
    )
    for row in uow.session.scalars(blockers):
        yield f"blocker-{row.number}", row.title
    requests = select(Approval).where(Approval.sprint_id == sprint.id, Approval.state.in_(STANDING))
    for request in uow.session.scalars(requests):
        yield f"approval-{request.number}", request.reason or request.what
    overrides = select(FindingOverride).where(FindingOverride.sprint_id == sprint.id)
    overridden = {(row.probe_run_id, row.code) for row in uow.session.scalars(overrides)}
    for run in uow.session.scalars(select(ProbeRun).where(ProbeRun.sprint_id == sprint.id)):
        for number, finding in enumerate(run.shown.get("findings", [])):
            if (
                finding["level"] == FindingLevel.STOPS
                and (run.id, finding["code"]) not in overridden
            ):
                yield f"probe-{run.id}-{number}", str(finding["sentence"])
