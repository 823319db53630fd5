"""The deployed model: prediction, traffic share, monitoring."""
