"""Who may do what, written out a second time: a change of the table is a decision, not a slip."""

from __future__ import annotations

import pytest

from bot.domain.permissions import Action, Relation, is_allowed

EVERYBODY = """
    accept_ownership keep_note log_blocker plan read request_approval resolve_blocker
"""
"""What every colleague may do, and whoever is nearer."""
BEYOND = {
    Relation.LEAD: """
        agree answer_gate answer_prompt cancel cancel_probe change_fix close correct deploy
        edit_blocker edit_plan export_audit go_live kick_off override rerun revoke_link
        roll_back run_probe set_action_plan set_pace start take_over_approval withdraw_approval
        withdraw_blocker
    """,
    Relation.TEAM: """
        agree answer_gate answer_prompt cancel_probe change_fix correct deploy edit_blocker
        edit_plan expect export_audit kick_off rerun revoke_link roll_back run_probe
        set_action_plan start
    """,
    Relation.SPONSOR: """
        change_fix export_audit revoke_link set_action_plan
    """,
    Relation.APPROVER: """
        ask_about_approval change_fix decide_approval hand_over_approval
    """,
    Relation.STAND_IN: """
        take_over_approval
    """,
    Relation.REQUESTER: """
        cancel_probe change_fix edit_blocker revoke_link withdraw_approval withdraw_blocker
    """,
    Relation.OWNER: """
        change_fix edit_blocker roll_back
    """,
    Relation.ADMIN: """
        agree answer_gate answer_prompt cancel cancel_probe change_fix close correct deploy
        edit_blocker edit_plan export_audit go_live kick_off override rerun revoke_link
        roll_back run_probe set_action_plan set_pace start take_over_approval withdraw_approval
        withdraw_blocker
    """,
}
NOTHING = {Relation.STAND_IN, Relation.GUEST, Relation.DEACTIVATED, Relation.BOT, Relation.OUTSIDER}
"""Who may not even do what everybody may, by that alone."""


@pytest.mark.parametrize("relation", Relation)
def test_a_relation_alone_allows_what_it_is_meant_to_and_no_more(relation):
    wanted = set(BEYOND.get(relation, "").split())
    if relation not in NOTHING:
        wanted |= set(EVERYBODY.split())
    assert {action.value for action in Action if is_allowed(action, {relation})} == wanted


@pytest.mark.parametrize("action", [Action.DECIDE_APPROVAL, Action.TAKE_OVER_APPROVAL])
def test_nobody_decides_or_takes_over_a_request_of_their_own(action):
    for relation in Relation:
        assert not is_allowed(action, {relation, Relation.REQUESTER})
