"""The limits of Block Kit are judged as the published schema judges them, and the place is told."""

from __future__ import annotations

import copy
import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError

from playground.blockkit import check_blocks, check_view, complete_blocks
from tests.integration.playground.shape_judge import recorded
from tests.integration.playground.small_app import actions, button, modal, plain, text_input


def options(count, **more):
    return [{"text": plain(f"o{n}"), "value": f"v{n}", **more} for n in range(count)]


def select(**more):
    return {"type": "static_select", "action_id": "s", "options": options(2), **more}


def section(**more):
    return {"type": "section", "text": plain("x"), **more}


def mrkdwn(text):
    return {"type": "mrkdwn", "text": text}


RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "a", "style": {"bold": True}},
                {"type": "user", "user_id": "U1"},
                {"type": "link", "url": "https://example.com"},
                {"type": "broadcast", "range": "here"},
                {"type": "emoji", "name": "tada"},
                {"type": "date", "timestamp": 1, "format": "{date}"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": []}],
        },
        {"type": "rich_text_quote", "elements": []},
        {"type": "rich_text_preformatted", "elements": []},
    ],
}
CONFIRM = {"title": plain("t"), "text": mrkdwn("x"), "confirm": plain("y"), "deny": plain("n")}
IMAGE = {"type": "image", "alt_text": "a", "image_url": "https://example.com/a.png"}
GOOD = [
    section(),
    section(text=mrkdwn("x" * 3000)),
    {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10},
    section(accessory=button("b"), block_id="x" * 255, expand=True),
    section(accessory=IMAGE),
    section(accessory={"type": "overflow", "action_id": "o", "options": options(5)}),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn("x"), plain("y"), IMAGE]},
    actions(*[button(f"b{n}") for n in range(25)]),
    actions({**button("b"), "style": "danger", "confirm": CONFIRM, "url": "https://example.com"}),
    actions(select(initial_option=options(1)[0], placeholder=plain("p"))),
    actions({"type": "datepicker", "action_id": "d", "initial_date": "2026-12-31"}),
    actions({"type": "timepicker", "action_id": "t", "initial_time": "23:59"}),
    actions({"type": "checkboxes", "action_id": "c", "options": options(10)}),
    actions({"type": "users_select", "action_id": "u", "initial_user": "U1"}),
    IMAGE,
    RICH,
    text_input("name", multiline=True, max_length=3000, placeholder=plain("p")),
    {"type": "markdown", "text": "x" * 12000},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 20] * 100},
    {"type": "table", "rows": [[{"type": "rich_text", "elements": []}]]},
]
BAD = [
    ({"type": "section"}, "must have text or fields [json-pointer:/blocks/0]"),
    (section(text=plain("")), "[json-pointer:/blocks/0/text/text]"),
    (section(text=mrkdwn("x" * 3001)), "less than 3001 characters"),
    ({"type": "section", "fields": [plain("x")] * 11}, "no more than 10 items"),
    ({"type": "section", "fields": [plain("x" * 2001)]}, "/blocks/0/fields/0/text"),
    (section(accessory={"type": "datetimepicker", "action_id": "d"}), "unsupported type"),
    (section(colour="red"), "invalid additional property: colour"),
    (section(block_id="x" * 256), "/blocks/0/block_id"),
    ({"type": "header", "text": plain("x" * 151)}, "less than 151"),
    ({"type": "header", "text": mrkdwn("x")}, "must be a plain_text object"),
    ({"type": "context", "elements": [plain("x")] * 11}, "no more than 10 items"),
    ({"type": "context", "elements": []}, "no fewer than 1"),
    (actions(*[button(f"b{n}") for n in range(26)]), "no more than 25 items"),
    (actions(button("b", "x" * 76)), "/blocks/0/elements/0/text/text"),
    (actions(button("b", value="x" * 2001)), "/blocks/0/elements/0/value"),
    (actions({**button("b"), "style": "loud"}), "must be one of primary, danger"),
    (actions({**button("b"), "confirm": {**CONFIRM, "deny": plain("x" * 31)}}), "confirm/deny"),
    (actions({"type": "plain_text_input", "action_id": "p"}), "unsupported type"),
    (actions({**select(), "options": options(101)}), "no more than 100 items"),
    (actions({**select(), "options": []}), "no fewer than 1"),
    (actions({"type": "static_select", "action_id": "s"}), "must have options or option_groups"),
    (actions(select(placeholder=plain("x" * 151))), "placeholder"),
    (actions(select(options=[{"text": plain("x" * 76), "value": "v"}])), "options/0/text/text"),
    (actions(select(options=[{"text": plain("x"), "value": "v" * 151}])), "options/0/value"),
    (actions({"type": "overflow", "action_id": "o", "options": options(6)}), "no more than 5"),
    (actions({"type": "checkboxes", "action_id": "c", "options": options(11)}), "no more than 10"),
    (actions({"type": "datepicker", "action_id": "d", "initial_date": "soon"}), "valid date"),
    ({**IMAGE, "slack_file": {"id": "F1"}}, "must not have both"),
    ({"type": "image", "image_url": "https://example.com"}, "missing required field: alt_text"),
    (text_input("x" * 256), "/blocks/0/"),
    (text_input("name", max_length=3001), "between 1 and 3000"),
    ({"type": "markdown", "text": "x" * 12001}, "less than 12001"),
    ({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101}, "no more than 100"),
    ({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]}, "no more than 20"),
    ({"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}, "unsupported type"),
    ({"type": "nonsense"}, "unsupported type: nonsense [json-pointer:/blocks/0/type]"),
    ("text", "must be an object [json-pointer:/blocks/0]"),
]


@functools.cache
def validator(kind):
    import jsonschema

    schema = {**recorded("slack-block-kit.schema.json"), "$ref": f"#/$defs/{kind}_block"}
    for key in ("type", "items", "minItems", "maxItems"):
        schema.pop(key, None)
    return jsonschema.Draft202012Validator(schema)


def schema_accepts(block):
    """Whether the published schema takes this as one of its blocks."""
    kind = block.get("type") if isinstance(block, dict) else None
    known = (
        isinstance(kind, str)
        and f"{kind}_block" in recorded("slack-block-kit.schema.json")["$defs"]
    )
    return known and validator(kind).is_valid(block)


@pytest.mark.parametrize("block", GOOD, ids=str)
def test_a_block_within_the_limits_passes(block):
    assert check_blocks([block], "message") == []
    assert check_blocks(complete_blocks([block]), "message") == []


@pytest.mark.parametrize(("block", "said"), BAD, ids=str)
def test_a_block_beyond_a_limit_is_refused_with_its_place(block, said):
    problems = check_blocks([block], "message")
    assert any(said in problem for problem in problems), problems


def test_the_published_schema_judges_these_blocks_alike():
    for block in GOOD:
        assert schema_accepts(block), block
    for block, _ in BAD:
        assert not schema_accepts(block), block


def every_place(part, path=()):
    """Yield the path of every key and item in a block."""
    items = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from every_place(value, (*path, key))


WRONG_VALUES = [0, -1, True, "", "x" * 3001, "a b", [], {}, ["x"], {"type": "plain_text"}, 10**11]


@given(st.data())
def test_a_block_spoilt_anywhere_is_judged_as_the_published_schema_judges_it(data):
    small = [block for block in GOOD if len(str(block)) < 5000]
    block = copy.deepcopy(data.draw(st.sampled_from(small)))
    *path, last = data.draw(st.sampled_from(list(every_place(block))))
    holder = functools.reduce(lambda part, key: part[key], path, block)
    if data.draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = data.draw(st.sampled_from(WRONG_VALUES))
    ours = check_blocks([block], "message") == []
    # The schema leaves links and a table cell's length unjudged; ours follows Slack's own refusal.
    if ours != schema_accepts(block):
        assert not ours, block
        assert last in ("url", "image_url", "text", "value", "alt_text"), block


def test_rules_for_the_whole_message():
    assert check_blocks([{"type": "divider"}] * 50, "message") == []
    assert "no more than 50" in check_blocks([{"type": "divider"}] * 51, "message")[0]
    twice = [section(block_id="a"), section(block_id="a")]
    assert "block_id already exists: a" in check_blocks(twice, "message")[0]
    assert (
        "`action_id` already exists: b"
        in check_blocks([actions(button("b"), button("b"))], "message")[0]
    )
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
    assert "only one table" in check_blocks([table, table], "message")[0]
    markdown = {"type": "markdown", "text": "x" * 7000}
    assert "12001 in all" in check_blocks([markdown, markdown], "message")[0]


@pytest.mark.parametrize(
    ("kind", "surface"),
    [("table", "modal"), ("markdown", "home"), ("alert", "message"), ("alert", "home")],
)
def test_a_block_is_refused_where_it_does_not_belong(kind, surface):
    block = {"type": kind, "text": plain("x"), "rows": [[]]}
    assert "unsupported type" in check_blocks([block], surface)[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": plain("x" * 25)}, "/view/title/text"),
        ({"submit": plain("x" * 25)}, "/view/submit/text"),
        ({"submit": None}, "submit is required"),
        ({"private_metadata": "x" * 3001}, "/view/private_metadata"),
        ({"callback_id": "x" * 256}, "/view/callback_id"),
        ({"blocks": []}, "/view/blocks"),
        ({"blocks": [{"type": "divider"}] * 101}, "no more than 100"),
        ({"type": "home"}, "must be of type modal"),
        ({"colour": "red"}, "invalid additional property"),
    ],
)
def test_a_view_beyond_a_limit_is_refused_with_its_place(change, said):
    assert any(said in problem for problem in check_view(modal(**change), "modal"))


def test_the_api_says_the_place(client, channel):
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=channel, text="x", blocks=[actions(button("b", "x" * 76))])
    answer = refused.value.response
    assert answer["error"] == "invalid_blocks"
    place = "[json-pointer:/blocks/0/elements/0/text/text]"
    assert answer["response_metadata"]["messages"] == [
        f"[ERROR] must be less than 76 characters {place}"
    ]
