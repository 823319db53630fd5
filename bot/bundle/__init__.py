"""Sealed evidence bundles: a sprint's record, verdict and trail in one file to check anywhere."""
