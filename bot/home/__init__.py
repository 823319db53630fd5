"""The Home tab and the portfolio of past sprints."""
