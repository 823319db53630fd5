"""The record of a sprint, as the rows have it."""
