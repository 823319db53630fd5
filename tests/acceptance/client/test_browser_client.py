"""The browser client before a real Bolt app, in Chromium."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.clock import CompressedClock
from playground.client_routes import BrowserClient, CompressedClockControl
from tests.acceptance.client import samples
from tests.acceptance.client.conftest import BrowserStage

pytestmark = [pytest.mark.browser, pytest.mark.smoke]

HOSTILE = '<img src=x onerror="document.title=1"><script>window.hacked=1</script> & <b>bold</b>'


def composer(page: Page) -> Locator:
    return page.locator("#main .composer-input")


def say(page: Page, text: str) -> None:
    composer(page).fill(text)
    composer(page).press("Enter")


def act_as(page: Page, name: str) -> None:
    page.locator("#act-as").click()
    page.get_by_role("menuitemradio", name=name).click()
    expect(page.locator("#act-as")).to_contain_text(name)


def in_modal(page: Page, block_id: str) -> Locator:
    return page.locator(f'.modal [data-block="{block_id}"]')


def until(stage: BrowserStage, found) -> None:
    stage.workspace.wait_until(found)


def test_a_command_is_suggested_and_its_modal_keeps_what_was_typed_through_an_error(
    stage: BrowserStage, page: Page
) -> None:
    page.goto(stage.address("Ana"))
    composer(page).press_sequentially("/spr")
    expect(page.get_by_role("option", name="/sprint plan")).to_be_visible()
    composer(page).press("Tab")
    composer(page).press_sequentially("plan")
    composer(page).press("Enter")

    title = in_modal(page, "title").locator("input")
    expect(title).to_be_focused()
    page.locator(".modal-submit").click()
    expect(in_modal(page, "title")).to_contain_text("Please complete this required field.")

    title.fill("vague")
    in_modal(page, "why").locator("textarea").fill("because")
    in_modal(page, "start").locator("input").fill("2026-03-30T09:30")
    in_modal(page, "owner").get_by_role("combobox").click()
    page.get_by_role("option", name="Ben").click()
    page.locator(".modal-submit").click()
    error = in_modal(page, "title").get_by_role("alert")
    expect(error).to_have_text("Name the thing that is missing.")
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(title).to_be_focused()
    expect(in_modal(page, "why").locator("textarea")).to_have_value("because")

    title.fill("A signed form")
    page.locator(".modal-submit").click()
    expect(page.locator(".modal")).to_have_count(0)
    until(stage, lambda: stage.app.submitted)
    values = stage.app.submitted[0]
    assert values["title"]["value"]["value"] == "A signed form"
    assert values["owner"]["value"]["selected_user"] == stage.people["Ben"].id
    # 9:30 in Lisbon on the first day of summer time is 8:30 UTC.
    kickoff = datetime(2026, 3, 30, 8, 30, tzinfo=UTC)
    assert values["start"]["value"]["selected_date_time"] == int(kickoff.timestamp())


def test_a_modal_can_be_stacked_filled_by_every_kind_of_input_and_closed(
    stage: BrowserStage, page: Page
) -> None:
    page.goto(stage.address("Ana"))
    say(page, "/sprint plan")
    in_modal(page, "title").locator("input").fill("Form")
    in_modal(page, "kind").get_by_role("combobox").click()
    page.locator(".picker-search").fill("skill")
    page.keyboard.press("Enter")
    for choice in ("Data access", "Infrastructure"):
        in_modal(page, "also").get_by_role("combobox").click()
        page.get_by_role("option", name=choice).click()
    in_modal(page, "source").get_by_role("combobox").click()
    page.locator(".picker-search").fill("house")
    page.get_by_role("option", name="households").click()
    in_modal(page, "severity").get_by_label("Slows").check()
    in_modal(page, "flags").get_by_label("Valuable").check()
    in_modal(page, "hours").locator("input").fill("3.5")
    in_modal(page, "notes").locator("textarea").fill("plain words")

    page.get_by_role("button", name="One window deeper").click()
    expect(page.locator("#modal-title")).to_have_text("Deeper")
    page.get_by_role("button", name="Back").click()
    expect(page.locator("#modal-title")).to_have_text("Plan a sprint")
    expect(in_modal(page, "title").locator("input")).to_have_value("Form")
    expect(in_modal(page, "also").locator(".chip")).to_have_text(["Data access", "Infrastructure"])
    page.locator(".modal-submit").click()
    expect(page.locator(".modal")).to_have_count(0)
    until(stage, lambda: stage.app.submitted)
    values = {block: kept["value"] for block, kept in stage.app.submitted[0].items()}
    assert values["kind"]["selected_option"]["value"] == "skills_gap"
    assert [one["value"] for one in values["also"]["selected_options"]] == [
        "data_access",
        "infrastructure",
    ]
    assert values["source"]["selected_option"]["value"] == "households"
    assert values["severity"]["selected_option"]["value"] == "slows"
    assert values["flags"]["selected_options"][0]["value"] == "valuable"
    assert values["hours"]["value"] == "3.5"
    assert values["day"]["selected_date"] == "2026-03-29"
    section = values["notes"]["rich_text_value"]["elements"][0]
    assert section["elements"][0]["text"] == "plain words"


def test_a_button_with_a_confirm_is_sent_only_when_confirmed(
    stage: BrowserStage, page: Page
) -> None:
    stage.post_prompt()
    page.goto(stage.address("Ana"))
    page.get_by_role("button", name="Close the sprint").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("The debrief is held over what there is.")
    dialog.get_by_role("button", name="Keep going").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Close the sprint")).to_be_focused()
    assert stage.app.pressed == []

    page.get_by_role("button", name="Close the sprint").click()
    page.get_by_role("button", name="Close it").click()
    until(stage, lambda: stage.app.pressed)
    page.get_by_role("combobox", name="Kind of blocker").click()
    page.get_by_role("option", name="Skills gap").click()
    page.get_by_role("button", name="More choices").click()
    page.get_by_role("menuitem", name="Reopen").click()
    until(stage, lambda: len(stage.app.pressed) == 3)
    close, kind, more = stage.app.pressed
    assert close["action_id"] == "close_sprint"
    assert kind["selected_option"]["value"] == "skills_gap"
    assert more["selected_option"]["value"] == "reopen"


def test_a_thread_opens_grows_live_and_takes_replies(stage: BrowserStage, page: Page) -> None:
    ts = stage.post_prompt()
    page.goto(stage.address("Ana"))
    page.get_by_role("button", name="On track").click()
    page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    expect(thread).to_contain_text("@Ana is on track.")
    thread.get_by_role("textbox").fill("Same here, @ben")
    thread.get_by_role("textbox").press("Enter")
    expect(thread.locator(".thread-count")).to_have_text("2 replies")
    expect(thread.get_by_role("textbox")).to_have_value("")

    parent = stage.workspace.message(stage.workspace.channel(stage.channel), ts)
    stage.people["Cho"].post(stage.channel, "From Seoul", thread=parent)
    expect(thread).to_contain_text("From Seoul")
    expect(page.locator("#main")).to_contain_text("3 replies")
    thread.get_by_role("button", name="Close thread").click()
    expect(thread).to_be_hidden()


def test_acting_as_another_member_shows_their_unread_their_time_and_their_drafts(
    stage: BrowserStage, page: Page
) -> None:
    workspace, ana = stage.workspace, stage.people["Ana"]
    secret = workspace.add_channel(
        "exec-digest", is_private=True, members=[workspace.bot_user_id, ana.id]
    )
    page.goto(stage.address("Ana"))
    say(page, "Where is the form, @ben?")
    expect(page.locator("#main .message .time").last).to_have_text("8:30 PM")
    expect(page.get_by_role("navigation")).to_contain_text("exec-digest")
    composer(page).fill("half a thou")

    act_as(page, "Ben")
    row = page.get_by_role("button", name=re.compile("^sprint-churn 1 unread"))
    expect(row).to_contain_text("1")
    expect(page.get_by_role("navigation")).not_to_contain_text("exec-digest")
    row.click()
    expect(page.locator(".mention-me")).to_have_text("@Ben")
    expect(page.locator("#main .message .time").last).to_have_text("4:30 PM")
    expect(composer(page)).to_have_value("")
    expect(page.get_by_role("button", name="sprint-churn", exact=True)).to_be_visible()

    act_as(page, "Ana")
    expect(composer(page)).to_have_value("half a thou")
    page.goto(stage.address("Ben", place=secret.id))
    expect(page.locator(".pane-title").first).not_to_contain_text("exec-digest")


def test_home_ephemerals_and_live_messages(stage: BrowserStage, page: Page) -> None:
    page.goto(stage.address("Ana"))
    say(page, "/blocker no credentials")
    private = page.locator(".message-ephemeral")
    expect(private).to_contain_text("Only visible to you")
    expect(private).to_contain_text("Noted for you alone: no credentials")
    act_as(page, "Ben")
    page.get_by_role("button", name="sprint-churn", exact=True).click()
    expect(page.locator("#main .scroll-start")).to_contain_text("sprint-churn")
    expect(page.locator(".message-ephemeral")).to_have_count(0)

    stage.post("A live word")
    expect(page.locator("#main .message").last).to_contain_text("A live word")
    expect(page.locator("#main .app-badge").last).to_have_text("APP")
    page.get_by_role("navigation").get_by_role("button", name="hour48").click()
    expect(page.locator("#main")).to_contain_text("Churn pilot · hour 9 of 48")
    page.get_by_role("button", name="Open", exact=True).click()
    until(stage, lambda: stage.app.pressed)
    assert stage.app.pressed[0]["action_id"] == "home_press"
    page.get_by_role("tab", name="Messages").click()
    expect(page.get_by_role("tab", name="Messages")).to_have_attribute("aria-selected", "true")


def test_shortcuts_pins_and_failures_are_at_hand(stage: BrowserStage, page: Page) -> None:
    stage.people["Ben"].post(stage.channel, "The replica needs a form")
    page.goto(stage.address("Ana"))
    message = page.locator("#main .message").last
    message.hover()
    message.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Log as blocker").click()
    expect(page.locator(".modal blockquote")).to_have_text("The replica needs a form")
    page.keyboard.press("Escape")
    expect(page.locator(".modal")).to_have_count(0)

    message.hover()
    message.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Pin to channel").click()
    expect(page.get_by_role("button", name="1 pinned")).to_be_visible()

    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("menuitem", name="Plan a sprint").click()
    expect(page.locator("#modal-title")).to_have_text("Plan a sprint")
    page.locator(".modal").get_by_role("button", name="Close").click()
    expect(page.locator(".modal")).to_have_count(0)

    say(page, "/silent")
    expect(page.locator(".toast")).to_contain_text("hour48 did not")
    say(page, "/nonsense")
    expect(page.locator(".toast").last).to_contain_text("/nonsense is not a command here")


def test_hostile_text_stays_text(stage: BrowserStage, page: Page) -> None:
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    stage.workspace.add_person(HOSTILE)
    stage.people["Ben"].post(stage.channel, HOSTILE)
    leaf = {"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}
    link = {"type": "link", "url": "javascript:alert(1)", "text": "press me"}
    section = {"type": "rich_text_section", "elements": [link]}
    stage.post(
        "fallback",
        blocks=[
            samples.section(f"*{escaped}*"),
            {"type": "header", "text": samples.plain(HOSTILE[:150])},
            {"type": "rich_text", "elements": [leaf, section]},
            {"type": "markdown", "text": f"{HOSTILE} [x](javascript:alert(1))"},
            samples.section(f"<javascript:alert(1)|{escaped}>"),
        ],
    )
    page.goto(stage.address("Ana"))
    messages = page.locator("#main .message")
    expect(messages.first).to_contain_text(HOSTILE)
    expect(messages.last.locator(".block-rich_text")).to_contain_text(HOSTILE)
    expect(messages.last.locator(".block-markdown")).to_contain_text("<b>bold</b>")
    assert page.locator("#main :is(img, script, b)").count() == 0
    assert page.locator('#main a[href^="javascript"]').count() == 0
    assert page.evaluate("window.hacked") is None


def test_text_and_dates_read_as_in_slack(stage: BrowserStage, page: Page) -> None:
    day = int(datetime(2026, 3, 29, 8, tzinfo=UTC).timestamp())
    lines = [
        "*bold* _it_ ~gone~ `a*b*` snake_case_name 2*3*4 &lt;ok&gt; &amp;amp;",
        "&gt; quoted",
        f"Due <!date^{day}^{{date_short_pretty}} at {{time}}|then> <https://a.example/?x=1&amp;y=2|go>",
        "```x &lt; 1\n  *y*```",
    ]
    stage.post("\n".join(lines))
    page.goto(stage.address("Ben"))
    body = page.locator("#main .message-text").last
    for tag, text in {"strong": "bold", "em": "it", "s": "gone", "code": "a*b*"}.items():
        expect(body.locator(tag)).to_have_text(text)
    expect(body).to_contain_text("snake_case_name 2*3*4 <ok> &amp;")
    expect(body.locator("blockquote")).to_have_text("quoted")
    # The reader is in New York, where it is still the day before.
    expect(body.locator("time")).to_have_text("tomorrow at 4:00 AM")
    expect(body.locator("a")).to_have_attribute("href", "https://a.example/?x=1&y=2")
    expect(body.locator("pre")).to_have_text("x < 1\n  *y*")


def test_every_block_is_drawn_in_both_themes_and_at_any_width(
    stage: BrowserStage, page: Page
) -> None:
    stage.post("rich", blocks=samples.rich_blocks(stage.people["Ana"].id))
    stage.post("md", blocks=[{"type": "markdown", "text": samples.MARKDOWN}])
    stage.post("beside", blocks=[samples.chosen_beside()])
    stage.post_prompt()
    page.goto(stage.address("Ana"))
    expect(page.locator(".block-table td", has_text="%").last).to_have_text("41.2 %")
    expect(page.locator(".markdown table td").last).to_have_text("1,469,307")
    expect(page.locator(".unsupported")).to_have_count(0)
    grounds = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2
    for width in (1280, 900, 420, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(OVERHANGING) == []
        expect(composer(page)).to_be_in_viewport()


OVERHANGING = """() => [...document.querySelectorAll(".accessory *")]
  .filter((each) => each.getBoundingClientRect().right
    > each.closest(".section-row").getBoundingClientRect().right + 1)
  .map((each) => each.textContent)"""
"""What stands beside a text and is wider than its half of the row."""
WIDE = """() => [...document.querySelectorAll("dialog.modal .zone, .pane-title .pane-name")]
  .filter((each) => each.getClientRects().length !== 1).map((each) => each.textContent)"""
"""Words of one line that were broken into several."""


def test_on_a_phone_no_zone_breaks_and_nothing_lies_over_what_was_typed(
    stage: BrowserStage, page: Page
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    stage.workspace.channel(stage.channel).name = "sprint-predict-which-households-leave-1201"
    page.goto(stage.address("Ana"))
    expect(page.locator(".pane-title .pane-name")).to_have_css("text-overflow", "ellipsis")
    field = composer(page)
    assert field.evaluate("each => each.scrollHeight <= each.clientHeight")
    say(page, "/sprint plan")
    expect(in_modal(page, "title").locator("input")).to_be_focused()
    assert page.evaluate(WIDE) == []
    title = in_modal(page, "title").locator("input").bounding_box()
    room = (
        in_modal(page, "title")
        .locator("input")
        .evaluate("each => parseFloat(getComputedStyle(each).paddingRight)")
    )
    counter = in_modal(page, "title").locator(".counter").bounding_box()
    assert title is not None
    assert counter is not None
    assert counter["x"] >= title["x"] + title["width"] - room


def test_the_clock_is_paused_sped_up_and_jumped(stage: BrowserStage, page: Page) -> None:
    clock = stage.workspace.clock
    assert isinstance(clock, CompressedClock)
    told: list[str] = []
    due = clock.now() + timedelta(hours=3)
    control = CompressedClockControl(clock, lambda: due, lambda: told.append("changed"))
    client = BrowserClient(stage.workspace, clock_control=control, prefix="/clocked")
    stage.slack.add_routes(client.routes())
    page.goto(client.address(stage.slack.base_url, person=stage.people["Ana"].id))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "true")
    assert clock.speed == 0
    page.get_by_role("button", name="Next event").click()
    expect(page.locator("#clock-face")).to_have_text("Sat, Mar 28, 11:30 PM")
    page.get_by_role("button", name="One hour a second").click()
    expect(page.locator("#clock-face")).to_contain_text("Mar 29")
    assert clock.speed == 3600
    assert len(told) == 3
    client.close()
