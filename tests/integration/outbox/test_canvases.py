"""A sprint's page on its channel's canvas: current, once, and never over what people wrote."""

from __future__ import annotations

import pytest

from bot.domain.enums import OutboxKind
from bot.messages.sprint_page import PageSection, line, page
from bot.messages.templates import Template
from bot.outbox.queue import channel_queue
from bot.rendering import RENDERERS
from playground.canvas import CanvasSection

pytestmark = pytest.mark.smoke


@pytest.fixture
def canvas_post(post, monkeypatch):
    """An outbox with one page, whose lines a test sets."""
    post.lines = {}

    def render(_uow, _sprint, _args):
        rows = [line(key, text) for key, text in post.lines.items()]
        return page("Churn", [PageSection("blockers", "Open blockers", rows)])

    def write(**lines):
        post.lines = {key.replace("_", ":"): text for key, text in lines.items()}
        with post.runtime.uow(post.workspace.team_id) as uow:
            kind, queue = OutboxKind.CANVAS, channel_queue(post.channel.id)
            uow.upsert("page", Template.SPRINT_PAGE, {}, queue=queue, kind=kind)
        post.settle()

    monkeypatch.setitem(RENDERERS, Template.SPRINT_PAGE, render)
    post.write = write
    post.delivery.start()
    return post


def texts(post):
    return [section.text for section in post.channel.canvas.sections]


def edits(post):
    return len(post.workspace.calls("canvases.edit"))


NOTES = [
    "Your notes",
    "Write anywhere here. hour48 changes only its own lines; a line you edit is yours.",
]


def test_the_page_is_a_canvas_and_changes_line_by_line(canvas_post):
    canvas_post.write(b_2="Blocker 2: no VPN", b_1="Blocker 1: no data")
    assert texts(canvas_post) == [
        "Open blockers",
        "Blocker 2: no VPN",
        "Blocker 1: no data",
        *NOTES,
    ]
    canvas_post.write(b_3="Blocker 3: no GPU", b_2="Blocker 2: VPN by Friday")
    assert texts(canvas_post) == [
        "Open blockers",
        "Blocker 3: no GPU",
        "Blocker 2: VPN by Friday",
        *NOTES,
    ]
    assert edits(canvas_post) == 3
    canvas_post.write(b_3="Blocker 3: no GPU", b_2="Blocker 2: VPN by Friday")
    assert edits(canvas_post) == 3
    assert canvas_post.posted() == []


def test_what_people_write_between_the_lines_survives_every_change(canvas_post):
    canvas_post.write(b_2="Blocker 2: no VPN", b_1="Blocker 1: no data")
    sections = canvas_post.channel.canvas.sections
    sections.insert(2, CanvasSection("P1", "Ana: *call Otto* on Monday"))
    sections.append(CanvasSection("P2", "- our own list"))
    canvas_post.write(b_2="Blocker 2: VPN by Friday", b_1="Blocker 1: data by May")
    canvas_post.write(b_3="Blocker 3: no GPU")
    assert texts(canvas_post) == [
        "Open blockers",
        "Blocker 3: no GPU",
        "Ana: call Otto on Monday",
        *NOTES,
        "- our own list",
    ]


def test_a_line_that_somebody_edited_is_theirs_and_what_changes_is_a_new_line(canvas_post):
    canvas_post.write(b_1="Blocker 1: no data")
    ours = canvas_post.channel.canvas.sections[1]
    ours.markdown += " (Ana: I asked Otto)"
    canvas_post.write(b_1="Blocker 1: data by May")
    canvas_post.write(none="No open blockers.")
    assert texts(canvas_post) == [
        "Open blockers",
        "No open blockers.",
        "Blocker 1: no data (Ana: I asked Otto)",
        *NOTES,
    ]


def test_a_line_that_was_moved_is_changed_where_it_is_now(canvas_post):
    canvas_post.write(b_2="Blocker 2: no VPN", b_1="Blocker 1: no data")
    sections = canvas_post.channel.canvas.sections
    sections.append(sections.pop(1))
    canvas_post.write(b_2="Blocker 2: VPN by Friday", b_1="Blocker 1: no data")
    assert texts(canvas_post) == [
        "Open blockers",
        "Blocker 1: no data",
        *NOTES,
        "Blocker 2: VPN by Friday",
    ]


def test_a_line_that_was_copied_is_left_in_both_places(canvas_post):
    canvas_post.write(b_1="Blocker 1: no data")
    canvas_post.channel.canvas.sections.append(CanvasSection("P1", "Blocker 1: no data, says Otto"))
    canvas_post.write(none="No open blockers.")
    assert "Blocker 1: no data, says Otto" in texts(canvas_post)
    assert texts(canvas_post)[:3] == ["Open blockers", "No open blockers.", "Blocker 1: no data"]


def test_a_section_that_was_deleted_stays_away(canvas_post):
    canvas_post.write(b_1="Blocker 1: no data")
    del canvas_post.channel.canvas.sections[:2]
    canvas_post.write(b_1="Blocker 1: data by May", b_2="Blocker 2: no VPN")
    assert texts(canvas_post) == NOTES


def test_a_canvas_of_the_team_gets_the_page_at_its_end(canvas_post):
    canvas_post.write(b_1="Blocker 1: no data")
    canvas = canvas_post.channel.canvas
    canvas.sections[:] = [CanvasSection("P1", "# Team page"), CanvasSection("P2", "Lunch at noon")]
    with canvas_post.runtime.sessions.begin() as session:
        session.merge(canvas_post.item("page")).result = {}
    canvas_post.write(b_1="Blocker 1: data by May")
    assert texts(canvas_post) == [
        "Team page",
        "Lunch at noon",
        "Open blockers",
        "Blocker 1: data by May",
    ]


@pytest.mark.parametrize("fault", ["error_after", "drop_after", "error_before", "ratelimited"])
@pytest.mark.parametrize(
    "method", ["conversations.canvases.create", "canvases.edit", "canvases.getContent"]
)
def test_no_line_appears_twice_when_slack_does_not_say_what_it_did(canvas_post, method, fault):
    canvas_post.workspace.faults.retry_after = 0
    canvas_post.workspace.faults.play(fault, method)
    canvas_post.write(b_2="Blocker 2: no VPN", b_1="Blocker 1: no data")
    canvas_post.write(b_3="Blocker 3: no GPU", b_2="Blocker 2: VPN by Friday")
    assert texts(canvas_post) == [
        "Open blockers",
        "Blocker 3: no GPU",
        "Blocker 2: VPN by Friday",
        *NOTES,
    ]


def refuse_plan(post):
    post.workspace.has_no_canvases = True


def refuse_scope(post):
    manifest = post.workspace.manifest
    kept = frozenset(each for each in manifest.scopes if not each.startswith("canvases:"))
    post.workspace.manifest = type(manifest)(**{**vars(manifest), "scopes": kept})


@pytest.mark.parametrize("refuse", [refuse_plan, refuse_scope])
def test_where_slack_takes_no_canvas_the_page_is_one_message_kept_current(canvas_post, refuse):
    refuse(canvas_post)
    canvas_post.write(b_1="Blocker 1: no data")
    canvas_post.write(b_1="Blocker 1: data by May")
    assert [key for key, _ in canvas_post.posted()] == ["page"]
    shown = canvas_post.channel.messages[-1].blocks
    assert "data by May" in shown[0]["text"]
    assert shown[0]["type"] == "markdown"
    assert canvas_post.channel.canvas is None


def test_the_message_has_a_plain_twin_too(canvas_post):
    refuse_plan(canvas_post)
    canvas_post.workspace.faults.refused_blocks = frozenset({"markdown"})
    canvas_post.write(b_1="Blocker 1: *no* <!channel> data")
    shown = canvas_post.channel.messages[-1].blocks
    assert shown[0]["text"]["text"] == "*Open blockers*\n• Blocker 1: *no* &lt;!channel&gt; data"


@pytest.mark.parametrize("words", ["a_b *c* `d` [e](f) <!channel> # g ~h~ \\ ![](@U1)", "1. x"])
def test_markup_in_a_title_is_text_on_the_canvas(canvas_post, words):
    canvas_post.write(b_1=f"Blocker 1: {words}")
    assert texts(canvas_post)[1] == f"Blocker 1: {words}"
    canvas_post.write(none="No open blockers.")
    assert texts(canvas_post) == ["Open blockers", "No open blockers.", *NOTES]
