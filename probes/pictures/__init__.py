"""Pictures of what the probes found: PNG cards that read well on a dark and on a light page.

Import the drawing functions from here; matplotlib is loaded by the first one called.
"""

from __future__ import annotations

from probes.pictures.compare import group_differences, importance, model_comparison
from probes.pictures.tables import join_overlap, missingness_map
from probes.pictures.timing import latency
from probes.pictures.values import Bar, GroupBar, KeyOverlap

__all__ = [
    "Bar",
    "GroupBar",
    "KeyOverlap",
    "group_differences",
    "importance",
    "join_overlap",
    "latency",
    "missingness_map",
    "model_comparison",
]
