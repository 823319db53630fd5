"""Hour 48 and after: the five answers, the report, the thirty-day plan."""
