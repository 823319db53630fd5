"""One function an intent: from a question to its reply, or None where the record is silent."""
