"""*We asked for access* as somebody filled it in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import ValidationInfo

from bot.forms import check_form, refuse, with_rules
from bot.messages.catalog import say_plain

_TABLE: Final = re.compile(r"[\w$-]+(?:\.[\w$-]+){0,2}")


def _source_fault(source: str, info: ValidationInfo) -> str | None:
    known: Any = info.context
    return None if source in known else say_plain("evidence.unknown_source", source=source)


def _table_fault(table: str, _info: ValidationInfo) -> str | None:
    if not table or _TABLE.fullmatch(table):
        return None
    return say_plain("evidence.bad_table", table=table)


@with_rules
@dataclass(frozen=True, slots=True)
class AccessForm:
    """What access was asked for; field names are those of the form, for the errors.

    Args:
        source: a configured source.
        table: of the source, with its schema where that is known; empty for any.
    """

    source: Annotated[str, refuse(_source_fault)]
    table: Annotated[str, refuse(_table_fault)]

    @property
    def place(self) -> str:
        """What access was asked for, as "SOURCE" or "SOURCE.TABLE"."""
        return f"{self.source}.{self.table}" if self.table else self.source


def check_access(form: AccessForm, sources: Sequence[str]) -> None:
    """Refuse a form that cannot be taken.

    Args:
        form: what was filled in.
        sources: the names of the configured ones.

    Raises:
        FormError: each field at fault with its sentence.
    """
    check_form(form, sources)
