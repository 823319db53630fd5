"""The contract of a check: what is looked at, who looks, and how it is said.

A check is a kind and its facts, kept with the item. Kinds that read the bot's own rows are judged
in the transaction; the others become a run that the worker takes (`bot.fixes.runs`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select

from bot.db.models import Approval, Blocker, FixItem, Person, ProbeRun, Sprint
from bot.domain.enums import ApprovalState, CheckOutcome, FixCheckKind
from bot.domain.fix_checks import Judged, expected_of, identity
from bot.domain.verdict.wording import subject_name
from bot.domain.vocabulary import Subject
from bot.fixes.queries import newest_request
from bot.messages.catalog import say_plain
from bot.unit_of_work import UnitOfWork

HERE: Final = (FixCheckKind.APPROVAL, FixCheckKind.OWNER, FixCheckKind.EVIDENCE)
"""Kinds that the bot's own rows answer."""
LONGEST_ADDRESS: Final = 2_000
QUALITY: Final = "quality"


@dataclass(frozen=True, slots=True)
class FixCheck:
    """What shows that an item is done.

    Args:
        kind: what is looked at.
        facts: where, and for a finding which one and what else was found with it.
    """

    kind: FixCheckKind
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker has to look at.

    Args:
        request: the probe's request, or the address to ask.
        source: whose budget it takes from; None for an address.
    """

    request: Mapping[str, Any]
    source: str | None

    @property
    def key(self) -> str:
        """What tells it from other jobs; looks that only ask for more figures are one job."""
        options = self.request.get("options") or {}
        asked = {key: value for key, value in options.items() if key not in ("checks", "figures")}
        text = json.dumps({**self.request, "options": asked}, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def check_of(item: FixItem) -> FixCheck | None:
    """Return an item's check, or None where there is nothing to check it with."""
    return FixCheck(FixCheckKind(item.check_kind), item.check_facts) if item.check_kind else None


def check_of_reference(
    uow: UnitOfWork, sprint: Sprint, references: Sequence[str]
) -> FixCheck | None:
    """Return the check that the record itself gives: what found the blocker shows it gone.

    Args:
        uow: the transaction.
        sprint: the sprint.
        references: what the item is about, as `Fix.blocker` names it, the nearest first.
    """
    for reference in references:
        kind, _, number = reference.rpartition("-")
        finder = _FROM_RECORD.get(kind.split("-")[0])
        found = finder(uow, sprint, reference, number) if finder else None
        if found is not None:
            return found
    return None


def _of_blocker(uow: UnitOfWork, sprint: Sprint, _ref: str, number: str) -> FixCheck | None:
    if not number.isdecimal():
        return None
    row = uow.session.scalars(
        select(Blocker).where(Blocker.sprint_id == sprint.id, Blocker.number == int(number))
    ).one_or_none()
    if row is None:
        return None
    if row.approval_id is not None:
        approval = uow.session.get(Approval, row.approval_id)
        return approval_check(Subject(approval.subject)) if approval else None
    if row.probe_run_id is None or row.finding_code is None:
        return None
    run = uow.session.get_one(ProbeRun, row.probe_run_id)
    findings = run.result.get("findings", [])
    place = row.finding_number
    if place is None or place >= len(findings) or findings[place]["code"] != row.finding_code:
        codes = [each["code"] for each in findings]
        place = codes.index(row.finding_code) if row.finding_code in codes else None
    return finding_check(run, place) if place is not None else None


def _of_approval(uow: UnitOfWork, sprint: Sprint, _ref: str, number: str) -> FixCheck | None:
    if not number.isdecimal():
        return None
    subject = uow.session.scalar(
        select(Approval.subject).where(
            Approval.sprint_id == sprint.id, Approval.number == int(number)
        )
    )
    return approval_check(Subject(subject)) if subject else None


def _of_finding(uow: UnitOfWork, sprint: Sprint, reference: str, number: str) -> FixCheck | None:
    """Read `finding-probe-RUN-NUMBER` or `probe-RUN-NUMBER`."""
    run_id = reference.rpartition("-")[0].rpartition("-")[2]
    if not (run_id.isdecimal() and number.isdecimal()):
        return None
    run = uow.session.get(ProbeRun, int(run_id))
    if run is None or run.sprint_id != sprint.id:
        return None
    findings = run.result.get("findings", [])
    return finding_check(run, int(number)) if int(number) < len(findings) else None


_FROM_RECORD: Final[dict[str, Callable[[UnitOfWork, Sprint, str, str], FixCheck | None]]] = {
    "blocker": _of_blocker,
    "approval": _of_approval,
    "finding": _of_finding,
    "probe": _of_finding,
}


def finding_check(run: ProbeRun, number: int) -> FixCheck | None:
    """Return the check that one of a run's findings is gone; None for what ran elsewhere."""
    findings = run.shown.get("findings", [])
    request = run.request
    if request.get("source") == say_plain("probe.elsewhere"):
        return None
    return FixCheck(
        FixCheckKind.FINDING,
        {
            "probe": run.probe,
            "source": request.get("source"),
            "table": request.get("table"),
            "target": request.get("target"),
            "options": request.get("options") or {},
            "expected": expected_of(findings[number]).plain(),
            "rule": (findings[number].get("evidence") or {}).get("check"),
            "before": [identity(each) for each in findings],
            "run": run.id,
        },
    )


def approval_check(subject: Subject) -> FixCheck:
    """Return the check that somebody approved a subject."""
    return FixCheck(FixCheckKind.APPROVAL, {"subject": subject.value})


def describe(check: FixCheck) -> str:
    """Return what a check looks at, in words."""
    facts = check.facts
    if check.kind is FixCheckKind.FINDING:
        place = ".".join(str(facts[key]) for key in ("source", "table") if facts.get(key))
        sentence = str(facts["expected"]["sentence"]).rstrip(".")
        return say_plain("fix.check_finding", probe=facts["probe"], place=place, finding=sentence)
    if check.kind is FixCheckKind.ACCESS:
        place = ".".join(str(facts[key]) for key in ("source", "table") if facts.get(key))
        return say_plain("fix.check_access", place=place)
    if check.kind is FixCheckKind.APPROVAL:
        return say_plain("fix.check_approval", subject=subject_name(str(facts["subject"])))
    if check.kind is FixCheckKind.URL:
        return say_plain("fix.check_url", url=facts["url"])
    return say_plain(f"fix.check_{check.kind}")


def job_of(check: FixCheck) -> Job:
    """Return what a worker has to look at; for kinds that aren't judged `HERE`."""
    facts = check.facts
    if check.kind is FixCheckKind.URL:
        return Job({"url": facts["url"]}, None)
    request = {key: facts.get(key) for key in ("source", "table", "target")}
    if check.kind is FixCheckKind.ACCESS:
        return Job({"probe": "access", **request, "options": {}}, request["source"])
    options = dict(facts.get("options") or {})
    if facts["probe"] == QUALITY:
        expected = facts["expected"]
        columns = [*filter(None, dict.fromkeys([expected["column"], *expected["others"]]))]
        options |= {"pictures": False, "figures": columns}
        if facts.get("rule"):
            options["checks"] = [facts["rule"]]
    return Job({"probe": facts["probe"], **request, "options": options}, request["source"])


def judge_here(uow: UnitOfWork, sprint: Sprint, check: FixCheck) -> Judged:
    """Judge a check by the bot's own rows."""
    return _JUDGES[check.kind](uow, sprint, check.facts)


def _judge_approval(uow: UnitOfWork, sprint: Sprint, facts: Mapping[str, Any]) -> Judged:
    """Say whether the newest word on a subject is a yes: here, in a rerun, or since the close."""
    subject = Subject(str(facts["subject"]))
    row = newest_request(uow, sprint, subject)
    words = subject_name(subject)
    if row is None:
        return Judged(CheckOutcome.FAILS, say_plain("fix.approval_none", subject=words))
    state, by, reason = row.state, row.decided_by or row.approver_id, row.reason
    late = facts.get("decided")
    if late and datetime.fromisoformat(late["at"]) > (row.decided_at or row.requested_at):
        state, by, reason = late["decision"], late["by"], late["reason"]
    holds = state == ApprovalState.APPROVED
    who = uow.name(by)
    sentence = say_plain(f"fix.approval_{state}", subject=words, who=who, reason=reason or "")
    return Judged(CheckOutcome.HOLDS if holds else CheckOutcome.FAILS, sentence)


def _judge_owner(uow: UnitOfWork, _sprint: Sprint, facts: Mapping[str, Any]) -> Judged:
    person_id = facts.get("person")
    if not person_id:
        return Judged(CheckOutcome.FAILS, say_plain("fix.owner_none"))
    person: Person | None = uow.person(str(person_id))
    who = uow.name(str(person_id))
    if person is None:
        return Judged(CheckOutcome.FAILS, say_plain("fix.owner_unknown"))
    if person.is_bot or person.is_deleted:
        return Judged(CheckOutcome.FAILS, say_plain("fix.owner_gone", who=who))
    return Judged(CheckOutcome.HOLDS, say_plain("fix.owner_is", who=who))


def _judge_evidence(_uow: UnitOfWork, _sprint: Sprint, facts: Mapping[str, Any]) -> Judged:
    link = facts.get("link")
    if not link:
        return Judged(CheckOutcome.FAILS, say_plain("fix.evidence_none"))
    return Judged(CheckOutcome.HOLDS, say_plain("fix.evidence_is", link=str(link)))


_JUDGES: Final[dict[FixCheckKind, Callable[[UnitOfWork, Sprint, Mapping[str, Any]], Judged]]] = {
    FixCheckKind.APPROVAL: _judge_approval,
    FixCheckKind.OWNER: _judge_owner,
    FixCheckKind.EVIDENCE: _judge_evidence,
}


def is_address(text: str) -> bool:
    """Return whether a text is a web address that names a host and no password."""
    if len(text) > LONGEST_ADDRESS or any(letter.isspace() for letter in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.password
    except ValueError:
        return False
