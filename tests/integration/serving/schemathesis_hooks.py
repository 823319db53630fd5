"""What Schemathesis cannot read from a schema: an outcome's moment has passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import schemathesis
from hypothesis import strategies as st

PAST = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1),
    timezones=st.just(UTC),
)
schemathesis.openapi.format("date-time", PAST.map(datetime.isoformat))
