"""`make audit` finds what it is there for, and ends clearly where nobody can be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.licences import is_free, locked
from tests.audit.secrets import secrets_in, tracked_files
from tests.audit.vulnerabilities import audit_lock

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("MIT", True),
        ("Apache Software License", True),
        ("BSD-3-Clause AND MIT", True),
        ("LGPL-3.0-only", True),
        ("GNU Lesser General Public License v3", True),
        ("GPL-3.0-or-later", False),
        ("GNU General Public License v2", False),
        ("AGPL-3.0", False),
        ("GPL-2.0 OR MIT", True),
        ("SSPL-1.0", False),
        ("", False),
        ("see the vendor", False),
    ],
)
def test_a_licence_may_be_used_or_not(licence, free):
    assert is_free(licence) is free


def test_every_package_of_the_lock_is_read():
    assert {"sqlalchemy", "slack-bolt", "pandas"} <= locked(ROOT / "requirements.lock").keys()


def test_a_secret_is_found_with_its_place_and_without_its_value(tmp_path):
    token = "xoxb-" + "123456789012-123456789012-" + "abcdefABCDEF123456789012"
    (tmp_path / "a.py").write_text(f"x = 1\ntoken = '{token}'\n")
    (tmp_path / "b.py").write_text("token = settings.bot_token\n")
    (found,) = secrets_in(tmp_path, ["a.py", "b.py", "gone.py"])
    assert (found.file, found.line) == ("a.py", 2)
    assert token not in repr(found)


def test_a_service_that_is_away_is_a_sentence(tmp_path, monkeypatch):
    lock = tmp_path / "requirements.lock"
    lock.write_text("left-pad==1.0 --hash=sha256:" + "0" * 64 + "\n")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    known = audit_lock(lock, "--timeout", "2", seconds=60)
    assert known.found is None
    assert known.why.endswith(".") or "could not ask" in known.why
    assert "Traceback" not in known.why


@pytest.mark.slow
def test_no_tracked_file_holds_a_secret():
    assert list(secrets_in(ROOT, tracked_files(ROOT))) == []
