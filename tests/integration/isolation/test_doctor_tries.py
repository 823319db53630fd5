"""The doctor says what a probe's process is held to, by trying it."""

from __future__ import annotations

import pytest

from bot.isolation import landlock, seccomp, self_test
from bot.isolation.confinement import Held, Strength
from hour48.doctor import isolation


def test_what_this_system_can_do_is_tried_and_told() -> None:
    tried = self_test.try_here()
    assert tried.files == (landlock.version() > 0)
    assert tried.network == seccomp.is_available()


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        (self_test.Tried(True, True, Strength.BY_ADDRESS), "its source's address alone"),
        (self_test.Tried(True, False, Strength.BY_PORT), "its source's port alone"),
        (
            self_test.Tried(False, False, Strength.NOT),
            "may read any file, and may call any machine",
        ),
    ],
)
def test_the_doctor_says_what_holds_and_what_does_not(
    monkeypatch: pytest.MonkeyPatch, tried: self_test.Tried, said: str
) -> None:
    monkeypatch.setattr(self_test, "try_here", lambda: tried)
    check = isolation()
    assert said in check.says
    assert bool(check.advice) == (tried.calls is not Strength.BY_ADDRESS)


def test_a_system_without_any_of_it_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(seccomp, "can_ask", lambda: False)
    from bot.isolation.confinement import of_this_system

    assert of_this_system() == Held(0, Strength.NOT)
