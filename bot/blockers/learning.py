"""Suggestions learn: a workspace's corrections become weights of its own, beside the bot's rows."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import Popen
from threading import Lock
from typing import Final

import structlog
from sqlalchemy import Engine, select

from bot.db.models import KindCorrection
from bot.domain.errors import InputError
from bot.domain.vocabulary import Kind
from bot.suggest import Correction, is_trained_on, retrain
from bot.unit_of_work import Runtime

log = structlog.get_logger()

FOLDER: Final = "hour48-learnt"
MOST_CORRECTIONS: Final = 2_000
"""The newest count; older ones say little about how people write now."""


def weights_of(engine: Engine, team_id: str) -> Path:
    """Return the file of a workspace's own weights, beside SQLite's file or where the bot runs."""
    url = engine.url
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    folder = (
        Path(str(url.database)).parent / FOLDER if is_file else Path(FOLDER, url.database or "")
    )
    return folder / f"{re.sub(r'[^A-Za-z0-9]', '', team_id)}.zip"


class Learning:
    """Trains each workspace's weights when its corrections have changed.

    Args:
        runtime: the rows.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = Lock()
        self._training: Popen[bytes] | None = None
        self._stopped = False

    def run(self) -> list[str]:
        """Train what is out of date, forget what nobody corrects any more; return who was taught.

        A training that fails leaves the earlier weights in use.
        """
        taught = []
        corrected = self._corrected()
        self._forget_all_but(corrected)
        for team_id in corrected:
            if not self._stopped and self._teach(team_id):
                taught.append(team_id)
        return taught

    def stop(self) -> None:
        """End the training under way and begin no more."""
        with self._lock:
            self._stopped = True
            if self._training is not None:
                self._training.terminate()

    def _corrected(self) -> list[str]:
        with self._runtime.reading_sessions() as session:
            return list(session.scalars(select(KindCorrection.team_id).distinct()))

    def _forget_all_but(self, team_ids: list[str]) -> None:
        """Remove the weights of workspaces that were erased."""
        kept = {weights_of(self._runtime.engine, team_id) for team_id in team_ids}
        folder = weights_of(self._runtime.engine, "").parent
        for file in folder.glob("*.zip"):
            if file not in kept:
                file.unlink(missing_ok=True)

    def _teach(self, team_id: str) -> bool:
        corrections = self._corrections(team_id)
        weights = weights_of(self._runtime.engine, team_id)
        if is_trained_on(weights, corrections):
            return False
        try:
            retrain(corrections, weights, self._started)
        except InputError as failed:
            log.warning("learning.failed", team=team_id, error=failed.message)
            return False
        log.info("learning.taught", team=team_id, corrections=len(corrections))
        return True

    def _started(self, training: Popen[bytes]) -> None:
        with self._lock:
            self._training = training
            if self._stopped:
                training.terminate()

    def _corrections(self, team_id: str) -> list[Correction]:
        with self._runtime.reading_sessions() as session:
            newest = session.scalars(
                select(KindCorrection)
                .where(KindCorrection.team_id == team_id)
                .order_by(KindCorrection.id.desc())
                .limit(MOST_CORRECTIONS)
            ).all()
        return [(row.text, Kind(row.kind)) for row in reversed(newest)]
