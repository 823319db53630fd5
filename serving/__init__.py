"""The deployed model: a small prediction service, its share of the traffic, and its watch."""

from __future__ import annotations

from serving.deploy import Deployment, deploy, rollback, status

__all__ = ["Deployment", "deploy", "rollback", "status"]
