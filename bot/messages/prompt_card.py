"""An hour's prompt, open and folded, and the gate that asks which scenario happened."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button, modal
from bot.playbook.model import Phase, Playbook, Scenario
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, escape

BUTTON_ACTS = {
    "on_track": Act.PROMPT_ON_TRACK,
    "blocked": Act.PROMPT_BLOCKED,
    "approval": Act.PROMPT_APPROVAL,
    "probe": Act.PROMPT_PROBE,
}
BUTTON_STYLES = {"blocked": "danger"}
LONGEST_ANSWER = 500
"""Characters of an answer in words."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an hour's prompt shows.

    Args:
        words: what is said this hour.
        question: what is asked, with a ping for the person it names.
        answers: one line for each answer.
        missed: the sentence that names hours without a prompt, or None.
    """

    sprint_id: int
    hour: int
    phase: str
    words: str
    question: Mrkdwn
    buttons: Sequence[str]
    answers: Sequence[Mrkdwn] = ()
    missed: Mrkdwn | None = None


def prompt_card(playbook: Playbook, prompt: Prompt) -> Block:
    """Return an open prompt with the buttons that fit its hour."""
    title = say("prompt.title", hour=prompt.hour, phase=prompt.phase)
    rows = [blocks.context(prompt.missed)] if prompt.missed else []
    rows.append(blocks.section(Mrkdwn(f"*{title}*\n{escape(prompt.words)}")))
    rows.append(blocks.section(say("prompt.question", question=prompt.question)))
    answer = _answer_button(prompt.sprint_id, prompt.hour, style="primary")
    pressed = [_button(playbook, prompt, key) for key in prompt.buttons]
    rows.append(blocks.actions([answer, *pressed]))
    if prompt.answers:
        rows.append(blocks.context(*prompt.answers))
    return blocks.message(Mrkdwn(f"{escape(prompt.words)} {prompt.question}"), rows)


def _answer_button(sprint_id: int, hour: int, style: str | None = None) -> Block:
    return button("prompt.answer_button", Act.PROMPT_ANSWER, f"{sprint_id}:{hour}", style=style)


def _button(playbook: Playbook, prompt: Prompt, key: str) -> Block:
    return blocks.button(
        playbook.button(key).label,
        BUTTON_ACTS[key],
        f"{prompt.sprint_id}:{prompt.hour}",
        style=BUTTON_STYLES.get(key),
    )


@dataclass(frozen=True, slots=True)
class Folded:
    """What a past prompt shows.

    Args:
        question: what was asked.
        what: what was answered, or that nobody did.
        takes_answers: whether a late answer still counts.
    """

    sprint_id: int
    hour: int
    phase: str
    question: Mrkdwn
    what: Mrkdwn
    takes_answers: bool


def folded_prompt(prompt: Folded) -> Block:
    """Return a past prompt as one paragraph that keeps question and answers."""
    words = say(
        "prompt.folded",
        hour=prompt.hour,
        phase=prompt.phase,
        question=prompt.question,
        what=prompt.what,
    )
    if not prompt.takes_answers:
        return blocks.message(words, [blocks.context(words)])
    late = _answer_button(prompt.sprint_id, prompt.hour)
    return blocks.message(words, [blocks.section(words, accessory=late)])


def noted_before(sprint_id: int, hour: int, answer: str) -> Block:
    """Return what somebody is told who gives an answer again, with the way to take it back."""
    words = say("prompt.noted", answer=answer)
    undo = button("prompt.undo_button", Act.PROMPT_UNDO, f"{sprint_id}:{hour}")
    return blocks.message(words, [blocks.section(words, accessory=undo)])


def answer_form(sprint_id: int, hour: int, question: str, answer: str) -> Block:
    """Return the one-field form that answers a prompt in words."""
    field = blocks.text_input("answer", initial=answer, max_length=LONGEST_ANSWER)
    return blocks.modal(
        ViewId.PROMPT_ANSWER,
        say_plain("prompt.answer_title", hour=hour),
        [blocks.form_field("answer", html.unescape(question), field)],
        submit=say_plain("prompt.answer_submit"),
        private_metadata=f"{sprint_id}:{hour}",
    )


@dataclass(frozen=True, slots=True)
class GateView:
    """What a gate shows.

    Args:
        phase: the phase that ends.
        suggested: the sentence of what the probes make of it, or None.
        answer: the scenario that was chosen, or None.
        answered_by: the name of who chose it.
        early_at: the hour of an answer that came before the gate's own; else None.
        known: what is known, one line each.
        known_at: the hour up to which that tells; None for now.
        is_over: the sprint takes no answer any more.
        questions: what the playbook wants to be known at the end of the phase.
    """

    sprint_id: int
    phase: Phase
    suggested: Mrkdwn | None
    answer: str | None
    answered_by: str
    early_at: int | None
    known: Sequence[Mrkdwn]
    known_at: int | None = None
    is_over: bool = False


def gate_card(gate: GateView) -> Block:
    """Return a gate: the four scenarios to choose from, or the chosen one with its learning."""
    phase = gate.phase
    title = say_plain("gate.title", hour=phase.end, phase=phase.title)
    rows = [blocks.header(title)]
    rows += _answered(gate) if gate.answer else []
    rows += _choices(gate)
    if gate.known:
        lines = [say("gate.known_title", hour=gate.known_at), *gate.known]
        rows += [blocks.divider(), blocks.section(Mrkdwn("\n".join(lines)))]
    if not gate.answer and not gate.is_over:
        questions = " ".join(phase.known)
        rows.append(blocks.context(say("gate.known_questions", questions=questions)))
    return blocks.message(title, rows)


def early_gate_form(sprint_id: int, phase: Phase, scenario: Scenario, hour: float) -> Block:
    """Return the modal that asks before a gate is answered ahead of its hour."""
    words = say(
        "gate.early_ask", phase=phase.title, hour=phase.end, now=int(hour), title=scenario.title
    )
    return modal(
        ViewId.GATE_EARLY,
        "gate.early_title",
        [blocks.section(words)],
        submit="gate.early_yes",
        close="gate.early_no",
        private=f"{sprint_id}:{phase.key}:{scenario.key}",
    )


def _answered(gate: GateView) -> list[Block]:
    scenario = gate.phase.scenario(str(gate.answer))
    lines = [
        say("gate.answered", title=scenario.title, who=gate.answered_by, early=gate.early_at),
        say("gate.learning", learning=scenario.learning),
        say("gate.suggests", text=scenario.suggests.text),
    ]
    return [blocks.section(Mrkdwn("\n".join(lines)))]


def _choices(gate: GateView) -> list[Block]:
    if gate.is_over:
        return [] if gate.answer else [blocks.context(say("gate.unanswered"))]
    if gate.answer:
        return [
            blocks.context(say("gate.change")),
            blocks.actions(
                [
                    _choice(gate, scenario.key, scenario.title)
                    for scenario in gate.phase.scenarios
                    if scenario.key != gate.answer
                ]
            ),
        ]
    rows = [blocks.section(say("gate.ask", question=gate.phase.gate.question))]
    if gate.suggested:
        rows.append(blocks.context(gate.suggested))
    for scenario in gate.phase.scenarios:
        words = say("gate.choice", title=scenario.title, looks_like=scenario.looks_like)
        press = _choice(gate, scenario.key, say_plain("gate.choose"))
        rows.append(blocks.section(words, accessory=press))
    return rows


def _choice(gate: GateView, scenario: str, label: str) -> Block:
    value = f"{gate.sprint_id}:{gate.phase.key}:{scenario}"
    return blocks.button(label, f"{Act.GATE_ANSWER}:{scenario}", value)
