"""*We asked for access* as somebody filled it in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final, NamedTuple

from pydantic import ValidationInfo

from bot.forms import check_form, refuse, rule, with_rules
from bot.messages.catalog import say_plain
from bot.unit_of_work import UnitOfWork

_TABLE: Final = re.compile(r"[\w$-]+(?:\.[\w$-]+){0,2}")


class _Known(NamedTuple):
    """What the rules look into: the names of the configured sources, and what day it is."""

    sources: Sequence[str]
    today: date


def _source_fault(source: str, info: ValidationInfo) -> str | None:
    known: Any = info.context
    return None if source in known.sources else say_plain("evidence.unknown_source", source=source)


def _table_fault(table: str, _info: ValidationInfo) -> str | None:
    if not table or _TABLE.fullmatch(table):
        return None
    return say_plain("evidence.bad_table", table=table)


def _has_come(day: date, info: ValidationInfo) -> bool:
    known: Any = info.context
    return bool(day <= known.today)


@with_rules
@dataclass(frozen=True, slots=True)
class AccessForm:
    """What access was asked for; field names are those of the form, for the errors.

    Args:
        source: a configured source.
        table: of the source, with its schema where that is known; empty for any.
        asked: the day on which it was asked for.
    """

    source: Annotated[str, refuse(_source_fault)]
    table: Annotated[str, refuse(_table_fault)]
    asked: Annotated[date, rule("evidence.asked_ahead", _has_come)]

    @property
    def place(self) -> str:
        """What access was asked for, as "SOURCE" or "SOURCE.TABLE"."""
        return f"{self.source}.{self.table}" if self.table else self.source

    def moment(self, now: datetime) -> datetime:
        """Return when it was asked for: now for today, else noon of the day."""
        is_today = self.asked == now.date()
        return now if is_today else datetime.combine(self.asked, time(12), UTC)


def check_access(uow: UnitOfWork, form: AccessForm, sources: Sequence[str]) -> None:
    """Refuse a form that cannot be taken.

    Args:
        uow: the open unit.
        form: what was filled in.
        sources: the names of the configured ones.

    Raises:
        FormError: each field at fault with its sentence.
    """
    check_form(form, _Known(sources, uow.now.date()))
