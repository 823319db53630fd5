"""What all features share about a sprint: its people, state, record and cards."""
