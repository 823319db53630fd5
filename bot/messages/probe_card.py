"""A probe: its progress with a way to cancel, and its findings with a way to act on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.messages.catalog import say, say_plain
from bot.slack import blocks, native
from bot.slack.action_ids import Act, View
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, plain_words

LEVEL_MARKS: Final = {
    "ok": ":white_check_mark:",
    "note": ":information_source:",
    "slows": ":warning:",
    "stops": ":red_circle:",
}
SHOWN_FINDINGS: Final = 8
ACTED_ON: Final = ("slows", "stops")


@dataclass(frozen=True, slots=True)
class ProbeView:
    """A probe run as it stands.

    Args:
        run_id: its number.
        title: which probe on what.
        status: the line under the title.
        can_cancel: whether it still runs.
        findings: as `probes.contract` writes them, the worst first.
        scenario: the sentence that names the scenario it looks like, or None.
        pictures: (outbox key of the upload, title, alt text).
        answers: by column, when it becomes known and who said so.
        overrides: by code, who does not accept the finding, and why.
    """

    run_id: int
    title: Mrkdwn
    status: Mrkdwn
    probe: str
    can_cancel: bool = False
    is_done: bool = False
    findings: Sequence[Mapping[str, Any]] = ()
    scenario: Mrkdwn | None = None
    pictures: Sequence[Sequence[str]] = ()
    answers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    overrides: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def probe_card(view: ProbeView) -> Block:
    """Return the message of a probe run."""
    rows = [blocks.section(Mrkdwn(f"*{view.title}*"))]
    if view.can_cancel:
        rows += [_steps(view), _cancel(view.run_id)]
    else:
        rows.append(blocks.context(view.status))
    if view.is_done:
        rows += _results(view)
    return blocks.message(view.title, rows)


def _steps(view: ProbeView) -> Block:
    """Return what a run that is under way has done and what comes."""
    steps = (
        (say_plain("probe.step_asked"), "complete", ""),
        (say_plain("probe.step_reading"), "in_progress", plain_words(view.status)),
        (say_plain("probe.step_findings"), "pending", ""),
    )
    return native.plan(say_plain("probe.steps"), steps, [blocks.context(view.status)])


def _cancel(run_id: int) -> Block:
    ask = blocks.confirm(
        title=say_plain("probe.cancel_ask_title"),
        text=say_plain("probe.cancel_ask"),
        yes=say_plain("probe.cancel_yes"),
        no=say_plain("probe.cancel_no"),
        danger=True,
    )
    return blocks.actions(
        [blocks.button(say_plain("probe.cancel"), Act.PROBE_CANCEL, str(run_id), ask=ask)]
    )


def _results(view: ProbeView) -> list[Block]:
    rows = [] if view.findings else [blocks.section(say("probe.none"))]
    if view.scenario:
        rows.append(blocks.section(view.scenario))
    for number, finding in enumerate(view.findings[:SHOWN_FINDINGS]):
        rows.append(_finding(view.run_id, number, finding))
        rows += _override(view, number, finding)
        if finding.get("asks"):
            rows += _question(view, number, finding["asks"])
    left = len(view.findings) - SHOWN_FINDINGS
    if left > 0:
        rows.append(blocks.context(say("probe.more", count=left, probe=view.probe)))
    rows += [_picture(*picture) for picture in view.pictures]
    return rows


def _finding(run_id: int, number: int, finding: Mapping[str, Any]) -> Block:
    level = str(finding["level"])
    words = say("probe.finding", mark=LEVEL_MARKS.get(level, ""), sentence=finding["sentence"])
    if finding.get("meaning"):
        words = Mrkdwn(f"{words}\n{say('probe.meaning', meaning=finding['meaning'])}")
    button = None
    if level in ACTED_ON:
        button = blocks.button(
            say_plain("probe.blocker"),
            f"{Act.FINDING_TO_BLOCKER}:{number}",
            f"{run_id}:{number}",
        )
    return blocks.section(words, accessory=button)


def _override(view: ProbeView, number: int, finding: Mapping[str, Any]) -> list[Block]:
    """Return who overrode a stopping finding and why, or the button to do it."""
    if str(finding["level"]) != "stops":
        return []
    said = view.overrides.get(str(finding.get("code")))
    if said:
        who, why = said
        return [blocks.context(say("probe.overridden", who=who, why=why))]
    button = blocks.button(
        say_plain("probe.override"), f"{Act.FINDING_OVERRIDE}:{number}", f"{view.run_id}:{number}"
    )
    return [blocks.actions([button])]


def override_form(run_id: int, number: int, sentence: str) -> Block:
    """Return the modal that asks why a stopping finding does not stop the team."""
    row = blocks.form_field(
        "why",
        say_plain("probe.override_why"),
        blocks.text_input("why", multiline=True, max_length=500),
        hint=say_plain("probe.override_hint"),
    )
    return blocks.modal(
        View.FINDING_OVERRIDE,
        say_plain("probe.override_title"),
        [blocks.section(say("probe.override_about", sentence=sentence)), row],
        submit=say_plain("probe.override_submit"),
        private_metadata=f"{run_id}:{number}",
    )


def _question(view: ProbeView, number: int, columns: Sequence[str]) -> list[Block]:
    """Return what was said of a question's columns, and a button for each answer not given."""
    said = {view.answers[name] for name in columns if name in view.answers}
    given = {known for known, _ in said}
    rows = [blocks.context(say(f"probe.said_{known}", who=who)) for known, who in sorted(said)]
    buttons = [
        blocks.button(say_plain(f"probe.say_{known}"), f"{act}:{number}", f"{view.run_id}:{number}")
        for known, act in _ANSWERS
        if given != {known}
    ]
    return [*rows, blocks.actions(buttons)]


_ANSWERS: Final = (("known", Act.PROBE_KNOWN), ("later", Act.PROBE_LATER))


def _picture(key: str, title: str, alt: str) -> Block:
    return blocks.image(file_id=key, alt=alt, title=title) | {"slack_file": {"key": key}}


def probe_form(
    private: str,
    probes: Sequence[tuple[str, str]],
    places: Sequence[str],
    initial: str | None,
) -> Block:
    """Return the modal in which a probe is chosen; `private` comes back with the submission."""
    listed = [(place, place) for place in places]
    rows = [
        blocks.form_field(
            "probe",
            say_plain("probe.form_probe"),
            blocks.static_select("probe", probes, initial=initial),
        )
    ]
    if listed:
        rows.append(
            blocks.form_field(
                "source",
                say_plain("probe.form_source"),
                blocks.static_select("source", listed),
                optional=True,
            )
        )
    rows += [
        blocks.form_field(
            "table",
            say_plain("probe.form_table"),
            blocks.text_input("table", max_length=200),
            hint=say_plain("probe.form_table_hint"),
            optional=True,
        ),
        blocks.form_field(
            "target",
            say_plain("probe.form_target"),
            blocks.text_input("target", max_length=200),
            hint=say_plain("probe.form_target_hint"),
            optional=True,
        ),
        blocks.form_field(
            "time",
            say_plain("probe.form_time"),
            blocks.text_input("time", max_length=200),
            hint=say_plain("probe.form_time_hint"),
            optional=True,
        ),
    ]
    return blocks.modal(
        View.PROBE,
        say_plain("probe.form_title"),
        rows,
        submit=say_plain("probe.form_submit"),
        private_metadata=private,
    )
