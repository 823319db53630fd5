"""How a concrete item could read, by what the vague one is about."""

from __future__ import annotations

import re
from typing import Final

_EXAMPLES: Final = {
    r"govern|polic|complian|risk|approv": (
        "{who} writes the one-page go-live rule for models into the wiki {when}"
    ),
    r"communicat|align|stakeholder|buy-in|collaborat|silo|same page": (
        "{who} gets the sales director's signature on the pilot's one-page brief {when}"
    ),
    r"skill|train|literac|knowledge|talent|expertise": (
        "{who} books the two-day Docker course for three named developers {when}"
    ),
    r"secur|privacy|gdpr": "{who} submits the data protection form for the churn table {when}",
    r"integrat|architect|legacy|\bapi|moderni": (
        "{who} adds a read-only endpoint for scores to the order service {when}"
    ),
    r"deploy|release|pipeline|devops|automat": (
        "{who} adds a rollback job to the release pipeline {when}"
    ),
    r"owner|account|responsib|roles": (
        "{who} enters a name in the owner field of the customer table {when}"
    ),
}
_OTHERWISE: Final = "{who} grants the model builders read access to the reporting replica {when}"


def example_for(text: str) -> str:
    """An example near to a vague item's subject, with `{who}` and `{when}` left to fill."""
    return next(
        (
            example
            for pattern, example in _EXAMPLES.items()
            if re.search(pattern, text, re.IGNORECASE)
        ),
        _OTHERWISE,
    )
