"""What messages, modals and Home look like; their words are in `bot/slack/templates`."""
