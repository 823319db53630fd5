"""Probe runs: requested in Slack, run by a worker, their findings shown."""
