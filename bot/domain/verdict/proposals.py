"""Question 4's items: what the record supports, or a question to the owner where it says less.

No item invents a deed or a thing, and none leans on a kind that was only suggested: then the
title's own words choose the question. An item quotes the blocker, names whom it waits for where
that is known, gives the lead time as said, and the smallest request that would do.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, NamedTuple

from bot.domain.record import Approval, SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.bodies import body_named
from bot.domain.verdict.judgement import is_about_missing_data
from bot.domain.verdict.model import Basis, Cause, Nature, Sort
from bot.domain.verdict.obstacles import blocker_fact
from bot.domain.verdict.parties import is_body, party_named, with_article
from bot.domain.verdict.title_words import (
    FIRST_KEYS,
    RESISTS,
    can_answer,
    first_question,
    is_a_file_already,
    is_a_matter_of_time,
    question_of,
)
from bot.domain.vocabulary import Category, Decision, Kind, PathFamily, Remedy, Role

ASK_DAY: Final = 7
"""The day by which another function, or an approver, has answered, with a reason given or not."""
ANSWER_DAY: Final = 5
"""The day by which the owner has answered a question about their own item."""
_REBUILD_DAYS: Final = 180.0
_MISSING: Final = "data.missing"


class Proposal(NamedTuple):
    """One item: its sentence, the day it is due, whether it is a question, and who takes it."""

    text: str
    day: int
    is_question: bool
    who: str


def proposal_for(cause: Cause, who: str, record: SprintRecord) -> Proposal:
    """Return what is proposed about a cause.

    Args:
        cause: what is in the way.
        who: who takes the item.
        record: the sprint, for what was asked and answered.
    """
    approval = _approval_of(cause, record)
    if approval is not None and (cause.refused or _leads(cause, approval)):
        return _answer(cause, approval)
    cause = _in_typed_words(cause, record)
    if _is_told_by_a_probe(cause):
        who = _looked_into_by(cause, who, record)
    key = _key_by_words(cause)
    party = _party(cause, who)
    if party and not (_is_told_by_a_probe(cause) or key in FIRST_KEYS):
        return _ask(cause, party, _taken_by(cause, who, key, record))
    if party and key == "question_price" and _PAYS.search(party):
        return _ask(cause, party, who)
    who = _taken_by(cause, who, key, record)
    text = texts.say(
        "question",
        who=who,
        question=texts.template(key) if key else _question(cause),
        title=_title(cause),
        time=_time(cause),
        day=ANSWER_DAY,
    )
    return Proposal(text, ANSWER_DAY, True, who)


_TAKER: Final = {
    "question_price": Role.APPROVER,
    "question_contract": Role.APPROVER,
    "question_scope": Role.APPROVER,
    "question_staff": Role.APPROVER,
    "question_arbiter": Role.APPROVER,
    "question_useful": Role.BUSINESS,
    "question_incentive": Role.BUSINESS,
}
"""Whom a question concerns by its own words, where no owner was named."""
_PAYS: Final = re.compile(
    r"\b(?:CFO|finance|finanz\w*|procurement|purchasing|einkauf|controlling)\b", re.IGNORECASE
)


def _taken_by(cause: Cause, who: str, key: str | None, record: SprintRecord) -> str:
    role = _TAKER.get(key or "")
    return (role and not cause.owner and record.team.get(role)) or who


def _looked_into_by(cause: Cause, who: str, record: SprintRecord) -> str:
    """Return who takes what a probe found: who knows the data, or the system it looked at."""
    is_data = record.phases and cause.phase == record.phases[0].key
    return cause.owner or record.team.get(Role.DATA if is_data else Role.BUILDER) or who


def _in_typed_words(cause: Cause, record: SprintRecord) -> Cause:
    """Return what only a gate tells in the words of an open blocker that slows, of its kind."""
    if cause.fact.sort is not Sort.GATE:
        return cause
    slowing = (
        each
        for each in record.blockers
        if each.kind is cause.kind
        and each.phase == cause.phase
        and not (each.kind_suggested or each.resolution)
    )
    told = min(slowing, key=lambda each: (each.raised_at, each.title, each.id), default=None)
    if told is None:
        return cause
    fact = blocker_fact(told)
    return replace(
        cause,
        title=told.title,
        records=(fact, *cause.records),
        words=told.lead_time or cause.words,
        words_of=fact if told.lead_time else cause.words_of,
    )


def _leads(cause: Cause, approval: Approval) -> bool:
    """Whether a request is all that is known, its silence leads, or a title awaits its answer."""
    is_awaited = re.search(rf"\b{re.escape(approval.approver)}\b", cause.title, re.IGNORECASE)
    return cause.fact.sort is Sort.APPROVAL or cause.is_silence or bool(is_awaited)


def _approval_of(cause: Cause, record: SprintRecord) -> Approval | None:
    """Return the request that the cause is about, a refused one first."""
    ids = {fact.id for fact in cause.records if fact.sort is Sort.APPROVAL}
    asked = [each for each in record.approvals if each.id in ids]
    standing = [each for each in asked if each.decision is not Decision.APPROVED]
    ranked = sorted(
        standing,
        key=lambda each: (each.decision is not Decision.REJECTED, each.requested_at, each.id),
    )
    return ranked[0] if ranked else None


def _answer(cause: Cause, approval: Approval) -> Proposal:
    who = approval.approver
    subject = wording.subject_name(approval.subject)
    about = "" if _leads(cause, approval) else texts.say("asked_again_about", title=_title(cause))
    if approval.decision is not Decision.REJECTED:
        asked = texts.say("asked_in_hour", at=f"{approval.requested_at:.0f}")
        text = texts.say(
            "answer_request", who=who, subject=subject, day=ASK_DAY, asked=asked, about=about
        )
        return Proposal(text, ASK_DAY, False, who)
    if approval.reason:
        asker = approval.requested_by
        text = texts.say(
            "answer_refusal_wait"
            if is_a_matter_of_time(approval.reason)
            else "answer_refusal_bring",
            who=asker,
            approver=who,
            subject=subject,
            day=ASK_DAY,
            reason=wording.quoted(approval.reason),
            time=_time(cause, approval.id),
        )
        return Proposal(text, ASK_DAY, False, asker)
    text = texts.say("answer_refusal", who=who, subject=subject, day=ASK_DAY, about=about)
    return Proposal(text, ASK_DAY, True, who)


def _party(cause: Cause, who: str) -> str | None:
    """Return whom to ask: as somebody said beside the title, else as the title itself says.

    Slack fills the field from the title, a story file doesn't: words that only repeat the title
    are read here, by one rule for both, so that a lived sprint gets the plan of its file.
    """
    waits_for = cause.waits_for or ""
    is_own_word = waits_for.casefold() not in cause.title.casefold()
    own = waits_for if waits_for and is_own_word and is_body(waits_for) else None
    named = own or party_named(cause.title) or _foreign_body(cause.title)
    if not named or named.lower() in who.lower() or who.lower() in named.lower():
        return None
    if not own and not can_answer(named, cause.title):
        return None
    return with_article(named)


def _foreign_body(title: str) -> str | None:
    body = body_named(title)
    return texts.say("the", name=body) if body else None


def _is_told_by_a_probe(cause: Cause) -> bool:
    return cause.fact.sort is Sort.FINDING


def _ask(cause: Cause, party: str, who: str) -> Proposal:
    text = texts.say(
        "ask",
        who=who,
        party=party,
        request=_request(cause),
        title=_title(cause),
        time=_time(cause),
        day=ASK_DAY,
    )
    return Proposal(text, ASK_DAY, False, who)


def _request(cause: Cause) -> str:
    if first_question(cause.title) == "question_price":
        return texts.table("ask_family", PathFamily)[PathFamily.BUDGET_AUTHORITY]
    if not cause.kind_stated and RESISTS.search(cause.title):
        return texts.template("ask_useful")
    if not cause.kind_stated:
        return texts.template("ask_any_sooner" if cause.words else "ask_any")
    if cause.nature is Nature.BUILD:
        return texts.template("ask_build")
    families, kinds = texts.table("ask_family", PathFamily), texts.table("ask_kind", Kind)
    by_family = families.get(cause.family) if cause.family else None
    return by_family or kinds[cause.kind]


def _key_by_words(cause: Cause) -> str | None:
    """Return the key of the question that the title's own words ask, a typed kind aside."""
    if cause.fact.sort in (Sort.ROLLBACK, Sort.GUARDRAIL, Sort.FINDING):
        return None
    first = first_question(cause.title)
    is_guess = not cause.kind_stated and not cause.remedy_stated
    return first or (question_of(cause.title) if is_guess else None)


def _question(cause: Cause) -> str:
    if cause.fact.sort in (Sort.ROLLBACK, Sort.GUARDRAIL):
        return texts.template("question_rollback")
    if cause.fact.sort is Sort.FINDING:
        return texts.template("question_finding")
    if not cause.kind_stated and not cause.remedy_stated:
        return _question_of_a_guess(cause)
    if is_about_missing_data(cause) and cause.kind is Kind.DATA_ACCESS:
        missing = cause.scenario == _MISSING
        return texts.template("question_missing_data" if missing else "question_data")
    if cause.remedy is Remedy.ARCHITECTURE or (
        cause.nature is Nature.BUILD and cause.days.mode >= _REBUILD_DAYS
    ):
        is_file = is_a_file_already(cause.title)
        return texts.template("question_as_is" if is_file else "question_rebuild")
    by_remedy = texts.table("question_remedy", Remedy).get(cause.remedy)
    return by_remedy or texts.table("question_kind", Kind)[cause.kind]


def _question_of_a_guess(cause: Cause) -> str:
    """Return what fits every kind of the guess's sort, where no word of the title tells more."""
    is_technical = cause.category is Category.TECHNICAL
    if is_technical and is_a_file_already(cause.title):
        return texts.template("question_as_is")
    return texts.table("question_guess", Kind)[cause.kind]


def _title(cause: Cause) -> str:
    return wording.quoted(cause.title)


def _time(cause: Cause, about: str | None = None) -> str:
    """Return the lead time in brackets, unless the title itself names it.

    Args:
        cause: what is in the way.
        about: the id of the record that the item quotes; else the one that leads the cause.
    """
    if cause.words and cause.basis is Basis.MEASURED:
        return texts.say("time_measured", words=cause.words)
    if cause.words and cause.words.lower() not in cause.title.lower():
        said = wording.quoted(cause.words)
        said_of = cause.words_of
        if said_of is None or said_of.id == (about or cause.fact.id):
            return texts.say("time_stated", words=said)
        where = texts.table("said_of", Sort).get(said_of.sort)
        return texts.say("time_elsewhere", where=where, words=said) if where else ""
    if not cause.unread or (cause.undated and cause.unread.lower() in cause.title.lower()):
        return ""
    key = "time_undated" if cause.undated else "time_unread"
    return texts.say(key, words=wording.quoted(cause.unread))
