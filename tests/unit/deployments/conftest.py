"""A sprint with a deployment in its shadow run, or live."""

import pytest

from bot.deployments import service
from tests.runtimes import ANA, TEAM, add_sprint
from tests.unit.deployments import staging


@pytest.fixture
def sprint_id(runtime):
    return add_sprint(runtime)


@pytest.fixture
def ready(runtime, sprint_id, tmp_path):
    """A deployment in its shadow run with everything that the checklist asks for."""
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    staging.meet(runtime, number)
    return number


@pytest.fixture
def live(runtime, ready):
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, ready)
    return ready
