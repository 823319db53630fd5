"""What the plan proposes, what probes stand behind, and what the sprint cost, in sentences."""

from pathlib import Path

import pytest

from bot.domain.record import Blocker, Finding, GateAnswer, SprintRecord
from bot.domain.story import parse_story
from bot.domain.verdict import Figures, verdict
from bot.domain.verdict.model import Sort
from bot.domain.verdict.parties import party_named, with_article, with_name
from bot.domain.vocabulary import Kind, Remedy
from bot.playbook.story_file import load_story

GOLDEN = sorted(Path("tests/stories").glob("*.yaml"))
TEAM = {"builder": "Ana", "data": "Ben", "approver": "Cho", "business": "Dee"}


def _blocker(id_, title, kind, at=1.0, **other):
    return Blocker(id_, title, kind, at, "Ana", SprintRecord("x").phase_at(at), **other)


@pytest.mark.parametrize(
    ("title", "party"),
    [
        ("It goes to the architecture review board first", "the architecture review board"),
        ("A form signed by two directors", "two directors"),
        ("Legal will not sign", "legal"),
        ("The full security audit comes first", "security"),
        ("Our API has no docs", None),
        ("nothing may write to it without the cableway authority", "the cableway authority"),
        ("the automation contractor comes every second thursday", "the automation contractor"),
        ("the password is with a contractor who left", None),
        ("it is unclear who may decide, the ministry or the court", None),
        ("Cannot get at the export, Henrik's team only runs it monthly", "Henrik's team"),
        ("The vendor’s team is out until May", "the vendor's team"),
        ("Budget for the vendor must be signed by the CFO", "CFO"),
        ("The read account needs a ticket with IT, 2-3 weeks", "IT"),
        ("Contract for the hoster has to be signed by Procurement", "procurement"),
        ("request with Anna since May", None),
        ("Ticket system on an old server, vendor bankrupt", None),
        ("Shift leads refuse to follow a screen", "the shift leads"),
        ("Model risk wants a validation report", "model risk"),
        ("The cooperative's members have to vote", "the cooperative's members"),
        ("The API wants a token", None),
        ("Nobody wants to sign", None),
        ("The scorer would have to run on board", None),
    ],
)
def test_a_proposal_names_the_body_that_the_blocker_waits_for(title, party):
    assert party_named(title) == party


@pytest.mark.parametrize(
    ("title", "kind", "question"),
    [
        ("personne dans l'équipe ne connaît Python", Kind.UNCLEAR_OWNERSHIP, "lent, hired"),
        ("Two integrations are queued before us", Kind.APPROVAL_PROCESS, "move this up"),
        ("Photos are rounded", Kind.DATA_ACCESS, "good enough to try with"),
        ("No regional director since May", Kind.DATA_ACCESS, "until somebody is named"),
        ("Hm", Kind.INTEGRATION, "take this out of the way"),
    ],
)
def test_what_a_title_tells_of_asks_whatever_the_guess_else_the_question_that_fits_everything(
    title, kind, question
):
    (asked, *_) = _fixes(_blocker("a", title, kind, 12.0, kind_suggested=True))
    assert question in asked.text


@pytest.mark.parametrize(
    ("name", "told"), [("CFO", "the CFO"), ("IT", "IT"), ("Henrik's team", "Henrik's team")]
)
def test_a_post_takes_an_article_and_a_name_none(name, told):
    assert with_article(name) == told


def test_nobody_is_asked_how_long_it_takes_where_the_title_says_so():
    title = "legal wants to see this first"
    said = {"kind_suggested": True, "lead_time": "3-4 weeks"}
    asked, *_ = _fixes(_blocker("a", title, Kind.APPROVAL_PROCESS, 26.0, **said))

    assert "Cho asks legal by day 7 what is enough for a yes" in asked.text
    assert "how long" not in asked.text


def _fixes(*blockers, **facts):
    return verdict(SprintRecord("x", team=TEAM, blockers=blockers, **facts)).fixes


@pytest.mark.parametrize(
    ("blocker", "text"),
    [
        (
            _blocker(
                *("a", "It goes to the architecture review board first", Kind.DECISION_AUTHORITY),
                *(18.0,),
                lead_time="6 weeks",
            ),
            "Cho asks the architecture review board by day 7 what is enough for a yes, by when, "
            "and what may go on until then: “It goes to the architecture review board first” "
            "(quoted: 6 weeks).",
        ),
        (
            _blocker("a", "A freeze", Kind.APPROVAL_PROCESS, 18.0, lead_time="after the freeze"),
            "Cho: who can grant an exception or an earlier date, what do they need, and what can "
            "go on until then? “A freeze” (“after the freeze”: no date given). Answer by day 5.",
        ),
        (
            _blocker("a", "Nobody is in Nepal", Kind.MISSING_ROLE, 30.0),
            "Dee: who could take this on or answer for it, by name, and from which day? “Nobody is "
            "in Nepal”. Answer by day 5.",
        ),
        (
            _blocker(
                *("a", "Jan is away", Kind.SKILLS_GAP, 30.0), waits_for="platform team", owner="Eve"
            ),
            "Eve: who can step in, from which day, and what has to be shown or written down "
            "first? “Jan is away”. Answer by day 5.",
        ),
        (
            _blocker(
                "a", "A form for the replica", Kind.APPROVAL_PROCESS, 3.0, waits_for="Security"
            ),
            "Cho asks Security by day 7 what they need to unblock it, by when they can, and what "
            "can be done until then: “A form for the replica”.",
        ),
        (
            _blocker("a", "Old mainframe", Kind.INTEGRATION, 18.0, remedy=Remedy.ARCHITECTURE),
            "Ana: is there a way round this without a rebuild, or would what gets through today do "
            "for a first try? “Old mainframe”. Answer by day 5.",
        ),
    ],
)
def test_a_proposal_quotes_the_blocker_and_asks_where_the_record_says_too_little(blocker, text):
    assert _fixes(blocker)[0].text == text


def test_an_unanswered_request_goes_to_the_one_who_was_asked():
    ask = {"at": 26, "by": "Dee", "request": "security", "of": "Cho", "deadline": 6}
    record = parse_story({"story": "x", "events": [ask], "team": TEAM}).record
    fix = verdict(record).fixes[0]
    assert (fix.owner, fix.is_question) == ("Cho", False)
    assert fix.text == (
        "Cho answers the security request by day 7: approve, reject or name the conditions "
        "(asked in hour 26)."
    )


def test_a_refusal_is_met_by_its_reason_and_without_one_by_a_question():
    ask = {"at": 26, "by": "Dee", "request": "legal", "of": "Lee"}
    no = {"at": 30, "by": "Lee", "decide": "legal", "decision": "rejected"}
    record = parse_story({"story": "x", "events": [ask, {**no, "why": "No DPIA, 4 weeks"}]}).record
    assert verdict(record).fixes[0].text == (
        "Dee says by day 7 who brings what Lee asks for before a yes to the legal request and by "
        "when, and asks Lee what can go on until then: “No DPIA, 4 weeks”."
    )
    bare = verdict(parse_story({"story": "x", "events": [ask, no]}).record).fixes[0]
    assert bare.is_question
    assert "No reason was given" in bare.text


def test_who_said_no_is_asked_again_once_what_it_rested_on_is_fixed():
    why = "drivers can be identified from the pickup log"
    ask = {"at": 26, "by": "Dee", "request": "privacy", "of": "Lee"}
    no = {"at": 29, "by": "Lee", "decide": "privacy", "decision": "rejected", "why": why}
    title = "pickup log has the drivers' full names in it"
    blocker = {"at": 28, "by": "Ana", "blocker": "names", "title": title}
    fixed = {"at": 33, "by": "Ana", "resolve": "names", "how": "fixed"}
    other = {**blocker, "title": "the login for the test box expired"}
    told = (
        f"Dee asks Lee by day 7 to decide the privacy request again: “{title}”, of which the no "
        "speaks, was fixed in hour 33."
    )
    for said, is_asked_again in ((blocker, True), (other, False)):
        record = parse_story({"story": "x", "events": [ask, said, no, fixed]}).record
        assert (told in {each.text for each in verdict(record).fixes}) is is_asked_again


def test_a_no_for_a_while_is_met_by_asking_for_an_exception():
    ask = {"at": 26, "by": "Dee", "request": "change", "of": "Lee"}
    no = {"at": 30, "by": "Lee", "decide": "change", "decision": "rejected", "why": "Freeze on"}
    fix, *_ = verdict(parse_story({"story": "x", "events": [ask, no]}).record).fixes
    assert "what has to be ready for a yes to the change request after that time" in fix.text
    assert "asks Lee for an exception or what can go on until then" in fix.text


@pytest.mark.parametrize(
    "why",
    [
        "Not before we know who reads the alarms",
        "Until somebody signs for the cost",
        "Solange keiner sagt, wer das zahlt",
        "Tant que personne ne signe le contrat",
        "Hasta que alguien firme",
    ],
)
def test_a_no_until_people_do_something_is_met_by_doing_it(why):
    ask = {"at": 26, "by": "Dee", "request": "change", "of": "Lee"}
    no = {"at": 30, "by": "Lee", "decide": "change", "decision": "rejected", "why": why}
    fix, *_ = verdict(parse_story({"story": "x", "events": [ask, no]}).record).fixes
    assert fix.text.startswith("Dee says by day 7 who brings what Lee asks for")


def test_a_flat_no_is_met_by_asking_for_less_and_somebody_else_s_by_going_there():
    ask = {"at": 26, "by": "Dee", "request": "security", "of": "Lee"}
    no = {"at": 30, "by": "Lee", "decide": "security", "decision": "rejected"}
    flat, *_ = verdict(
        parse_story({"story": "x", "events": [ask, {**no, "why": "Viel zu riskant"}]}).record
    ).fixes
    assert "who can remove the reason for Lee's no to the security request" in flat.text
    assert "asks Lee whether that or a smaller trial would get a yes" in flat.text
    other = {**no, "why": "Ce n'est pas à moi de décider ça"}
    moved, *_ = verdict(parse_story({"story": "x", "events": [ask, other]}).record).fixes
    assert "takes the security request by day 7 to whoever decides it" in moved.text


def test_who_is_away_is_not_asked_and_somebody_else_is():
    ask = {"at": 26, "by": "Dee", "request": "security", "of": "Lee", "deadline": 4}
    away = {"at": 28, "by": "Ana", "blocker": "b", "title": "Lee is on leave, no stand-in"}
    events = [ask, {**away, "severity": "slows"}]
    fix = next(
        each
        for each in verdict(parse_story({"story": "x", "events": events}).record).fixes
        if "security request" in each.text
    )
    assert fix.text.startswith("Dee says by day 7 who above Lee answers the security request")
    assert fix.owner == "Dee"


def test_a_refusal_that_a_blocker_tells_of_names_both_and_another_reason_parts_them():
    ask = {"at": 26, "by": "Dee", "request": "legal", "of": "Lee"}
    no = {"at": 30, "by": "Lee", "decide": "legal", "decision": "rejected"}
    blocker = {"at": 20, "by": "Ana", "blocker": "b", "kind": "risk_tolerance"}
    named = {**blocker, "title": "The works council wants no ranking of pickers"}
    about, *_ = verdict(
        parse_story(
            {"story": "x", "events": [named, ask, {**no, "why": "The scans rank the pickers"}]}
        ).record
    ).fixes
    assert "; it is about “The works council wants no ranking of pickers”." in about.text
    apart = verdict(
        parse_story(
            {"story": "x", "events": [named, ask, {**no, "why": "Who pays for the lorry?"}]}
        ).record
    ).fixes
    assert len([each for each in apart if each.cause]) == 2


def test_a_condition_behind_a_reason_goes_before_it():
    ask = {"at": 26, "by": "Dee", "request": "legal", "of": "Lee"}
    why = "Names are in every line, no ranking of people, ever. Write that down and we vote"
    no = {"at": 30, "by": "Lee", "decide": "legal", "decision": "rejected", "why": why}
    fix, *_ = verdict(parse_story({"story": "x", "events": [ask, no]}).record).fixes
    assert fix.text.startswith("Dee says by day 7 who brings what Lee asks for")


def test_a_rollback_goes_to_who_deployed_and_joins_the_blocker_of_that_hour():
    deploy = {"at": 20, "by": "Ben", "deploy": 1, "evidence": "https://x"}
    breach = {"at": 23.6, "by": "Ben", "guardrail": "mails per watch", "outcome": "breached"}
    back = {"at": 24, "by": "Cho", "rollback": "63 alarm mails on the Heron in one night"}
    story = {"story": "x", "team": TEAM, "events": [deploy, breach, back]}
    fix, *_ = verdict(parse_story(story).record).fixes
    assert fix.text.startswith("Ben: who changes that before it goes live again")
    flood = {
        "at": 23.5,
        "by": "Ana",
        "blocker": "b",
        "title": "Heron got 63 mails!! the clock jumps",
    }
    told = {**story, "events": [deploy, flood, breach, back]}
    fixes = verdict(parse_story(told).record).fixes
    assert len([each for each in fixes if each.cause]) == 1


def test_a_gate_speaks_in_the_words_of_what_was_only_worked_around():
    gate = GateAnswer("g", "model", "locked_down", 15.0, "Ana")
    title = "Python is not on the whitelist"
    story = [
        {"at": 9, "by": "Ana", "blocker": "a", "title": title, "severity": "slows"},
        {"at": 11, "by": "Ben", "resolve": "a", "how": "worked_around"},
        {"at": gate.at, "by": "Ana", "gate": gate.phase, "scenario": gate.scenario},
    ]
    fix, *_ = verdict(parse_story({"story": "x", "team": TEAM, "events": story}).record).fixes
    assert "who can install or allow what is missing" in fix.text
    assert f"“{title}”" in fix.text


def test_what_a_refuser_says_later_would_do_is_asked_for():
    ask = {"at": 26, "by": "Dee", "request": "security", "of": "Lee"}
    no = {"at": 30, "by": "Lee", "decide": "security", "decision": "rejected"}
    later = {"at": 44, "by": "Lee", "answer": "Move it behind our proxy and I sign", "hour": 44}
    events = [ask, {**no, "why": "addresses on a private phone"}, later]
    fix, *_ = verdict(parse_story({"story": "x", "events": events}).record).fixes
    assert fix.text.startswith("Dee says by day 7 who brings what Lee asks for")
    assert "“Move it behind our proxy and I sign”" in fix.text


def test_a_blocker_that_names_whom_a_request_asks_is_that_request():
    ask = {"at": 11, "by": "Dee", "request": "data_access", "of": "Lee", "deadline": 20}
    title = "the logs are on Lee's machine, the password is known to Lee alone"
    blocker = {"at": 1, "by": "Ben", "blocker": "b", "title": title, "severity": "stops"}
    told = {"story": "x", "events": [{**blocker, "kind": "data_access"}, ask]}
    fixes = verdict(parse_story(told).record).fixes
    assert len([each for each in fixes if each.cause]) == 1


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Bed board has no API, only a SOAP port", "the bed board"),
        ("It is chalked on a board and wiped each evening", "a board"),
        ("frozen until the money is out", "the money"),
    ],
)
def test_a_thing_is_never_asked(title, asked):
    fix, *_ = _fixes(_blocker("a", title, Kind.INTEGRATION, 18.0, kind_suggested=True))
    assert f"asks {asked}" not in fix.text


def test_whom_an_item_asks_keeps_their_name():
    title = "the data steward (Mr. Oduya) has to release the tables first"
    assert with_name(title, "data steward") == "data steward (Mr. Oduya)"
    assert with_name("insurance: Hr. Brandt wants it in writing", "Hr") == "Hr. Brandt"
    assert with_name("legal has the file. Monday they decide", "legal") == "legal"


def test_a_gate_s_own_phrase_asks_which_step_it_is():
    gate = GateAnswer("g", "integration", "process", 24.0, "Ana")
    fix, *_ = _fixes(gates=(gate,))
    assert "which step or system holds it up, who decides there" in fix.text


@pytest.mark.parametrize(
    ("title", "kind", "text"),
    [
        ("Only Ines writes there, Ines is away till May", Kind.INTEGRATION, "Ana: who can step in"),
        ("CISO is on leave, no stand-in", Kind.MISSING_ROLE, "Ana: who can step in"),
        ("The lift vendor is bankrupt", Kind.INTEGRATION, "Ana: who can still change or replace"),
        ("Facilities never got back to us", Kind.UNCLEAR_OWNERSHIP, "Ana: who else there can"),
        ("Finance says ask IT, IT says ask finance", Kind.UNCLEAR_OWNERSHIP, "Cho: who settles"),
        ("Drivers want overtime, their bonus hangs on it", Kind.RISK_TOLERANCE, "Dee: who sets"),
        ("Wards would all have to join", Kind.APPROVAL_PROCESS, "Dee: which of them could start"),
        ("The pilots' union must be informed", Kind.APPROVAL_PROCESS, "Dee asks the pilots' union"),
        ("Die Schnittstelle kostet 4.000 € extra", Kind.INTEGRATION, "Cho: who can approve the pr"),
        ("La base appartient au prestataire", Kind.DATA_ACCESS, "Ana"),
        ("Latency budget is 50 ms, we need 90", Kind.INTEGRATION, "Ana: what would stay inside"),
        ("Depots count late parcels differently", Kind.DATA_ACCESS, "Dee: who decides on one"),
        ("Patient ids are hashed per table, joins fail", Kind.DATA_ACCESS, "Ben: what could tie"),
        ("Guards don't want cameras", Kind.RISK_TOLERANCE, "Dee asks the guards by day 7 what"),
        ("Wards order by fax", Kind.DATA_ACCESS, "Ben: who could type in or scan"),
        ("En el túnel no hay señal", Kind.INFRASTRUCTURE, "Ana: what would work without a steady"),
    ],
)
def test_the_meaning_of_a_title_chooses_who_is_asked_what(title, kind, text):
    asked, *_ = _fixes(_blocker("a", title, kind, 26.0, kind_suggested=True))
    assert asked.text.startswith(text)


def test_somebody_who_leaves_hands_the_items_to_the_one_beside():
    leaves = _blocker("a", "I'm only here till Friday, then I'm gone", Kind.MISSING_ROLE, 40.0)
    gpu = _blocker("b", "No GPU, training on a laptop", Kind.INFRASTRUCTURE, 12.0)
    owners = {fix.blocker: fix.owner for fix in _fixes(leaves, gpu)}
    assert owners["b"] == "Ben"


def test_an_item_goes_to_the_member_of_the_team_whom_the_title_names():
    title = "the role is granted by Ben alone"
    asked, *_ = _fixes(_blocker("a", title, Kind.DATA_ACCESS, 3.0, kind_suggested=True))
    assert asked.owner == "Ben"


def test_a_lead_time_is_quoted_only_of_the_record_that_it_was_said_of():
    gate = GateAnswer("g", "data", "locked", 8.0, "Ben", lead_time="3 weeks")
    blocker = _blocker("a", "No login", Kind.DATA_ACCESS, kind_suggested=True)
    asked, *_ = _fixes(blocker, gates=(gate,))
    assert "No login" in asked.text
    assert "3 weeks" not in asked.text


def test_the_period_of_a_count_is_no_lead_time():
    found = _found("f", "quality", "stops", "Only 212 confirmed bans in a year")
    asked, *_ = _fixes(findings=(found,))
    assert "(a year)" not in asked.text


def test_a_gate_that_nobody_explained_speaks_in_the_words_of_what_slows():
    gate = GateAnswer("g", "model", "no_skills", 15.0, "Ana")
    slows = _blocker("a", "None of us knows R", Kind.SKILLS_GAP, 10.0, severity="slows")
    assert "“None of us knows R”" in _fixes(slows, gates=(gate,))[0].text


def test_a_finding_goes_to_who_knows_the_data():
    found = _found("f", "quality", "stops", "Half of the keys are empty.")
    gate = GateAnswer("g", "data", "locked", 8.0, "Ana")
    assert "Ben: how do you fix this" in "".join(
        fix.text for fix in _fixes(findings=(found,), gates=(gate,))
    )


def test_a_paper_that_a_probe_found_missing_is_not_put_to_who_builds():
    found = _found("f", "governance", "stops", "No legal basis is recorded for the addresses.")
    (asked, *_) = _fixes(findings=(found,))
    assert asked.owner not in ("Ana", "Ben")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_proposal_quotes_its_cause_and_no_two_are_about_the_same(path):
    record = load_story(path).record
    found = verdict(record)
    assert len({fix.text for fix in found.fixes}) == len(found.fixes)
    about = [fix.cause for fix in found.fixes if fix.cause]
    assert sorted(about) == sorted(cause.id for cause in found.causes)
    for fix in found.fixes:
        assert fix.text.startswith(fix.owner)
        assert f"day {fix.due_day}" in fix.text
        assert fix.text.count("?") >= fix.is_question


def test_no_item_promises_a_day_that_the_forecast_denies():
    blocker = _blocker("b", "The risk list is signed yearly", Kind.APPROVAL_PROCESS, 30.0)
    found = verdict(SprintRecord("x", team=TEAM, blockers=(blocker,)))
    said = [s.text for question in ("thirty_days", "plan") for s in found.reasons[question]]
    assert not any("settle" in text for text in said)


def test_the_paths_plan_points_at_the_items_and_repeats_none():
    blocker = _blocker("b", "The risk list is signed monthly", Kind.APPROVAL_PROCESS, 30.0)
    found = verdict(SprintRecord("x", team=TEAM, blockers=(blocker,)))
    steps = found.reasons["plan"]
    assert steps[0].facts[0].id == "b"
    assert not {step.text for step in steps} & {fix.text for fix in found.fixes}
    assert any("Ana runs this sprint again" in step.text for step in steps)


def _found(id_, probe, level, sentence, at=5.0):
    return Finding(id_, probe, "grocer", level, "code", sentence, at)


def _facts(sentences):
    return {(fact.sort, fact.id) for sentence in sentences for fact in sentence.facts}


def test_a_grave_finding_supports_the_gate_that_it_bears_out():
    record = SprintRecord(
        "x",
        gates=(GateAnswer("g", "data", "unusable", 8.0, "Ben"),),
        findings=(
            _found("f1", "quality", "stops", "Half of the keys are empty."),
            _found("f2", "quality", "note", "Two columns are constant."),
            _found("f3", "integration", "slows", "The API answers in four seconds."),
        ),
    )
    for question in ("unlimited_resources", "timeline", "should_do_ai", "critical_path"):
        facts = _facts(verdict(record).reasons[question][:2])
        assert (Sort.FINDING, "f1") in facts
        assert not facts & {(Sort.FINDING, "f2"), (Sort.FINDING, "f3")}


def test_a_stopping_finding_that_nobody_overrode_counts_and_is_told():
    plain = SprintRecord("x", gates=(GateAnswer("g", "data", "accessible", 8.0, "Ben"),))
    probed = SprintRecord(
        "x", gates=plain.gates, findings=(_found("f", "joins", "stops", "No key joins the two."),)
    )
    assert verdict(probed).forecast.p50 > verdict(plain).forecast.p50
    told = [s for s in verdict(probed).reasons["should_do_ai"] if "No key joins the two" in s.text]
    assert [fact.id for fact in told[0].facts] == ["f"]
    surprise = verdict(probed).reasons["surprise"][-1]
    assert surprise.text == "Probes found 1 thing to stop for; 1 is technical."
    assert (Sort.FINDING, "f") in _facts([surprise])


def test_a_probe_that_was_run_again_has_its_last_word():
    record = SprintRecord(
        "x",
        gates=(GateAnswer("g", "data", "locked", 8.0, "Ben"),),
        findings=(
            _found("f1", "access", "stops", "Login is refused.", 2.0),
            _found("f2", "access", "ok", "Rows can be read.", 6.0),
        ),
    )
    assert (Sort.FINDING, "f1") not in _facts(verdict(record).reasons["timeline"])


def test_what_it_cost_is_shown_beside_the_playbooks_own_figures():
    blocker = _blocker("b", "A form for the replica", Kind.APPROVAL_PROCESS, 0.0)
    figures = Figures("EUR", person_hour=50, assessment=90_000, assessment_days=(61, 122))
    taken, classic = verdict(
        SprintRecord("x", team=TEAM, blockers=(blocker,)), figures=figures
    ).reasons["cost"]
    assert taken.text == (
        "By the playbook's figures the team worked about 64 person-hours, 64 of them in the "
        "48.0 hours lost to what stopped it: 3,200 EUR at 50 EUR an hour."
    )
    assert (Sort.BLOCKER, "b") in _facts([taken])
    assert classic.text == (
        "The playbook puts a classic readiness assessment at 90,000 EUR and 9 weeks to 4 months."
    )


def test_a_sprint_dearer_than_the_classic_way_claims_no_saving():
    figures = Figures("EUR", person_hour=5000, assessment=10_000)
    assert "saved" not in verdict(SprintRecord("x"), figures=figures).reasons["cost"][1].text


def test_a_blocker_written_down_from_a_finding_opens_to_it():
    blocker = _blocker("b", "Half of the keys are empty", Kind.DATA_ACCESS, finding="f1")
    record = SprintRecord(
        "x",
        blockers=(blocker,),
        findings=(
            _found("f1", "quality", "stops", "Half of the keys are empty.", 2.0),
            _found("f2", "quality", "ok", "All keys are there.", 6.0),
        ),
    )
    assert (Sort.FINDING, "f1") in _facts(verdict(record).reasons["critical_path"])
