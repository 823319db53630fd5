"""The debrief: five cards, the path, and the forms to correct and close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages.blocker_card import SameAs, same_cause_rows
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button, modal, select_field, text_field
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.limits import SECTION_TEXT
from bot.slack.text import Mrkdwn, link

SHOWN_REASONS = 6
SHOWN_PAIRS = 4
TIMELINE = "timeline"
"""The question whose card opens *What if …*."""


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One of the five answers as it stands.

    Args:
        question: its key.
        title: the question in a line.
        asks: the question in full.
        answer: the answer's words.
        reasons: the sentences that it rests on.
        facts: the facts behind them, as names or links.
        agreed_by: who agreed, by name.
        correction: what the team says instead, and who; None for nothing.
        same: blockers that count as one, or may be one: (row, "blocker 3", the other).
        is_open: whether the team can still speak.
    """

    sprint_id: int
    question: str
    title: str
    asks: str
    answer: Mrkdwn
    reasons: Sequence[str]
    facts: Sequence[Mrkdwn]
    agreed_by: Sequence[str]
    correction: tuple[str, str] | None
    is_open: bool
    same: Sequence[tuple[str, str, SameAs]] = ()


def answer_card(view: AnswerView) -> Block:
    """Return the card of one answer."""
    rows = [
        blocks.header(view.title),
        blocks.context(view.asks),
        blocks.section(view.answer),
    ]
    reasons = [say("debrief.reason", text=text) for text in view.reasons[:SHOWN_REASONS]]
    if reasons:
        rows.append(blocks.section(Mrkdwn("\n".join(reasons))))
    if view.facts:
        rows.append(blocks.context(_rests_on(view.facts)))
    if view.correction:
        text, who = view.correction
        rows.append(blocks.section(say("debrief.corrected", who=who, correction=text)))
    if view.agreed_by:
        rows.append(blocks.context(say("debrief.agreed", who=", ".join(view.agreed_by))))
    if view.is_open:
        for record, name, other in view.same[:SHOWN_PAIRS]:
            rows += same_cause_rows(view.sprint_id, record, other, name)
    rows.append(_answer_buttons(view))
    return blocks.message(view.title, rows)


def _rests_on(facts: Sequence[Mrkdwn]) -> Mrkdwn:
    shown = Mrkdwn(", ".join(facts[:SHOWN_REASONS]))
    if len(facts) > SHOWN_REASONS:
        shown = say("debrief.rests_on_more", facts=shown, count=len(facts) - SHOWN_REASONS)
    return say("debrief.rests_on", facts=shown)


def _answer_buttons(view: AnswerView) -> Block:
    value = f"{view.sprint_id}:{view.question}"
    facts = button("debrief.facts_button", Act.DEBRIEF_FACTS, value)
    rest = [facts]
    if view.question == TIMELINE:
        label, sprint = say_plain("debrief.what_if_button"), str(view.sprint_id)
        rest.append(blocks.button(label, Act.DEBRIEF_WHAT_IF, sprint))
    if not view.is_open:
        return blocks.actions(rest)
    return blocks.actions(
        [
            button("debrief.agree", Act.DEBRIEF_AGREE, value, style="primary"),
            button("debrief.correct", Act.DEBRIEF_CORRECT, value),
            *rest,
        ]
    )


def goes_on_card() -> Block:
    """Return what stands in the debrief's place once an early end was taken back."""
    words = say("debrief.goes_on")
    return blocks.message(words, [blocks.section(words)])


def close_form(sprint_id: int, words: Mrkdwn, yes: str) -> Block:
    """Return the modal that asks before a sprint is ended or closed."""
    return blocks.modal(
        ViewId.CLOSE,
        say_plain("debrief.close_ask_title"),
        [blocks.section(words)],
        submit=yes,
        close=say_plain("debrief.close_no"),
        private_metadata=str(sprint_id),
    )


def correct_form(
    sprint_id: int, question: str, title: str, options: Sequence[tuple[str, str]]
) -> Block:
    """Return the modal in which an answer is corrected."""
    rows = [blocks.section(Mrkdwn(f"*{blocks.mrkdwn(title)['text']}*"))]
    if options:
        rows.append(select_field("answer", "debrief.correct_label", options))
    rows.append(
        text_field(
            "why",
            "debrief.correct_why" if options else "debrief.correct_label",
            multiline=True,
            max_length=600,
            hint="debrief.correct_hint",
        )
    )
    return modal(ViewId.CORRECT, "debrief.correct_title", rows, private=f"{sprint_id}:{question}")


def facts_view(title: str, sentences: Sequence[tuple[str, Sequence[Mrkdwn]]]) -> Block:
    """Return the modal that opens every sentence to the facts behind it."""
    rows: list[Block] = [blocks.header(title)]
    for text, facts in sentences:
        rows.append(blocks.section(text))
        if facts:
            rows.append(
                blocks.context(
                    Mrkdwn("\n".join(say("debrief.fact_line", fact=fact) for fact in facts))
                )
            )
    if not sentences:
        rows.append(blocks.section(say("debrief.facts_none")))
    return blocks.modal(ViewId.FACTS, say_plain("debrief.facts_title"), rows, submit=None)


def said_view(
    asked: Sequence[tuple[int, Mrkdwn, Sequence[tuple[str, str]]]],
    kept: Sequence[tuple[str, str, str | None]],
) -> Block:
    """Return the modal with what the team said.

    Args:
        asked: hour, question, and who answered what.
        kept: who said what, and the link to it, of the messages that were kept.
    """
    rows: list[Block] = []
    if kept:
        lines = [
            say(
                "debrief.said_kept",
                who=who,
                text=text,
                link=link(url, say_plain("debrief.said_open")) if url else "",
            )
            for who, text, url in kept
        ]
        rows += [blocks.header(say_plain("debrief.said_kept_title")), *_sections(lines)]
    if asked:
        lines = [
            say(
                "debrief.said_line",
                hour=hour,
                question=question,
                answers=Mrkdwn(
                    "\n".join(say("debrief.said_answer", who=who, text=text) for who, text in said)
                ),
            )
            for hour, question, said in asked
        ]
        rows += [blocks.header(say_plain("debrief.said_title")), *_sections(lines)]
    if not rows:
        rows.append(blocks.section(say("debrief.said_none")))
    return blocks.modal(
        ViewId.FACTS, say_plain("debrief.said_button"), rows, submit=None, close="Close"
    )


def _sections(lines: Sequence[Mrkdwn]) -> list[Block]:
    """Return lines in as few paragraphs as Slack takes, each line whole."""
    rows: list[Block] = []
    held = ""
    for line in lines:
        if held and len(held) + len(line) + 2 > SECTION_TEXT:
            rows.append(blocks.section(Mrkdwn(held)))
            held = ""
        held = f"{held}\n\n{line}" if held else line
    return [*rows, blocks.section(Mrkdwn(held))]


def path_card(title: str, paragraphs: Sequence[Mrkdwn]) -> Block:
    """Return the path with its reasons and what to do."""
    rows = [blocks.header(title), *(blocks.section(text) for text in paragraphs if text)]
    return blocks.message(title, rows)
