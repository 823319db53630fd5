"""Deployments: what is live, for whom, and who may take it back."""
