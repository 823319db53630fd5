"""A kept model and rows to ask it about."""

from __future__ import annotations

import pytest

from probes.baseline.artifact import load_model
from probes.baseline.models import ModelFamily
from tests.databases import migrated_database
from tests.deployed import deploy
from tests.served import as_callers_send, customers, kept


@pytest.fixture(scope="package")
def model(tmp_path_factory):
    return kept(tmp_path_factory.mktemp("kept"), customers(), "left", ModelFamily.BOOSTING)


@pytest.fixture(scope="package")
def saved(model):
    return load_model(model)


@pytest.fixture(scope="package")
def unseen():
    return customers().tail(300)


@pytest.fixture(scope="package")
def rows(saved, unseen):
    return as_callers_send(unseen, saved.plan.names)


@pytest.fixture
def deployed(model, tmp_path):
    made = deploy(migrated_database("sqlite", tmp_path), model)
    yield made
    made.engine.dispose()
