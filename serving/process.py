"""The service's own process: `python -m serving.process ARTIFACT PERCENT PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from probes.baseline.artifact import load_model
from serving.monitor import Watch
from serving.service import Service


def main() -> None:
    """Open the model and serve it on this machine until ended."""
    artifact, percent, port = sys.argv[1:4]
    served = load_model(Path(artifact))
    service = Service(served, float(percent), Watch(served.reference))
    uvicorn.run(service.app(), host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
