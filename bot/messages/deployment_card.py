"""A deployment's cards: the checklist in front of traffic, the live card, an alert, two forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.vocabulary import OwnedPart
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button, confirm, modal, radio_field, text_field
from bot.slack import blocks, native
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block, Element
from bot.slack.text import Mrkdwn, plain_words

BARS = "▁▂▃▄▅▆▇█"
SPARKLINE_LENGTH = 30
MOST_BESIDE = 4


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One condition of the checklist.

    Args:
        words: how it is met, or what is missing.
        holds: whether it is met.
        blocked: somebody said no to it.
        button: what gives it: the label's key, the action and its value; None where nobody can
            press anything.
    """

    words: Mrkdwn
    holds: bool
    blocked: bool = False
    button: tuple[str, Act, str] | None = None


@dataclass(frozen=True, slots=True)
class Checklist:
    """The checklist as it is now.

    Args:
        deployment_id: what its buttons carry.
        state: the sentence about the deployment, where it is past its proposal.
        lines: the conditions.
        about: the small print.
        lead: who may open it.
        overridden: the sentence about an override.
        can_open: whether everything is there and nothing is live yet.
    """

    deployment_id: int
    lines: Sequence[CheckLine]
    about: Sequence[Mrkdwn]
    lead: str
    state: Mrkdwn | None = None
    overridden: Mrkdwn | None = None
    can_open: bool = False


def checklist_card(checklist: Checklist) -> Block:
    """Return the checklist: what is missing with a button for each, then what is there."""
    done = [line for line in checklist.lines if line.holds]
    missing = [line for line in checklist.lines if not line.holds]
    title = say_plain("rollout.checklist_title", done=len(done), all=len(checklist.lines))
    rows = [blocks.header(title)]
    if checklist.state:
        rows.append(blocks.section(checklist.state))
    if checklist.overridden:
        rows.append(blocks.section(checklist.overridden))
    if missing:
        rows.append(blocks.section(say("rollout.checklist_missing")))
        rows += [_missing(line) for line in missing]
    elif checklist.can_open:
        rows.append(blocks.section(say("rollout.checklist_open", lead=checklist.lead)))
    if done:
        rows.append(_steps(done))
    rows.append(blocks.actions(_checklist_buttons(checklist)))
    rows.append(blocks.context(*checklist.about))
    return blocks.message(title, rows)


def _steps(done: Sequence[CheckLine]) -> Block:
    """Return the conditions that hold; those that are missing stand above, with their buttons."""
    steps = [(plain_words(line.words), "complete", "") for line in done]
    lines = Mrkdwn("\n".join(say("rollout.done_line", words=line.words) for line in done))
    twin = [blocks.section(say("rollout.checklist_done", lines=lines))]
    return native.plan(say_plain("rollout.steps"), steps, twin)


def _missing(line: CheckLine) -> Block:
    mark = "rollout.blocked_line" if line.blocked else "rollout.missing_line"
    if line.button is None:
        return blocks.section(say(mark, words=line.words))
    label, act, value = line.button
    suffix = value.partition(":")[2]
    action_id = f"{act}:{suffix}" if suffix else act.value
    press = button(f"rollout.button_{label}", action_id, value)
    return blocks.section(say(mark, words=line.words), accessory=press)


def _checklist_buttons(checklist: Checklist) -> list[Element]:
    value = str(checklist.deployment_id)
    buttons = []
    if checklist.can_open:
        ask = confirm(
            "rollout.confirm_go_live",
            "rollout.confirm_go_live_text",
            "rollout.confirm_go_live_yes",
            "rollout.confirm_no",
        )
        buttons.append(
            button("rollout.button_go_live", Act.DEPLOY_OPEN, value, style="primary", ask=ask)
        )
    buttons.append(button("rollout.button_set_up", f"{Act.DEPLOY_SET_UP}:all", value))
    buttons.append(button("rollout.button_refresh", Act.DEPLOY_REFRESH, value))
    return buttons


@dataclass(frozen=True, slots=True)
class LiveCard:
    """A deployment that is, or was, in front of people.

    Args:
        deployment_id: what its buttons carry.
        state: the word for its state.
        lines: what is so, a paragraph each.
        figures: short texts in two columns.
        alerts: what is wrong, a line each.
        small_print: owners and the like.
        next_percent: the stage that a person may take it to now; None for none.
        previous_percent: the stage that it can go back to; None for none.
        can_roll_back: whether anything can be pulled.
        is_shadow: the model runs beside the control answer, and no person gets its answers.
        can_score: whether the model scores tables.
    """

    deployment_id: int
    state: str
    lines: Sequence[Mrkdwn]
    figures: Sequence[Mrkdwn] = ()
    alerts: Sequence[Mrkdwn] = ()
    small_print: Sequence[Mrkdwn] = ()
    next_percent: int | None = None
    previous_percent: int | None = None
    can_roll_back: bool = False
    is_shadow: bool = False
    can_score: bool = False


def live_card(card: LiveCard) -> Block:
    """Return the live card with its red button."""
    title = say_plain("rollout.card_title", state=card.state)
    rows = [blocks.header(title), *(blocks.section(line) for line in card.lines)]
    if card.alerts:
        rows.append(blocks.section(Mrkdwn("\n".join(card.alerts))))
    if card.figures:
        rows.append(blocks.fields(card.figures))
    if buttons := _live_buttons(card):
        rows.append(blocks.actions(buttons))
    if card.small_print:
        rows.append(blocks.context(*card.small_print))
    return blocks.message(card.lines[0] if card.lines else title, rows)


def _live_buttons(card: LiveCard) -> list[Element]:
    value = str(card.deployment_id)
    buttons = []
    if card.can_roll_back:
        buttons.append(roll_back_button(card.deployment_id, is_shadow=card.is_shadow))
    if card.next_percent is not None:
        ask = blocks.confirm(
            title=say_plain("rollout.confirm_advance", percent=card.next_percent),
            text=say_plain("rollout.confirm_advance_text"),
            yes=say_plain("rollout.button_advance", percent=card.next_percent),
            no=say_plain("rollout.confirm_no"),
        )
        label = say_plain("rollout.button_advance", percent=card.next_percent)
        buttons.append(blocks.button(label, Act.DEPLOY_ADVANCE, value, ask=ask))
    if card.previous_percent is not None:
        label = say_plain("rollout.button_step_back", percent=card.previous_percent)
        buttons.append(blocks.button(label, Act.DEPLOY_STEP_BACK, value))
    if card.can_score:
        buttons.append(button("batch.button_score", Act.DEPLOY_SCORE, value))
        buttons.append(button("notice.button", Act.DEPLOY_NOTICE, value))
    buttons.append(button("rollout.button_refresh", Act.DEPLOY_REFRESH, value))
    return buttons


def roll_back_button(deployment_id: int, *, is_shadow: bool) -> Element:
    """Return the red button; it asks nothing, and a second press changes nothing."""
    return button(
        "rollout.button_end_shadow" if is_shadow else "rollout.button_roll_back",
        Act.DEPLOY_ROLL_BACK,
        str(deployment_id),
        style="danger",
    )


@dataclass(frozen=True, slots=True)
class AlertView:
    """Something that a guard found.

    Args:
        deployment_id: what its button carries.
        what: what was found.
        since: since when.
        state: what the deployment is doing.
        also: what was found beside it, which the same cause may explain.
        pulled: whether the guard has rolled it back.
        lasted: how long it lasted, once it is over.
        can_roll_back: whether the model still answers.
        is_shadow: no person gets the model's answers.
    """

    deployment_id: int
    what: Mrkdwn
    since: Mrkdwn
    state: str
    also: Sequence[Mrkdwn] = ()
    pulled: bool = False
    lasted: str | None = None
    can_roll_back: bool = False
    is_shadow: bool = False


def alert_card(alert: AlertView) -> Block:
    """Return an alert: what, since when, what to press; a closed one is one line."""
    if alert.lasted is not None:
        words = say("rollout.alert_closed", what=alert.what, lasted=alert.lasted)
        return blocks.message(words, [blocks.context(words)])
    title = say("rollout.alert_title", what=alert.what)
    rows = [
        blocks.section(title),
        blocks.context(say("rollout.alert_since", since=alert.since, state=alert.state)),
    ]
    if alert.pulled or alert.can_roll_back:
        waits = "rollout.alert_shadow" if alert.is_shadow else "rollout.alert_press"
        press = "rollout.alert_pulled" if alert.pulled else waits
        rows.append(blocks.section(say(press)))
    if alert.also:
        listed = Mrkdwn(" · ".join(alert.also[:MOST_BESIDE]))
        rows.append(blocks.context(say("rollout.alert_also", also=listed)))
    if alert.can_roll_back:
        rows.append(
            blocks.actions([roll_back_button(alert.deployment_id, is_shadow=alert.is_shadow)])
        )
    return blocks.message(title, rows)


def sparkline(counts: Sequence[int]) -> str:
    """Return counts as a row of bars, the newest last; empty where there is nothing."""
    shown = list(counts[-SPARKLINE_LENGTH:])
    most = max(shown, default=0)
    if not most:
        return ""
    return "".join(BARS[round(count / most * (len(BARS) - 1))] for count in shown)


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the set-up form shows at first."""

    deployment_id: int
    owners: Mapping[OwnedPart, str] = field(default_factory=dict)
    on_call: str | None = None
    control: str = ""
    entity_column: str = ""
    keeps_features: bool = False


FIRST_FIELDS = 5
"""Fields of the set-up form that show at once; what is still to be said goes first."""


def set_up_form(shown: SetUp, private: str, *, more: bool = False) -> Block:
    """Return the form that names owners and on-call and defines the control answer.

    Args:
        shown: what is said already.
        private: what comes back with the submission.
        more: shows every field.
    """
    rows = sorted(_set_up_rows(shown), key=lambda row: row[0])
    fields = [field for _, field in (rows if more else rows[:FIRST_FIELDS])]
    if not more:
        fields.append(blocks.more_row(say_plain("rollout.set_up_more")))
    return modal(ViewId.DEPLOY_SET_UP, "rollout.set_up_title", fields, private=private)


def _set_up_rows(shown: SetUp) -> list[tuple[bool, Block]]:
    """Return each field with whether it is filled in already."""
    keeps = [("yes", say_plain("rollout.set_up_features_yes"))]
    boxes = blocks.checkboxes("features", keeps, initial=["yes"] if shown.keeps_features else [])
    on_call = blocks.users_select("on_call", initial=shown.on_call)
    return [
        (bool(shown.control), _set_up_line("control", shown.control)),
        *(
            (
                part in shown.owners,
                blocks.form_field(
                    f"owner_{part}",
                    say_plain("rollout.set_up_owner", part=say_plain(f"rollout.part_{part}")),
                    blocks.users_select(f"owner_{part}", initial=shown.owners.get(part)),
                    hint=say_plain("rollout.set_up_owner_hint"),
                    optional=True,
                ),
            )
            for part in OwnedPart
        ),
        (
            bool(shown.on_call),
            blocks.form_field(
                "on_call", say_plain("rollout.set_up_on_call"), on_call, optional=True
            ),
        ),
        (bool(shown.entity_column), _set_up_line("entity_column", shown.entity_column)),
        (
            True,
            blocks.form_field(
                "features", say_plain("rollout.set_up_features"), boxes, optional=True
            ),
        ),
    ]


def _set_up_line(key: str, initial: str) -> Block:
    words = {"control": "control", "entity_column": "entity"}[key]
    return text_field(
        key,
        f"rollout.set_up_{words}",
        initial=initial,
        max_length=200,
        hint=f"rollout.set_up_{words}_hint",
        optional=True,
    )


def plan_form(private: str) -> Block:
    """Return the form that asks what the business does with the output."""
    choices = [("yes", say_plain("rollout.plan_yes")), ("no", say_plain("rollout.plan_no"))]
    rows = [
        radio_field("ready", "rollout.plan_ready", choices, initial="yes"),
        text_field("plan", "rollout.plan_label", multiline=True, max_length=500, optional=True),
    ]
    return modal(ViewId.DEPLOY_PLAN, "rollout.plan_title", rows, private=private)


def why_form(private: str) -> Block:
    """Return the form that asks why, after the model was rolled back."""
    rows = [
        blocks.section(say("rollout.why_done")),
        text_field(
            "why", "rollout.why_label", max_length=300, hint="rollout.why_hint", optional=True
        ),
    ]
    return modal(ViewId.DEPLOY_WHY, "rollout.why_title", rows, private=private)
