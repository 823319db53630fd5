"""Reports to draw: an ordinary one, an empty one, a hostile one and a crowded one."""

from __future__ import annotations

from dataclasses import replace

from bot.report.content import (
    Answer,
    Bar,
    CategoryHours,
    Content,
    Correction,
    Cost,
    Fact,
    Figure,
    Fix,
    Forecast,
    KeyBlocker,
    Live,
    PathAhead,
    Person,
    PhaseBand,
    Sentence,
    StickingPoint,
    Timeline,
    Wait,
)

REPLICA = Fact(
    "blocker:replica-access", "Blocker",
    "Read access to the billing replica needs a form signed by two directors",
    1.5, "Tue 9 Jun, 10:30", "Ana", "https://example.slack.com/archives/C1/p1",
)  # fmt: skip
PENTEST = Fact(
    "blocker:pentest", "Blocker", "Security wants a penetration test before any endpoint is reachable",
    25.0, "Wed 10 Jun, 10:00", "Ben",
)  # fmt: skip
SILENCE = Fact(
    "approval:privacy", "Approval", "Privacy was asked and let the deadline pass",
    38.0, "Wed 10 Jun, 23:00", "Fay",
)  # fmt: skip

ANSWERS = (
    Answer(1, "unlimited_resources", "With unlimited resources, would it be live?", "No, it is structural",
           "What is left sits in architecture, organisation or governance, where money alone changes little.",
           (Sentence("Two of three open blockers wait for a rule or a review to change.", (REPLICA, PENTEST)),)),
    Answer(2, "critical_path", "Which one blocker decided it?", "Security approval",
           "", (Sentence("Without the penetration test it would have been live 13 days sooner.", (PENTEST,)),)),
    Answer(3, "timeline", "How long would it really take?", "Weeks", "You are close.",
           (Sentence("As likely as not it is live within 5 weeks, almost surely within 9.", (REPLICA, PENTEST, SILENCE)),),
           (Correction("Months", "Dee", "Thu 11 Jun, 09:40", "nobody works in August here"),)),
    Answer(4, "fixes", "What has to be fixed within 30 days?", "Three fixes, each with a date", "",
           (Sentence("One of them has no owner yet.", (SILENCE,)),)),
    Answer(5, "should_do_ai", "Should you be doing AI now?", "Yes", "Nothing in the facts speaks against it.",
           (Sentence("The business knows what it will do with the list.", ()),)),
)  # fmt: skip

PHASES = (
    PhaseBand("data", "Data", 0, 8, "It exists, behind a process", "What stops you first is who may grant access, not technology."),
    PhaseBand("model", "Model", 8, 16, "The environment works", "Your technical environment can carry a model."),
    PhaseBand("integration", "Integration", 16, 24, "It simply worked", "Your architecture is modern enough to carry AI."),
    PhaseBand("deployment", "Deployment", 24, 48, "Security said not yet", "Security needs a way to judge AI that takes days instead of months."),
)  # fmt: skip

BARS = (
    Bar("Read access to the billing replica needs a form signed by two directors", "organizational", True, ((1.5, 7.0),), False, "Blocked from hour 1.5 to 7, then worked around."),
    Bar("Contract end dates are missing for a third of customers", "technical", False, ((4.0, 12.5),), False, "Slowed from hour 4 to 12.5, then fixed."),
    Bar("Package installation goes through a ticket", "organizational", False, ((8.5, 11.0),), False, "Slowed from hour 8.5 to 11, then worked around."),
    Bar("Nobody has put a model behind an endpoint before", "capability", True, ((16.0, 20.5),), False, "Blocked from hour 16 to 20.5, then fixed."),
    Bar("Security wants a penetration test before any endpoint is reachable", "organizational", True, ((25.0, 48.0),), True, "Blocked from hour 25 and still open."),
    Bar("Nightly build breaks the gateway", "technical", True, ((27.0, 29.0), (33.0, 36.0)), False, "Blocked twice, from hour 27 to 29 and from 33 to 36."),
)  # fmt: skip

WAITS = (
    Wait("Data access", 1.0, 6.5, "approved", "Asked at hour 1, approved at 6.5."),
    Wait("Security", 24.5, 40.0, "rejected", "Asked at hour 24.5, refused at 40."),
    Wait("Privacy", 26.0, 38.0, "expired", "Asked at hour 26, no answer by 38."),
    Wait("Business sign-off", 30.0, 31.0, "approved", "Asked at hour 30, approved at 31."),
)

ORDINARY = Content(
    title="Churn prediction at a telecom operator",
    use_case="Churn prediction",
    kickoff="Tue 9 Jun 2026, 09:00",
    end="Thu 11 Jun 2026",
    zone="Europe/Berlin",
    team=(Figure("Builder", "Ana"), Figure("Data person", "Ben"), Figure("Approver", "Cho"), Figure("Business owner", "Dee")),
    outcome="Not live after 48 hours. The model was ready at hour 14; the yes was not.",
    path=PathAhead("fix_blockers", "Fix blockers, then deploy",
                   "Two or three blockers stand between you and production. Remove them, and nothing else, first.", 60,
                   ("Spend 30 days on the blockers of the critical path.", "Leave everything that is not on the critical path alone.", "Run this sprint again with the same use case, and compare."),
                   (Sentence("Three blockers are open, and each has a remedy within 30 days.", (PENTEST, SILENCE)),),
                   (Sentence("Were the penetration test to take longer than a year, the path would be to build the foundation.", (PENTEST,)),)),
    answers=ANSWERS,
    key_blocker=KeyBlocker("Security wants a penetration test before any endpoint is reachable", "organizational", "Organisational", "Approval process", "security",
                           "Without it, the deployment would have happened 13 days sooner.", (), "Read access to the billing replica needs a form signed by two directors"),
    cost=Cost((Figure("Worked", "96 person-hours"), Figure("Waited", "41 person-hours"), Figure("The sprint", "13,700 USD", "total"), Figure("A classic assessment", "500,000 USD")),
              (Sentence("The sprint cost 2.7 % of what a classic assessment does, and took 2 days in place of 6 months."),),
              (Figure("A classic readiness assessment", "500,000 USD, six months"), Figure("A data science team hired ahead of time", "1,000,000 USD, a year"))),
    fixes=(
        Fix(1, "Security publishes the conditions under which an internal endpoint goes live on 1 % of traffic", "Cho", "2026-06-25", "Thu 25 Jun", PENTEST),
        Fix(2, "Give the churn team standing read access to the billing replica", "Ben", "2026-06-30", "Tue 30 Jun", REPLICA),
        Fix(3, "Name one person in privacy who answers within two working days", None, None, "Not within 30 days", SILENCE),
    ),
    timeline=Timeline(48, 48, PHASES, BARS, WAITS, (Live(42, 46, 1, "Live on 1 % from hour 42 to 46."),)),
    categories=(CategoryHours("technical", "Technical", 5, 5 / 7, 13.5, 0.30, 2), CategoryHours("organizational", "Organisational", 1, 1 / 7, 31.0, 0.58, 3), CategoryHours("capability", "Capability", 1, 1 / 7, 4.5, 0.12, 1)),
    surprise=(Sentence("The team expected technical trouble and lost most of its hours to the organisation.", (REPLICA, PENTEST)),),
    forecast=Forecast(34, 61, "5 weeks", "9 weeks", tuple((days, share) for days, share in zip((4, 9, 14, 20, 26, 34, 42, 50, 61, 80, 110), (0, .05, .13, .24, .36, .5, .62, .71, .8, .93, 1), strict=True))),
    champions=(Person("Eve", "data warehouse", (Sentence("Opened a read-only extract at hour 7.", (REPLICA,)),)),),
    sticking_points=(StickingPoint("security", 23.0, (Sentence("Two requests waited.", (PENTEST,)),)), StickingPoint("privacy", 12.0, (Sentence("One request got no answer.", (SILENCE,)),))),
    overrides=(),
    findings=(),
    facts=(REPLICA, PENTEST, SILENCE),
)  # fmt: skip

EMPTY = replace(
    ORDINARY,
    title="A sprint with nothing in it",
    outcome="Nothing was written down.",
    answers=tuple(replace(answer, sentences=(), corrections=()) for answer in ANSWERS),
    key_blocker=None, fixes=(), surprise=(), champions=(), sticking_points=(), facts=(), team=(),
    timeline=Timeline(48, 12, PHASES, (), (), ()),
    categories=tuple(replace(each, votes=0, expected_share=0, hours=0, hours_share=0, blockers=0) for each in ORDINARY.categories),
    forecast=Forecast(None, None, "not known", "not known", ()),
)  # fmt: skip

HOSTILE_TEXT = (
    '</title><script>document.title="owned"</script><img src=x onerror=alert(1)> "\' & {{ 7*7 }} '
    "#import \"x\" $a_b$ \\ @ref <label> =1+1 \u202eabc \u2028 Пилот 顧客 🚀 " + "W" * 120
)


def _poisoned(value: object) -> object:
    from dataclasses import fields, is_dataclass

    if isinstance(value, tuple):
        return tuple(_poisoned(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = {"key", "category", "decision", "due", "link", "number", "id"}
        changes = {each.name: _poisoned(getattr(value, each.name)) for each in fields(value) if each.name not in kept}
        return replace(value, **changes)
    return HOSTILE_TEXT if isinstance(value, str) else value


HOSTILE = _poisoned(ORDINARY)

CROWDED = replace(
    ORDINARY,
    timeline=replace(
        ORDINARY.timeline,
        bars=tuple(
            Bar(f"Blocker number {number} of a bad week", ("technical", "organizational", "capability")[number % 3], number % 4 > 0, ((number % 40, number % 40 + 1 + number % 7),), False, "x")
            for number in range(300)
        ),
    ),
)  # fmt: skip
