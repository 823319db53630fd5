"""Asks Slack which workspaces an organisation's installation covers, and keeps the answer."""

from __future__ import annotations

from datetime import datetime

import structlog
from slack_sdk.errors import SlackApiError

from bot.db.installations import Tokens
from bot.db.organisations import Organisations
from bot.slack.api_errors import TRANSPORT_ERRORS
from bot.slack.oauth import SlackOAuth

log = structlog.get_logger()


def learn_workspaces(
    oauth: SlackOAuth, organisations: Organisations, tokens: Tokens, now: datetime
) -> list[str]:
    """Bring an organisation's workspaces to what Slack lists; its events may have been lost.

    Args:
        oauth: Slack's side.
        organisations: where they are kept.
        tokens: the organisation's.
        now: the moment.

    Returns:
        The workspaces that changed; none where Slack does not answer.
    """
    try:
        listed = oauth.workspaces(tokens)
    except (SlackApiError, *TRANSPORT_ERRORS) as error:
        log.warning("organisation.not_listed", organisation=tokens.team_id, error=repr(error)[:200])
        return []
    changed = organisations.compare(tokens.team_id, listed, now)
    if changed:
        log.info("organisation.workspaces", organisation=tokens.team_id, changed=changed)
    return changed
