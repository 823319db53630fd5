"""A reply with the items that its question is about: which are told, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.ask.facts import of_blocker
from bot.ask.intent_of import HARDLY, OF_ITEMS
from bot.ask.intents import Intent
from bot.ask.items import Item, joining
from bot.ask.question import Question, Reply
from bot.ask.relevance import Relevant

MAY_BE_OF_ITEMS: Final = OF_ITEMS | {Intent.LIVE, Intent.WHO, Intent.FORECAST, Intent.WHAT_IF}
"""Their answers are told with the items; others are lists, and stay as they are."""
IS_ABOUT: Final = 0.08
"""From this probability that a question is about it, an item is told, as far as there is room."""
BESIDE_IT: Final = 0.3
"""An item is told beside the likeliest one from this part of its probability."""
MOST_ITEMS: Final = 3
"""So many items are told, so that none is cut."""
MOST_JOINED: Final = 2
"""After so many items it is told that somebody joined them."""
IS_LIKELY: Final = 0.3
"""From this probability a question is about an item, whatever time of day it names."""
IS_CERTAIN: Final = 0.7
"""From this probability an item is told before a list that lacks it."""
IS_SAID: Final = 0.55
"""From this probability by its words alone a list or figure is asked for, however things are."""


def with_items(
    reply: Reply | None,
    question: Question,
    intent: Intent,
    said: float,
    taken: bool,
    items: Sequence[Relevant],
) -> Reply | None:
    """Return a reply with the items that a question is about, each told whole.

    A list that is asked for stays as it is, after an item that it lacks and that is surely asked
    for. What tells of single items gives way to them, and so does a list or figure of which the
    words say little.
    """
    is_faint = intent not in OF_ITEMS and said < IS_SAID
    is_first = taken or is_faint
    is_list = reply is not None and not is_first and intent not in MAY_BE_OF_ITEMS
    told = told_of(items, IS_CERTAIN if is_list else IS_LIKELY if reply is None else IS_ABOUT)
    if not told:  # a list of all there is answers no question that names one thing
        return None if taken and intent in OF_ITEMS else reply
    of_items = _reply_of(question, told)
    if reply is None:
        return of_items
    if intent in OF_ITEMS:
        most = max(len(told), len(question.slots.subjects))
        is_less = {*reply.facts} <= {*of_items.facts} or len(reply.lines) > most
        return of_items if taken or is_less else _joined(of_items, reply)
    silent = {of_blocker(b) for b in question.record.blockers if question.silence(b)}
    new = [item for item in told if not {*item.facts} <= {*reply.facts} | silent]
    if not new:
        return reply
    is_owner = intent is Intent.WHO and question.says("owns") and question.slots.people
    if is_faint and said < HARDLY and items[0].probability >= IS_LIKELY and not is_owner:
        return of_items
    # The head of a list is not true of what the list lacks.
    first = " ".join(filter(None, [reply.head, *reply.lines[:1]]))
    listed = replace(reply, lines=[first, *reply.lines[1:]], head="")
    is_behind = is_list or is_first
    return _joined(of_items, listed) if is_behind else _joined(reply, _reply_of(question, new))


def told_of(items: Sequence[Relevant], least: float) -> list[Item]:
    """Return the items that are told of those from a probability, the likeliest first."""
    likeliest = items[0].probability if items else 1.0
    least = max(least, BESIDE_IT * likeliest)
    return [each.item for each in items if each.probability >= least][:MOST_ITEMS]


def _joined(first: Reply, second: Reply) -> Reply:
    """Return two replies as one."""
    lines = [*first.lines, *second.lines]
    facts, head = [*first.facts, *second.facts], first.head or second.head
    return Reply(lines, facts, head, is_ranked=True)


def _reply_of(question: Question, items: Sequence[Item]) -> Reply:
    """Return what is told of items, the likeliest first, and which of them somebody joined."""
    facts = [fact for item in items for fact in item.facts]
    blockers = {item.key for item in items if item.sort == "blocker"}
    told_with = {a.text for id_, a in question.taken_back.items() if id_ in blockers}
    lines = [i.line for i in items if not (i.sort == "answer" and i.words in told_with)]
    told = {item.sort for item in items}
    for joined, cited in () if "link" in told else joining(question, facts):
        lines.insert(MOST_JOINED, joined)
        facts.append(cited)
    return Reply(lines, facts, is_ranked=True)
