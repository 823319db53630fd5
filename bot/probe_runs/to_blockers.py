"""Blockers out of a probe's findings, all that stop the team at once."""

from __future__ import annotations

from bot.blockers.forms import BlockerForm, refuse_twice
from bot.blockers.service import log_blocker
from bot.db.models import ProbeRun
from bot.domain.errors import InputError
from bot.domain.vocabulary import Kind, Remedy, Severity
from bot.slack.text import clip, one_line
from bot.unit_of_work import UnitOfWork

LONGEST_TITLE = 300


def log_stopping(uow: UnitOfWork, actor_id: str, run_id: int) -> int:
    """Log each stopping finding of a run that is no blocker yet, and return how many there were.

    Raises:
        InputError: there is no such run, or they may not.
    """
    run: ProbeRun = uow.row(ProbeRun, run_id, "probe")
    logged = 0
    for finding in run.shown.get("findings", []):
        if finding["level"] != Severity.STOPS:
            continue
        suggestion = finding.get("suggestion") or {}
        title = str(suggestion.get("title") or finding["sentence"])
        form = BlockerForm(
            sprint_id=run.sprint_id,
            title=clip(one_line(title), LONGEST_TITLE),
            kind=Kind(suggestion["kind"]) if suggestion.get("kind") else None,
            remedy=Remedy(suggestion["remedy"]) if suggestion.get("remedy") else None,
            severity=Severity.STOPS,
            probe_run_id=run.id,
            finding_code=str(finding["code"]),
        )
        if not _is_there(uow, form):
            log_blocker(uow, actor_id, form)
            logged += 1
    return logged


def _is_there(uow: UnitOfWork, form: BlockerForm) -> bool:
    try:
        refuse_twice(uow, form)
    except InputError:
        return True
    return False
