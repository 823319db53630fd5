"""The debrief as page, PDF and pictures."""
