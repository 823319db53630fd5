"""Exports the audit trail for a SIEM: OCSF 1.3 API activity, one JSON object a line.

Schema: https://schema.ocsf.io/1.3.0/classes/api_activity
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import Connection, select, text

from bot.db.audit_chain import AUDIT, CONTENT, LINKS
from bot.domain.enums import AuditAction, AuditSubject
from bot.unit_of_work import BOT_ACTOR

SCHEMA: Final = "1.3.0"
CLASS: Final = 6003
CATEGORY: Final = 6
CREATE, READ, UPDATE, DELETE, OTHER = 1, 2, 3, 4, 99
ACTIVITIES: Final = {
    CREATE: (
        *(AuditAction.PLANNED, AuditAction.LOGGED, AuditAction.REQUESTED, AuditAction.CREATED),
        *(AuditAction.DEPLOYED, AuditAction.PROPOSED, AuditAction.KEPT, AuditAction.INVITED),
    ),
    DELETE: (
        *(AuditAction.WITHDRAWN, AuditAction.REVOKED, AuditAction.FORGOT, AuditAction.ERASED),
        AuditAction.CANCELLED,
    ),
}
"""OCSF's activity of each action that is not a change of something that is there."""
_ACTIVITY: Final = {action: number for number, actions in ACTIVITIES.items() for action in actions}
NAMES: Final = {CREATE: "Create", READ: "Read", UPDATE: "Update", DELETE: "Delete", OTHER: "Other"}
INFORMATIONAL, MEDIUM = 1, 3
_WORTH_A_LOOK: Final = frozenset(
    {
        *(AuditAction.OVERRODE, AuditAction.OVERRIDDEN, AuditAction.ROLLED_BACK),
        *(AuditAction.ERASED, AuditAction.REVOKED, AuditAction.ALERTED, AuditAction.WENT_DOWN),
    }
)
PERSON, SYSTEM = 1, 3
NOTHING_OLDER_COMES: Final = (
    "audit.xmin::text::bigint < "
    "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint % 4294967296)"
)
"""A transaction that began earlier can commit a lower number later; such rows wait for it."""


def events(
    connection: Connection, after: int = 0, team_id: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the trail's entries as events, the oldest first.

    Args:
        connection: reads in one snapshot.
        after: only rows with a higher number; the last event's `metadata.sequence` goes on there.
        team_id: one workspace; all when left out.
    """
    columns = [*(AUDIT.c[name] for name in CONTENT), LINKS.c.seq, LINKS.c.hash]
    rows = (
        select(*columns)
        .outerjoin(LINKS, LINKS.c.audit_id == AUDIT.c.id)
        .where(AUDIT.c.id > after, *((AUDIT.c.team_id == team_id,) if team_id else ()))
        .order_by(AUDIT.c.id)
    )
    if connection.dialect.name == "postgresql":
        rows = rows.where(text(NOTHING_OLDER_COMES))
    for row in connection.execute(rows.execution_options(yield_per=500)).mappings():
        yield event_of(row)


def event_of(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return one entry of the trail as an event."""
    action, subject = str(row["action"]), str(row["subject"])
    activity = _ACTIVITY.get(action, UPDATE)  # type: ignore[call-overload]  # looked up by its value
    severity = MEDIUM if action in _WORTH_A_LOOK else INFORMATIONAL
    is_clock = row["actor_id"] == BOT_ACTOR
    at = int(row["at"].timestamp() * 1000)
    return {
        "activity_id": activity,
        "activity_name": NAMES[activity],
        "actor": {
            "user": {
                "uid": row["actor_id"],
                "type_id": SYSTEM if is_clock else PERSON,
                "type": "System" if is_clock else "User",
                "org": {"uid": row["team_id"], "name": row["team_id"]},
            }
        },
        "api": {
            "operation": f"{subject}.{action}",
            "service": {"name": "hour48"},
        },
        "category_name": "Application Activity",
        "category_uid": CATEGORY,
        "class_name": "API Activity",
        "class_uid": CLASS,
        "message": f"{subject} {action}",
        "metadata": {
            "version": SCHEMA,
            "uid": f"{row['team_id']}-{row['id']}",
            "sequence": row["id"],
            "product": {"name": "hour48", "vendor_name": "hour48", "version": version("hour48")},
            "log_name": "audit",
            "logged_time": at,
        },
        "resources": _resources(row),
        "severity": "Medium" if severity == MEDIUM else "Informational",
        "severity_id": severity,
        "src_endpoint": {"name": "slack.com", "type_id": OTHER, "type": "Other"},
        "status": "Success",
        "status_id": 1,
        "time": at,
        "type_name": f"API Activity: {NAMES[activity]}",
        "type_uid": CLASS * 100 + activity,
        "unmapped": {
            "sprint_id": row["sprint_id"],
            "facts": row["facts"],
            "chain": {"entry": row["seq"], "hash": row["hash"]},
        },
    }


def _resources(row: Mapping[Any, Any]) -> list[dict[str, Any]]:
    resources = [{"type": str(row["subject"]), "uid": str(row["subject_id"])}]
    if row["sprint_id"] is not None and row["subject"] != AuditSubject.SPRINT:
        resources.append({"type": "sprint", "uid": str(row["sprint_id"])})
    return [each for each in resources if each["uid"] != "None"]


def line_of(event: Mapping[str, Any]) -> str:
    """Return an event as the one line that it is in a file."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
