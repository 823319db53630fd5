"""Questions about a sprint, answered in words from its record alone.

Pure and offline: a classifier says what is asked, the record is read as it was
known at an hour, and every figure in an answer comes from it. The rules are in `docs/ask.md`.
"""

from bot.ask.answer import Answer, Asking, ask
from bot.ask.facts import CitedFact
from bot.ask.known_at import known_at

__all__ = ["Answer", "Asking", "CitedFact", "ask", "known_at"]
