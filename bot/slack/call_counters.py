"""How calls to Slack end, counted by method and result for `/metrics`."""

from __future__ import annotations

from typing import Any, Final

from prometheus_client import Counter, Gauge
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

CALLS: Final = Counter(
    "hour48_slack_calls",
    "Calls to Slack by method and result: ok, Slack's own error, or the lost connection's.",
    ["method", "result"],
    registry=None,
)


BUSY: Final = Gauge(
    "hour48_delivery_workers_busy",
    "Workers that have a queue in hand just now.",
    multiprocess_mode="livesum",
    registry=None,
)


class TalliedClient(WebClient):
    """Slack's client, which counts how its calls end."""

    def api_call(self, api_method: str, **details: Any) -> Any:
        """Call a method and count it; see `slack_sdk.WebClient.api_call`."""
        result = "ok"
        try:
            return super().api_call(api_method, **details)
        except SlackApiError as refused:
            result = str(refused.response.get("error", "unknown"))
            raise
        except Exception as broken:  # whatever it is, it is counted by its kind and goes on up
            result = type(broken).__name__
            raise
        finally:
            CALLS.labels(api_method, result).inc()
