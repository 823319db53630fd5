"""Periodic maintenance: renews tokens, retrains suggestions, deletes what is out of retention."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from slack_sdk.errors import SlackApiError

from bot.blockers.learning import Learning
from bot.db.installations import Installations, Tokens
from bot.db.organisations import Organisations
from bot.outbox.organisations import learn_workspaces
from bot.slack.api_errors import TRANSPORT_ERRORS
from bot.slack.oauth import SlackOAuth

log = structlog.get_logger()

EVERY: Final = timedelta(minutes=10)
LEARNING: Final = timedelta(hours=1)


class Maintenance:
    """Does the chores in the background.

    Args:
        installations: the workspaces.
        retention: how long a workspace's rows outlive its leaving.
        organisations: whose workspaces are compared with Slack's list.
        oauth: renews tokens that expire; None where the token stands in the configuration.
        learning: teaches suggestions from corrections; None where nothing is learnt.
        prune: forgets once a day what is not needed any more, in workspaces that stay.
    """

    def __init__(
        self,
        installations: Installations,
        retention: timedelta,
        organisations: Organisations,
        oauth: SlackOAuth | None = None,
        learning: Learning | None = None,
        prune: Callable[[datetime], object] | None = None,
    ) -> None:
        self._installations = installations
        self._retention = retention
        self._organisations = organisations
        self._oauth = oauth
        self._learning = learning
        self._prune = prune
        self._scheduler = BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(1)}
        )

    def start(self) -> None:
        """Do them now and every ten minutes until `stop`; learn every hour."""
        self._scheduler.add_job(
            self.run,
            "interval",
            seconds=EVERY.total_seconds(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.add_job(
            self.learn,
            "interval",
            seconds=LEARNING.total_seconds(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the one under way and begin no more; a training is broken off."""
        if self._learning is not None:
            self._learning.stop()
        self._scheduler.shutdown(wait=True)

    def run(self, now: datetime | None = None) -> None:
        """Do every chore once.

        Args:
            now: the moment; the system's when left out.
        """
        moment = now or datetime.now(UTC)
        try:
            self._renew_tokens(moment)
            self._compare_organisations(moment)
            self._installations.hush()
            self._erase_those_who_left(moment)
            self._installations.forget_receipts(moment)
            self._prune_daily(moment)
        except Exception:  # a database that is away must not end the chores
            log.exception("chores.failed")

    def learn(self) -> None:
        """Teach suggestions from the corrections that came in since."""
        if self._learning is None:
            return
        try:
            self._learning.run()
        except Exception:  # a database that is away must not end the chores
            log.exception("chores.learning_failed")

    def _erase_those_who_left(self, now: datetime) -> None:
        for team_id in self._installations.left_before(now - self._retention):
            self._installations.erase(team_id)
            log.info("chores.erased", team=team_id)

    def _prune_daily(self, now: datetime) -> None:
        if self._prune and self._installations.first_time(f"prune:{now:%Y-%m-%d}", now):
            self._prune(now)

    def _renew_tokens(self, now: datetime) -> None:
        if self._oauth is None:
            return
        for tokens in self._installations.to_renew(now):
            self._renew(self._oauth, tokens, now)

    def _compare_organisations(self, now: datetime) -> None:
        if self._oauth is None:
            return
        for enterprise_id in self._organisations.all_ids():
            tokens = self._installations.find(enterprise_id)
            if tokens is not None:
                learn_workspaces(self._oauth, self._organisations, tokens, now)

    def _renew(self, oauth: SlackOAuth, tokens: Tokens, now: datetime) -> None:
        """Renew a token; a refresh token serves once, so only one bot may try at a time."""
        attempt = int(now.timestamp() // EVERY.total_seconds())
        if not self._installations.first_time(f"renew:{attempt}", now, tokens.team_id):
            return
        try:
            self._installations.renewed(oauth.renew(tokens, now))
        except (SlackApiError, *TRANSPORT_ERRORS) as refused:
            log.warning("chores.renewal_failed", team=tokens.team_id, error=type(refused).__name__)
