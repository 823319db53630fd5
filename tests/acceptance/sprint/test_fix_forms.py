"""The plan's forms, pressed right and wrong: the check, the owner, the evidence, the decision.

And the form that keeps rules of a table as checks.
"""

from __future__ import annotations

import pytest

from tests.acceptance.sprint.test_probe_presses import probe_message
from tests.integration.fixes.planted import table_rows, write_csv
from tests.stage import buttons_of, open_stage, shown, words_of

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """A closed sprint whose plan waits for privacy and for two more things."""
    folder = tmp_path_factory.mktemp("plan")
    write_csv(folder / "shop.csv", table_rows(1, ()))
    with open_stage(folder, sources={"shop": {"path": str(folder / "shop.csv")}}) as stage:
        channel = stage.start()
        stage.command("Ben", "/probe", "quality shop", channel)
        probe_message(stage, "check.keep_rules")
        stage.command("Ana", "/blocker", "No credentials until a form is signed", channel)
        stage.command("Ana", "/blocker", "Nobody owns the gateway", channel)
        stage["Ana"].command("/approval", "", channel=channel)
        form = stage.modal("Ana").fill(
            subject="privacy", approver=stage["Cho"].id, what="May we?", deadline="6"
        )
        stage.press(stage["Ana"], form.submit)
        stage.dismiss("Ana")
        stage.go(10)
        stage["Ana"].command("/sprint", "close", channel=channel)
        stage.press(stage["Ana"], stage.modal("Ana").submit)
        stage.dismiss("Ana")
        stage.close_debrief()
        yield stage


def item(stage, words: str):
    """Return the card of the item about something."""
    return next(
        post
        for post in stage.posts(stage.channel)
        if "fix.check" in buttons_of(post) and words in shown(post)
    )


def choose(stage, card, check: str, **more: str):
    """Choose a check for an item; returns the answer and the form."""
    stage.click("Ana", card, "fix.check")
    form = stage.modal("Ana").fill(check=check, **more)
    return stage.press(stage["Ana"], form.submit), form


@pytest.mark.parametrize(
    "address", ["", "shop.example.com", "https://ana:pw@example.com", "ftp://x"]
)
def test_an_address_that_is_none_comes_back_with_what_was_typed(plan, address):
    card = item(plan, "credentials")
    answer, form = choose(plan, card, "url", detail=address)
    assert "begins with http" in answer.errors["detail"]
    assert form.values["detail"]["detail"]["value"] in (address, None)
    plan.dismiss("Ana")
    assert "http" not in shown(card)


def test_an_address_inside_the_company_is_refused_in_the_guards_words(plan):
    card = item(plan, "credentials")
    answer, _ = choose(plan, card, "url", detail="http://127.0.0.1:9/models")
    assert answer.ok
    plan.settle()
    plan.click("Ana", card, "fix.done")
    plan.settle()
    said = [shown(post) for post in plan.posts(plan.channel) if "Not done yet" in post.text]
    assert "internal address" in said[-1]


def test_who_is_named_as_owner_has_to_be_somebody(plan):
    card = item(plan, "gateway")
    answer, _ = choose(plan, card, "owner")
    assert answer.ok
    plan.click("Ana", card, "fix.done")
    form = plan.modal("Ana")
    wrong = plan.press(plan["Ana"], form.fill(person=plan.workspace.bot_user_id).submit)
    assert "active account" in wrong.errors["person"]
    assert plan.press(plan["Ana"], form.fill(person=plan["Dee"].id).submit).ok
    plan.settle()
    done = next(post for post in plan.posts(plan.channel) if post.ts == card.ts)
    assert "Proved" in shown(done)
    assert "Dee is the owner" in " ".join(post.text for post in plan.posts(plan.channel))


def test_what_shows_an_item_done_has_to_be_a_link(plan):
    card = item(plan, "credentials")
    assert choose(plan, card, "evidence")[0].ok
    plan.click("Ana", card, "fix.done")
    form = plan.modal("Ana")
    wrong = plan.press(plan["Ana"], form.fill(link="on my desk").submit)
    assert "begins with http" in wrong.errors["link"]
    right = plan.press(plan["Ana"], form.fill(link="https://example.com/form.pdf").submit)
    assert right.ok
    plan.settle()
    assert "Shown: https://example.com/form.pdf" in shown(plan.keyed(":fix:1"))


def test_who_was_asked_decides_and_nobody_else(plan):
    card = decided_card(plan)
    plan.click("Ben", card, "fix.decide")
    assert "is with Cho now. Only Cho can answer it." in plan.told("Ben")
    plan.click("Cho", card, "fix.decide")
    form = plan.modal("Cho")
    assert "waits for your answer on *privacy*" in words_of(form.blocks)
    wrong = plan.press(plan["Cho"], form.fill(decision="rejected").submit)
    assert list(wrong.errors) == ["reason"]
    assert plan.press(plan["Cho"], form.fill(decision="approved").submit).ok
    plan.settle()
    assert "Cho approved privacy" in shown(card)


def decided_card(stage):
    """Return the card of the item that waits for an approval."""
    return next(post for post in stage.posts(stage.channel) if "fix.decide" in buttons_of(post))


def test_rules_are_kept_from_their_form_and_removed_from_their_list(plan):
    message = probe_message(plan, "check.keep_rules")
    plan.click("Ben", message, "check.keep_rules")
    form = plan.modal("Ben")
    wrong = plan.press(plan["Ben"], form.submit)
    assert "rules" in wrong.errors
    assert plan.press(plan["Ben"], form.fill(rules=["0"]).submit).ok
    plan.settle()
    plan.command("Ben", "/probe", "checks", plan.channel)
    listed = plan["Ben"].ephemerals(plan.channel)[-1]
    assert "Kept checks" in shown(listed)
    plan.click("Ben", listed, next(b for b in buttons_of(listed) if "check.remove" in b))
    plan.command("Ben", "/probe", "checks", plan.channel)
    assert "No checks kept yet" in shown(plan["Ben"].ephemerals(plan.channel)[-1])
