"""What the process that scores a batch is given and held to: its table, its databases, no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from bot.deployments.batches import ClaimedBatch
from bot.domain.batches import TO_CSV
from bot.isolation.confinement import Network
from probes.confining import Given, given_to
from probes.contract import ProbeRequest
from probes.settings import ProbeSettings
from serving.confining import reach_of

READS_AS: Final = "quality"
"""The probe that reads a table as a batch does: its source, and nothing else."""


def given_to_batch(
    claimed: ClaimedBatch,
    settings: ProbeSettings,
    urls: tuple[str, str | None],
    folder: Path,
    models: Path,
) -> Given:
    """Return what the process of a batch gets.

    Args:
        claimed: the batch.
        settings: all configured sources.
        urls: of the bot's database, and of the one that the scores go to; None for a file.
        folder: its own.
        models: where kept models are that are too large for a row.
    """
    given = given_to(ProbeRequest(READS_AS, claimed.source), settings, folder, folder)
    reached = [reach_of(url) for url in urls]
    is_called = given.confinement.network is not Network.NONE or any(
        one.is_called for one in reached
    )
    options = given.settings.probes.model_copy(update={"folder": folder})
    held = replace(
        given.confinement,
        network=Network.OPEN if is_called else Network.NONE,
        ports=None,
        read=(
            *given.confinement.read,
            str(models.absolute()),
            *(one for each in reached for one in each.read),
        ),
        write=(
            str(folder),
            *(one for each in reached for one in each.write),
            *_new_files(claimed.into, urls[1]),
        ),
    )
    return replace(
        given,
        settings=given.settings.model_copy(update={"targets": {}, "probes": options}),
        confinement=held,
    )


def _new_files(into: str, write_url: str | None) -> list[str]:
    """Return the folders of the files that are made: a CSV, or SQLite's journal beside a table."""
    if into.startswith(TO_CSV) and into != TO_CSV:
        return [str(Path(into.removeprefix(TO_CSV)).absolute().parent)]
    url = None if write_url is None else make_url(write_url)
    if url is not None and url.drivername.startswith("sqlite") and url.database:
        return [str(Path(url.database).absolute().parent)]
    return []
