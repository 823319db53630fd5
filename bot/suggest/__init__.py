"""Kind suggestion: from a blocker's own words, which of the twelve kinds is its root cause.

`suggest` ranks the kinds, `retrain` learns a workspace's corrections, `wording` says a ranking.
Measured accuracy and the deciding questions are in `docs/suggestion.md`.
"""

from bot.suggest.suggestion import Correction, Suggestion, is_trained_on, retrain, suggest, wording

__all__ = ["Correction", "Suggestion", "is_trained_on", "retrain", "suggest", "wording"]
