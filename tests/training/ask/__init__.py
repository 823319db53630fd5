"""Training of what a question wants to know, and of which items it is about."""
