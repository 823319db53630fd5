"""Requests for approval: asked, decided, handed over, expired."""
