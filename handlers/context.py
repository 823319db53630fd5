"""What handlers share: units of work, and what the composition root lends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bot.unit_of_work import Runtime, UnitOfWork
from handlers.people_cache import PeopleCache
from handlers.person_rate import PersonRate
from handlers.remote_probes import RemoteProbes
from handlers.request import Answer, Request
from handlers.transaction import Transaction

if TYPE_CHECKING:
    from handlers.language_model import LanguageModel
    from probes.settings import ProbeSettings


@dataclass(frozen=True, slots=True)
class ProbeOffer:
    """A probe that can be asked for.

    Args:
        name: what is typed after `/probe`.
        title: its name in a menu.
        phase: the phase that it informs.
        needs: what it must be given.
        about: says the question that it answers, in a line.
        usage: says what may be typed besides.
        options: what may be typed as `name=value`.
        takes_template: whether a kind of use case may be named.
    """

    name: str
    title: str
    phase: str
    needs: Literal["source", "two sources", "target", "nothing"]
    about: Callable[[], str]
    usage: Callable[[], str] = str
    options: tuple[str, ...] = ()
    takes_template: bool = False


@dataclass(frozen=True, slots=True)
class ProbeOffers:
    """Everything that can be probed here.

    Args:
        offers: the probes by their names.
        sources: the names an administrator gave to sources.
        targets: the names an administrator gave to integration targets.
        labelled: the sources whose column to predict, or use case, is configured.
        duties: section, name and words of what governance asks people to accept.
        stacks: what the environment probe can look for beside Python.
        registries: where an administrator lets it try to push an image.
    """

    offers: Mapping[str, ProbeOffer] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    labelled: frozenset[str] = frozenset()
    duties: tuple[tuple[str, str, str], ...] = ()
    stacks: tuple[str, ...] = ()
    registries: list[str] = field(default_factory=list)

    def has_target(self, source: str) -> bool:
        """Return whether a source's target column, or a use case that finds it, is configured."""
        return source in self.labelled


def probe_offers(settings: ProbeSettings) -> ProbeOffers:
    """Return everything that can be probed with these settings."""
    from probes.environment.stacks import ASKED
    from probes.governance.answers import duties
    from probes.registry import PROBES

    offers = {
        entry.name: ProbeOffer(
            entry.name,
            entry.name.capitalize(),
            entry.phase.value,
            entry.needs,
            entry.says,
            entry.shows,
            entry.options,
            entry.takes_template,
        )
        for entry in PROBES.values()
    }
    sources = settings.sources.items()
    labelled = {name for name, source in sources if source.target or source.use_case}
    return ProbeOffers(
        offers,
        list(settings.sources),
        list(settings.targets),
        frozenset(labelled),
        tuple((one.section, one.key, one.asks) for one in duties()),
        ASKED,
        settings.probes.registries,
    )


@dataclass(frozen=True, slots=True)
class HandlerContext:
    """Everything that a handler may reach for.

    Args:
        runtime: where use cases happen.
        probes: what can be probed here.
        permalink: finds the link to a message by workspace, channel and timestamp.
        look_up: asks Slack at once who somebody is; None when it does not say.
        unpostable: asks Slack why the bot cannot post in a channel, by workspace and channel.
        message: reads a message from Slack by workspace, channel and timestamp; None if it is gone.
        remote: invites other machines to report; None where nobody can reach this one.
        model: the company's own language model for questions; None where there is none.
        writers: names of the databases that scored tables can be written to; "" is the default one.
        known_people: whom Slack has described lately.
        rate: how often one person may do something.
        transaction: the request's own; dispatch sets it.
    """

    runtime: Runtime
    probes: ProbeOffers = field(default_factory=ProbeOffers)
    permalink: Callable[[str, str, str], str | None] = lambda _team, _channel, _ts: None
    look_up: Callable[[str, str], Mapping[str, Any] | None] = lambda _team, _user: None
    unpostable: Callable[[str, str], str | None] = lambda _team, _channel: None
    message: Callable[[str, str, str], Mapping[str, Any] | None] = lambda _team, _ch, _ts: None
    remote: RemoteProbes | None = None
    model: LanguageModel | None = None
    writers: tuple[str, ...] = ()
    known_people: PeopleCache = field(default_factory=PeopleCache)
    rate: PersonRate = field(default_factory=lambda: PersonRate(0))
    transaction: Transaction | None = None

    @property
    def uow(self) -> UnitOfWork:
        """The unit that this request writes in, opened at its first use.

        Raises:
            AlreadyDone: the delivery was acted on before, by any bot.
        """
        return self._own.uow

    @property
    def reading(self) -> UnitOfWork:
        """A unit of this request that only reads."""
        return self._own.reading

    def allow_own(self) -> None:
        """Say that a request changes nothing but what is the person's own, such as a draft."""
        self._own.uow.is_allowed = True

    def undo(self) -> None:
        """Take back what this request has written so far."""
        self._own.undo()

    @property
    def _own(self) -> Transaction:
        if self.transaction is None:
            message = "only dispatch runs handlers"
            raise RuntimeError(message)
        return self.transaction


Handler = Callable[[HandlerContext, Request], Answer]
