"""Which checks an item's owner can choose, the likeliest first by the item's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from bot.db.models import FixItem, Sprint
from bot.domain.enums import FixCheckKind
from bot.domain.vocabulary import ACTED_ON, Subject
from bot.fixes.checks import FixCheck, approval_check, describe, finding_check, is_address
from bot.forms import FieldRule
from bot.messages.catalog import say_plain
from bot.probe_runs.queries import done_runs
from bot.unit_of_work import UnitOfWork

NONE: Final = "none"
CHOSEN: Final = FieldRule("check", "fix.choose_wrong")
ADDRESS: Final = FieldRule("detail", "fix.url_wrong", is_address)
SUBJECTS: Final = frozenset(Subject)
MOST_FINDINGS: Final = 40
MOST_SOURCES: Final = 40
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"”“]+[^\s<>\"”“.,;:!?)\]]")
_OWNING: Final = re.compile(r"\b(owner|owns?|answers? for|accountable|responsible|by name)\b", re.I)


def offered(uow: UnitOfWork, sprint: Sprint, sources: Sequence[str]) -> list[tuple[str, str]]:
    """Return the value and the words of every check that can be chosen.

    Args:
        uow: the transaction.
        sprint: the sprint.
        sources: the sources that an administrator has named.
    """
    return [
        *[(value, describe(check)) for value, check in _findings(uow, sprint)],
        *[
            (f"access:{name}", say_plain("fix.check_access", place=name))
            for name in sources[:MOST_SOURCES]
        ],
        *[(f"approval:{each}", describe(approval_check(each))) for each in Subject],
        (FixCheckKind.URL.value, say_plain("fix.choose_url")),
        (FixCheckKind.OWNER.value, say_plain("fix.choose_owner")),
        (FixCheckKind.EVIDENCE.value, say_plain("fix.choose_evidence")),
        (NONE, say_plain("fix.choose_none")),
    ]


def _findings(uow: UnitOfWork, sprint: Sprint) -> list[tuple[str, FixCheck]]:
    found = []
    for run in done_runs(uow, sprint.id):
        for number, finding in enumerate(run.shown.get("findings", [])):
            check = finding_check(run, number) if finding["level"] in ACTED_ON else None
            if check is not None:
                found.append((f"finding:{run.id}:{number}", check))
    return found[:MOST_FINDINGS]


def likeliest(item: FixItem, choices: Sequence[tuple[str, str]]) -> tuple[str | None, str]:
    """Return the choice that an item's words suggest, and the address that they name."""
    values = [value for value, _ in choices]
    words = item.text.casefold()
    address = address_in(item.text)
    if address:
        return FixCheckKind.URL.value, address
    for value in values:
        kind, _, name = value.partition(":")
        if kind == FixCheckKind.ACCESS and re.search(rf"\b{re.escape(name.casefold())}\b", words):
            return value, ""
    for subject in Subject:
        title = subject.replace("_", " ")
        if re.search(rf"\b{title}\b", words) and re.search(r"approv|sign|request|yes\b", words):
            return f"approval:{subject}", ""
    if _OWNING.search(item.text):
        return FixCheckKind.OWNER.value, ""
    return None, ""


def address_in(text: str) -> str:
    """Return the first web address that a text names, or nothing."""
    found = _ADDRESS.search(text)
    return found.group() if found and is_address(found.group()) else ""


def chosen_check(
    uow: UnitOfWork, sprint: Sprint, sources: Sequence[str], value: str, detail: str
) -> FixCheck | None:
    """Return the check that a form's choice means; None for no check.

    Raises:
        FormError: it is none of the offered ones, or its address is none.
    """
    kind, _, rest = value.partition(":")
    if value == NONE:
        return None
    readers: dict[str, Callable[[], FixCheck | None]] = {
        FixCheckKind.URL: lambda: _of_address(detail),
        FixCheckKind.OWNER: lambda: FixCheck(FixCheckKind.OWNER),
        FixCheckKind.EVIDENCE: lambda: FixCheck(FixCheckKind.EVIDENCE),
        FixCheckKind.ACCESS: lambda: _of_source(sources, rest, detail),
        FixCheckKind.APPROVAL: lambda: approval_check(Subject(rest)) if rest in SUBJECTS else None,
        FixCheckKind.FINDING: lambda: dict(_findings(uow, sprint)).get(value),
    }
    found = readers[kind]() if kind in readers else None
    return CHOSEN.checked(found)


def _of_source(sources: Sequence[str], name: str, detail: str) -> FixCheck | None:
    if name not in sources:
        return None
    table = " ".join(detail.split()) or None
    return FixCheck(FixCheckKind.ACCESS, {"source": name, "table": table})


def _of_address(detail: str) -> FixCheck:
    return FixCheck(FixCheckKind.URL, {"url": ADDRESS.checked(detail)})
