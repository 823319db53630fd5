"""Outgoing Slack: Block Kit, escaping, clipping, the outbox and its delivery."""
