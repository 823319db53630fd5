"""Time: due timers are claimed and use cases run."""
