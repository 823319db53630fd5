"""What people have to answer: evidence for each duty, and what is missing by each framework.

Answers come from `[governance]` of `hour48.toml`, with the request, and from the sprint's people;
the probe invents none. A duty is met by a named person's acceptance with a date and a link or file,
or by a finding of this very run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import yaml

from bot.domain.acceptance import (
    OLD_DAYS,
    Acceptance,
    AcceptanceGap,
    gap_of,
    is_file_name,
    is_placeholder,
    is_record,
    read_acceptance,
)
from bot.domain.duty_subjects import is_off_subject, is_unclear, repeats
from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from bot.texts import Texts, joined
from probes.contract import Finding
from probes.governance.texts import CODES, say

_HERE: Final = Path(__file__).parent
_TEXTS: Final = Texts(_HERE / "texts.yaml")
_DUTIES: Final = Texts(_HERE / "duties.yaml")
_AREAS: Final = Texts(_HERE / "annex_iii.yaml")
_FRAMEWORKS: Final = Texts(_HERE / "frameworks.yaml")
_WITHOUT_WORDS: Final = frozenset({"owners"})
"""Sections in which the name alone is the answer."""
_OPEN_CODES: Final[Mapping[str, str]] = {
    "privacy": "privacy_open",
    "owners": "nobody_accountable",
    "monitoring": "not_monitored",
    "actionability": "no_plan",
    "risk": "risk_open",
    "documentation": "documentation_open",
    "validation": "validation_open",
}
_SHOWN: Final = 5
_NOT_HIGH: Final = "none"
_CLAUSE: Final = re.compile(r"[.;:!?]\s|,\s|\bbut\b|\baber\b|\bmais\b|\bpero\b")
_DENIES: Final = re.compile(
    r"\b(?:not?|never|without|nor|nobody|nicht|kein\w*|nie|ohne|pas|jamais|aucune?|sans|sin|nunca"
    r"|ning[uú]n\w*)\b"
)


@dataclass(frozen=True)
class Duty:
    """One thing that must be in evidence.

    Args:
        key: its name.
        section: the list it counts under.
        approvers: whose approval it concerns.
        refs: where each framework asks for it.
        found_by: codes that are evidence by themselves.
    """

    key: str
    section: str
    approvers: tuple[str, ...]
    refs: Mapping[str, str]
    found_by: tuple[str, ...] = ()

    @property
    def asks(self) -> str:
        """What must be in evidence, in words."""
        return _DUTIES.say(f"{self.key}.asks")


@dataclass(frozen=True)
class DutyStatus:
    """How a duty stands: met by an acceptance or a finding, or open and why."""

    duty: Duty
    given: Acceptance
    gap: AcceptanceGap | None
    found: bool = False

    @property
    def is_met(self) -> bool:
        """Whether there is evidence."""
        return self.found or self.gap is None

    def to_plain(self) -> dict[str, Any]:
        """Return it for the result's facts, from which a dossier is made."""
        return {
            "key": self.duty.key,
            "section": self.duty.section,
            "asks": self.duty.asks,
            "for": list(self.duty.approvers),
            "refs": dict(self.duty.refs),
            "met": self.is_met,
            "why": "" if self.is_met else _TEXTS.say(f"gap_{self.gap}"),
            "says": self.given.says if self.is_met else "",
            "who": self.given.who if self.is_met else "",
            "on": self.given.on.isoformat() if self.given.on and self.is_met else "",
            "proof": self.given.proof if self.is_met else "",
            "probed": self.found,
        }


@cache
def duties() -> tuple[Duty, ...]:
    """Return every duty, in the order of the file."""
    return tuple(
        Duty(
            key,
            raw["section"],
            tuple(raw["for"]),
            raw["refs"],
            tuple(raw.get("found_by", ())),
        )
        for key, raw in _file("duties").items()
    )


@cache
def _file(name: str) -> Mapping[str, Any]:
    text = (_HERE / f"{name}.yaml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast with libyaml
    return cast("Mapping[str, Any]", yaml.load(text, Loader=loader))  # noqa: S506 - safe, as its name says


def sections() -> tuple[str, ...]:
    """Return the sections of all duties, in order."""
    return tuple(dict.fromkeys(duty.section for duty in duties()))


def merged(
    configured: Mapping[str, Any], accepted: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return all answers by section and key; later ones go before earlier ones.

    Args:
        configured: the lists of `[governance]`.
        accepted: acceptances by the duty's own name.
        given: what came with the request.

    Raises:
        InputError: an acceptance names no duty.
    """
    known = {duty.key: duty.section for duty in duties()}
    for key in accepted:
        if key not in known:
            raise InputError(
                say("evidence_unknown", name=key, known=", ".join(known)),
                field=f"governance.evidence.{key}",
            )
    named = {
        section: {key: one for key, one in accepted.items() if known[key] == section}
        for section in sections()
    }
    return {
        name: _said(configured, name) | _said(named, name) | _said(given, name)
        for name in sections()
    }


def _said(answers: Mapping[str, Any], section: str) -> dict[str, Any]:
    given = answers.get(section)
    if not isinstance(given, Mapping):
        return {}
    return {str(key): value for key, value in given.items() if value}


def standings(
    answers: Mapping[str, Any], found: Collection[str], today: date
) -> tuple[DutyStatus, ...]:
    """Return how each duty stands.

    Args:
        answers: by section and key; an object with `says`, `who`, `on` and `proof`.
        found: codes of this run's findings.
        today: acceptances of days to come don't count.
    """
    stands = []
    for duty in duties():
        given = read_acceptance(_said(answers, duty.section).get(duty.key))
        gap = gap_of(given, today, needs_words=duty.section not in _WITHOUT_WORDS)
        if gap is None and _is_absent(given.proof):
            gap = AcceptanceGap.NO_FILE
        if gap is None and not is_record(given.proof):
            gap = _words_gap(duty, given.says)
        by_probe = any(code in found for code in duty.found_by)
        stands.append(DutyStatus(duty, given, gap, by_probe))
    return tuple(stands)


def _words_gap(duty: Duty, says: str) -> AcceptanceGap | None:
    """Return why an answer's words do not answer its duty."""
    if duty.section not in _WITHOUT_WORDS and repeats(duty.asks, says):
        return AcceptanceGap.REPEATS
    return AcceptanceGap.OFF_SUBJECT if is_off_subject(duty.key, says) else None


def _is_absent(proof: str) -> bool:
    """Whether a proof names a file of this machine, by its whole path, that is not there."""
    return proof.startswith("/") and not Path(proof).exists()


def is_unseen(proof: str) -> bool:
    """Whether a proof names a file by a relative path, and none is there where hour48 runs."""
    return is_file_name(proof) and not Path(proof).exists()


def answer_findings(stands: Sequence[DutyStatus], today: date) -> Iterator[Finding]:
    """Say by section what is in evidence and what is not, and why not."""
    for section in sections():
        of_it = [one for one in stands if one.duty.section == section]
        missing = [one for one in of_it if not one.is_met]
        if not missing:
            yield CODES.finding(f"{section}_settled", {"asked": len(of_it)})
            continue
        words = _listed([_missing(one) for one in missing])
        yield CODES.finding(
            _OPEN_CODES[section],
            {"open": len(missing), "asked": len(of_it)},
            missing=words,
            names=joined(", ", (one.duty.asks for one in missing[:3])),
        )
    unclear = [
        one
        for one in stands
        if one.gap is None
        and not is_record(one.given.proof)
        and is_unclear(one.duty.key, one.given.says)
    ]
    if unclear:
        yield CODES.finding(
            "subject_unclear",
            {"unclear": len(unclear)},
            names=_listed([one.duty.asks for one in unclear]),
        )
    unseen = [one for one in stands if one.gap is None and is_unseen(one.given.proof)]
    if unseen:
        yield CODES.finding(
            "proof_unseen",
            {"unseen": len(unseen)},
            names=_listed([one.given.proof for one in unseen]),
        )
    old = [one for one in stands if one.given.on and (today - one.given.on).days > OLD_DAYS]
    if old:
        yield CODES.finding(
            "acceptance_old",
            {"old": len(old)},
            names=_listed([one.duty.asks for one in old]),
        )


def _missing(one: DutyStatus) -> str:
    return joined("", (one.duty.asks, " (", _TEXTS.say(f"gap_{one.gap}"), ")"))


def _listed(words: Sequence[str]) -> str:
    shown = joined("; ", words[:_SHOWN])
    more = len(words) - _SHOWN
    return _TEXTS.say("and_more", shown=shown, more=more) if more > 0 else shown


def coverage_findings(stands: Sequence[DutyStatus]) -> Iterator[Finding]:
    """Say for each framework how much of what it asks for is in evidence, and what is not."""
    for key, framework in _file("frameworks").items():
        asked = [one for one in stands if key in one.duty.refs]
        missing = [one for one in asked if not one.is_met]
        named = _listed(
            [joined("", (one.duty.asks, f" ({one.duty.refs[key]})")) for one in missing]
        )
        yield CODES.finding(
            framework["code"],
            {
                "met": len(asked) - len(missing),
                "asked": len(asked),
                "missing": {one.duty.key: one.duty.refs[key] for one in missing},
            },
            level=FindingLevel.OK if not missing else None,
            title=_FRAMEWORKS.say(f"{key}.title"),
            tail=_TEXTS.say("missing_duties", named=named) if missing else "",
        )


def annex_findings(
    stated: str, stands: Sequence[DutyStatus], words: Sequence[str]
) -> Iterator[Finding]:
    """Hold what was said about Annex III against the record's own words, the answers' among them.

    Args:
        stated: `none`, or the area of Annex III.
        stands: how the duties stand.
        words: what the use case is called, its target and its columns.
    """
    areas = _file("annex_iii")
    names = " ".join(words).casefold().replace("_", " ")
    told = f"{names} . {_affirmed(one.given.says for one in stands)}"
    hinted = [
        key
        for key, area in areas.items()
        if any(_has(told, word) for word in area["words"])
        or any(_has(names, word) for word in area.get("names", ()))
    ]
    area = stated.strip().casefold().replace(" ", "_")
    if area in areas:
        asked = [one for one in stands if "eu_ai_act" in one.duty.refs]
        missing = [one for one in asked if not one.is_met]
        code = "high_risk_duties_open" if missing else "high_risk_duties_met"
        yield CODES.finding(
            code,
            {"area": area, "open": len(missing)},
            area=_AREAS.say(f"{area}.title"),
            asked=len(asked),
        )
        return
    is_stated = area == _NOT_HIGH or (bool(area) and not is_placeholder(stated))
    if hinted:
        yield CODES.finding(
            "annex_iii_doubtful" if is_stated else "annex_iii_likely",
            {"areas": hinted},
            area=_AREAS.say(f"{hinted[0]}.title"),
        )
    elif area == _NOT_HIGH:
        yield CODES.finding("annex_iii_not_high")
    else:
        yield CODES.finding("annex_iii_open")


def _affirmed(answers: Iterable[str]) -> str:
    """Return the clauses of the answers that deny nothing: "never for hiring" is no hint."""
    clauses = [clause for says in answers for clause in _CLAUSE.split(says.casefold())]
    return " . ".join(clause for clause in clauses if not _DENIES.search(clause))


def _has(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}", text) is not None
