"""Training of what titles and refusals tell of."""
