"""Due rows: claimed and run, in batches where many sprints are due at once."""
