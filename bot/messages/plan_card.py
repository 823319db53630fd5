"""The plan: its form, its card with what is missing, and the question what will block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.vocabulary import Category, Criterion, Kind
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import (
    boxes_field,
    button,
    channel_field,
    confirm,
    modal,
    moment_field,
    person_field,
    select_field,
    text_field,
    time_field,
)
from bot.playbook.model import Playbook
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment

PLACES = ("1st", "2nd", "3rd")
WORTH = f"reason_{Criterion.VALUABLE}"
UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class PlanView:
    """What the plan's card and form show; empty at first.

    Args:
        sprint_id: the sprint; None for a new one.
        criteria: criterion → (met, reason); None while nobody confirmed it.
        roles: role → user id.
        people: who fills them, each once, in the order of the roles.
        start: hour 0, an aware moment.
    """

    sprint_id: int | None = None
    title: str = ""
    use_case: str | None = None
    use_case_words: str | None = None
    criteria: Mapping[str, tuple[bool | None, str]] | None = None
    roles: Mapping[str, str] | None = None
    people: Sequence[str] = ()
    start: datetime | None = None
    timezone: str = "UTC"
    quiet_from: str | None = None
    quiet_until: str | None = None
    sponsor_id: str | None = None
    digest_channel_id: str | None = None
    is_private: bool = False


def plan_form(
    playbook: Playbook, plan: PlanView, *, doubles: str | None = None, more: bool = False
) -> Block:
    """Return the modal that plans a sprint.

    Args:
        playbook: the method's words.
        plan: what is filled in already.
        doubles: the sentence about one person in two roles, which has to be confirmed.
        more: shows every field, with one for each role in place of the people.
    """
    rows = _first_screen(playbook, plan, more=more)
    if doubles:
        rows = [*_doubles(doubles), *rows]
    if more:
        rows += [*_use_case(playbook, plan), *_criteria(playbook, plan), *_zone(plan)]
        rows += _who_reads(plan)
    else:
        rows.append(blocks.more_row(say_plain("plan.more")))
    editing = plan.sprint_id is not None
    return modal(
        ViewId.PLAN,
        "plan.form_edit_title" if editing else "plan.form_title",
        rows,
        submit="plan.form_submit",
        private=plan.sprint_id or "",
    )


def _first_screen(playbook: Playbook, plan: PlanView, *, more: bool) -> list[Block]:
    """Return what, why it is worth it, people, start and sponsor."""
    worth = (plan.criteria or {}).get(Criterion.VALUABLE.value, (True, ""))[1]
    start = int(plan.start.timestamp()) if plan.start else None
    return [
        text_field(
            "title",
            "plan.form_name",
            initial=plan.title,
            max_length=120,
            placeholder=say_plain("plan.form_name_example"),
            hint="plan.form_name_hint",
        ),
        text_field(
            WORTH,
            "plan.form_worth",
            initial=worth,
            max_length=300,
            placeholder=say_plain("plan.form_worth_example"),
        ),
        *(_roles(playbook, plan) if more else [_people(playbook, plan)]),
        moment_field("start", "plan.form_start", initial=start, hint="plan.form_start_hint"),
        person_field(
            "sponsor",
            "plan.form_sponsor",
            initial=plan.sponsor_id,
            hint="plan.form_sponsor_hint",
            optional=True,
        ),
    ]


def _people(playbook: Playbook, plan: PlanView) -> Block:
    roles = [words.title.lower() for words in playbook.roles]
    return blocks.form_field(
        "people",
        say_plain("plan.form_people"),
        blocks.multi_users_select("people", initial=plan.people, most=len(roles)),
        hint=say_plain("plan.form_people_hint", roles=", ".join(roles)),
    )


def _use_case(playbook: Playbook, plan: PlanView) -> list[Block]:
    cases = [(case.key.value, case.title) for case in playbook.use_cases]
    return [
        select_field("use_case", "plan.form_use_case", cases, initial=plan.use_case),
        text_field(
            "use_case_words",
            "plan.form_use_case_words",
            initial=plan.use_case_words,
            max_length=300,
            hint="plan.use_case_hint",
            optional=True,
        ),
    ]


def _criteria(playbook: Playbook, plan: PlanView) -> list[Block]:
    rows: list[Block] = []
    answers = [
        ("yes", say_plain("plan.form_met")),
        ("no", say_plain("plan.form_unmet")),
        (UNCONFIRMED, say_plain("plan.form_unconfirmed")),
    ]
    for words in playbook.criteria:
        key = words.key.value
        met, reason = (plan.criteria or {}).get(key, (None, ""))
        initial = UNCONFIRMED if met is None else ("yes" if met else "no")
        rows.append(
            blocks.form_field(
                f"criterion_{key}",
                words.title,
                blocks.radio_buttons(f"criterion_{key}", answers, initial=initial),
                hint=words.question,
            )
        )
        if key == Criterion.VALUABLE:
            continue  # its reason is why the sprint is worth it, on the first screen
        rows.append(
            blocks.form_field(
                f"reason_{key}",
                say_plain("plan.form_criterion_reason", title=words.title),
                blocks.text_input(f"reason_{key}", initial=reason, max_length=300),
                optional=True,
            )
        )
    return rows


def _roles(playbook: Playbook, plan: PlanView) -> list[Block]:
    return [
        blocks.form_field(
            f"role_{words.key.value}",
            words.title,
            blocks.users_select(
                f"role_{words.key.value}", initial=(plan.roles or {}).get(words.key.value)
            ),
            hint=words.does,
        )
        for words in playbook.roles
    ]


def _doubles(sentence: str) -> list[Block]:
    yes = [("yes", say_plain("plan.form_doubles_yes"))]
    return [
        blocks.section(Mrkdwn(sentence)),
        boxes_field("doubles", "plan.form_doubles_label", yes, optional=True),
    ]


def _zone(plan: PlanView) -> list[Block]:
    return [
        text_field(
            "timezone",
            "plan.form_timezone",
            initial=plan.timezone,
            max_length=40,
            hint="plan.form_timezone_hint",
        ),
        time_field("quiet_from", "plan.form_quiet_from", initial=plan.quiet_from, optional=True),
        time_field(
            "quiet_until",
            "plan.form_quiet_until",
            initial=plan.quiet_until,
            hint="plan.form_quiet_hint",
            optional=True,
        ),
    ]


def _who_reads(plan: PlanView) -> list[Block]:
    private = [("private", say_plain("plan.form_private_option"))]
    return [
        channel_field(
            "digest_channel",
            "plan.form_digest_channel",
            initial=plan.digest_channel_id,
            hint="plan.form_digest_hint",
            optional=True,
        ),
        boxes_field(
            "private",
            "plan.form_private",
            private,
            initial=["private"] if plan.is_private else [],
            optional=True,
        ),
    ]


def people_form(playbook: Playbook, plan: PlanView) -> Block:
    """Return the form that replaces people, channel and quiet hours of a running sprint."""
    quiet = [row for row in _zone(plan) if row["block_id"] != "timezone"]
    channel = [row for row in _who_reads(plan) if row["block_id"] == "digest_channel"]
    sponsor = person_field("sponsor", "plan.form_sponsor", initial=plan.sponsor_id, optional=True)
    return modal(
        ViewId.PEOPLE,
        "plan.people_title",
        [*_roles(playbook, plan), sponsor, *channel, *quiet],
        submit="plan.people_submit",
        private=plan.sprint_id or "",
    )


@dataclass(frozen=True, slots=True)
class PlanCard:
    """What the plan's card tells.

    Args:
        status_line: when it starts, or where it runs.
        roles: (the role's title, who fills it) in order.
        criteria: one line each.
        missing: one line each; empty when everything is in place.
        is_open: whether it can still be changed and started.
    """

    sprint_id: int
    title: str
    status_line: str
    roles: Sequence[tuple[str, str]]
    criteria: Sequence[Mrkdwn]
    missing: Sequence[Mrkdwn]
    is_open: bool


def plan_card(card: PlanCard) -> Block:
    """Return the plan's card for the lead's direct messages."""
    people = [
        say("plan.role_line", role=role, who=who or say("plan.role_open"))
        for role, who in card.roles
    ]
    rows = [
        blocks.header(card.title),
        blocks.section(Mrkdwn(card.status_line)),
        blocks.fields(people),
        blocks.section(Mrkdwn("\n".join(card.criteria))),
    ]
    if card.is_open:
        missing = Mrkdwn("\n".join([say("plan.missing_title"), *card.missing]))
        rows.append(blocks.section(missing if card.missing else say("plan.missing_none")))
        rows.append(_plan_buttons(card.sprint_id))
    return blocks.message(say("plan.card_title", title=card.title), rows)


def _plan_buttons(sprint_id: int) -> Block:
    start = confirm("plan.start_ask_title", "plan.start_ask", "plan.start_yes", "plan.start_no")
    cancel = confirm(
        "plan.cancel_ask_title", "plan.cancel_ask", "plan.cancel_yes", "plan.cancel_no", danger=True
    )
    value = str(sprint_id)
    return blocks.actions(
        [
            button("plan.start_now", Act.PLAN_START, value, style="primary", ask=start),
            button("plan.edit", Act.PLAN_EDIT, value),
            button("plan.cancel", Act.PLAN_CANCEL, value, style="danger", ask=cancel),
        ]
    )


def expectation_ask(sprint_id: int, title: str, start: datetime) -> Block:
    """Return the message that asks a team member what they expect."""
    words = say("plan.expect_ask", title=title, start=moment(start))
    press = button("plan.expect_button", Act.EXPECT_OPEN, str(sprint_id), style="primary")
    return blocks.message(words, [blocks.section(words), blocks.actions([press])])


def expectation_noted(sprint_id: int, title: str, order: str) -> Block:
    """Return what stands in the question's place once it is answered, until the start."""
    words = say("plan.expect_done", title=title, order=order)
    press = button("plan.expect_change", Act.EXPECT_OPEN, str(sprint_id))
    return blocks.message(words, [blocks.section(words), blocks.actions([press])])


def expectation_over(title: str) -> Block:
    """Return what stands in the question's place once the sprint runs and nobody answered."""
    words = say("plan.expect_over", title=title)
    return blocks.message(words, [blocks.section(words)])


def expectation_cancelled(title: str) -> Block:
    """Return what stands in the question's place once the sprint is cancelled."""
    words = say("plan.expect_cancelled", title=title)
    return blocks.message(words, [blocks.section(words)])


def expectation_form(
    playbook: Playbook,
    sprint_id: int,
    ranking: Sequence[str],
    kinds: Sequence[str],
    *,
    more: bool = False,
) -> Block:
    """Return the modal that asks for a ranking, and for kinds where somebody likes."""
    categories = [(words.key.value, words.title) for words in playbook.categories]
    ranks = list(ranking) + [None] * (len(PLACES) - len(ranking))
    rows = [blocks.section(say("plan.expect_words", more=more))]
    rows += [
        blocks.form_field(
            f"rank_{place}",
            say_plain("plan.expect_rank", place=place),
            blocks.static_select(f"rank_{place}", categories, initial=rank),
        )
        for place, rank in zip(PLACES, ranks, strict=False)
    ]
    if more:
        rows += [_kinds_field(playbook, category, kinds) for category in Category]
    else:
        rows.append(blocks.more_row(say_plain("plan.expect_more")))
    return modal(ViewId.EXPECT, "plan.expect_title", rows, private=sprint_id)


def _kinds_field(playbook: Playbook, category: Category, kinds: Sequence[str]) -> Block:
    from bot.domain.vocabulary import KIND_CATEGORY

    listed = [
        (kind.value, playbook.kind(kind.value).title)
        for kind in Kind
        if KIND_CATEGORY[kind] is category
    ]
    label = say_plain("plan.expect_kinds", category=playbook.category(category.value).title)
    return blocks.form_field(
        f"kinds_{category.value}",
        label,
        blocks.checkboxes(f"kinds_{category.value}", listed, initial=kinds),
        optional=True,
    )


def override_form(sprint_id: int, criteria: str) -> Block:
    """Return the modal in which the lead says why the sprint starts all the same."""
    rows = [
        blocks.section(say("plan.override_words", criteria=criteria)),
        text_field(
            "reason",
            "plan.override_label",
            multiline=True,
            max_length=500,
            hint="plan.override_hint",
        ),
    ]
    return modal(
        ViewId.OVERRIDE,
        "plan.override_title",
        rows,
        submit="plan.override_submit",
        private=sprint_id,
    )


def cancel_form(sprint_id: int, title: str, *, has_started: bool) -> Block:
    """Return the modal that asks before a sprint is cancelled."""
    words = "plan.cancel_form_words" if has_started else "plan.cancel_form_planned"
    rows = [
        blocks.section(say(words, title=title)),
        text_field("reason", "plan.cancel_form_reason", max_length=500, optional=True),
    ]
    return modal(
        ViewId.CANCEL,
        "plan.cancel_ask_title",
        rows,
        submit="plan.cancel_yes",
        close="plan.cancel_no",
        private=sprint_id,
    )
