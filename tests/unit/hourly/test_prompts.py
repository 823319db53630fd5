"""The use case as a part of the bot's sentences."""

from __future__ import annotations

import pytest

from bot.db.models import Sprint
from bot.hourly.queries import asked_question
from tests.runtimes import TEAM


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (None, "if “Churn pilot” works?"),
        ("  ", "if “Churn pilot” works?"),
        ("predict which flights\nland late.", "if “predict which flights land late” works?"),
    ],
)
def test_the_first_question_reads_right_with_a_title_and_with_somebodys_words(
    runtime, running_sprint, words, said
):
    with runtime.uow(TEAM) as uow:
        sprint = uow.session.get_one(Sprint, running_sprint)
        sprint.use_case, sprint.use_case_words = "churn", words
        assert asked_question(uow, sprint, 0).endswith(said)
