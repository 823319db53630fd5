"""A probe: its progress with a way to cancel, and its findings with a way to act on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.domain.failed_probes import got_to_look
from bot.domain.vocabulary import ACTED_ON, FindingLevel
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button, confirm, modal, select_field, text_field
from bot.slack import blocks, native
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, plain_words

LEVEL_MARKS: Final[dict[str, str]] = {
    FindingLevel.OK: ":white_check_mark:",
    FindingLevel.NOTE: ":information_source:",
    FindingLevel.SLOWS: ":warning:",
    FindingLevel.STOPS: ":red_circle:",
}
GROUPS: Final = (*ACTED_ON, FindingLevel.NOTE)
"""Levels whose findings the card groups; what is well is counted in the modal."""
SHOWN_OF_GROUP: Final = 3
SHOWN_QUESTIONS: Final = 8
SHOWN_DATES: Final = 5
MOST_FINDINGS: Final = 40
"""Findings in the modal, of which each takes up to two of a hundred blocks."""
ALL: Final = "all"
RULES_FOUND: Final = "rules_found"


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
        time: the date that somebody chose as the time of the prediction, and who did.
        kept: by a rule's key, who keeps it as a check.
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
    time: tuple[str, str] | None = None
    kept: Mapping[str, str] = field(default_factory=dict)


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
    ask = confirm(
        "probe.cancel_ask_title",
        "probe.cancel_ask",
        "probe.cancel_yes",
        "probe.cancel_no",
        danger=True,
    )
    return blocks.actions([button("probe.cancel", Act.PROBE_CANCEL, str(run_id), ask=ask)])


def _results(view: ProbeView) -> list[Block]:
    if not view.findings:
        return [blocks.section(say("probe.none"))]
    rows = [blocks.section(_headline(view))]
    if view.scenario:
        rows.append(blocks.section(view.scenario))
    for level in GROUPS:
        rows += _group(view, level)
    for number, finding in enumerate(view.findings):
        asks, times = finding.get("asks"), finding.get("times") or ()
        if (asks or times) and number < SHOWN_QUESTIONS:
            rows.append(blocks.section(_line(view, finding)))
            rows += _question(view, number, asks) if asks else _dates(view, number, times)
    return [*rows, _act(view), *(_picture(key, alt) for key, _, alt in view.pictures)]


def _headline(view: ProbeView) -> Mrkdwn:
    """Say what the findings come to, in one line."""
    if not got_to_look(view.findings):
        return say("probe.headline_failed")
    counts = {level: len(_of_level(view, level)) for level in LEVEL_MARKS}
    worst = next((level for level in GROUPS if counts[level]), "ok")
    return say(f"probe.headline_{worst}", count=counts[worst])


def _of_level(view: ProbeView, level: str) -> list[Mapping[str, Any]]:
    return [finding for finding in view.findings if finding["level"] == level]


def _group(view: ProbeView, level: str) -> list[Block]:
    """Return what findings of one level mean together, a line for each of the first few."""
    found = _of_level(view, level)
    if not found:
        return []
    lines = [_line(view, finding) for finding in found[:SHOWN_OF_GROUP]]
    if len(found) > SHOWN_OF_GROUP:
        lines.append(say("probe.group_more", count=len(found) - SHOWN_OF_GROUP))
    head = say(f"probe.group_{level}", mark=LEVEL_MARKS[level])
    return [blocks.section(Mrkdwn("\n".join([head, *lines])))]


def _line(view: ProbeView, finding: Mapping[str, Any]) -> Mrkdwn:
    line = say("probe.line", sentence=finding["sentence"])
    override = view.overrides.get(str(finding.get("code")))
    if override and finding["level"] == FindingLevel.STOPS:
        who, why = override
        line = Mrkdwn(f"{line}\n{say('probe.overridden', who=who, why=why)}")
    return line


def _act(view: ProbeView) -> Block:
    """Return the select that makes blockers of findings, and the button that shows all of them."""
    acted = [
        (f"{view.run_id}:{number}", str(finding["sentence"]))
        for number, finding in enumerate(view.findings)
        if finding["level"] in ACTED_ON
    ]
    stops = len(_of_level(view, FindingLevel.STOPS))
    if stops > 1:
        acted.insert(0, (f"{view.run_id}:{ALL}", say_plain("probe.blocker_all", count=stops)))
    elements = [button("probe.show_all", Act.PROBE_SHOW_ALL, str(view.run_id))]
    if any(finding.get("code") == RULES_FOUND for finding in view.findings):
        keep = button("probe.keep", Act.CHECK_KEEP_RULES, str(view.run_id))
        elements.append(keep)
    if acted:
        label = say_plain("probe.blocker")
        menu = blocks.static_select(Act.FINDING_TO_BLOCKER, acted, placeholder=label)
        elements.insert(0, menu)
    return blocks.actions(elements)


def all_findings(view: ProbeView) -> Block:
    """Return the modal with every finding, what it means, and how to override it."""
    rows = [blocks.context(view.status)]
    for number, finding in enumerate(view.findings[:MOST_FINDINGS]):
        rows += _finding(view, number, finding)
    left = len(view.findings) - MOST_FINDINGS
    if left > 0:
        rows.append(blocks.context(say("probe.more", count=left, probe=view.probe)))
    return blocks.modal(
        ViewId.WORDS,
        say_plain("probe.all_title"),
        rows,
        submit=None,
        close=say_plain("probe.all_close"),
    )


def _finding(view: ProbeView, number: int, finding: Mapping[str, Any]) -> list[Block]:
    level = str(finding["level"])
    words = say("probe.finding", mark=LEVEL_MARKS.get(level, ""), sentence=finding["sentence"])
    if finding.get("meaning"):
        words = Mrkdwn(f"{words}\n{say('probe.meaning', meaning=finding['meaning'])}")
    return [
        blocks.section(words),
        *_override(view, number, finding),
        *_keep(view, number, finding),
    ]


def _keep(view: ProbeView, number: int, finding: Mapping[str, Any]) -> list[Block]:
    """Return who keeps a finding's rule as a check, or the button to do it."""
    rule = (finding.get("evidence") or {}).get("check")
    if not isinstance(rule, Mapping):
        return []
    who = view.kept.get(str(rule.get("key")))
    if who:
        return [blocks.context(say("probe.kept_mark", who=who))]
    press = button("probe.keep", f"{Act.CHECK_KEEP}:{number}", f"{view.run_id}:{number}")
    return [blocks.actions([press])]


def _override(view: ProbeView, number: int, finding: Mapping[str, Any]) -> list[Block]:
    """Return who overrode a stopping finding and why, or the button to do it."""
    if str(finding["level"]) != FindingLevel.STOPS:
        return []
    override = view.overrides.get(str(finding.get("code")))
    if override:
        who, why = override
        return [blocks.context(say("probe.overridden", who=who, why=why))]
    press = button("probe.override", f"{Act.FINDING_OVERRIDE}:{number}", f"{view.run_id}:{number}")
    return [blocks.actions([press])]


def override_form(run_id: int, number: int, sentence: str) -> Block:
    """Return the modal that asks why a stopping finding does not stop the team."""
    row = text_field(
        "why", "probe.override_why", multiline=True, max_length=500, hint="probe.override_hint"
    )
    return modal(
        ViewId.FINDING_OVERRIDE,
        "probe.override_title",
        [blocks.section(say("probe.override_about", sentence=sentence)), row],
        submit="probe.override_submit",
        private=f"{run_id}:{number}",
    )


def _question(view: ProbeView, number: int, columns: Sequence[str]) -> list[Block]:
    """Return what was said of a question's columns, and a button for each answer not given."""
    answers = {view.answers[name] for name in columns if name in view.answers}
    given = {known for known, _ in answers}
    rows = [blocks.context(say(f"probe.said_{known}", who=who)) for known, who in sorted(answers)]
    buttons = [
        button(f"probe.say_{known}", f"{act}:{number}", f"{view.run_id}:{number}")
        for known, act in _ANSWERS
        if given != {known}
    ]
    return [*rows, blocks.actions(buttons)]


def _dates(view: ProbeView, number: int, dates: Sequence[str]) -> list[Block]:
    """Return which date was chosen as the time of the prediction, and a button for each other."""
    chosen, who = view.time or ("", "")
    rows = [blocks.context(say("probe.said_time", who=who, column=chosen))] if chosen else []
    buttons = [
        blocks.button(
            say_plain("probe.say_time", column=name),
            f"{Act.PROBE_TIME}:{number}:{at}",
            f"{view.run_id}:{number}:{at}",
        )
        for at, name in enumerate(dates[:SHOWN_DATES])
        if name != chosen
    ]
    return [*rows, blocks.actions(buttons)]


_ANSWERS: Final = (("known", Act.PROBE_KNOWN), ("later", Act.PROBE_LATER))


def _picture(key: str, alt: str) -> Block:
    """Return a picture; its title is drawn in it."""
    return blocks.image(file_id=key, alt=alt) | {"slack_file": {"key": key}}


def probe_form(
    private: str,
    probes: Sequence[tuple[str, str]],
    places: Sequence[str],
    initial: str | None,
    stacks: Sequence[str] = (),
    registries: Sequence[str] = (),
) -> Block:
    """Return the modal in which a probe is chosen; `private` comes back with the submission.

    Args:
        private: what comes back.
        probes: their names and titles.
        places: sources and targets.
        initial: the probe that is chosen at first.
        stacks: what the environment probe can look for beside Python.
        registries: where it may try to push an image.
    """
    listed = [(place, place) for place in places]
    rows = [select_field("probe", "probe.form_probe", probes, initial=initial)]
    if listed:
        rows.append(select_field("source", "probe.form_source", listed, optional=True))
    rows += [
        text_field(
            "table", "probe.form_table", max_length=200, hint="probe.form_table_hint", optional=True
        ),
        text_field(
            "target",
            "probe.form_target",
            max_length=200,
            hint="probe.form_target_hint",
            optional=True,
        ),
        text_field(
            "time", "probe.form_time", max_length=200, hint="probe.form_time_hint", optional=True
        ),
    ]
    if stacks:
        named = [(one, say_plain(f"probe.stack_{one}")) for one in stacks]
        rows.append(
            blocks.form_field(
                "stacks",
                say_plain("probe.form_stacks"),
                blocks.multi_static_select("stacks", named),
                hint=say_plain("probe.form_stacks_hint"),
                optional=True,
            )
        )
    if registries:
        rows.append(
            select_field(
                "registry",
                "probe.form_registry",
                [(one, one) for one in registries],
                hint="probe.form_registry_hint",
                optional=True,
            )
        )
    return modal(
        ViewId.PROBE, "probe.form_title", rows, submit="probe.form_submit", private=private
    )
