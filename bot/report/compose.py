"""From a sprint's record and verdict to what the report says."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo
from itertools import accumulate
from typing import Final

from bot.dates import day_with_weekday
from bot.domain import record as records
from bot.domain.errors import InputError
from bot.domain.record import SprintRecord
from bot.domain.verdict import model as judged
from bot.domain.verdict.progress import STATE_NAME
from bot.domain.verdict.result import Verdict
from bot.domain.vocabulary import Role
from bot.playbook.model import DebriefQuestion, Playbook
from bot.playbook.sandbox import PromptFacts, render
from bot.reading.ranges import LONGEST
from bot.report.content import (
    CategoryHours,
    Champion,
    Correction,
    Cost,
    Exchange,
    Figure,
    Fix,
    Forecast,
    KeyBlocker,
    Override,
    PathAhead,
    ReportAnswer,
    ReportContent,
    ReportFact,
    Sentence,
    StickingPoint,
)
from bot.report.events import timeline
from bot.report.facts import FactBook, safe
from bot.report.formatting import (
    Calendar,
    counted,
    days_text,
    fit_for_a_page,
    hours_text,
    money,
)
from bot.report.texts import say

NO_CAUSE: Final = "none"
_IDENTIFIER: Final = re.compile(r"[a-z]\w*?(?:_|[A-Z]|\.\w)")
PLAN: Final = "thirty_days"
MOST_DOUBTS: Final = 8


def compose(
    record: SprintRecord,
    verdict: Verdict,
    playbook: Playbook,
    *,
    kickoff: datetime,
    timezone: tzinfo,
) -> ReportContent:
    """Return everything the report says.

    Args:
        record: what happened.
        verdict: what follows from it.
        playbook: the words and figures the sprint ran by.
        kickoff: the moment of hour 0, aware.
        timezone: the zone to show times in.

    Raises:
        InputError: the kickoff has no time zone, so that no hour could be placed.
    """
    if kickoff.tzinfo is None:
        raise InputError(say("kickoff_zone_missing"))
    return fit_for_a_page(_Composer(record, verdict, playbook, Calendar(kickoff, timezone)).whole())


class _Composer:
    def __init__(
        self, record: SprintRecord, verdict: Verdict, playbook: Playbook, calendar: Calendar
    ) -> None:
        self._record = record
        self._verdict = verdict
        self._playbook = playbook
        self._calendar = calendar
        self._facts = FactBook(record, playbook, calendar)

    def whole(self) -> ReportContent:
        record, calendar = self._record, self._calendar
        return ReportContent(
            title=record.title,
            use_case=self._playbook.use_case(record.use_case).title,
            kickoff=f"{calendar.day_with_year(0)}, {calendar.moment(0):%H:%M}",
            end=calendar.day_with_year(record.ended_at),
            zone=str(calendar.zone),
            team=self._team(),
            outcome=self._outcome(),
            path=self._path(),
            answers=self._answers(),
            key_blocker=self._key_blocker(),
            cost=self._cost(),
            fixes=self._fixes(),
            progress=self._reasons("progress"),
            timeline=timeline(record, self._playbook, self._facts),
            categories=self._categories(),
            surprise=self._reasons("surprise"),
            forecast=self._forecast(),
            champions=self._champions(),
            sticking_points=self._sticking_points(),
            overrides=self._overrides(),
            findings=self._facts.findings(),
            exchanges=self._exchanges(),
            kept=self._facts.kept(record),
            facts=self._facts.in_order,
        )

    def _exchanges(self) -> tuple[Exchange, ...]:
        """Return the prompts that were answered in words, each with its question."""
        return tuple(
            Exchange(say("at_hour", hour=hour), self._question(hour), answers)
            for hour, answers in self._facts.answers(self._record).items()
        )

    def _question(self, hour: float) -> str:
        try:
            words = self._playbook.hour(int(hour)).question
        except KeyError:  # the playbook was shortened since
            return ""
        team = {str(role): name for role, name in self._record.team.items()}
        facts = PromptFacts(
            hour=int(hour),
            hours_left=int(self._record.length - hour),
            use_case=f"“{self._record.title}”",
            builder=team.get(Role.BUILDER, ""),
            data_person=team.get(Role.DATA, ""),
            approver=team.get(Role.APPROVER, ""),
            business=team.get(Role.BUSINESS, ""),
        )
        return render(words, facts)

    def _reasons(self, key: str) -> tuple[Sentence, ...]:
        return self._facts.sentences(tuple(self._verdict.reasons.get(key, ())))

    def _team(self) -> tuple[Figure, ...]:
        titles = {str(role.key): role.title for role in self._playbook.roles}
        return tuple(
            Figure(titles.get(str(key), str(key)), name) for key, name in self._record.team.items()
        )

    def _outcome(self) -> str:
        record = self._record
        if self._verdict.deployed:
            last = max(record.deployments, key=lambda each: each.at)
            key = "live_claimed" if self._verdict.claimed else "live_and_stayed"
            went = say(key, percent=last.percent, hours_text=hours_text(last.at))
        elif record.deployments:
            went = say("live_taken_back")
        else:
            went = say("live_after", hours_text=hours_text(record.ended_at))
        if not record.blockers:
            return say("blocker_written_down", went=went)
        still = sum(blocker.resolution is None for blocker in record.blockers)
        left = counted(still, "still_open").lower() if still else say("none_open_now")
        came = counted(len(record.blockers), "came_up")
        return say("blockers_came_up", went=went, came=came, left=left)

    def _path(self) -> PathAhead:
        known = not self._verdict.nothing_known
        words = self._playbook.path(self._verdict.path)
        asked = words.where(anything_open=bool(self._verdict.causes), anything_known=known)
        hinges = tuple(hinge.sentence for hinge in self._verdict.hinges)
        reasons = self._verdict.reasons.get("path", ())
        why = self._facts.sentences(tuple(each for each in reasons if each not in hinges))
        return PathAhead(
            words.key if known else "",
            asked.title,
            asked.meaning,
            words.share_percent,
            asked.plan,
            why,
            self._facts.sentences(hinges[:MOST_DOUBTS]),
            self._reasons("plan"),
        )

    def _answers(self) -> tuple[ReportAnswer, ...]:
        return tuple(
            self._answer(number, question)
            for number, question in enumerate(self._playbook.questions, start=1)
        )

    def _answer(self, number: int, question: DebriefQuestion) -> ReportAnswer:
        key = str(question.key)
        answer, meaning = self._said(question, self._verdict)
        corrections = tuple(
            self._correction(each, question)
            for each in self._record.corrections
            if each.question == question.key
        )
        reasons = self._plan_told() if key == PLAN else self._reasons(key)
        return ReportAnswer(number, key, question.title, answer, meaning, reasons, corrections)

    def _plan_told(self) -> tuple[Sentence, ...]:
        days = sorted(fix.due_day for fix in self._verdict.fixes)
        if not days:
            return self._reasons(PLAN)
        first, last = day_with_weekday(self._due(days[0])), day_with_weekday(self._due(days[-1]))
        span = say("due" if first == last else "first_due_last", first=first, last=last)
        return (Sentence(say("plan_span", span=span)),)

    def _said(self, question: DebriefQuestion, verdict: Verdict) -> tuple[str, str]:
        if question.key == PLAN:
            return self._fixes_told(), ""
        is_live = verdict.deployed and not verdict.claimed
        if question.key == "unlimited_resources" and is_live and verdict.unlimited_resources:
            return say("yes_live"), ""
        cause = verdict.critical_path
        if question.key == "critical_path" and cause and cause.family_said is None:
            return headline(cause.cause.title, cause.cause.fact.sort), ""
        option = question.option(_answer_key(verdict, question.key))
        return option.title, option.words

    def _computed(self, question: DebriefQuestion) -> str | None:
        """Return what the facts alone say, where the team's answer took its place."""
        computed = self._said(question, self._verdict.by_facts)[0]
        return computed if computed != self._said(question, self._verdict)[0] else None

    def _fixes_told(self) -> str:
        fixes = self._verdict.fixes
        if not fixes:
            return say("nothing_sprint_found")
        beyond = sum(not fix.in_thirty_days for fix in fixes)
        count = counted(len(fixes), "fix")
        return say("count_beyond_month", count=count, beyond=beyond) if beyond else count

    def _correction(self, each: records.Correction, question: DebriefQuestion) -> Correction:
        titles = {option.key: option.title for option in question.options}
        answer = titles.get(each.answer, each.answer)
        when, computed = self._calendar.day_and_clock(each.at), self._computed(question)
        return Correction(answer, each.by, when, each.reason, computed, safe(each.permalink))

    def _key_blocker(self) -> KeyBlocker | None:
        cause = self._verdict.critical_path
        if cause is None:
            return None
        obstacle = cause.cause
        return KeyBlocker(
            title=headline(obstacle.title, obstacle.fact.sort),
            category=str(obstacle.category),
            category_title=self._playbook.category(obstacle.category).title,
            kind=self._playbook.kind(obstacle.kind).title,
            waits_for=obstacle.waits_for,
            saves=_saves(cause, is_past=not self._verdict.causes),
            sentences=(Sentence(say("where_stands_record"), (self._facts.fact(obstacle.fact),)),),
            runner_up=_runner_up(self._verdict.runner_up),
        )

    def _cost(self) -> Cost:
        cost, figures = self._verdict.cost, self._playbook.costs
        rows = (
            *self._delay(),
            Figure(
                say("time_team"),
                say("person_hours", hours=f"{cost.person_hours:,.0f}"),
                say("by_playbook"),
            ),
            Figure(
                say("spent_waiting"),
                say("person_hours", hours=f"{cost.person_hours_waited:,.0f}"),
                say("by_playbook"),
            ),
            Figure(say("the_sprint"), money(cost.amount, figures.currency), say("by_playbook")),
            Figure(
                say("classic_assessment"),
                money(figures.assessment, figures.currency),
                say("by_playbook"),
            ),
        )
        others = tuple(
            Figure(
                each.title,
                ", ".join(filter(None, (money(each.amount, figures.currency), each.per))),
            )
            for each in figures.comparisons
        )
        return Cost(rows, (), others)

    def _delay(self) -> tuple[Figure, ...]:
        """What waiting costs, where the business said what the use case is worth."""
        delay = self._verdict.delay
        if delay is None:
            return ()
        a_day = Figure(
            say("day_waiting"), money(delay.a_day, delay.currency), say("by_the_business")
        )
        if delay.p50 is None:
            return (a_day,)
        until = Figure(say("waiting_until_date"), money(delay.p50, delay.currency))
        return a_day, until

    def _fixes(self) -> tuple[Fix, ...]:
        return tuple(
            self._fix(number, fix) for number, fix in enumerate(self._verdict.fixes, start=1)
        )

    def _fix(self, number: int, fix: judged.Fix) -> Fix:
        due = self._due(fix.due_day)
        day = day_with_weekday(due)
        due_words = day if fix.in_thirty_days else say("first_step", day=day)
        blocker = self._facts.fact(fix.facts[0]) if fix.facts else None
        state = fix.state if self._verdict.progress else None
        words = STATE_NAME[state] if state else ""
        owner = fix.owner or None
        return Fix(number, fix.text, owner, due.isoformat(), due_words, blocker, state, words)

    def _due(self, day: int) -> date:
        end = self._calendar.moment(self._record.ended_at)
        return (end + timedelta(days=day)).date()

    def _categories(self) -> tuple[CategoryHours, ...]:
        return tuple(self._category(share) for share in self._verdict.shares)

    def _category(self, share: judged.CategoryShare) -> CategoryHours:
        return CategoryHours(
            key=str(share.category),
            title=self._playbook.category(share.category).title,
            votes=share.votes,
            expected_share=share.expected,
            hours=round(self._verdict.hours_by_category.get(share.category, 0.0), 3),
            happened_share=share.happened,
            blockers=share.blockers,
        )

    def _forecast(self) -> Forecast:
        forecast = self._verdict.forecast
        if self._verdict.is_settled:
            return Forecast(0, 0, say("live_already"), say("live_already"))
        return Forecast(
            forecast.p50 if forecast.p50 < LONGEST else None,
            forecast.p80 if forecast.p80 < LONGEST else None,
            days_text(forecast.p50),
            days_text(forecast.p80),
            forecast_curve(forecast),
        )

    def _champions(self) -> tuple[Champion, ...]:
        return tuple(
            Champion(name, self._function_of(name), tuple(self._deeds(name)))
            for name in self._verdict.champions
        )

    def _function_of(self, name: str) -> str | None:
        roles = {person: key for key, person in self._record.team.items()}
        if name in roles:
            return self._playbook.role(roles[name]).title
        return self._record.functions.get(name)

    def _deeds(self, name: str) -> list[Sentence]:
        deeds = []
        for blocker in self._record.blockers:
            if blocker.resolved_by == name and blocker.resolved_at is not None:
                fact = self._facts.fact(judged.FactRef(judged.Sort.BLOCKER, blocker.id))
                words = say("ended_hour", resolved_at=int(blocker.resolved_at), title=blocker.title)
                deeds.append(Sentence(words, (fact,)))
        return deeds

    def _sticking_points(self) -> tuple[StickingPoint, ...]:
        return tuple(self._sticking_point(point) for point in self._verdict.sticking_points)

    def _sticking_point(self, point: judged.StickingPoint) -> StickingPoint:
        facts: tuple[ReportFact, ...] = tuple(self._facts.fact(ref) for ref in point.facts)
        sentence = Sentence(counted(point.count, "waited_here"), facts)
        return StickingPoint(point.function, point.hours, (sentence,))

    def _overrides(self) -> tuple[Override, ...]:
        return tuple(
            Override(
                self._playbook.criterion(answer.criterion).title,
                answer.reason or say("reason_given"),
                answer.by,
            )
            for answer in self._record.criteria
            if answer.met is False
        )


def _answer_key(verdict: Verdict, question: str) -> str:
    family = verdict.critical_path.family if verdict.critical_path else None
    return {
        "unlimited_resources": "yes" if verdict.unlimited_resources else "no",
        "critical_path": str(family or NO_CAUSE),
        "timeline": str(verdict.timeline),
        "should_do_ai": str(verdict.should_do_ai),
    }[question]


def headline(title: str, sort: judged.Sort) -> str:
    """Return `title` as a line of its own begins: with a capital, but for an identifier.

    What a probe found begins with a capital, or with a name out of the data; elsewhere a first word
    with an underscore, a point or a capital inside is such a name: "returned_at", "orders.id".

    Args:
        title: what is in the way.
        sort: of the record that says so.
    """
    is_name = sort is judged.Sort.FINDING or _IDENTIFIER.match(title)
    return title if is_name else title[:1].upper() + title[1:]


def _runner_up(cause: judged.Critical | None) -> str | None:
    if cause is None or cause.saved <= 0:
        return None
    return f"{headline(cause.cause.title, cause.cause.fact.sort)} ({days_text(cause.saved)})"


def _saves(cause: judged.Critical, *, is_past: bool) -> str:
    if is_past:
        return say("resolved_too_late", days_text=days_text(cause.saved))
    if cause.saved <= 0:
        return say("others_hold_as_long")
    key = "days_lost_beside" if cause.beside else "days_lost"
    return say(key, days_text=days_text(cause.saved), count=cause.beside)


def forecast_curve(forecast: judged.Forecast) -> tuple[tuple[float, float], ...]:
    """Return the share of draws that are live by each day, from the histogram or the deciles."""
    total = sum(forecast.histogram)
    if total and forecast.longest > 0:
        width = forecast.longest / len(forecast.histogram)
        heaps = enumerate(accumulate(forecast.histogram), start=1)
        comes = 1 - forecast.never
        return ((0.0, 0.0), *((round(at * width, 2), heap / total * comes) for at, heap in heaps))
    steps = enumerate(forecast.deciles, start=1)
    return tuple((days, number / (len(forecast.deciles) + 1)) for number, days in steps)
