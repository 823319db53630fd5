"""Words about scored tables that the bot and the process that scores them share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

TO_CSV: Final = "csv:"
"""How `into` of a batch starts for a file; a path may follow, else it goes into the channel."""
TO_SHADOW: Final = "shadow:"
"""What `into` of a batch says for a log that is replayed in a shadow run: nothing is written."""
CSV_NAME: Final = "scores.csv"
_SHORT: Final = 8
"""Characters of a claim's name that end the name of its unfinished table."""


def table_name(deployment_id: int, due_at: datetime, number: int) -> str:
    """Return the name of a batch's new table, after `hour48_scores_`."""
    return f"{deployment_id}_{due_at:%Y%m%d_%H%M%S}_{number}"


@dataclass(frozen=True, slots=True)
class BatchAttempt:
    """A claim on a batch.

    Args:
        number: of the batch's row.
        owner: who has claimed it.
        table: the name of its new table, after `hour48_scores_`.
        before: who died over it; what they may have written is replaced. None at the first attempt.
    """

    number: int
    owner: str
    table: str
    before: str | None = None

    @property
    def part(self) -> str:
        """What ends the name of its table while that is not whole; two claims never share one."""
        return self.owner[:_SHORT]

    @property
    def tables(self) -> list[str]:
        """The tables that it may have made, whole or not."""
        return [self.table, f"{self.table}_{self.part}"]

    @property
    def leftover(self) -> str | None:
        """The unfinished table of whoever died over it."""
        return None if self.before is None else f"{self.table}_{self.before[:_SHORT]}"
