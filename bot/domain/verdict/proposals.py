"""Question 4's items: what the record supports, or a question to the owner where it says less.

No item invents a deed or a thing, and none leans on a kind that was only suggested: then the
title's own words choose the question. An item quotes the blocker, names whom it waits for where
that is known, gives the lead time as said, and the smallest request that would do.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bot.domain.record import Approval, SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.bodies import body_named
from bot.domain.verdict.judgement import is_about_missing_data
from bot.domain.verdict.model import Basis, Cause, Nature, Sort
from bot.domain.verdict.parties import is_body, party_named, with_article
from bot.domain.vocabulary import Decision, Kind, PathFamily, Remedy

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
    party = _party(cause, who)
    if party and not _is_told_by_a_probe(cause):
        return _ask(cause, party, who)
    question = _question(cause)
    text = texts.say(
        "question",
        who=who,
        question=question,
        title=_title(cause),
        time=_time(cause),
        day=ANSWER_DAY,
    )
    return Proposal(text, ANSWER_DAY, True, who)


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
        text = texts.say(
            "answer_refusal_reason",
            who=who,
            subject=subject,
            day=ASK_DAY,
            reason=wording.quoted(approval.reason),
            time=_time(cause),
        )
        return Proposal(text, ASK_DAY, False, who)
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
    if not cause.kind_stated:
        return texts.template("ask_any_sooner" if cause.words else "ask_any")
    if cause.nature is Nature.BUILD:
        return texts.template("ask_build")
    families, kinds = texts.table("ask_family", PathFamily), texts.table("ask_kind", Kind)
    by_family = families.get(cause.family) if cause.family else None
    return by_family or kinds[cause.kind]


def _question(cause: Cause) -> str:
    if cause.fact.sort in (Sort.ROLLBACK, Sort.GUARDRAIL):
        return texts.template("question_rollback")
    if cause.fact.sort is Sort.FINDING:
        return texts.template("question_finding")
    if not cause.kind_stated and not cause.remedy_stated:
        return _question_by_words(cause.title, cause.kind)
    if is_about_missing_data(cause):
        missing = cause.scenario == _MISSING
        return texts.template("question_missing_data" if missing else "question_data")
    if cause.remedy is Remedy.ARCHITECTURE or (
        cause.nature is Nature.BUILD and cause.days.mode >= _REBUILD_DAYS
    ):
        return texts.template("question_rebuild")
    by_remedy = texts.table("question_remedy", Remedy).get(cause.remedy)
    return by_remedy or texts.table("question_kind", Kind)[cause.kind]


_BY_WORDS: Final = tuple(
    (re.compile(rf"\b(?:{words})", re.IGNORECASE), key)
    for words, key in (
        (r"freeze|frozen|change window|release train", "question_freeze"),
        (r"budget|euros?\b|dollars?\b|tenders?\b|costs?\b|fund", "question_money"),
        (
            r"on (?:parental |maternity |sick )?leave|(?:parental|maternity|sick) leave|on holiday|"
            r"sick\b|left\b|retir(?:es|ed)\b|intern\b|only .{2,40} knows?|no capacity|team of one|"
            r"who (?:built|wrote|made|set up) .{2,40} (?:moved|left|went|changed)|"
            r"elternzeit|krank\b|urlaub|en congé|de baja|de vacaciones",
            "question_person",
        ),
        (
            r"(?:niemand|keiner)\b[^,.]{0,30} (?:kennt|kann|beherrscht|versteht)|"
            r"personne\b[^,.]{0,30} (?:connaît|sait|maîtrise|comprend)|"
            r"nadie\b[^,.]{0,30} (?:conoce|sabe (?:usar|programar|de\b)|domina|entiende|ha "
            r"(?:entrenado|hecho|usado|programado))",
            "question_skill",
        ),
        (
            r"nobody (?:owns|decides|is responsible|will)|no one (?:owns|decides)|"
            r"who (?:is|signs|owns)|(?:decided|agreed|settled|knows|said) who\b|"
            r"not named an owner|both claim|niemand|personne|nadie|"
            r"belongs? to|owned by|owns\b|gehört\b|appartient|pertenece",
            "question_owner",
        ),
        (
            r"(?:nobody|no one) may|not allowed|(?:not|n.t) (?:trust|believe)|glaub\w* nicht|"
            r"darf\b|dürfen|"
            r"approv|sign\b|signs\b|signed|forms?\b|a ticket\b|tickets? (?:per|for)|review|consent|"
            r"agree|confirm|certif|reject|forbid|allow|may not|vote|dpia|committee|comit|"
            r"validation|zustimm|antrag|genehm|assess|contracts?\b|vertrag|contrat|inspector",
            "question_consent",
        ),
        (
            r"none of us|never [^,.]{2,40} before|nobody (?:here |of us )?(?:knows|understands|can "
            r"write|has (?:ever )?(?:trained|built|done|shipped|used|written))|team knows|"
            r"don't know how|no experience",
            "question_skill",
        ),
        (
            r"vacant|vacancy|we lack|we have (?:nobody|no ?one)|nobody who could|"
            r"(?:there(?:'s| is)|we have) no [^,.]{0,20}(?:engineer|scientist|analyst|operator|"
            r"administrator|role)|position\b",
            "question_role",
        ),
        (
            r"no (?:[\w-]+ )?(?:process|procedure|rota|runbook)|(?:ever|never) written down",
            "question_process",
        ),
        (
            r"afraid|fears?\b|press\b|laughed at|embarrass|reputation|bias|never be wrong|"
            r"is wrong once|too risky|medical device|"
            r"questions about",
            "question_risk",
        ),
        (
            r"answers? for|answerable|blame|pager|on call|their name|be rung|takes? the blame|"
            r"refuses? to (?:own|answer)|both refuse|would ignore",
            "question_answerable",
        ),
        (
            r"(?:can't|cannot|may|can) decide|say yes|says no\b|wants? a look|has to be heard|"
            r"must be informed|won't let|doesn't want|does not want",
            "question_consent",
        ),
        (r"queued?\b|backlog|ahead of (?:us|ours)|no slot|warteschlange", "question_queue"),
        (
            r"gpu|server|laptops?\b|vpn|packages?\b|install|environment|environnement|umgebung|quota|"
            r"computers?\b|linux|notebook|python|network|sandbox|cloud|drivers?\b|machines?\b|"
            r"graphics|container",
            "question_machine",
        ),
        (
            r"scans?\b|pdf|paper\b|free text|spreadsheet|own files|mapping|"
            r"(?:typed|entered|copied|kept|filled|written|done|joined|matched) [^,.]{0,12}by hand|"
            r"by hand (?:in|into|from|at)|sensors?\b|"
            r"capteurs|clocks?\b|counts?\b|recordings?|ids\b|history|data (?:is|are|sits)|"
            r"records?\b|logs?\b(?! (?:us|me|you|people|everyone|in|out|off)\b)|"
            r"units?\b|averages|anonymi[sz]|deleted|labels?\b|label the|rates\b|"
            r"readings|photos|files\b|usb\b|overwritten|booked under|recipes|"
            r"gelöscht|überschrieben|aufzeichnung|daten\b|données|effacé|datos|registros|"
            r"(?:three|several|different|drei|verschiedene|trois|plusieurs|tres|varios) "
            r"(?:systems|systeme|systèmes|sistemas)",
            "question_slice",
        ),
        (
            r"interface|api\b|gateway|portal|website|app\b|systems?\b|mainframe|tool\b|software|"
            r"backend|supplier|vendor|exports?\b|screens?\b|controller|pages?\b|templates?\b|"
            r"response|agency|offline",
            "question_change",
        ),
    )
)
"""What a title asks for by its own words, where nobody chose a kind; the first row counts."""


def _question_by_words(title: str, guess: Kind) -> str:
    """Return the question that a title's own words ask; else a plain one of the guess's sort.

    The plain ones fit every kind of their sort, so that a guess which is one kind off still asks
    something that helps.
    """
    key = next((key for words, key in _BY_WORDS if words.search(title)), None)
    return texts.template(key) if key else texts.table("question_guess", Kind)[guess]


def _title(cause: Cause) -> str:
    return wording.quoted(cause.title)


def _time(cause: Cause) -> str:
    """Return the lead time in brackets, unless the title itself names it."""
    if cause.words and cause.basis is Basis.MEASURED:
        return texts.say("time_measured", words=cause.words)
    if cause.words and cause.words.lower() not in cause.title.lower():
        return texts.say("time_stated", words=wording.quoted(cause.words))
    if not cause.unread or (cause.undated and cause.unread.lower() in cause.title.lower()):
        return ""
    key = "time_undated" if cause.undated else "time_unread"
    return texts.say(key, words=wording.quoted(cause.unread))
