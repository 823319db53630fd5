"""Evidence: what outside systems say happened, as facts with source, time and subject."""
