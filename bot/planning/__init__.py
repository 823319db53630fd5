"""A sprint before it runs: its plan, its calendar file, its kickoff."""
