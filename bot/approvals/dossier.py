"""The dossier of one approver: what the sprint's records know, who accepted it, what is missing.

It is composed when it is sent, and attached below the request's card. No value of a row is in it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.approvals.announcements import card_key, direct_key
from bot.db.models import Approval, FindingOverride, ProbeRun, Sprint
from bot.deployments import queries as deployments
from bot.domain.enums import ApprovalState, OutboxKind
from bot.domain.vocabulary import LEVEL_RANK, Audience, FindingLevel, Subject
from bot.messages import keys
from bot.messages.approval_card import subject_title
from bot.messages.catalog import say, say_plain
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs, person_queue, sprint_queue
from bot.probe_runs.queries import done_runs
from bot.report.dossier import Dossier, DossierLine, DossierSection, file_name, render_dossier
from bot.slack.text import mention
from bot.sprints.card_threads import say_below
from bot.unit_of_work import UnitOfWork

FORMS: Final = ("pdf", "html")
MOST_LINES: Final = 12
MOST_NAMES: Final = 8
SHA_SHOWN: Final = 12

AUDIENCE_OF: Final[Mapping[Subject, Audience]] = {
    Subject.SECURITY: Audience.SECURITY,
    Subject.CHANGE: Audience.SECURITY,
    Subject.PRIVACY: Audience.PRIVACY,
    Subject.DATA_ACCESS: Audience.PRIVACY,
    Subject.LEGAL: Audience.LEGAL,
    Subject.BUSINESS: Audience.BUSINESS,
    Subject.PRODUCTION: Audience.BUSINESS,
}
_ORDER: Final[Mapping[Audience, tuple[str, ...]]] = {
    Audience.SECURITY: ("packages", "security", "rollback", "owners", "model", "data"),
    Audience.PRIVACY: ("data", "duties", "fairness", "reasons", "owners", "model", "rollback"),
    Audience.LEGAL: ("duties", "frameworks", "data", "model", "fairness", "reasons", "owners"),
    Audience.BUSINESS: ("model", "plan", "owners", "rollback", "fairness", "reasons", "duties"),
}
"""What an approver reads first; the other sections follow."""
_ALL: Final = (
    *("data", "model", "packages", "security", "fairness", "reasons", "rollback", "owners"),
    *("plan", "duties", "frameworks", "approvals"),
)
_ASKED_FOR: Final = frozenset(_ALL) - {"approvals"}
"""Sections that an approver misses where nothing is known."""
UNKNOWN: Final = "unknown"
_PROBES: Final[Mapping[str, frozenset[str]]] = {
    "data": frozenset({"access", "quality", "joins"}),
    "model": frozenset({"baseline"}),
    "security": frozenset({"integration"}),
}
"""Sections that hold all findings of some probes."""
_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "packages": (
        "known_vulnerabilities",
        "no_known_vulnerability",
        "vulnerabilities_unchecked",
        "licence_to_read",
        "licences_permissive",
    ),
    "security": ("secret_found", "no_secret_found", "file_not_found"),
    "fairness": ("groups_differ", "groups_alike", "groups_too_small", "groups_not_compared"),
    "reasons": ("decisions_explained",),
    "duties": ("acceptance_old", "subject_unclear", "proof_unseen"),
    "frameworks": (
        "annex_iii_open",
        "annex_iii_likely",
        "annex_iii_doubtful",
        "annex_iii_not_high",
        "high_risk_duties_open",
        "high_risk_duties_met",
        "coverage_eu_ai_act",
        "coverage_nist_ai_rmf",
        "coverage_iso_42001",
        "coverage_sr_11_7",
    ),
}
"""Findings of the governance check by section."""
_DUTIES: Final[Mapping[str, str]] = {
    "owners": "owners",
    "monitoring": "rollback",
    "actionability": "plan",
}
"""Sections of duties that have a place of their own; the others are evidence."""


@dataclass(frozen=True, slots=True)
class _Runs:
    """The newest finished run of each probe on each place, and what was overridden in them."""

    rows: tuple[ProbeRun, ...]
    overrides: Mapping[tuple[int, str], FindingOverride]

    def findings(self, probes: Iterable[str]) -> list[tuple[ProbeRun, Mapping[str, Any]]]:
        """Return the findings of some probes, the gravest first."""
        names = set(probes)
        every = [
            (run, finding)
            for run in self.rows
            if run.probe in names
            for finding in run.shown.get("findings") or []
        ]
        return sorted(every, key=lambda one: -LEVEL_RANK[FindingLevel(one[1]["level"])])

    @property
    def governance(self) -> ProbeRun | None:
        """The newest governance check."""
        return next((run for run in self.rows if run.probe == "governance"), None)

    @property
    def duties(self) -> list[Mapping[str, Any]]:
        """How each duty stood at the newest governance check."""
        run = self.governance
        facts = (run.shown.get("facts") or {}) if run else {}
        return list(facts.get("duties") or [])


def compose_dossier(
    uow: UnitOfWork, sprint: Sprint, audience: Audience, approval: Approval | None = None
) -> Dossier:
    """Return what is known, for one approver.

    Args:
        uow: the open unit, only read.
        sprint: whose records.
        audience: whose approval it is for; decides the order, and which duties count.
        approval: the request it is attached to.
    """
    runs = _newest_runs(uow, sprint.id)
    named = say_plain(f"dossier.for_{audience}")
    concern = [one for one in runs.duties if audience.value in one["for"]]
    order = dict.fromkeys([*_ORDER[audience], *_ALL])
    return Dossier(
        brand=say_plain("dossier.brand"),
        title=sprint.title,
        audience=named,
        made=_at(sprint, uow.now),
        standfirst=_standfirst(uow, sprint, named, approval),
        verdict=_verdict(concern, named),
        figures=_figures(sprint, runs, concern),
        sections=_sections(uow, sprint, order, runs, concern),
        note=say_plain("dossier.note"),
    )


def _newest_runs(uow: UnitOfWork, sprint_id: int) -> _Runs:
    newest: dict[tuple[Any, ...], ProbeRun] = {}
    for run in done_runs(uow, sprint_id):
        request = run.request
        place = (run.probe, request.get("source"), request.get("table"), request.get("target"))
        newest.setdefault(place if run.probe != "governance" else ("governance",), run)
    overrides = uow.session.scalars(
        select(FindingOverride).where(FindingOverride.sprint_id == sprint_id)
    )
    return _Runs(tuple(newest.values()), {(one.probe_run_id, one.code): one for one in overrides})


def _at(sprint: Sprint, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(sprint.timezone)):%Y-%m-%d %H:%M} {sprint.timezone}"


def _standfirst(uow: UnitOfWork, sprint: Sprint, named: str, approval: Approval | None) -> str:
    if approval is None:
        return say_plain("dossier.standfirst_sprint", audience=named)
    return say_plain(
        "dossier.standfirst_request",
        number=approval.number,
        subject=subject_title(uow.playbook, approval),
        what=approval.what,
        requester=uow.name(approval.requested_by),
        approver=uow.name(approval.approver_id),
        deadline=_at(sprint, approval.deadline),
    )


def _verdict(concern: Sequence[Mapping[str, Any]], named: str) -> str:
    if not concern:
        return say_plain("dossier.verdict_none")
    met = sum(bool(one["met"]) for one in concern)
    words = "verdict_all" if met == len(concern) else "verdict_open"
    return say_plain(
        f"dossier.{words}",
        met=met,
        asked=len(concern),
        missing=len(concern) - met,
        audience=named,
    )


def _figures(
    sprint: Sprint, runs: _Runs, concern: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, str], ...]:
    levels = [str(found["level"]) for _, found in runs.findings({run.probe for run in runs.rows})]
    checked = runs.governance.finished_at if runs.governance else None
    met, unchecked = sum(bool(one["met"]) for one in concern), say_plain("dossier.unchecked")
    return (
        (say_plain("dossier.figure_stops"), str(levels.count(FindingLevel.STOPS))),
        (say_plain("dossier.figure_slows"), str(levels.count(FindingLevel.SLOWS))),
        (
            say_plain("dossier.figure_duties"),
            say_plain("dossier.of", met=met, asked=len(concern)) if concern else unchecked,
        ),
        (
            say_plain("dossier.figure_checked"),
            _at(sprint, checked) if checked else say_plain("dossier.never"),
        ),
    )


def _sections(
    uow: UnitOfWork,
    sprint: Sprint,
    order: Iterable[str],
    runs: _Runs,
    concern: Sequence[Mapping[str, Any]],
) -> tuple[DossierSection, ...]:
    """Return what is known by section, and last, in one section, what is not and how to know it."""
    known, unknown = [], []
    for key in order:
        title, lines = say_plain(f"dossier.section_{key}"), _lines(uow, sprint, key, runs, concern)
        if lines:
            known.append(DossierSection(key, title, tuple(lines)))
        elif key in _ASKED_FOR:
            unknown.append(_line(title, "open", say_plain(f"dossier.empty_{key}")))
    if unknown:
        known.append(DossierSection(UNKNOWN, say_plain("dossier.section_unknown"), tuple(unknown)))
    return tuple(known)


def _lines(
    uow: UnitOfWork,
    sprint: Sprint,
    key: str,
    runs: _Runs,
    concern: Sequence[Mapping[str, Any]],
) -> list[DossierLine]:
    return [
        *_OWN.get(key, _nothing)(uow, sprint),
        *_findings(uow, sprint, key, runs),
        *(_duty(one) for one in _duties_of(key, runs, concern)),
    ]


def _findings(uow: UnitOfWork, sprint: Sprint, key: str, runs: _Runs) -> list[DossierLine]:
    found = runs.findings(_PROBES.get(key, frozenset()))
    more = len(found) - MOST_LINES
    found = found[:MOST_LINES]
    codes = _CODES.get(key, ())
    found += [pair for pair in runs.findings({"governance"}) if pair[1]["code"] in codes]
    lines = [
        _found_line(uow, sprint, run, finding, runs.overrides.get((run.id, str(finding["code"]))))
        for run, finding in found
    ]
    if more > 0:
        lines.append(_line(say_plain("dossier.more", count=more), "note"))
    return lines


def _found_line(
    uow: UnitOfWork,
    sprint: Sprint,
    run: ProbeRun,
    finding: Mapping[str, Any],
    override: FindingOverride | None,
) -> DossierLine:
    parts = [run.request.get("source"), run.request.get("table")]
    place = ".".join(str(part) for part in parts if part) or "-"
    at = _at(sprint, run.finished_at or run.asked_at)
    small = say_plain("dossier.source", probe=run.probe, place=place, at=at)
    small = small.replace(" · - · ", " · ")
    if override is not None:
        who = uow.name(override.said_by)
        small = f"{say_plain('dossier.overridden', who=who, why=override.why)} {small}"
    return _line(str(finding["sentence"]), str(finding["level"]), small)


def _line(words: str, state: str, small: str = "", link: str | None = None) -> DossierLine:
    return DossierLine(words, state, say_plain(f"dossier.state_{state}"), small, link)


def _duties_of(
    key: str, runs: _Runs, concern: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the duties that a section shows: all of its own, else those of the approver."""
    own = [one for one in runs.duties if _DUTIES.get(str(one["section"])) == key]
    if key != "duties":
        return own
    return [one for one in concern if str(one["section"]) not in _DUTIES]


def _duty(one: Mapping[str, Any]) -> DossierLine:
    refs = ", ".join(dict.fromkeys(str(ref) for ref in one["refs"].values()))
    asks = str(one["asks"])
    words = f"{asks[:1].upper()}{asks[1:]}"
    if not one["met"]:
        return _line(words, "open", say_plain("dossier.missing", why=one["why"], refs=refs))
    if one["probed"]:
        return _line(words, "ok", say_plain("dossier.shown_by_probe"))
    proof = str(one["proof"])
    is_link = proof.startswith(("https://", "http://"))
    accepted = say_plain("dossier.accepted", who=one["who"], on=one["on"], proof=proof)
    sentence = f"{words}: {one['says']}" if one["says"] else words
    return _line(sentence, "ok", accepted, proof if is_link else None)


def _model(uow: UnitOfWork, sprint: Sprint) -> list[DossierLine]:
    model = deployments.newest_model(uow, sprint.id)
    if model is None:
        return []
    names = [str(one["name"] if isinstance(one, Mapping) else one) for one in model.columns]
    shown = ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")
    words = say_plain(
        "dossier.model_line",
        family=model.family,
        target=model.target,
        columns=len(names),
        names=shown,
    )
    at, sha = _at(sprint, model.kept_at), model.sha256[:SHA_SHOWN]
    return [_line(words, "note", say_plain("dossier.model_small", at=at, sha=sha))]


def _rollback(uow: UnitOfWork, sprint: Sprint) -> list[DossierLine]:
    row = deployments.managed(uow, sprint.id)
    if row is None:
        return []
    if row.rehearsal_ms is None:
        lines = [_line(say_plain("dossier.not_rehearsed"), "open")]
    else:
        seconds = f"{row.rehearsal_ms / 1_000:.1f}"
        lines = [_line(say_plain("dossier.rehearsed", seconds=seconds), "ok")]
    if row.on_call:
        lines.append(_line(say_plain("dossier.on_call", who=uow.name(row.on_call)), "ok"))
    return lines


def _owners(uow: UnitOfWork, sprint: Sprint) -> list[DossierLine]:
    row = deployments.managed(uow, sprint.id)
    lines = []
    for owner in deployments.owners(uow, row) if row else ():
        accepted = owner.accepted_at is not None
        words = "owner_accepted" if accepted else "owner_asked"
        sentence = say_plain(f"dossier.{words}", who=uow.name(owner.user_id), part=owner.part)
        at = _at(sprint, owner.accepted_at or owner.named_at)
        lines.append(_line(sentence, "ok" if accepted else "open", at))
    return lines


def _approvals(uow: UnitOfWork, sprint: Sprint) -> list[DossierLine]:
    rows = uow.session.scalars(
        select(Approval).where(Approval.sprint_id == sprint.id).order_by(Approval.id)
    )
    lines = []
    for row in rows:
        words = say_plain(
            "dossier.approval_line",
            subject=subject_title(uow.playbook, row),
            state=say_plain(f"approval.state_{row.state}"),
            who=uow.name(row.decided_by or row.approver_id),
        )
        at = _at(sprint, row.decided_at or row.requested_at)
        lines.append(_line(words, "ok" if row.state == ApprovalState.APPROVED else "note", at))
    return lines


def _nothing(_uow: UnitOfWork, _sprint: Sprint) -> list[DossierLine]:
    return []


_OWN: Final = {
    "model": _model,
    "rollback": _rollback,
    "owners": _owners,
    "approvals": _approvals,
}
"""Sections that rows beside the probes' fill."""


# --- as files -------------------------------------------------------------------------------


def send_dossier(uow: UnitOfWork, sprint: Sprint, approval: Approval, renewal: str = "") -> None:
    """Attach the request's dossier in the threads of its cards: the channel's and the approver's.

    Args:
        uow: the open unit.
        sprint: whose records.
        approval: the request.
        renewal: names what made it anew; a file that was sent is never replaced.
    """
    person = approval.approver_id
    places = (
        (sprint_queue(sprint.id), card_key(approval), FORMS[:1]),
        (person_queue(person), direct_key(approval, person), FORMS),
    )
    for queue, card, forms in places:
        for form in forms:
            uow.upsert(
                keys.dossier(sprint.id, approval.number, queue, f"{form}{renewal}"),
                Template.DOSSIER_FILE,
                {"approval": approval.id, "form": form},
                queue=queue,
                kind=OutboxKind.UPLOAD,
                sprint_id=sprint.id,
                thread_key=card,
                priority=Priority.NORMAL,
            )


def renew_dossiers(uow: UnitOfWork, sprint: Sprint, override: FindingOverride) -> None:
    """Say below every open request that a finding was overridden, with its dossier made anew."""
    waiting = uow.session.scalars(
        select(Approval)
        .where(Approval.sprint_id == sprint.id, Approval.state == ApprovalState.WAITING)
        .order_by(Approval.id)
    ).all()
    run = uow.session.get_one(ProbeRun, override.probe_run_id)
    sentence = next(
        (one["sentence"] for one in run.shown["findings"] if one["code"] == override.code), ""
    )
    for approval in waiting:
        say_below(
            uow,
            card_key(approval),
            "dossier.renewed",
            who=mention(override.said_by),
            sentence=sentence,
            why=override.why,
        )
        renewal = f":{override.id}:{override.said_at.isoformat()}"
        send_dossier(uow, sprint, approval, renewal)


def render_dossier_file(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> dict[str, Any]:
    """Return a request's dossier as a file to upload."""
    approval = uow.session.get_one(Approval, args["approval"])
    form = str(args["form"])
    audience = AUDIENCE_OF[Subject(approval.subject)]
    named = say_plain(f"dossier.for_{audience}")
    content = render_dossier(compose_dossier(uow, sprint, audience, approval), form)
    return {
        "filename": file_name(
            sprint.title, sprint.id, f"request-{approval.number}-{approval.subject}", form
        ),
        "title": say_plain(
            "dossier.file_title", audience=named, number=approval.number, title=sprint.title
        ),
        "comment": say(f"dossier.file_comment_{form}", audience=named, number=approval.number),
        "content": base64.b64encode(content).decode("ascii"),
        "share": True,
    }
