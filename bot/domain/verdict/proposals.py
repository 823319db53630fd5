"""Question 4's items: what the record supports, or a question to the owner where it says less.

Three steps: whoever the record names and who can settle it is asked, through the owner; else what
the title tells of (`hindrances`), or the two likeliest things, says what is asked and of whom; else
the kind asks, if somebody chose it, or the question that fits everything. No item invents a deed or
a thing. It quotes the record and gives the lead time as said.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, NamedTuple

from bot.domain.record import Approval, Blocker, SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.bodies import body_named
from bot.domain.verdict.hindrances.fields import (
    ANY,
    Hindrance,
    hindrance_of,
    refusal_says,
    told_by,
)
from bot.domain.verdict.judgement import is_about_missing_data
from bot.domain.verdict.model import Basis, Cause, Nature, Sort
from bot.domain.verdict.obstacles import blocker_fact
from bot.domain.verdict.parties import (
    is_body,
    names_a_thing,
    party_named,
    with_article,
    with_name,
    without_bystanders,
)
from bot.domain.vocabulary import Decision, Kind, Remedy, Role
from bot.reading.parties import away, waits_for

ASK_DAY: Final = 7
"""The day by which another function, or an approver, has answered, with a reason given or not."""
ANSWER_DAY: Final = 5
"""The day by which the owner has answered a question about their own item."""
_REBUILD_DAYS: Final = 180.0
_MISSING: Final = "data.missing"
_PERSON: Final = "person"
_TO_THE_NAMED: Final = frozenset({"access", "consent", "authority", "meeting"})
"""Fields whose question goes to somebody of the team whom the title names."""
_DEPUTY: Final[dict[str, Role]] = {
    Role.BUILDER: Role.DATA,
    Role.DATA: Role.BUILDER,
    Role.BUSINESS: Role.APPROVER,
    Role.APPROVER: Role.BUSINESS,
}
SOMEBODY: Final = 0.6
"""From this probability words that were read as a party are taken for somebody."""
MAYBE_SOMEBODY: Final = 0.22
"""From this one a noun for a body is."""
ASKS_FOR: Final = 0.6
"""From this one an answer that follows a no tells what would end it."""
_CONDITION: Final = "condition"
LONGEST_QUOTE: Final = 240
"""Characters of a title or a reason that an item quotes: its end often says whose turn it is."""
_SIGN: Final = re.compile(r"['’]s (?:stamp|signature|sign-?off|approval|yes)$", re.IGNORECASE)
_SPEAKER: Final = re.compile(r"\b(?:I|I'm|me|my|ich|mein\w*|je|moi|yo|mi)\b")


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
        return _answer(cause, approval, record)
    cause = _in_typed_words(cause, record)
    told = None if _is_found(cause) else _told(cause)
    who = _taken_by(cause, who, told, record)
    party = None if told is None else _party(cause, who, told)
    if told is not None and party:
        return _ask(cause, party, who, told)
    text = texts.say(
        "question",
        who=who,
        question=_question(cause, told),
        title=_title(cause),
        time=_time(cause, cause.title),
        day=ANSWER_DAY,
    )
    return Proposal(text, ANSWER_DAY, True, who)


def _told(cause: Cause) -> Hindrance:
    """Return what a title tells of; where no field is sure, that somebody is away."""
    told = hindrance_of(cause.title, cause.kind, guessed=not cause.kind_stated)
    is_sure = told.name != ANY and not told.second
    absent = None if is_sure else away(cause.title)
    if absent and told_by(absent, "parties")["somebody"] >= MAYBE_SOMEBODY:
        return Hindrance(name=_PERSON, alone=True)
    return told


_FOUND: Final = frozenset({Sort.ROLLBACK, Sort.GUARDRAIL, Sort.FINDING})
"""What nobody typed: its words are the product's own."""


def _is_found(cause: Cause) -> bool:
    return cause.fact.sort in _FOUND


def _taken_by(cause: Cause, who: str, told: Hindrance | None, record: SprintRecord) -> str:
    """Return who takes an item; somebody who leaves hands it to the one next to them."""
    taken = cause.owner or _fitting(cause, who, told, record)
    role = next((each for each, name in record.team.items() if name == taken), None)
    if role and _leaves(taken, record):
        return record.team.get(_DEPUTY[role]) or taken
    return taken


def _fitting(cause: Cause, who: str, told: Hindrance | None, record: SprintRecord) -> str:
    """Return whom the words name or concern, else who wrote it down."""
    if cause.fact.sort is Sort.FINDING:
        is_data = record.phases and cause.phase == record.phases[0].key
        return record.team.get(Role.DATA if is_data else Role.BUILDER) or who
    if told is not None:
        named = {each for each in record.team.values() if _names(cause.title, each)}
        if len(named) == 1 and told.name in _TO_THE_NAMED:
            return named.pop()
        if told.role:
            return record.team.get(told.role) or who
    by = next((each.by for each in record.blockers if each.id == cause.fact.id), who)
    return by if by in record.team.values() and not cause.kind_stated else who


def _leaves(name: str, record: SprintRecord) -> bool:
    """Whether an open record says that somebody of the team will not be there."""
    return any(
        (_names(each.title, name) or (each.by == name and _SPEAKER.search(each.title)))
        and (_PERSON in _hindrance(each).names or away(each.title) == name)
        for each in record.blockers
        if not each.resolution
    )


def _hindrance(blocker: Blocker) -> Hindrance:
    return hindrance_of(blocker.title, blocker.kind, guessed=blocker.kind_suggested)


def _names(title: str, name: str) -> bool:
    return bool(re.search(rf"\b{re.escape(name)}\b", title))


def _in_typed_words(cause: Cause, record: SprintRecord) -> Cause:
    """Return what only a gate tells in the words of an open blocker that slows and fits it."""
    if cause.fact.sort is not Sort.GATE:
        return cause
    slowing = (
        each
        for each in record.blockers
        if each.phase == cause.phase
        and not each.resolution
        and (each.kind is cause.kind or cause.kind in _hindrance(each).kinds)
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


def _answer(cause: Cause, approval: Approval, record: SprintRecord) -> Proposal:
    who, asker = approval.approver, approval.requested_by
    is_away = _leaves(who, record)
    said = {"subject": wording.subject_name(approval.subject), "day": ASK_DAY}
    about = "" if _leads(cause, approval) else texts.say("asked_again_about", title=_title(cause))
    if approval.decision is not Decision.REJECTED:
        key, taken = ("answer_absent", asker) if is_away else ("answer_request", who)
        asked = texts.say("asked_in_hour", at=f"{approval.requested_at:.0f}")
        text = texts.say(key, who=who, asker=asker, asked=asked, about=about, **said)
        return Proposal(text, ASK_DAY, False, taken)
    word = _last_word(approval, record)
    if word:
        text = texts.say(
            f"answer_refusal_{refusal_says(word)}",
            who=asker,
            approver=who,
            asked=texts.say("deputy", name=who) if is_away else who,
            reason=wording.quoted(word, LONGEST_QUOTE),
            time=_time(cause, word, approval.id),
            **said,
        )
        return Proposal(text, ASK_DAY, False, asker)
    text = texts.say("answer_refusal", who=who, about=about, **said)
    return Proposal(text, ASK_DAY, True, who)


def _last_word(approval: Approval, record: SprintRecord) -> str:
    """Return the reason of a no, or what whoever gave it has answered since, if that asks for more.

    "Move it to the reporting server and I sign" says more than "prices on a laptop".
    """
    reason = approval.reason or ""
    since = approval.decided_at
    if since is None or (reason and refusal_says(reason) == _CONDITION):
        return reason
    said = (
        each.text
        for each in sorted(record.answers, key=lambda each: (each.at, each.id))
        if each.by == approval.approver and each.at >= since
        if told_by(each.text, "reasons")[_CONDITION] >= ASKS_FOR
    )
    return next(said, reason)


def _party(cause: Cause, who: str, told: Hindrance) -> str | None:
    """Return whom to ask: as somebody said beside the title, else as the title itself says.

    Slack fills the field from the title, a story file doesn't: words that only repeat the title
    are read here, by one rule for both, so that a lived sprint gets the plan of its file.
    """
    waits_for = cause.waits_for or ""
    is_own_word = waits_for.casefold() not in cause.title.casefold()
    own = waits_for if waits_for and is_own_word and is_body(waits_for) else None
    is_sure = told.name != ANY and not told.second
    if told.alone and (is_sure or not own):
        return None
    named = own or _body(cause.title)
    if not named and told.name != ANY:
        named = _read(cause.title)
    if not named or named.lower() in who.lower() or who.lower() in named.lower():
        return None
    return with_article(named)


def _body(title: str) -> str | None:
    """Return the body that a title names, unless its words rather mean a thing: "the bed board"."""
    named = party_named(title) or _foreign_body(title)
    return named if named and told_by(named, "parties")["somebody"] >= MAYBE_SOMEBODY else None


def _read(title: str) -> str | None:
    """Return whom the reading says that a title waits for, if that is somebody."""
    read = _SIGN.sub("", waits_for(without_bystanders(title)) or "")
    if not read:
        return None
    is_party = told_by(read, "parties")["somebody"] >= SOMEBODY
    return with_name(title, read) if is_party and not names_a_thing(title, read) else None


def _foreign_body(title: str) -> str | None:
    body = body_named(title)
    return texts.say("the", name=body) if body else None


def _ask(cause: Cause, party: str, who: str, told: Hindrance) -> Proposal:
    text = texts.say(
        "ask",
        who=who,
        party=party,
        request=_either(told) or texts.table("ask_request", str)[told.name],
        title=_title(cause),
        time=_time(cause, cause.title),
        day=ASK_DAY,
    )
    return Proposal(text, ASK_DAY, False, who)


def _question(cause: Cause, told: Hindrance | None) -> str:
    if told is None:
        is_finding = cause.fact.sort is Sort.FINDING
        return texts.template("question_finding" if is_finding else "question_rollback")
    if _is_stock_phrase(cause):
        return texts.template("question_gate")
    by_remedy = None if told.first else _question_of_remedy(cause)
    is_any = told.name == ANY and cause.kind_stated
    if by_remedy and (cause.remedy_stated or is_any):
        return by_remedy
    if is_any:
        return texts.table("question_kind", Kind)[cause.kind]
    either = _either(told)
    return f"{either}?" if either else texts.table("question_hindrance", str)[told.name]


def _either(told: Hindrance) -> str:
    """Return what is asked where one of two things holds it up, empty where one is sure."""
    if not told.second:
        return ""
    core = texts.table("core", str)
    return texts.say("either", first=core[told.name], second=core[told.second])


def _is_stock_phrase(cause: Cause) -> bool:
    """Whether only a gate tells that something has to be approved, and not what or by whom."""
    return cause.fact.sort is Sort.GATE and cause.kind is Kind.APPROVAL_PROCESS


def _question_of_remedy(cause: Cause) -> str | None:
    if is_about_missing_data(cause) and cause.kind is Kind.DATA_ACCESS:
        missing = cause.scenario == _MISSING
        return texts.template("question_missing_data" if missing else "question_data")
    is_long = cause.nature is Nature.BUILD and cause.days.mode >= _REBUILD_DAYS
    if cause.remedy is Remedy.ARCHITECTURE or is_long:
        return texts.template("question_rebuild")
    return texts.table("question_remedy", Remedy).get(cause.remedy)


def _title(cause: Cause) -> str:
    return wording.quoted(cause.title, LONGEST_QUOTE)


def _time(cause: Cause, shown: str, about: str | None = None) -> str:
    """Return the lead time in brackets, unless what the item quotes names it.

    Args:
        cause: what is in the way.
        shown: the words that the item quotes.
        about: the id of the record that the item quotes; else the one that leads the cause.
    """
    if cause.words and cause.words.lower() not in shown.lower():
        if cause.basis is Basis.MEASURED:
            return texts.say("time_measured", words=cause.words)
        said = wording.quoted(cause.words)
        said_of = cause.words_of
        if said_of is None or said_of.id == (about or cause.fact.id):
            return texts.say("time_stated", words=said)
        where = texts.table("said_of", Sort).get(said_of.sort)
        return texts.say("time_elsewhere", where=where, words=said) if where else ""
    if not cause.unread or cause.unread.lower() in shown.lower():
        return ""
    key = "time_undated" if cause.undated else "time_unread"
    return texts.say(key, words=wording.quoted(cause.unread))
