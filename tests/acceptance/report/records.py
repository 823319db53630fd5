"""Sprints to report on, as records: from one where all went well to one where nothing is known."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.domain.going_live import Deployment, Rollback
from bot.domain.record import (
    ActionPlan,
    Approval,
    Blocker,
    BlockerChange,
    Correction,
    CriterionAnswer,
    Finding,
    GateAnswer,
    SprintRecord,
)
from bot.domain.vocabulary import (
    Category,
    Criterion,
    Decision,
    Kind,
    Remedy,
    Resolution,
    Severity,
    Subject,
    UseCase,
)

KICKOFF = datetime(2026, 6, 9, 7, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
LINK = "https://example.slack.com/archives/C1/p1"
TEAM = {"builder": "Ana", "data": "Ben", "approver": "Cho", "business": "Dee"}

STUCK = SprintRecord(
    title="Churn prediction at a telecom operator",
    use_case=UseCase.CHURN,
    team=TEAM,
    expected={Category.TECHNICAL: 5, Category.ORGANIZATIONAL: 1, Category.CAPABILITY: 1},
    criteria=(
        CriterionAnswer(Criterion.VALUABLE, True, "Fifty calls a week go to the right customers"),
        CriterionAnswer(
            Criterion.NOT_CRITICAL, False, "The offer costs money, capped at 500 a day", True, "Dee"
        ),
        CriterionAnswer(Criterion.REAL_DATA, True, "Billing and contracts"),
    ),
    functions={"Eve": "data warehouse", "Cho": "security"},
    blockers=(
        Blocker(
            "replica",
            "Read access to the billing replica needs a form signed by two directors",
            Kind.APPROVAL_PROCESS,
            1.5,
            "Ana",
            "data",
            remedy=Remedy.GOVERNANCE,
            lead_time="2-6 weeks",
            waits_for="data warehouse",
            history=(BlockerChange(7, "Eve", Resolution.WORKED_AROUND, "a read-only extract"),),
            permalink=LINK,
        ),
        Blocker(
            "dates",
            "Contract end dates are missing for a third of customers",
            Kind.DATA_ACCESS,
            4,
            "Ben",
            "data",
            Severity.SLOWS,
            remedy=Remedy.PEOPLE,
            lead_time="3 weeks",
            history=(BlockerChange(12.5, "Ben", Resolution.FIXED),),
        ),
        Blocker(
            "endpoint",
            "Nobody has put a model behind an endpoint before",
            Kind.SKILLS_GAP,
            16,
            "Ana",
            "integration",
            remedy=Remedy.PEOPLE,
            lead_time="2 weeks",
            history=(BlockerChange(20.5, "Fay", Resolution.FIXED),),
        ),
        Blocker(
            "pentest",
            "Security wants a penetration test before any endpoint is reachable",
            Kind.APPROVAL_PROCESS,
            25,
            "Ben",
            "deployment",
            remedy=Remedy.GOVERNANCE,
            lead_time="4-8 weeks",
            waits_for="security",
            owner="Cho",
        ),
        Blocker(
            "gateway",
            "The nightly build breaks the gateway",
            Kind.DEPLOYMENT_PIPELINE,
            27,
            "Ana",
            "deployment",
            remedy=Remedy.TOOLS,
            lead_time="5 days",
            history=(
                BlockerChange(29, "Ana", Resolution.FIXED),
                BlockerChange(33, "Ana", None),
                BlockerChange(36, "Ana", Resolution.FIXED),
            ),
        ),
    ),
    gates=(
        GateAnswer("g1", "data", "locked", 8, "Ana"),
        GateAnswer("g2", "model", "works", 16, "Ana"),
        GateAnswer("g3", "integration", "easy", 24, "Ana"),
        GateAnswer("g4", "deployment", "security", 48, "Ana"),
    ),
    approvals=(
        Approval("a1", Subject.DATA_ACCESS, "Ana", "Cho", 1, 7, "data", Decision.APPROVED, 6.5),
        Approval(
            "a2",
            Subject.SECURITY,
            "Dee",
            "Cho",
            24.5,
            40,
            "deployment",
            Decision.REJECTED,
            40,
            "no test, no endpoint",
        ),
        Approval("a3", Subject.PRIVACY, "Dee", "Fay", 26, 38, "deployment", Decision.EXPIRED, 38),
        Approval("a4", Subject.BUSINESS, "Ana", "Dee", 30, 38, "deployment", Decision.APPROVED, 31),
    ),
    action_plans=(ActionPlan("p", 47, "Dee", True, "fifty calls a week"),),
    findings=(
        Finding(
            "f1",
            "quality",
            "billing",
            "slows",
            "missing",
            "contract_end is empty in 34 % of rows.",
            3.2,
        ),
    ),
    corrections=(Correction("c1", "timeline", "months", "Dee", 48, "nobody works in August here"),),
)

LIVE = SprintRecord(
    title="Product recommendations in the web shop",
    use_case=UseCase.RECOMMENDATION,
    team=TEAM,
    expected={Category.TECHNICAL: 4},
    blockers=(
        Blocker(
            "db",
            "The shop database refuses our user",
            Kind.DATA_ACCESS,
            4,
            "Ana",
            "data",
            lead_time="1 day",
            remedy=Remedy.TOOLS,
            history=(BlockerChange(9, "Cho", Resolution.FIXED),),
        ),
    ),
    gates=(
        GateAnswer("g1", "data", "accessible", 8, "Ana"),
        GateAnswer("g2", "model", "works", 16, "Ana"),
        GateAnswer("g3", "integration", "easy", 24, "Ana"),
        GateAnswer("g4", "deployment", "works", 48, "Ana"),
    ),
    deployments=(
        Deployment("d1", 34, "Ana", 1),
        Deployment("d2", 40, "Ana", 5, evidence="https://a.example/calls"),
    ),
    action_plans=(ActionPlan("p", 44, "Dee", True),),
)

ROLLED_BACK = SprintRecord(
    title="Alerts on odd transactions",
    use_case=UseCase.ANOMALY,
    deployments=(Deployment("d1", 30, "Ana", 1),),
    rollbacks=(Rollback("r1", 36, "Ana", "error rate"),),
)

NOTHING = SprintRecord(title="Nothing written down")

CROWDED = SprintRecord(
    title="Three hundred blockers",
    team=TEAM,
    blockers=tuple(
        Blocker(
            f"b{number}",
            f"Blocker number {number} of a bad week",
            list(Kind)[number % 12],
            number % 40,
            "Ana",
            "data",
            Severity.STOPS if number % 4 else Severity.SLOWS,
            lead_time=f"{1 + number % 9} weeks",
            history=(BlockerChange(number % 40 + 1 + number % 7, "Eve", Resolution.FIXED),)
            if number % 3
            else (),
        )
        for number in range(300)
    ),
)

EARLY = SprintRecord(title="Closed after half a day", ended_at=12, blockers=STUCK.blockers[:1])

RECORDS = {
    "stuck": STUCK,
    "live": LIVE,
    "rolled back": ROLLED_BACK,
    "nothing": NOTHING,
    "crowded": CROWDED,
    "early": EARLY,
}
