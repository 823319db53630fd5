"""Adapters of other packages, found by their entry points as pip leaves them."""

from __future__ import annotations

import sys

import pytest

from bot.evidence import registry

OUTSIDE = """
from bot.evidence.contract import Adapter
ADAPTER = Adapter(name="topdesk", label="TOPdesk", about="incidents", setup="Settings")
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a package with an entry point; return what installs it."""

    def install(code, names="acme_evidence:ADAPTER"):
        (tmp_path / "acme_evidence.py").write_text(code)
        info = tmp_path / "acme_evidence-0.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-evidence\nVersion: 0.1\n")
        (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\ntopdesk = {names}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        registry._loaded.cache_clear()

    yield install
    monkeypatch.undo()
    registry._loaded.cache_clear()


def test_an_adapter_of_another_package_is_found(installed):
    before = set(registry.all_adapters())
    installed(OUTSIDE)
    assert set(registry.all_adapters()) == before | {"topdesk"}
    assert registry.adapter_of("topdesk").label == "TOPdesk"
    assert not registry.problems()


@pytest.mark.parametrize(
    ("code", "names", "why"),
    [
        ("import no_such_module", "acme_evidence:ADAPTER", "No module named 'no_such_module'"),
        ("ADAPTER = 7", "acme_evidence:ADAPTER", "is not an Adapter"),
        (OUTSIDE, "acme_evidence:OTHER", "has no attribute 'OTHER'"),
        ("raise SystemError('broken')", "acme_evidence:ADAPTER", "SystemError: broken"),
    ],
)
def test_a_broken_package_is_named_and_in_nobodys_way(code, names, why, installed, monkeypatch):
    monkeypatch.delitem(sys.modules, "acme_evidence", raising=False)
    before = set(registry.all_adapters())
    installed(code, names)
    assert set(registry.all_adapters()) == before
    [problem] = registry.problems()
    assert "topdesk" in problem
    assert why in problem
