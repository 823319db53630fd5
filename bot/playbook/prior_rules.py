"""The rules between a playbook's priors: known scenarios, shares of a whole, ordered days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.playbook.model import Playbook
from bot.playbook.prior_model import PhasePrior
from bot.playbook.source import Place
from bot.playbook.texts import say

WHOLE = 100.0


def priors_fit(playbook: Playbook) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with the priors; nothing where there are none."""
    if playbook.priors is None:
        return
    yield from _known_sources(playbook)
    scenarios = {
        phase.key: [scenario.key for scenario in phase.scenarios] for phase in playbook.phases
    }
    shares: dict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    for at, prior in enumerate(playbook.priors.phases):
        place = ("priors", "phases", at)
        shares[prior.phase] += float(prior.percent)
        first.setdefault(prior.phase, at)
        yield from _fits(place, prior, scenarios)
    for phase, share in shares.items():
        if abs(share - WHOLE) > 0.01:
            fault = say("phase_shares_wrong", phase=phase, share=share)
            yield ("priors", "phases", first[phase], "percent"), fault


def _fits(
    place: Place, prior: PhasePrior, scenarios: dict[str, list[str]]
) -> Iterator[tuple[Place, str]]:
    if prior.phase not in scenarios:
        yield (*place, "phase"), say("phase", phase=prior.phase, scenarios=", ".join(scenarios))
    elif prior.scenario not in scenarios[prior.phase]:
        known = ", ".join(scenarios[prior.phase])
        yield (*place, "scenario"), say("none", scenario=prior.scenario, known=known)
    if prior.days and list(prior.days) != sorted(prior.days):
        yield (*place, "days"), say("estimates_out_of_order")


def _known_sources(playbook: Playbook) -> Iterator[tuple[Place, str]]:
    priors = playbook.priors
    if priors is None:
        return
    known = {source.key for source in priors.sources}
    cited: list[tuple[Place, tuple[str, ...]]] = [
        (("priors", "quotes", "sources"), priors.quotes.sources)
    ]
    cited += [
        (("priors", "phases", at, "sources"), p.sources) for at, p in enumerate(priors.phases)
    ]
    for place, keys in cited:
        for key in keys:
            if key not in known:
                yield place, say("source", name=key, known=", ".join(sorted(known)))
