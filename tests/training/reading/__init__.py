"""What the models of reading learn from, and how."""
