"""What happens by the hour while a sprint runs: prompts, gates, digests."""
