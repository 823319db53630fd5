"""The sprint's page, kept current on its channel's canvas; without one, in a message."""

from __future__ import annotations

from bot.dates import day_and_time
from bot.db.models import Sprint
from bot.domain.enums import BlockerState, SprintStatus
from bot.messages.catalog import say_plain
from bot.messages.sprint_page import PageLine, PageSection, line, page
from bot.outbox.queue import TemplateArgs
from bot.slack.blocks import Block
from bot.sprints.snapshot import SprintFacts, gather, moment_of
from bot.unit_of_work import UnitOfWork


def render_page(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> Block:
    """Put the page into words."""
    facts = gather(uow, sprint)
    return page(
        say_plain("page.canvas_title", title=sprint.title),
        [
            PageSection("where", say_plain("page.where"), _where(uow, facts)),
            PageSection("blockers", say_plain("page.blockers"), _blockers(uow, facts)),
            PageSection("approvals", say_plain("page.approvals"), _approvals(uow, facts)),
            PageSection("gates", say_plain("page.gates"), _gates(uow, facts)),
        ],
    )


def _where(uow: UnitOfWork, facts: SprintFacts) -> list[PageLine]:
    sprint = facts.sprint
    if sprint.status == SprintStatus.RUNNING:
        end = day_and_time(moment_of(sprint, sprint.length_hours), sprint.timezone)
        end = f"{end} ({sprint.timezone})"
        words = say_plain("page.running", phase=facts.phase.title, end=end)
    elif sprint.status == SprintStatus.CLOSED:
        path = uow.playbook.path(sprint.path).title if sprint.path else None
        words = say_plain("page.closed", path=path)
    else:
        words = say_plain(f"page.{sprint.status}")
    rows = [line("status", words)]
    if facts.deployment is not None:
        percent = f"{facts.deployment.percent:g}"
        rows.append(line("live", say_plain("page.live", percent=percent)))
    return rows


def _blockers(uow: UnitOfWork, facts: SprintFacts) -> list[PageLine]:
    rows = [
        line(
            f"blocker:{each.number}",
            say_plain(
                "page.blocker",
                number=each.number,
                title=each.title,
                severity=uow.playbook.severity(each.severity).title.lower(),
                waits_for=each.waits_for,
                lead=each.lead_time,
            ),
        )
        for each in reversed(facts.open_blockers)
    ]
    ended = sum(
        each.state in (BlockerState.FIXED, BlockerState.WORKED_AROUND) for each in facts.blockers
    )
    if not rows:
        rows.append(line("blockers:none", say_plain("page.no_blockers")))
    if ended:
        rows.append(line("blockers:resolved", say_plain("page.resolved", count=ended)))
    return rows


def _approvals(uow: UnitOfWork, facts: SprintFacts) -> list[PageLine]:
    rows = [
        line(
            f"approval:{each.number}",
            say_plain(
                "page.approval",
                number=each.number,
                subject=uow.playbook.subject(each.subject).title,
                who=uow.name(each.approver_id),
                state=say_plain(f"approval.state_{each.state}"),
            ),
        )
        for each in sorted(facts.approvals, key=lambda each: -each.number)
    ]
    return rows or [line("approvals:none", say_plain("page.no_approvals"))]


def _gates(uow: UnitOfWork, facts: SprintFacts) -> list[PageLine]:
    rows = [
        line(
            f"gate:{phase.key}",
            say_plain(
                "page.gate",
                phase=phase.title,
                scenario=phase.scenario(facts.gates[phase.key]).title,
            ),
        )
        for phase in uow.playbook.phases
        if phase.key in facts.gates
    ]
    return rows or [line("gates:none", say_plain("page.no_gates"))]
