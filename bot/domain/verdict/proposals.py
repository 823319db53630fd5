"""Question 4's items: what the record supports, or a question to the owner where it says less.

Three steps: whoever the record names and who can settle it is asked, through the owner; else what
the title tells of (`hindrances`), or a family of such things, says what is asked and of whom; else
the kind asks, if somebody chose it, or the question that fits everything. No item invents a deed or
a thing. It quotes the record and gives the lead time as said.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, NamedTuple

from bot.domain.record import Approval, Blocker, SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.absences import (
    PERSON,
    Absence,
    absence_of,
    day_named,
    is_away,
    names,
    working_day,
)
from bot.domain.verdict.bodies import body_named
from bot.domain.verdict.hindrances.fields import (
    ANY,
    ASKS_FOR,
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
from bot.domain.vocabulary import Decision, Kind, Remedy, Resolution, Role
from bot.reading.meaning import nearness
from bot.reading.parties import away, waits_for

ASK_DAY: Final = 7
"""The day by which another function, or an approver, has answered, with a reason given or not."""
ANSWER_DAY: Final = 5
"""The day by which the owner has answered a question about their own item."""
_REBUILD_DAYS: Final = 180.0
_MISSING: Final = "data.missing"
_TO_THE_NAMED: Final = frozenset({"access", "consent", "authority", "meeting"})
"""Fields whose question goes to somebody of the team whom the title names."""
_TO_THE_ASKED: Final = frozenset({"consent", "authority", "meeting", "decision"})
"""Fields that whoever was asked, and has not answered, settles by an answer."""
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
SAME_MATTER: Final = 0.3
"""From this nearness in meaning a blocker is about what a no speaks of."""
_CONDITION: Final = "condition"
_ELSEWHERE: Final = "elsewhere"
LONGEST_QUOTE: Final = 240
"""Characters of a title or a reason that an item quotes: its end often says whose turn it is."""
_SOMEBODYS: Final = re.compile(r"(?:his|her|their|its)\b", re.IGNORECASE)
"""How a party begins that is somebody's whom an item does not name: "his son"."""
_SIGN: Final = re.compile(r"['’]s (?:stamp|signature|sign-?off|approval|yes)$", re.IGNORECASE)


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
    cause = _in_telling_words(_in_typed_words(cause, record), record)
    told = None if _is_found(cause) else _told(cause)
    if approval is not None and told is not None and told.name in _TO_THE_ASKED:
        return _answer(cause, approval, record)
    who = _taken_by(cause, who, told, approval, record)
    party = None if told is None else _party(cause, who, told)
    if told is not None and party:
        return _ask(cause, party, who, told, record)
    day = _day_of_question(cause, told, record)
    text = texts.say(
        "question",
        who=who,
        question=_question(cause, told),
        title=_title(cause),
        time=_time(cause, cause.title),
        day=day,
    )
    return Proposal(text, day, True, who)


def _day_of_question(cause: Cause, told: Hindrance | None, record: SprintRecord) -> int:
    """Return the day of an answer: who steps in for somebody is known before they leave."""
    day = working_day(ANSWER_DAY, record)
    leaves = day_named(cause.title, cause.at, record) if told and told.name == PERSON else None
    return day if leaves is None else min(day, max(leaves, 1))


def _told(cause: Cause) -> Hindrance:
    """Return what a title tells of; where no field is sure, that somebody is away."""
    told = hindrance_of(cause.title, cause.kind, guessed=not cause.kind_stated)
    absent = None if told.is_sure else away(cause.title)
    is_somebody = absent and (
        absent.istitle() or told_by(absent, "parties")["somebody"] >= MAYBE_SOMEBODY
    )
    if is_somebody:
        return Hindrance(name=PERSON, alone=True)
    return told


_LIVE: Final = frozenset({Sort.ROLLBACK, Sort.GUARDRAIL})
"""What went wrong once it was live: whoever deployed it knows what to change."""
_FOUND: Final = _LIVE | {Sort.FINDING}
"""What nobody typed: its words are the product's own."""


def _is_found(cause: Cause) -> bool:
    return cause.fact.sort in _FOUND


def _taken_by(
    cause: Cause,
    who: str,
    told: Hindrance | None,
    approval: Approval | None,
    record: SprintRecord,
) -> str:
    """Return who takes an item; somebody who leaves hands it to the one next to them."""
    taken = cause.owner or _fitting(cause, who, told, record)
    if approval is not None and taken == approval.approver:
        taken = approval.requested_by  # whoever has not answered is not asked to do it either
    role = next((each for each, name in record.team.items() if name == taken), None)
    absence = absence_of(taken, record) if role else None
    is_there = absence is None or (absence.back is not None and absence.back < ANSWER_DAY)
    return taken if role is None or is_there else record.team.get(_DEPUTY[role]) or taken


def _fitting(cause: Cause, who: str, told: Hindrance | None, record: SprintRecord) -> str:
    """Return whom the words name or concern, else who wrote it down."""
    if cause.fact.sort in _LIVE:
        last = max(record.deployments, key=lambda each: (each.at, each.id), default=None)
        is_known = last is not None and last.by in record.team.values()
        return last.by if last and is_known else record.team.get(Role.BUILDER) or who
    if cause.fact.sort is Sort.FINDING:
        return _who_repairs(cause, record) or who
    if told is not None:
        named = {each for each in record.team.values() if names(cause.title, each)}
        if len(named) == 1 and told.name in _TO_THE_NAMED:
            return named.pop()
        if told.role:
            return record.team.get(told.role) or who
    by = next((each.by for each in record.blockers if each.id == cause.fact.id), who)
    return by if by in record.team.values() and not cause.kind_stated else who


def _who_repairs(cause: Cause, record: SprintRecord) -> str | None:
    """Return who repairs what a probe found; None for papers, which are nothing to repair."""
    places = [phase.key for phase in record.phases]
    if cause.phase in places[-1:]:
        return None
    return record.team.get(Role.DATA if cause.phase in places[:1] else Role.BUILDER)


def _hindrance(blocker: Blocker) -> Hindrance:
    return hindrance_of(blocker.title, blocker.kind, guessed=blocker.kind_suggested)


def _in_typed_words(cause: Cause, record: SprintRecord) -> Cause:
    """Return what only a gate tells in the words of a blocker of its phase that fits it.

    One that is open and slows goes first, then one that was only worked around.
    """
    if cause.fact.sort is not Sort.GATE:
        return cause
    fitting = (
        each
        for each in record.blockers
        if each.phase == cause.phase
        and (not each.resolution or each.how is Resolution.WORKED_AROUND)
        and (each.kind is cause.kind or cause.kind in _hindrance(each).kinds)
    )
    told = min(
        fitting,
        key=lambda each: (each.resolution is not None, each.raised_at, each.title, each.id),
        default=None,
    )
    return cause if told is None else _in_words_of(told, cause)


def _in_telling_words(cause: Cause, record: SprintRecord) -> Cause:
    """Return a cause in the words of its first open blocker whose title tells of one sure field."""
    if cause.fact.sort is not Sort.BLOCKER or _told(cause).is_sure:
        return cause
    ids = [fact.id for fact in cause.records if fact.sort is Sort.BLOCKER]
    sure = [
        each
        for each in record.blockers
        if each.id in ids and not each.resolution and not each.approval and _hindrance(each).is_sure
    ]
    told = min(sure, key=lambda each: ids.index(each.id), default=None)
    return cause if told is None else _in_words_of(told, cause)


def _in_words_of(blocker: Blocker, cause: Cause) -> Cause:
    fact = blocker_fact(blocker)
    others = tuple(each for each in cause.records if each != fact)
    return replace(
        cause,
        title=blocker.title,
        records=(fact, *others),
        waits_for=blocker.waits_for,
        words=blocker.lead_time or cause.words,
        words_of=fact if blocker.lead_time else cause.words_of,
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
    who = approval.approver
    about = "" if _leads(cause, approval) else texts.say("asked_again_about", title=_title(cause))
    said = {
        "approver": who,
        "asker": approval.requested_by,
        "subject": wording.subject_name(approval.subject),
        "about": about,
    }
    absence = absence_of(who, record)
    if approval.decision is not Decision.REJECTED:
        return _answer_silence(approval, absence, said, record)
    done = _done_since(approval, record)
    if done:
        day, title = _day_there(absence, record), wording.quoted(done.title, LONGEST_QUOTE)
        hour = f"{done.resolved_at:.0f}"
        text = texts.say("answer_refusal_done", day=day, title=title, hour=hour, **said)
        return Proposal(text, day, False, approval.requested_by)
    word = _last_word(approval, record)
    if not word:
        day = working_day(ASK_DAY, record)
        return Proposal(texts.say("answer_refusal", day=day, **said), day, True, who)
    quote = wording.quoted(word, LONGEST_QUOTE), _time(cause, word, approval.id)
    return _answer_refusal(refusal_says(word), quote, absence, said, record)


def _answer_silence(
    approval: Approval, absence: Absence | None, said: dict[str, str], record: SprintRecord
) -> Proposal:
    """Ask whoever was asked once they are there, else who stands in, else who answers."""
    asked = texts.say("asked_in_hour", at=f"{approval.requested_at:.0f}")
    is_short = absence is not None and absence.is_short
    day = _day_there(absence if is_short else None, record)
    if absence and absence.stand_in:
        key, taken, day = "answer_stand_in", approval.requested_by, _day_there(None, record)
    elif absence and not is_short:
        key, taken = "answer_absent", approval.requested_by
    else:
        key, taken = "answer_request", approval.approver
    stand_in = absence.stand_in if absence else ""
    text = texts.say(key, day=day, asked=asked, stand_in=stand_in, **said)
    return Proposal(text, day, False, taken)


def _answer_refusal(
    says: str,
    quote: tuple[str, str],
    absence: Absence | None,
    said: dict[str, str],
    record: SprintRecord,
) -> Proposal:
    """Meet a no by what it says; who is away for long is not asked what can go on."""
    named = _decider(quote[0], said, record) if says == _ELSEWHERE else None
    if named:
        day = _day_there(absence_of(named, record), record)
        text = texts.say(
            "answer_refusal_named", named=named, reason=quote[0], time=quote[1], day=day, **said
        )
        return Proposal(text, day, False, said["asker"])
    is_gone = absence is not None and not absence.is_short and not absence.stand_in
    asked = absence.stand_in if absence and absence.stand_in else said["approver"]
    waited_for = absence if asked == said["approver"] and not is_gone else None
    day = _day_there(waited_for, record)
    table = texts.table("refusal_absent" if is_gone else "refusal_asks", str)
    asks = table[says].format(asked=asked, approver=said["approver"])
    text = texts.say(
        f"answer_refusal_{says}", asks=asks, reason=quote[0], time=quote[1], day=day, **said
    )
    return Proposal(text, day, False, said["asker"])


def _done_since(approval: Approval, record: SprintRecord) -> Blocker | None:
    """Return what a no rested on and was fixed after it, None where nothing tells of that."""
    fixed = [
        each
        for each in record.blockers
        if each.how is Resolution.FIXED and (each.resolved_at or 0) > (approval.decided_at or 0)
    ]
    near = nearness(approval.reason or "", [each.title for each in fixed])
    likeliest = max(zip(near, fixed, strict=True), key=lambda each: each[0], default=None)
    return likeliest[1] if likeliest and likeliest[0] >= SAME_MATTER else None


def _decider(reason: str, said: dict[str, str], record: SprintRecord) -> str | None:
    """Return the one person whom a no names as the one to decide, beside who asked and refused."""
    known = {*record.team.values(), *(each.approver for each in record.approvals)}
    others = known - {said["approver"], said["asker"]}
    found = [each for each in sorted(others) if names(reason, each)]
    return found[0] if len(found) == 1 else None


def _day_there(absence: Absence | None, record: SprintRecord) -> int:
    """Return the day by which somebody has answered: one day after they are back at the least."""
    back = absence.back if absence else None
    return working_day(ASK_DAY if back is None else max(ASK_DAY, back + 1), record)


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
    if told.alone and (told.is_sure or not own):
        return None
    named = own or _body(cause.title)
    if not named and told.name != ANY:
        named = _read(cause.title)
    if not named or named.lower() in who.lower() or who.lower() in named.lower():
        return None
    if _SOMEBODYS.match(named):
        return None
    if (away(cause.title) or "").lower().endswith(named.lower()) or is_away(named, cause.title):
        return None  # the title says that they are not there
    return with_article(named)


def _body(title: str) -> str | None:
    """Return the body that a title names, unless its words rather mean a thing: "the bed board"."""
    named = party_named(title) or _foreign_body(title)
    is_party = named and is_body(named) and told_by(named, "parties")["somebody"] >= MAYBE_SOMEBODY
    return named if is_party else None


def _read(title: str) -> str | None:
    """Return whom the reading says that a title waits for, if that is somebody."""
    read = _SIGN.sub("", waits_for(without_bystanders(title)) or "")
    if not read:
        return None
    is_party = is_body(read) and told_by(read, "parties")["somebody"] >= SOMEBODY
    return with_name(title, read) if is_party and not names_a_thing(title, read) else None


def _foreign_body(title: str) -> str | None:
    body = body_named(title)
    return texts.say("the", name=body) if body else None


def _ask(cause: Cause, party: str, who: str, told: Hindrance, record: SprintRecord) -> Proposal:
    day = working_day(ASK_DAY, record)
    text = texts.say(
        "ask",
        who=who,
        party=party,
        request=texts.table("ask_request", str)[told.name],
        title=_title(cause),
        time=_time(cause, cause.title),
        day=day,
    )
    return Proposal(text, day, False, who)


def _question(cause: Cause, told: Hindrance | None) -> str:
    if told is None:
        is_finding = cause.fact.sort is Sort.FINDING
        return texts.template("question_finding" if is_finding else "question_rollback")
    if _is_stock_phrase(cause):
        return texts.template("question_gate")
    by_remedy = None if told.first else _question_of_remedy(cause, told)
    is_any = told.name == ANY and cause.kind_stated
    if by_remedy and (cause.remedy_stated or is_any):
        return by_remedy
    if is_any:
        return texts.table("question_kind", Kind)[cause.kind]
    return texts.table("question_hindrance", str)[told.name]


def _is_stock_phrase(cause: Cause) -> bool:
    """Whether only a gate tells that something has to be approved, and not what or by whom."""
    return cause.fact.sort is Sort.GATE and cause.kind is Kind.APPROVAL_PROCESS


def _question_of_remedy(cause: Cause, told: Hindrance) -> str | None:
    if is_about_missing_data(cause) and cause.kind is Kind.DATA_ACCESS:
        missing = cause.scenario == _MISSING
        return texts.template("question_missing_data" if missing else "question_data")
    is_long = cause.nature is Nature.BUILD and cause.days.mode >= _REBUILD_DAYS
    if (cause.remedy is Remedy.ARCHITECTURE or is_long) and told.name != "roadmap":
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
