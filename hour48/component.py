"""The halves of the bot, by the names that the command takes."""

from __future__ import annotations

from enum import StrEnum


class Component(StrEnum):
    """A half of the bot that can run by itself, on a machine of its own."""

    WEB = "web"
    WORKER = "worker"
