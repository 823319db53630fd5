"""Companies that never were: whole sprints acted out, so that forecasts can be checked."""
