"""Blocks of every kind, as an app would send them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
KICKOFF = 1_774_771_200  # 2026-03-29 08:00 UTC: clocks go forward in Europe that night


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(text: str, value: str | None = None, **more: Any) -> Json:
    return {"text": plain(text), "value": value or text.lower().replace(" ", "_"), **more}


def button(action_id: str, text: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": "1", **more}


def actions(block_id: str, *elements: Json) -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def field(block_id: str, label: str, element: Json, **more: Any) -> Json:
    placed = {"action_id": "value", **element}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": placed, **more}


CONFIRM: Json = {
    "title": plain("Close the sprint?"),
    "text": mrkdwn("The debrief is held over *what there is*."),
    "confirm": plain("Close it"),
    "deny": plain("Keep going"),
    "style": "danger",
}

KINDS = [
    option("Data access"),
    option("Infrastructure"),
    option("Approval process", description=plain("organizational")),
    option("Skills gap"),
]


def prompt_blocks(lead: str, approver: str) -> list[Json]:
    """A card much like the ones a sprint posts."""
    return [
        {"type": "header", "text": plain("Hour 9 · build the simplest model")},
        section(
            ":satellite: *Does the environment let you train something small?*\n"
            "One table, one `LogisticRegression`, ten minutes. "
            f"Next prompt <!date^{KICKOFF}^{{date_short_pretty}} at {{time}}|soon>."
        ),
        {
            "type": "section",
            "fields": [
                mrkdwn("*Phase*\nModel, hours 8–16"),
                mrkdwn("*Open blockers*\n2, one stops"),
                mrkdwn(f"*Waiting*\n<@{approver}> on _security_"),
                mrkdwn("*Lost so far*\n3.5 h to data access"),
            ],
        },
        {"type": "divider"},
        actions(
            "answer",
            button("on_track", "On track", style="primary"),
            button("blocked", "Blocked"),
            button("close_sprint", "Close the sprint", style="danger", confirm=CONFIRM),
            {
                "type": "static_select",
                "action_id": "kind",
                "placeholder": plain("Kind of blocker"),
                "options": KINDS,
            },
            {
                "type": "overflow",
                "action_id": "more",
                "options": [option("Edit"), option("Reopen")],
            },
        ),
        {
            "type": "context",
            "elements": [mrkdwn(f"Lead: <@{lead}> · <https://example.com|playbook>")],
        },
    ]


def chosen_beside() -> Json:
    """A menu beside a text, as the what-if has."""
    option = {"text": {"type": "plain_text", "text": "Approval process"}, "value": "1"}
    menu = {
        "type": "multi_static_select",
        "action_id": "fixes",
        "placeholder": {"type": "plain_text", "text": "Choose fixes"},
        "options": [option],
    }
    words = {"type": "mrkdwn", "text": "Which fixes are done by day 14?"}
    return {"type": "section", "text": words, "accessory": menu}


def rich_blocks(user: str) -> list[Json]:
    """Rich text with every leaf, a table and Markdown."""
    leaves: list[Json] = [
        {"type": "text", "text": "Bold ", "style": {"bold": True}},
        {"type": "text", "text": "italic ", "style": {"italic": True}},
        {"type": "text", "text": "gone ", "style": {"strike": True}},
        {"type": "text", "text": "code()", "style": {"code": True}},
        {"type": "text", "text": " with "},
        {"type": "link", "url": "https://example.com/a?b=1&c=2", "text": "a link"},
        {"type": "text", "text": ", "},
        {"type": "user", "user_id": user},
        {"type": "text", "text": " "},
        {"type": "emoji", "name": "tada"},
        {"type": "text", "text": " "},
        {"type": "broadcast", "range": "here"},
        {"type": "text", "text": " "},
        {"type": "color", "value": "#2EB67D"},
        {"type": "text", "text": " at "},
        {"type": "date", "timestamp": KICKOFF, "format": "{time}", "fallback": "8:00"},
    ]
    points = [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
        for text in ("Credentials within two hours", "One authoritative source")
    ]
    cell = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": leaves[:1]}],
    }
    return [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": leaves},
                {"type": "rich_text_list", "style": "ordered", "elements": points},
                {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": points[:1]},
                {"type": "rich_text_quote", "elements": [{"type": "text", "text": "We track it."}]},
                {
                    "type": "rich_text_preformatted",
                    "elements": [{"type": "text", "text": "select count(*)\n  from <households>"}],
                },
            ],
        },
        {
            "type": "table",
            "column_settings": [{"is_wrapped": True}, {"align": "right"}],
            "rows": [
                [{"type": "raw_text", "text": "Column"}, {"type": "raw_text", "text": "Missing"}],
                [
                    {"type": "raw_text", "text": "household_id"},
                    {"type": "raw_text", "text": "0.0 %"},
                ],
                [cell, {"type": "raw_text", "text": "41.2 %"}],
            ],
        },
    ]


MARKDOWN = """## What we know
1. The replica is **reachable**, but `billing` is _not_.
2. See [the plan](https://example.com/plan).
   - nested *point*

> Nobody owns the join.

| Source | Rows |
|:--|--:|
| households | 2,469 |
| transactions | 1,469,307 |

```sql
select 1 < 2;
```
- [x] asked
- [ ] granted
"""


def elements_by_block() -> dict[str, Json]:
    """The element of each input block of `every_input`, but for the title."""
    select = {"placeholder": plain("Choose"), "options": KINDS}
    severity = [option("Stops"), option("Slows")]
    flags = [option("Valuable", description=plain("if it works")), option("Not critical")]
    return {
        "why": {"type": "plain_text_input", "multiline": True},
        "hours": {"type": "number_input", "is_decimal_allowed": True, "min_value": "0"},
        "mail": {"type": "email_text_input"},
        "link": {"type": "url_text_input"},
        "kind": {"type": "static_select", **select, "initial_option": KINDS[2]},
        "also": {"type": "multi_static_select", **select},
        "owner": {"type": "users_select", "placeholder": plain("Who")},
        "helpers": {"type": "multi_users_select"},
        "room": {"type": "channels_select"},
        "talk": {"type": "conversations_select"},
        "source": {"type": "external_select", "min_query_length": 1},
        "severity": {"type": "radio_buttons", "options": severity},
        "flags": {"type": "checkboxes", "options": flags},
        "day": {"type": "datepicker", "initial_date": "2026-03-29"},
        "time": {"type": "timepicker"},
        "start": {"type": "datetimepicker", "initial_date_time": KICKOFF},
        "notes": {"type": "rich_text_input"},
        "file": {"type": "file_input"},
    }


def every_input() -> list[Json]:
    """One input block of each kind; only the title is required."""
    title = {
        "type": "plain_text_input",
        "max_length": 80,
        "placeholder": plain("In one line"),
    }
    hint = plain("Say what is missing, not who is at fault.")
    others = elements_by_block().items()
    return [
        field("title", "Title", title, hint=hint),
        *(field(name, name.title(), element, optional=True) for name, element in others),
    ]


def modal(title: str, callback_id: str, blocks: list[Json], **more: Any) -> Json:
    return {
        "type": "modal",
        "title": plain(title),
        "submit": plain("Save"),
        "close": plain("Cancel"),
        "callback_id": callback_id,
        "blocks": blocks,
        **more,
    }
