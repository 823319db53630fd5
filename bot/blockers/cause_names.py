"""The names of the two records that a link joins or parts, also of links from before 0024."""

from __future__ import annotations

from collections.abc import Mapping

from bot.db.models import CauseLink


def names_of_link(link: CauseLink, blockers: Mapping[int, str]) -> tuple[str, str] | None:
    """Return what the two records of a link are called; None where a blocker of it is gone.

    Args:
        link: what somebody said.
        blockers: the name of each blocker of the sprint, by row.
    """
    if link.first and link.second:
        return link.first, link.second
    first, second = (blockers.get(row or 0) for row in (link.first_id, link.second_id))
    return (first, second) if first and second else None
