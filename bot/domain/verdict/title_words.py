"""What a blocker's title asks for by its own words, where nobody chose a kind.

Each row of a table is a pattern and the text key of the question; the first row that fits counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

NOT_THEIRS: Final = (
    r"says? (?:to )?ask\b|the other (?:team|department|side|group|unit)'s|each other|"
    r"points? (?:at|to) (?:one another|the other)|schieb\w* es auf|"
    r"each (?:says?|claims?) [^,.;]{2,40} theirs|"
    r"(?P<passes>says?|points?|blames?|sends?) [^,;]{2,40}[,;] [^,;]{2,30} (?P=passes)"
)
"""What is passed on between two, neither of whom takes it."""
LIMITS: Final = (
    r"\d+ ?(?:ms|milliseconds?)\b|latency|rate limits?|(?:calls?|requests?|api) limits?|"
    r"limits? (?:is |are )?(?:reached|used up|hit)|throttl|time budget|needs? \d+ ?[mg]b\b"
)
_NO_MONEY: Final = re.compile(
    r"\b(?:latency|time|error|memory|token|page|performance|risk) budgets?\b|"
    r"\bbudget\b[^,.;]{0,12}?\d+ ?(?:ms|milliseconds?|s|seconds?|kb|mb|gb|tokens?)\b",
    re.IGNORECASE,
)
"""A budget of time or size: no money is asked for."""


def _compiled(rows: Iterable[tuple[str, str]]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"\b(?:{words})", re.IGNORECASE), key) for words, key in rows)


_FIRST: Final = _compiled(
    (
        (NOT_THEIRS, "question_arbiter"),
        (
            r"\d[\d.,]* ?(?:k )?(?:€|eur\b|euros?\b|usd\b|dollars?\b|chf\b|gbp\b|£|\$)|"
            r"(?<!\w)(?=[€£$])[€£$] ?\d|invoices? (?:us|every|each|for)|surcharge|"
            r"paid (?:change|plan|tier|add-?on|option|licen[cs]e|version|module|extra)|"
            r"(?:premium|enterprise|paid) (?:plan|tier|licen[cs]e|edition|package)|"
            r"kostenpflichtig|aufpreis|payante?\b|de pago\b",
            "question_price",
        ),
        (
            r"(?:contract|agreement|warranty|vertrag|contrat)\b[^,;]{0,20}"
            r"(?:runs out|ran out|expire[sd]?|ended|ends|läuft aus|ausgelaufen|expiré)",
            "question_contract",
        ),
        (
            r"(?:paid|pays) (?:by (?:turnover|volume|the piece|sales)|per (?!month|year|card))|"
            r"bonus(?:es)?\b|get commission|piece rates?|akkordlohn|prämie",
            "question_incentive",
        ),
    )
)
"""Whoever is named beside these can't settle it: it waits for who pays, signs or arbitrates."""
FIRST_KEYS: Final = frozenset(key for _, key in _FIRST)
_RESISTS: Final = (
    r"refuses? to (?:use|follow|work|look|try|rely)|(?:doesn't|don't|does not|do not|won't|will "
    r"not) (?:want|use|trust|follow|look at)|wants? to keep|no time (?:to|for)|"
    r"too many (?:alarms?|alerts?|tools?|screens?)|would ignore|"
    r"(?:will|wollen|möchten?) [^,.;]{0,40}\b(?:nicht|kein\w*)\b|lehn\w+ [^,.;]{2,40} ab\b|"
    r"ne veu(?:t|lent) pas|no quiere[n]?\b"
)
RESISTS: Final = re.compile(rf"\b(?:{_RESISTS})", re.IGNORECASE)
"""People who would use it and don't want to."""
_ALREADY_A_FILE: Final = re.compile(
    r"\b(?:files?|usb|sticks?|(?:e-?)?mails?|csv|exports?|extracts?|reports?|ftp|fax|serial|seriell\w*)\b",
    re.IGNORECASE,
)
_WAITS: Final = re.compile(
    r"\b(?:freeze|frozen|until|till|while|during|bis|während|solange|jusqu\w*|hasta|pendant)\b",
    re.IGNORECASE,
)
_ABSENT: Final = (
    r"(?:on (?:parental |maternity |sick )?leave|on (?:holiday|vacation)|(?:is |are |off )sick|"
    r"away\b|retired|vacant|(?:has |have )?(?:left|quit)\b|im urlaub|krank\b|in elternzeit|"
    r"en congé|de baja|de vacaciones)"
)
_SELF: Final = r"(?:I'm|I am|we're|we are|ich bin|wir sind|je suis|soy)(?: an?| the| eine?)?"


_BY_WORDS: Final = _compiled(
    (
        (
            r"must (?:stay|remain|be (?:kept|stored|hosted)) (?:in|within|inside|on)\b|"
            r"residency|(?:may|must|can) ?not (?:leave|be moved out)|"
            r"(?:darf|dürfen)\b[^,.;]{2,40} (?:nicht|kein\w*)\b[^,.;]{0,20} verlassen",
            "question_scope",
        ),
        (
            r"no[^,.;]{0,14} on[- ]call|nobody (?:is )?on[- ]call|(?:ruf)?bereitschaft|d'astreinte",
            "question_staff",
        ),
        (
            r"(?:count|define|measure|calculate|understand)s? [^,.;]{2,30} differently|"
            r"definitions? (?:of|differ)|(?:two|three|several|no (?:agreed|common)) definitions?|"
            r"means? (?:something|different)|"
            r"(?:definier|zähl|rechn)\w*[^,.;]{2,40} (?:anders|unterschiedlich)|"
            r"(?:named|coded|spelt|spelled|counted|defined) differently",
            "question_definition",
        ),
        (
            r"(?:is|are|was|were|comes?) (?:masked|hashed|pseudonymi[sz]ed)|hashed differently|"
            r"joins? (?:do|does|fail|break|is|are|lose)|(?:can't|cannot|can not) be joined|"
            r"no (?:common|shared) (?:key|id)|maskiert|pseudonymisiert",
            "question_key",
        ),
        (
            r"freeze|frozen|change window|release train|audit window|blackout|embargo|"
            r"(?:next|only) (?:one|release|window)\b|release is (?:in|on)\b",
            "question_freeze",
        ),
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
        (LIMITS, "question_limit"),
        (
            r"wi-?fi|wlan\b|(?:mobile|network|radio) coverage|funkloch|bandwidth|no signal\b",
            "question_offline",
        ),
        (
            r"only (?:reachable|accessible|available|works) (?:from|on|in|at|inside)\b",
            "question_onsite",
        ),
        (r"(?:can't|cannot|can not) (?:see|access|read|reach|open)\b", "question_access"),
        (r"(?:via|by|per|over) fax\b", "question_pilot"),
        (r"queued?\b|backlog|ahead of (?:us|ours)|no slot|warteschlange", "question_queue"),
        (
            r"gpu|server|laptops?\b|vpn|packages?\b|install|environment|environnement|umgebung|quota|"
            r"computers?\b|linux|notebook|python|network|sandbox|cloud|drivers?\b|machines?\b|"
            r"graphics|container",
            "question_machine",
        ),
        (
            r"scans?\b|pdf|paper\b|papier\b|free text|spreadsheet|own files|mapping|"
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


def first_question(title: str) -> str | None:
    """Return the key of the question that goes before whoever a title names: money, a contract."""
    return _key(_FIRST, title)


def question_of(title: str) -> str | None:
    """Return the key of the question that a title's words ask; None where no word tells."""
    return (
        "question_useful"
        if RESISTS.search(title)
        else _key(_BY_WORDS, _NO_MONEY.sub("latency", title))
    )


def _key(rows: tuple[tuple[re.Pattern[str], str], ...], title: str) -> str | None:
    return next((key for words, key in rows if words.search(title)), None)


def is_a_file_already(title: str) -> bool:
    """Return whether a title tells of a file, stick or mail, so that none need be proposed."""
    return bool(_ALREADY_A_FILE.search(title))


def is_a_matter_of_time(reason: str) -> bool:
    """Return whether a no is meant for a while ("until the audit is over"), so nothing is owed."""
    return bool(_WAITS.search(reason))


def can_answer(party: str, title: str) -> bool:
    """Return whether whom a title names can be asked: not away, not the speaker, not passed on."""
    name = re.escape(party.removeprefix("the "))
    away = rf"\b{name}\b[^,;.]{{0,20}}\b{_ABSENT}"
    shut_out = rf"\b{name} (?:can't|cannot|can not|may not) (?:see|access|read|reach|open)\b"
    told = rf"{away}|{shut_out}|\b{_SELF} {name}\b|\b(?:{NOT_THEIRS})"
    return not re.search(told, title, re.IGNORECASE)
