"""Whether two records are about one thing: by words, function, family and phase, and why.

Blockers are compared with blockers; requests, refusals, rollbacks, findings and gates, which say
little by themselves, are compared with everything that they may be about.
"""

from __future__ import annotations

import re
from typing import Final

from bot.domain.verdict import texts
from bot.domain.verdict.assumptions import SCENARIOS, UNNAMED_SCENARIO, ScenarioMeaning
from bot.domain.verdict.likeness import (
    LIKE,
    LIKE_NEARBY,
    likeness,
    share_more_than_a_word,
    text_of,
    words_shared,
)
from bot.domain.verdict.model import Obstacle, Sort
from bot.domain.vocabulary import Category, Kind
from bot.reading.meaning import nearness

_SUBJECT_WORDS: Final = {
    subject: re.compile(rf"\b(?:{pattern})", re.IGNORECASE)
    for subject, pattern in {
        "security": r"security\b|infosec\b|ciso\b|sicherheit|seguridad\b|sécurité\b",
        "privacy": r"privacy\b|gdpr\b|dsgvo\b|rgpd\b|dpia\b|dsfa\b|aipd\b|eipd\b|dpo\b|"
        r"data protection|datenschutz",
        "legal": r"legal\b|lawyers?\b|counsel\b|rechtsabteilung|dpia\b|dsfa\b|aipd\b|eipd\b",
        "business": r"business (?:sign|owner|approv|unit)|sponsor\b",
        "data_access": r"(?:data|read) access|access to\b|credentials?\b",
        "change": r"change (?:request|board|advisory|window|ticket|freeze)|cab\b",
        "production": r"(?:production|go-?live|release) (?:approv|sign|gate|permit)",
    }.items()
}
"""How a blocker names the request that it is about."""
_OWNERLESS: Final = re.compile(
    r"^deployment\.nobody: .*\b(?:nobody|no ?one|own(?:s|er|ers)?|answers for|accountab\w*|"
    r"responsib\w*|niemand|personne|nadie)\b",
    re.IGNORECASE,
)
"""A blocker that says what the gate "nobody takes responsibility" reports."""
_WORKPLACE: Final = re.compile(
    r"\b(?:packages?|librar(?:y|ies)|install\w*|proxy|mirror|pip|conda|notebooks?|environment|"
    r"laptops?|gpus?)\b",
    re.IGNORECASE,
)
_NEAR_REASON: Final = 0.28
"""From this nearness in meaning a no's reason may be about a blocker of its phase and family."""
_LIKE_HERE: Final = 0.45
"""From here on a finding and a blocker of the same phase, family and category are one thing."""
SOON_AFTER: Final = 2.0
"""Hours between a breach and the rollback that it led to, or a blocker that tells of it."""
_LIKE_SOON: Final = 0.2
"""From here on a rollback and a blocker of those hours that share two words are one thing."""
_NEAR_SOON: Final = 0.25
"""From this nearness in meaning a rollback and a blocker of those hours tell of one fault, also in
other words; in eighteen rollbacks strangers of those hours came to 0.17 at most."""
_BREACH: Final = 0.8
_LED_TO: Final = 0.85
"""How surely: more than a rollback is about the breach, which then joins it."""
_REVIEW: Final = re.compile(
    r"\b(validat|pen(?:etration)?[ -]?test|works council|betriebsrat|personalrat|comité social)",
    re.IGNORECASE,
)
"""A review that a rollback and a blocker may both name in few words."""
_NO_ANSWER: Final = re.compile(
    r"\b(?:(?:not|never|n['’]t|yet to|nicht|keine?|pas|sans|no|sin)\b.{0,30}"
    r"\b(?:answer|repl|respon|decid|reacted|\w{0,3}antwort|entschieden|entscheid|répon|décid|contest|"
    r"respond|respuesta)\w*|silen(?:t|ce)|unanswered|wait(?:s|ing)? (?:for|on)|wart(?:et|en) auf|"
    r"attend|esper\w+)",
    re.IGNORECASE,
)
"""How a blocker says that a request is not answered."""
_AWAITED: Final = "|".join(
    (
        *("before", "until", "till", "unless", "bevor", "bis", "ehe", "solange"),
        *(r"avant qu\w+", r"tant qu\w+", r"antes\sde\sque", "hasta que"),
    )
)
"""The words before the name of somebody who is waited for."""
_GUARDRAIL: Final = re.compile(r"\bguard ?rails?\b|\bbreach", re.IGNORECASE)
_CONDITION: Final = re.compile(
    r"\b(?:only )?(?:after|once|until|depends on|only when|nach|sobald|après|después)\b",
    re.IGNORECASE,
)


def alike(one: Obstacle, other: Obstacle) -> float:
    """Return how surely two blockers are one thing, 0 for not."""
    if one.waits_for and other.waits_for and not _same_function(one, other):
        return 0.0
    if text_of(one.title).plain == text_of(other.title).plain:
        return 1.0
    found = likeness(_without_condition(one.title), _without_condition(other.title))
    if one.remedy_stated and other.remedy_stated and one.remedy is not other.remedy:
        return 0.0
    if one.words and other.words and _apart(one, other):
        return 0.0
    guessed = not (one.kind_stated and other.kind_stated)  # what was guessed keeps nothing apart
    near = (one.category is other.category or (guessed and one.family is not None)) and (
        one.family is other.family or _same_function(one, other)
    )
    near = near or (guessed and one.phase == other.phase)
    return found if found >= (LIKE_NEARBY if near else LIKE) else 0.0


def _told_alike(one: str, other: str) -> float:
    """Return how much two records of unlike sorts say the same; one shared word is nothing."""
    return likeness(one, other) if share_more_than_a_word(one, other) else 0.0


def _without_condition(title: str) -> str:
    """Leave out what has to come first: "only after the DPIA is signed" is not about the DPIA."""
    found = _CONDITION.search(title)
    return title[: found.start()] if found and found.start() else title


def _apart(one: Obstacle, other: Obstacle) -> bool:
    """Whether two stated lead times have no day in common: then two things are meant."""
    return one.days.low > other.days.high or other.days.low > one.days.high


def _same_function(one: Obstacle, other: Obstacle) -> bool:
    first, second = one.waits_for, other.waits_for
    return bool(first and second and first.casefold() == second.casefold())


def attaches(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    """Return how surely a request, rollback, finding or gate tells of what `other` is, and why."""
    return _ATTACHING[mine.fact.sort](mine, other)


def _approval(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    if other.subject is not None and other.subject == mine.subject:
        return 0.9, texts.say("because_asked_twice", subject=_subject(mine))
    if other.fact.sort is not Sort.BLOCKER:
        return None
    fits = (
        other.family is mine.family
        and other.category is Category.ORGANIZATIONAL
        and other.kind_stated
        and not _gives_another_reason(mine, other)
    )
    waits = other.category is not Category.CAPABILITY and _names_subject(other.title, mine.subject)
    holds = other.family is mine.family and _names_who_was_asked(other.title, mine)
    reasons = (
        (0.8, "because_refusal_names_it", bool(_told_alike(mine.reason, other.title))),
        (0.75, "because_waits_for_answer", _waits_for_answer(other.title, mine)),
        (0.7, "because_request_waits", waits or holds),
        (0.6, "because_same_phase", fits and not other.subject and other.phase == mine.phase),
    )
    return next(
        (
            (weight, texts.say(why, one=_q(mine), other=_q(other)))
            for weight, why, so in reasons
            if so
        ),
        None,
    )


def _gives_another_reason(refusal: Obstacle, other: Obstacle) -> bool:
    """Whether a no gives a reason that is far in meaning from a blocker's title."""
    if not (refusal.refused and refusal.reason):
        return False
    return nearness(refusal.reason, [other.title])[0] < _NEAR_REASON


def _waits_for_answer(title: str, request: Obstacle) -> bool:
    """Whether a title says that whoever was asked has yet to: "Emil has not replied".

    So does "no second try before Emil has looked".
    """
    if not _names_who_was_asked(title, request):
        return False
    awaited = rf"\b(?:{_AWAITED}) {re.escape(request.asked or '')}\b"
    return bool(_NO_ANSWER.search(title) or re.search(awaited, title, re.IGNORECASE))


def _names_who_was_asked(title: str, request: Obstacle) -> bool:
    """Whether a title names whom a request that was not refused asks."""
    if request.refused or not request.asked:
        return False
    return bool(re.search(rf"\b{re.escape(request.asked)}\b", title, re.IGNORECASE))


def _names_subject(title: str, subject: str | None) -> bool:
    """Whether a title names what was asked; a security ticket for packages is another matter."""
    named = _SUBJECT_WORDS.get(subject or "")
    return bool(named and named.search(title)) and not _WORKPLACE.search(title)


def _rollback(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    if other.fact.sort in (Sort.GATE, Sort.ROLLBACK):
        return None
    if other.fact.sort is Sort.GUARDRAIL:
        return _rollback_of_guardrail(mine, other)
    found = _told_alike(mine.title, other.title)
    soon = other.fact.sort is Sort.BLOCKER and abs(mine.at - other.at) <= SOON_AFTER
    if found >= (_LIKE_SOON if soon else LIKE_NEARBY):
        return max(found, soon * _LED_TO), texts.say(
            "because_reason_names_it", one=_q(mine), other=_q(other)
        )
    if soon and nearness(mine.title, [other.title])[0] >= _NEAR_SOON:
        return _LED_TO, texts.say("because_told_soon", one=_q(mine), other=_q(other))
    named = _SUBJECT_WORDS.get(other.subject or "")
    weight = 0.6 if named and named.search(mine.title) else 0.0
    if _review_named(mine.title) & _review_named(other.title):
        weight = 0.55
    if not weight:
        return None
    return weight, texts.say("because_reason_names_it", one=_q(mine), other=_q(other))


def _review_named(text: str) -> set[str]:
    return {found.lower() for found in _REVIEW.findall(text)}


def _rollback_of_guardrail(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    """Tell a rollback that a breach led to: it says so, or came soon after for no other's no."""
    if mine.at < other.at:
        return None
    says_so = bool(likeness(mine.title, other.title)) or bool(_GUARDRAIL.search(mine.title))
    another = any(words.search(mine.title) for words in _SUBJECT_WORDS.values())
    soon = mine.at - other.at <= SOON_AFTER and not another
    if not (says_so or soon):
        return None
    return _BREACH, texts.say("because_breached", one=_q(mine), other=_q(other))


def _guardrail(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    if other.fact.sort is Sort.ROLLBACK:
        return _rollback_of_guardrail(other, mine)
    if other.fact.sort is not Sort.BLOCKER:
        return None
    found = _told_alike(mine.title, other.title)
    if found >= LIKE_NEARBY:
        return found, texts.say("because_blocker_names_breach", one=_q(mine), other=_q(other))
    return None


def _finding(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    asked_for = mine.kind is Kind.APPROVAL_PROCESS and other.subject is not None
    if asked_for and other.family is mine.family and other.phase == mine.phase:
        return 0.5, texts.say("because_request_would_do", one=_q(mine), other=_q(other))
    if other.fact.sort is not Sort.BLOCKER:
        return None
    found = max(_told_alike(mine.title, other.title), _told_alike(mine.reason, other.title))
    near = other.category is mine.category and other.family is mine.family
    here = near and other.phase == mine.phase
    if found >= (_LIKE_HERE if here else LIKE_NEARBY if near else LIKE):
        return found, texts.say("because_probe_found_it", one=_q(mine), other=_q(other))
    return None


def is_outweighed(gate: Obstacle, other: Obstacle) -> bool:
    """Whether the scenario chosen at a gate says more of a record than its kind.

    The team chose the scenario; a kind that was guessed from a title, in the gate's own phase, does
    not keep the record apart from it.
    """
    if other.kind_stated or other.subject or other.fact.sort is not Sort.BLOCKER:
        return False
    meaning = scenario_of(gate)
    unlike = meaning.family is not other.family and meaning.category is not other.category
    return other.phase == gate.phase and (
        other.category not in meaning.explained_by or (unlike and meaning.family is not None)
    )


def scenario_of(gate: Obstacle) -> ScenarioMeaning:
    """Return what the scenario that a gate names says."""
    phase, _, key = (gate.scenario or "").partition(".")
    return SCENARIOS.get((phase, key), UNNAMED_SCENARIO)


def _gate(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    if other.fact.sort in (Sort.GATE, Sort.GUARDRAIL):
        return None
    meaning = scenario_of(mine)
    fits_family = meaning.family is not None and other.family is meaning.family
    if other.phase != mine.phase and not (other.kind_stated or other.subject):
        fits_family = fits_family and bool(_OWNERLESS.search(f"{mine.scenario}: {other.title}"))
    if not (other.phase == mine.phase or fits_family):
        return None
    asks_for_more = other.subject is not None and not fits_family
    if other.fact.sort is Sort.ROLLBACK and not (fits_family or other.category is meaning.category):
        return None
    contradicted = is_outweighed(mine, other)
    if asks_for_more or not (other.category in meaning.explained_by or contradicted):
        return None
    weight = 0.2 * (other.phase == mine.phase) + 0.2 * fits_family + 0.05 * other.recorded
    weight += 0.1 * (other.kind is meaning.kind) + 0.1 * other.is_open - 0.2 * contradicted
    weight += 0.3 * bool(_OWNERLESS.search(f"{mine.scenario}: {other.title}"))
    return weight, texts.say("because_gate_tells", one=_q(mine), other=_q(other))


_ATTACHING: Final = {
    Sort.BLOCKER: _approval,
    Sort.APPROVAL: _approval,
    Sort.ROLLBACK: _rollback,
    Sort.FINDING: _finding,
    Sort.GUARDRAIL: _guardrail,
    Sort.GATE: _gate,
}


def because(one: Obstacle, other: Obstacle) -> str:
    """Return the sentence that says why two blockers are taken for one thing."""
    shared = words_shared(one.title, other.title)[:3]
    if likeness(one.title, other.title) == 1.0 or not shared:
        return texts.say("because_same_words", one=_q(one), other=_q(other))
    return texts.say(
        "because_like_words", one=_q(one), other=_q(other), words=", ".join(sorted(shared))
    )


def _q(obstacle: Obstacle) -> str:
    return str(obstacle.fact)


def _subject(obstacle: Obstacle) -> str:
    return (obstacle.subject or "").replace("_", " ")
