"""Transactional outbox: brings Slack to the desired state, each message exactly once."""
