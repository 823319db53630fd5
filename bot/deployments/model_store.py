"""Content-addressed store of trained models: bytes in the database, large ones in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import ProbeRun, Sprint
from bot.db.serving_models import Model
from bot.deployments import queries, service
from bot.domain.enums import AuditAction, AuditSubject
from bot.domain.errors import InputError
from bot.messages.catalog import say
from bot.unit_of_work import UnitOfWork

LARGEST_BLOB: Final = 20_000_000
"""Bytes; a larger model goes into a folder, so that the database stays quick to back up."""
SHORTEST_HASH: Final = 4


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A trained model before it is stored.

    Args:
        content: the saved model's bytes.
        target: what it foretells.
        kind: which kind of answer it gives.
        classes: its outcomes.
        columns: its columns, each with `name` and `use`.
        about: family, honest figure and the like, as saved with it.
    """

    content: bytes
    target: str = ""
    kind: str = ""
    classes: Sequence[str] = ()
    columns: Sequence[Mapping[str, Any]] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The name that it is kept under."""
        return hashlib.sha256(self.content).hexdigest()


def keep_model(uow: UnitOfWork, run: ProbeRun, model: KeptModel, folder: Path) -> Model:
    """Keep a model that a probe has trained; the same bytes are kept once.

    Args:
        uow: the transaction.
        run: the run that trained it.
        model: the model.
        folder: where models go that are too large for a row.
    """
    sprint: Sprint = uow.sprint(run.sprint_id, lock=True)
    found = _by_hash(uow.session, uow.team_id, model.sha256)
    row = found or Model(team_id=uow.team_id, sha256=model.sha256)
    row.sprint_id, row.probe_run_id = run.sprint_id, run.id
    row.target, row.kind = model.target, model.kind
    row.family = str(model.about.get("family") or "")[:40]
    row.columns = [dict(column) for column in model.columns]
    row.figures = {**model.about, "classes": list(model.classes)}
    row.size, row.kept_at = len(model.content), uow.now
    if found is None:
        _store(row, model, folder)
        uow.session.add(row)
    uow.session.flush()
    uow.audit(
        run.sprint_id,
        run.asked_by,
        AuditAction.KEPT,
        AuditSubject.MODEL,
        row.id,
        sha256=row.sha256,
        size=row.size,
    )
    service.model_was_kept(uow, sprint)
    return row


def prefer_model(uow: UnitOfWork, run: ProbeRun, artifact: str) -> None:
    """Let the one of a run's models count that people's answers chose; nothing where none is kept.

    Args:
        uow: the transaction.
        run: the run that trained them.
        artifact: what the probe calls the model.
    """
    sprint: Sprint = uow.sprint(run.sprint_id, lock=True)
    kept = uow.session.scalars(
        select(Model).where(Model.team_id == uow.team_id, Model.probe_run_id == run.id)
    )
    newest = queries.newest_model(uow, sprint.id)
    for row in kept:
        if row.figures.get("artifact") == artifact and newest is not None and row is not newest:
            # A clock that stands still, as in a rehearsal, must not leave two that are newest.
            row.kept_at = max(uow.now, newest.kept_at + timedelta(microseconds=1))
            uow.session.flush()
            service.model_was_kept(uow, sprint)


def _store(row: Model, model: KeptModel, folder: Path) -> None:
    if len(model.content) <= LARGEST_BLOB:
        row.content = model.content
        return
    folder.mkdir(parents=True, exist_ok=True)
    target = folder.absolute() / f"{model.sha256}.skops"
    unfinished = target.with_suffix(".part")
    unfinished.write_bytes(model.content)
    unfinished.replace(target)
    row.folder_path = str(target)


def _by_hash(session: Session, team_id: str, sha256: str) -> Model | None:
    return session.scalars(
        select(Model).where(Model.team_id == team_id, Model.sha256 == sha256)
    ).one_or_none()


def content_of(row: Model) -> bytes:
    """Return a model's bytes.

    Raises:
        InputError: its file is gone, or they are not the ones that were kept.
    """
    if row.content is not None:
        content = bytes(row.content)
    elif row.folder_path and Path(row.folder_path).is_file():
        content = Path(row.folder_path).read_bytes()
    else:
        raise InputError(say("models.gone", sha=row.sha256[:12], path=row.folder_path or "–"))
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise InputError(say("models.broken", sha=row.sha256[:12]))
    return content


@dataclass(frozen=True, slots=True)
class Listed:
    """A kept model in a list."""

    sha256: str
    sprint: str
    target: str
    family: str
    figure: str
    size: int
    kept_at: datetime
    place: str


def list_models(session: Session) -> list[Listed]:
    """Return every kept model, the newest first."""
    rows = session.execute(
        select(Model, Sprint.title)
        .outerjoin(Sprint, Sprint.id == Model.sprint_id)
        .order_by(Model.kept_at.desc(), Model.id.desc())
    )
    return [
        Listed(
            model.sha256,
            str(title or ""),
            model.target,
            model.family,
            figure_words(model.figures),
            model.size,
            model.kept_at,
            model.folder_path or "database",
        )
        for model, title in rows
    ]


def figure_words(figures: Mapping[str, Any]) -> str:
    """Return a model's honest figure with its interval."""
    figure = figures.get("figure") or {}
    if not all(isinstance(figure.get(key), int | float) for key in ("mean", "low", "high")):
        return "–"
    metric = str(figures.get("metric") or "")
    return f"{metric} {figure['mean']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})".strip()


def find_model(session: Session, beginning: str) -> Model:
    """Return the one model whose hash begins so.

    Raises:
        InputError: there is none, or there are several.
    """
    asked = beginning.strip().lower()
    if len(asked) < SHORTEST_HASH:
        raise InputError(say("models.short", least=SHORTEST_HASH))
    found = session.scalars(
        select(Model).where(Model.sha256.startswith(asked, autoescape=True)).limit(2)
    ).all()
    if len({row.sha256 for row in found}) != 1:
        key = "models.several" if found else "models.none"
        raise InputError(say(key, sha=asked[:20]))
    return found[0]
