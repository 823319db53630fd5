"""What the rules of the code look at, parsed once for all of them."""

import ast
from collections.abc import Mapping

import pytest

from tests.unit.contracts.sentences import parsed


@pytest.fixture(scope="package")
def trees() -> Mapping[str, ast.Module]:
    """Return the modules of the product by their path, freed when the last rule was checked."""
    return parsed()
