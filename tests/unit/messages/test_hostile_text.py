"""Whatever people type, what is posted stays within Slack's limits and pings nobody."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.db.models import Approval, Blocker, Sprint
from bot.domain.vocabulary import Kind, Subject
from bot.messages.approval_card import LONGEST_WHAT, approval_card, approval_list, approval_modal
from bot.messages.blocker_card import (
    LONGEST_FIELD,
    LONGEST_TITLE,
    CardContext,
    blocker_card,
    blocker_list,
    blocker_modal,
    initial_of,
)
from bot.playbook.loader import load_playbook
from bot.slack import limits
from tests.runtimes import HOUR_0

PLAYBOOK = load_playbook()
ROUGH = st.text(
    st.sampled_from("<!>@#&|*_~`\n\r\t\x00\u202e\ud800é没🙈 abc"), min_size=1, max_size=1200
) | st.sampled_from(["<!channel>", "<@U1>", "<!here|x>", "&lt;!channel&gt;", "<#C1>", "&" * 900])


LITERAL = {"plain_text", "raw_text", "raw_number", "text"}
"""Types of text in which nothing is ever read as markup."""


def texts(node):
    """Yield every text object and its type in a payload."""
    if isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node.get("type", "fallback"), node["text"]
        for child in node.values():
            yield from texts(child)
    elif isinstance(node, list):
        for child in node:
            yield from texts(child)


def check(payload):
    for kind, text in texts(payload):
        assert 0 < len(text) <= (limits.MESSAGE_TEXT if kind == "fallback" else limits.SECTION_TEXT)
        if kind not in LITERAL:
            for raw in ("<!channel", "<!here", "<!everyone", "<@", "<#", "<!subteam"):
                assert raw not in text
        text.encode("utf-8")
    for block in payload["blocks"]:
        for field in block.get("fields", []):
            assert len(field["text"]) <= limits.FIELD_TEXT


TELLER = CardContext(
    PLAYBOOK, lambda user_id: f"<@{user_id}>&", HOUR_0 + timedelta(hours=5), HOUR_0
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(words=ROUGH, kind=st.sampled_from(list(Kind)), state=st.sampled_from(["open", "fixed"]))
def test_a_blocker_of_any_words(words, kind, state):
    blocker = Blocker(
        id=1,
        number=1,
        title=words[:LONGEST_TITLE],
        kind=kind.value,
        kind_was_suggested=True,
        severity="stops",
        remedy="governance",
        lead_time=words[:LONGEST_FIELD],
        waits_for=words[:LONGEST_FIELD],
        owner_id="U2",
        phase="data",
        state=state,
        raised_by="U1",
        raised_at=HOUR_0,
        resolved_at=HOUR_0,
        resolved_by="U1",
        permalink=None,
    )
    check(blocker_card(blocker, TELLER))
    check(blocker_list(words, [blocker] * 40, TELLER))
    check(blocker_modal(PLAYBOOK, initial_of(blocker), sprints=[("1", words), ("2", words)]))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    words=ROUGH,
    subject=st.sampled_from(list(Subject)),
    state=st.sampled_from(["waiting", "approved", "rejected", "expired", "withdrawn", "lapsed"]),
)
def test_a_request_of_any_words(words, subject, state):
    approval = Approval(
        id=1,
        sprint_id=1,
        number=1,
        subject=subject.value,
        what=words[:LONGEST_WHAT],
        requested_by="U1",
        approver_id="U2",
        requested_at=HOUR_0,
        deadline=HOUR_0 + timedelta(hours=6),
        state=state,
        decided_by="U2",
        decided_at=HOUR_0,
        reason=words[:LONGEST_WHAT],
        question=words[:LONGEST_WHAT],
    )
    sprint = Sprint(id=1, title=words[:120])
    check(approval_card(approval, words, TELLER))
    check(approval_card(approval, words, TELLER, for_approver=True))
    check(approval_list([(approval, sprint)] * 30, [(approval, sprint)] * 30, TELLER))
    check(approval_modal(PLAYBOOK, {"what": words, "subject": subject.value}))
