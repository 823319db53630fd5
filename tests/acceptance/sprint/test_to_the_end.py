"""One sprint to its end and beyond: debrief, path, plan, report, follow-ups and the rerun.

Everything typed in it is hostile, so that what holds at the end holds for any words.
"""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest
import yaml

from bot.domain.enums import SprintStatus
from bot.messages.ended import GONE
from hour48.shipped import MANIFEST
from playground.blockkit import check_blocks, check_view
from playground.methods.registry import table
from tests.stage import buttons_of, open_stage, shown, words_of

pytestmark = pytest.mark.smoke

NASTY = "<!channel> <@U1> *b* `c` ~d~ & \u202e\x00 🙈 <http://x|y>"
SHARED = Path(__file__).parents[3].parent / "shared" / "data"


def shared(name):
    """Return a file of public Slack references, where it is at hand."""
    file = SHARED / name
    if not file.exists():
        pytest.skip(f"{name} is not at hand")
    return json.loads(file.read_text("utf-8"))


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A sprint that was lived through to its closed debrief."""
    with open_stage(tmp_path_factory.mktemp("ended")) as stage:
        stage.start(title=f"Churn {NASTY}", sponsor=stage["Eve"].id)
        channel = stage.channel
        stage.click("Ben", stage.keyed(":welcome"), "kickoff.open")
        modal = stage.modal("Ben").fill(
            success=NASTY, data=NASTY * 20, integration=NASTY, worth="plenty"
        )
        refused = stage.press(stage["Ben"], modal.submit)
        assert "amount" in refused.errors["worth"]
        stage.press(stage["Ben"], modal.fill(worth="40 000 € pro Monat").submit)
        stage.command("Ana", "/blocker", "No credentials until a form is signed", channel)
        stage.command("Ben", "/blocker", f"Nobody owns the gateway {NASTY}", channel)
        stage["Ana"].command("/approval", "", channel=channel)
        form = stage.modal("Ana").fill(
            subject="security", approver=stage["Cho"].id, what=f"May we? {NASTY}", deadline="6"
        )
        stage.press(stage["Ana"], form.submit)
        stage.dismiss("Ana")
        stage.go(24)
        stage.command("Ana", "/sprint", "gate data locked", channel)
        stage.command("Ana", "/sprint", f"output no, {NASTY}", channel)
        stage["Ana"].open_home()
        stage.go(24)
        _debrief(stage)
        yield stage


QUESTIONS = ("unlimited_resources", "critical_path", "timeline", "thirty_days", "should_do_ai")


def _debrief(stage):
    summary = stage.keyed(":debrief:summary")
    for question in QUESTIONS:
        stage.click("Ana", summary, "debrief.discuss", f"1:{question}")
    stage.click("Ana", summary, "debrief.discuss", "1:timeline")
    assert "thread already" in stage.told("Ana")
    for name, question in (("Ana", "timeline"), ("Ben", "timeline"), ("Cho", "critical_path")):
        stage.click(name, stage.keyed(f":debrief:{question}"), "debrief.agree")
    stage.click("Dee", summary, "debrief.correct", "1:timeline")
    modal = stage.modal("Dee")
    select = next(block["element"] for block in modal.blocks if block.get("block_id") == "answer")
    field = select["options"][0]["value"]
    modal.fill(answer=field, why=f"It was quicker {NASTY}")
    stage.press(stage["Dee"], modal.submit)
    stage.click("Ana", summary, "debrief.facts", "1:timeline")
    stage.dismiss("Ana")
    _what_if(stage)
    stage.click("Ben", stage.keyed(":debrief:summary"), "debrief.close")
    assert "Only the sprint's lead" in stage.told("Ben")
    stage.close_debrief()


def test_five_answers_are_shown_with_who_agrees_and_who_corrects(ended):
    summary = ended.keyed(":debrief:summary")
    for question in QUESTIONS:
        assert ended.keyed(f":debrief:{question}").thread_ts == summary.ts
    assert "It was quicker &lt;!channel&gt;" in shown(summary)
    timeline = shown(ended.keyed(":debrief:timeline"))
    assert "Agreed by Ana, Ben" in timeline
    assert "*Dee corrects:*" in timeline
    assert "It was quicker &lt;!channel&gt;" in timeline


def test_the_path_the_plan_and_the_report_go_out_to_the_sponsor_too(ended):
    assert "The path:" in shown(ended.keyed("sprint:1:debrief:path"))
    assert shown(ended.keyed(":sponsor:path")) == shown(ended.keyed(":debrief:path"))
    names = [file.name for file in ended.workspace.files.values()]
    for form in ("pdf", "html", "png"):
        assert len([name for name in names if name.endswith(f"report.{form}")]) == 2
    plan = [post for post in ended.posts(ended.channel) if "fix.done" in buttons_of(post)]
    assert plan


def test_nothing_is_said_twice_in_a_thread_of_the_close(ended):
    closed = ended.keyed(":debrief:closed")
    said = [post.text for post in ended.posts(ended.channel) if post.thread_ts == closed.ts]
    assert len(said) > 3
    assert sorted(said) == sorted(set(said))


OVER = [
    ("debrief.agree", "1:timeline", "no open debrief"),
    ("debrief.close", "1", "no open debrief"),
    ("prompt.on_track", "1:48", "over"),
    ("kickoff.open", "1", "over"),
    ("gate.answer:x", "1:data:locked", "over"),
    ("blocker.fixed", "1", ""),
    ("sprint.cancel", "1", "is closed already"),
    ("plan.start", "1", "closed already"),
]


def _what_if(stage):
    """Choosing fixes draws the chance and the dates of the open modal again."""
    stage.click("Dee", stage.keyed(":debrief:timeline"), "debrief.what_if")
    modal = stage.modal("Dee")
    assert "Now:" in words_of(modal.blocks)
    assert "done by day 14:" not in words_of(modal.blocks)
    (select,) = [each["accessory"] for each in modal.blocks if "accessory" in each]
    numbers = [option["value"] for option in select["options"]]
    for chosen in (numbers[:1], numbers):
        stage.press(
            stage["Dee"],
            partial(modal.choose, "debrief.what_if_choose", chosen),
        )
        count = "1 fix" if len(chosen) == 1 else f"{len(chosen)} fixes"
        assert f"With {count} done by day 14:" in words_of(modal.blocks)
    assert "All fixes shown here together reach" in words_of(modal.blocks)
    stage.dismiss("Dee")


@pytest.mark.parametrize(("action", "value", "said"), OVER)
def test_after_the_end_a_button_says_that_it_is_over(ended, action, value, said):
    known = len(ended["Ana"].ephemerals())
    element = {"type": "button", "action_id": action, "value": value}
    ended.press_stale("Ana", ended.keyed(":welcome"), element)
    ended.workspace.wait_until(lambda: len(ended["Ana"].ephemerals()) > known)
    assert said in ended.told("Ana")


@pytest.mark.parametrize("text", ["close", "cancel", "gate data locked", "deploy 1", "output yes"])
def test_after_the_end_a_command_says_that_it_is_over(ended, text):
    answer = ended.command("Ana", "/sprint", text, ended.channel)
    assert any(word in answer for word in ("over", "closed", "no open debrief")), answer


def test_the_report_and_the_audit_trail_come_on_request(ended):
    for text in ("report", "audit"):
        assert "on its way" in ended.command("Ana", "/sprint", text, ended.channel)
    names = [file.name for file in ended.workspace.files.values()]
    assert "sprint-1-audit.csv" in names


def test_a_closed_sprint_leaves_no_button_that_it_refuses(ended):
    left = {
        action
        for post in ended.posts()
        for action in buttons_of(post)
        if action.partition(":")[0] in GONE[SprintStatus.CLOSED]
    }
    assert left == set()


def test_no_words_that_were_typed_ping_anybody_or_break_a_block(ended):
    assert len(ended.posts()) > 60
    team = {ended[name].id for name in ("Ana", "Ben", "Cho", "Dee", "Eve")}
    for post in ended.posts():
        assert not check_blocks(post.blocks, "message")
        for mention in post.mentions:
            assert mention.kind == "user", shown(post)
            assert mention.target in team, "U1 is only a word that was typed"
    for call in ended.workspace.journal:
        refused = call.answer.get("error")
        assert refused in (None, "name_taken"), (call.method, call.answer)


def test_every_message_and_view_keeps_slacks_published_schema(ended):
    import jsonschema

    schema = shared("slack-block-kit.schema.json")
    blocks = [call.arguments.get("blocks") for call in ended.workspace.calls("chat.postMessage")]
    definitions = schema["$defs"]
    one_of = next(name for name in ("block", "blocks", "message_block") if name in definitions)
    judge = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{one_of}", "$defs": definitions})
    seen = 0
    for message in filter(None, blocks):
        for part in message if one_of != "blocks" else [message]:
            errors = [error.message for error in judge.iter_errors(part)]
            assert not errors, (part, errors)
            seen += 1
    assert seen > 100
    shown_as = {"views.open": "modal", "views.update": "modal", "views.publish": "home"}
    for method, kind in shown_as.items():
        calls = ended.workspace.calls(method)
        assert calls, method
        for call in calls:
            assert not check_view(call.arguments["view"], kind)


def test_the_manifest_keeps_slacks_schema():
    import jsonschema

    schema = shared("slack-manifest.schema.1.json")
    manifest = yaml.safe_load(MANIFEST.read_text("utf-8"))
    errors = list(jsonschema.validators.validator_for(schema)(schema).iter_errors(manifest))
    assert not [error.message for error in errors]


def test_after_the_end_the_plan_is_lived_reviewed_and_run_again(ended):
    stage = ended
    plan = [
        post
        for post in stage.posts(stage.channel)
        if "fix.rewrite" in buttons_of(post) and "fix.done" not in buttons_of(post)
    ]
    stage.click("Ana", plan[0], "fix.stuck")
    stuck = stage.modal("Ana").fill(reason="x")
    assert list(stuck.submit().errors) == ["reason"]
    stage.press(stage["Ana"], stuck.fill(reason=f"Waits for legal {NASTY}").submit)
    stage.click("Ana", plan[0], "fix.move")
    move = stage.modal("Ana").fill(date="2026-03-01", reason="Later")
    assert list(move.submit().errors) == ["date"]
    stage.press(stage["Ana"], move.fill(date="2026-03-20").submit)
    stage.click("Ana", plan[0], "fix.rewrite")
    answer = stage.modal("Ana").fill(text="Ana opens the replica to the builders by Friday")
    stage.press(stage["Ana"], answer.submit)
    stage.click("Ana", plan[0], "fix.done")
    stage.go(24 * 31)
    assert "*Day 7 of the plan*" in shown(stage.keyed(":follow_up:7"))
    assert "What changed" in shown(stage.keyed(":follow_up:7"))
    review = stage.keyed(":review")
    assert "1 claimed without a check" in shown(review)
    stage.click("Ana", review, "rerun.open")
    form = stage.modal("Ana")
    assert "(again)" in form.values["title"]["title"]["value"]
    form.fill(start=stage.at_nine(), title="Churn again")
    assert stage.press(stage["Ana"], form.submit).ok
    stage.dismiss("Ana")
    stage.command("Ana", "/sprint", "start")
    assert "Where the last run left off" in shown(stage.keyed("sprint:2:last_plan"))
    for _ in range(2):
        stage.command("Ana", "/sprint", "close", stage.channel)
        stage.press(stage["Ana"], stage.modal("Ana").submit)
        stage.dismiss("Ana")
    compared = shown(stage.keyed("sprint:2:debrief:path"))
    assert "Against the sprint before" in compared
    assert "hours lost" in compared
    assert "did not come back" in compared
    home = stage["Ana"].open_home()
    assert "Churn again" in str(home.blocks)
    assert "Across this workspace" in str(home.blocks)


def test_a_running_sprint_is_cancelled_only_after_a_question(stage):
    channel = stage.start()
    stage.command("Ana", "/sprint", "cancel", channel)
    modal = stage.modal("Ana").fill(reason=f"No time {NASTY}")
    stage.press(stage["Ana"], modal.submit)
    stage.dismiss("Ana")
    assert "cancelled this sprint: “No time &lt;!channel&gt;" in shown(stage.keyed(":cancelled"))
    stage.go(50)
    assert not stage.has(":prompt:1")
    assert "was cancelled" in stage.command("Ana", "/blocker", "Too late to say this", channel)


def test_the_manifest_asks_for_no_scope_too_many_and_none_too_few():
    """Derived from the Web API methods that the code calls, and the events that it takes."""
    manifest = yaml.safe_load(MANIFEST.read_text("utf-8"))
    called = _methods_called()
    entries = table()["methods"]
    families = table()["families"]
    kinds = ("channel", "group", "im")
    needed: set[frozenset[str]] = {frozenset({"commands"})}
    for method in called:
        entry = entries[method]
        if entry.get("scopes"):
            needed.add(frozenset(entry["scopes"]))
        for kind in kinds if entry.get("family") else ():
            if (method, kind) not in NOT_THERE:
                needed.add(frozenset(families[entry["family"]][kind]))
    for event in manifest["settings"]["event_subscriptions"]["bot_events"]:
        needed.update(frozenset({scope}) for scope in EVENT_SCOPES.get(event, ()))
    needed.add(frozenset({"chat:write.public"}))  # the digest channel, which it has not joined
    asked = set(manifest["oauth_config"]["scopes"]["bot"])
    missing = [set(any_of) for any_of in needed if not any_of & (asked | BY_HAND)]
    unused = asked - set().union(*needed)
    assert not missing
    assert not unused


BY_HAND = {"users:read.email"}
"""What an administrator adds whose sign-in knows people by their address only; docs/security.md."""


EVENT_SCOPES = {
    "app_mention": ("app_mentions:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}
"""What Slack asks for before it sends an event; others need no scope."""


NOT_THERE = {
    *(
        (f"conversations.{method}", "im")
        for method in ("create", "info", "invite", "setTopic", "setPurpose")
    ),
    ("conversations.archive", "im"),
    ("conversations.list", "im"),
    ("conversations.open", "channel"),
    ("conversations.open", "group"),
}
"""What is never done with conversations of a kind: a direct message has no topic."""


def _methods_called():
    """Return the methods that the bot's packages call on a `WebClient`."""
    import ast

    names = {name.replace(".", "_"): name for name in table()["methods"]}
    root = MANIFEST.resolve().parent
    packages = ("bot", "handlers", "hour48")
    files = [file for package in packages for file in (root / package).rglob("*.py")]
    texts = [file.read_text("utf-8") for file in files]
    return {
        names[node.attr]
        for text in texts
        if names.keys() & set(re.findall(r"\w+", text))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr in names
    }
