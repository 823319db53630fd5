"""What is said beside the forecast: the chance within thirty days, and what would raise it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain.verdict import texts, wording
from bot.domain.verdict.chances import Chances
from bot.domain.verdict.delay import Delay
from bot.domain.verdict.facts import quotes_fact, record_fact
from bot.domain.verdict.forecast import whole_days
from bot.domain.verdict.model import Sentence
from bot.domain.verdict.result import Verdict
from bot.domain.verdict.scores import Score

LEAST_NEVER: Final = 0.05
"""A smaller share of futures without an end is not worth a sentence."""


def outlook(found: Verdict, score: Score, unreached: int = 0) -> tuple[Sentence, ...]:
    """Return the sentences that follow the forecast's own.

    Args:
        found: the verdict, with its plan and chances.
        score: how the company's past forecasts did.
        unreached: how many phases nobody reached, so that no fix of the plan can be about them.
    """
    sentences: list[Sentence] = []
    if found.nothing_known:
        sentences.append(Sentence(texts.template("chance_nothing_known"), (record_fact(),)))
    if found.chances is not None and found.forecast.p50 > 0:
        sentences += _chances(found, found.chances)
    if unreached and found.chances is not None and found.chances.enough is None:
        key = "chance_unseen_one" if unreached == 1 else "chance_unseen"
        sentences.append(Sentence(texts.say(key, count=unreached), (record_fact(),)))
    if found.delay is not None and found.forecast.p50 > 0:
        sentences.append(_delay(found.delay))
    if score.due_p80:
        text = texts.say("past_forecasts", due=score.due_p80, came=score.by_p80)
        sentences.append(Sentence(text, (quotes_fact(),)))
    return tuple(sentences)


def percent(share: float) -> str:
    """Return a share as people read it; never 0 or 100 % for what is neither."""
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return texts.say("less_than_one")
    return texts.say("almost_all") if whole == 100 and share < 1 else f"{whole} %"


def _chances(found: Verdict, chances: Chances) -> Iterator[Sentence]:
    facts = {fix.blocker: fix.facts for fix in found.fixes}
    titles = {cause.id: cause.title for cause in found.causes}
    named = {
        fix.blocker: wording.quoted(titles.get(fix.cause or "", fix.blocker)) for fix in found.fixes
    }
    yield Sentence(texts.say("chance_now", now=percent(chances.now)), (record_fact(),))
    best = max(chances.fixes, key=lambda each: (each.chance, each.days_bought), default=None)
    if best is not None and best.chance > chances.now:
        p50 = wording.say_days(found.forecast.p50)
        then = wording.say_days(whole_days(found.forecast.p50 - best.days_bought))
        chance = percent(best.chance)
        moved = "chance_same" if chance == percent(chances.now) else "chance_best"
        key = "chance_best_alone" if then == p50 else moved
        text = texts.say(key, title=named[best.fix], chance=chance, p50=p50, then=then)
        yield Sentence(text, facts[best.fix])
    enough = chances.enough
    if enough is not None and len(enough.fixes) > 1:
        titles_told = ", ".join(f"“{named[fix]}”" for fix in enough.fixes)
        text = texts.say("chance_enough", titles=titles_told, chance=percent(enough.chance))
        yield Sentence(text, tuple(fact for fix in enough.fixes for fact in facts[fix]))
    elif enough is None and len(chances.fixes) > 1:
        count, chance = len(chances.fixes), percent(chances.everything)
        tried = {each.fix for each in chances.fixes}
        untried = any(fix.cause is not None and fix.blocker not in tried for fix in found.fixes)
        all_of_them = "chance_short_two" if count == 2 else "chance_short"
        key = "chance_short_first" if untried else all_of_them
        yield Sentence(texts.say(key, count=count, chance=chance), (record_fact(),))
    if found.forecast.never >= LEAST_NEVER:
        text = texts.say("chance_never", share=percent(found.forecast.never))
        yield Sentence(text, (record_fact(),))


def _delay(delay: Delay) -> Sentence:
    a_day = wording.say_money(delay.a_day, delay.currency)
    if delay.p50 is None:
        return Sentence(texts.say("delay_open", a_day=a_day), (record_fact(),))
    p50 = wording.say_money(delay.p50, delay.currency)
    return Sentence(texts.say("delay", a_day=a_day, p50=p50), (record_fact(),))
