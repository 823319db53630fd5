"""Blockers: logged, changed, resolved, and their suggested kind."""
