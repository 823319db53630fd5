"""One target under atheris, in a process of its own: libFuzzer ends the process when it is done."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["bot", "handlers", "probes"]):
    from tests.fuzz.feeding import Feeder, log_as_in_service

FEEDER = Feeder("atheris", sys.argv.pop(1))


def one_input(data: bytes) -> None:
    FEEDER.feed(atheris.FuzzedDataProvider(data).ConsumeUnicode(4_000))


def main() -> None:
    log_as_in_service()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


main()
