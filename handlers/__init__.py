"""Incoming Slack: parse, authorise, call one use case, acknowledge."""
