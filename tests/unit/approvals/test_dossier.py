"""A dossier tells one approver what is known and what is missing; acceptances fill it."""

import base64
import json
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from bot.approvals.announcements import card_key, direct_key
from bot.approvals.dossier import Audience, compose_dossier, renew_dossiers
from bot.approvals.forms import ApprovalForm
from bot.approvals.service import request_approval
from bot.db.models import ProbeRun
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxKind, ProbeRunState
from bot.domain.errors import FormError, InputError
from bot.domain.vocabulary import Subject
from bot.messages.templates import Template
from bot.probe_runs.acceptances import AcceptanceForm, accept
from bot.probe_runs.governance_answers import answers_of_sprint
from bot.probe_runs.overrides import override_finding
from bot.rendering import RENDERERS
from bot.report.dossier import DOSSIER_FORMS, render_dossier
from probes.governance.answers import duties, standings
from tests.runtimes import ANA, BEN, CHO, TEAM
from tests.speed import usual_seconds

HOSTILE = '<script>alert(1)</script> #include "x" [link](y) 4111111111111111'


def governance_run(uow, sprint_id, answers):
    stands = standings(answers, set(), uow.now.date())
    facts = {"duties": [one.to_plain() for one in stands]}
    findings = [
        {
            "level": "stops",
            "code": "secret_found",
            "sentence": "The configuration holds a key.",
            "evidence": {"rows": ["Eve, 1980"]},
            "meaning": "",
        },
        {
            "level": "ok",
            "code": "groups_alike",
            "sentence": f"By age nothing differs. {HOSTILE}",
            "evidence": {},
            "meaning": "",
        },
    ]
    uow.session.add(
        ProbeRun(
            team_id=TEAM,
            sprint_id=sprint_id,
            probe="governance",
            request={},
            asked_by=ANA,
            asked_at=uow.now,
            finished_at=uow.now,
            state=ProbeRunState.DONE,
            result={"findings": findings, "facts": facts},
        )
    )
    uow.session.flush()


def test_without_any_check_one_section_says_what_is_missing_and_what_to_do(runtime, running_sprint):
    sprint_id = running_sprint
    with runtime.reading(TEAM) as uow:
        made = compose_dossier(uow, uow.sprint(sprint_id), Audience.PRIVACY)
    assert made.verdict.startswith("No governance check has run yet")
    assert [section.key for section in made.sections] == ["unknown"]
    lines = made.sections[0].lines
    assert (lines[0].words, lines[0].small) == ("Data", "Run /probe quality on the table.")
    assert all(line.small for line in lines)
    assert "0 of 0" not in str(made.figures)


def test_findings_that_are_left_out_are_counted_and_doubtful_answers_are_told(
    runtime, running_sprint
):
    sprint_id = running_sprint
    quality = [
        {"level": "note", "code": f"c{place}", "sentence": f"Column {place} is odd."}
        for place in range(15)
    ]
    doubt = {"level": "note", "code": "proof_unseen", "sentence": "Proofs lie elsewhere."}
    with runtime.uow(TEAM) as uow:
        for probe, findings in (("quality", quality), ("governance", [doubt])):
            uow.session.add(
                ProbeRun(
                    team_id=TEAM,
                    sprint_id=sprint_id,
                    probe=probe,
                    request={},
                    asked_by=ANA,
                    asked_at=uow.now,
                    finished_at=uow.now,
                    state=ProbeRunState.DONE,
                    result={"findings": findings, "facts": {}},
                )
            )
        uow.session.flush()
        made = compose_dossier(uow, uow.sprint(sprint_id), Audience.PRIVACY)
    lines = {one.key: [line.words for line in one.lines] for one in made.sections}
    assert len(lines["data"]) == 13
    assert lines["data"][-1] == "3 lighter findings more in the reports of these checks."
    assert lines["duties"] == ["Proofs lie elsewhere."]


def test_each_approver_reads_their_own_duties_first_and_what_is_missing(runtime, running_sprint):
    sprint_id = running_sprint
    form = AcceptanceForm("privacy", "retention", "Deleted after 90 days", "policies/retention.pdf")
    with runtime.uow(TEAM) as uow:
        accept(uow, ANA, sprint_id, form)
        governance_run(uow, sprint_id, answers_of_sprint(uow, sprint_id))
        sprint = uow.sprint(sprint_id)
        every = {one: compose_dossier(uow, sprint, one) for one in Audience}
    for audience, made in every.items():
        asked = sum(audience.value in duty.approvers for duty in duties())
        met = int(audience is Audience.PRIVACY)
        assert made.verdict.startswith(f"{met} of {asked} duties")
        shown = {section.key: section for section in made.sections}
        known = {*shown, *(line.words for line in shown["unknown"].lines)}
        assert known >= {"Data", "Model", "Packages and vulnerabilities", "fairness", "owners"}
        assert shown["security"].lines[0].words == "The configuration holds a key."
    privacy = {section.key: section for section in every[Audience.PRIVACY].sections}["duties"]
    line = next(one for one in privacy.lines if one.state == "ok")
    assert line.words == "How long the data are kept: Deleted after 90 days"
    assert line.small.endswith("policies/retention.pdf")
    assert any(one.state == "open" and "Annex IV" in one.small for one in privacy.lines)


def test_every_form_is_made_in_time_and_holds_no_markup_and_no_evidence_of_rows(
    runtime, running_sprint
):
    sprint_id = running_sprint
    with runtime.uow(TEAM) as uow:
        governance_run(uow, sprint_id, {})
        made = compose_dossier(uow, uow.sprint(sprint_id), Audience.SECURITY)
        forms = {}

        def render():
            forms.update({form: render_dossier(made, form) for form in DOSSIER_FORMS})

        assert usual_seconds(render, 1) < 10
    page = forms["html"].decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    words = "".join(one.extract_text() for one in PdfReader(BytesIO(forms["pdf"])).pages)
    assert "The configuration holds a key." in words
    assert "Secrets and access" in words
    assert json.loads(forms["json"])["audience"] == "security"
    for content in (page, words, forms["json"].decode()):
        assert "Eve, 1980" not in content
    with pytest.raises(InputError, match="choose one of pdf, html, json"):
        render_dossier(made, "docx")


def test_a_request_carries_the_dossier_of_its_approver(runtime, running_sprint):
    sprint_id = running_sprint
    with runtime.uow(TEAM) as uow:
        for subject in (Subject.PRIVACY, Subject.DATA_ACCESS):
            request = ApprovalForm(sprint_id, subject, CHO, "Scores for one week")
            request_approval(uow, BEN, request)
    with runtime.reading(TEAM) as uow:
        rows = uow.session.scalars(
            select(OutboxItem).where(OutboxItem.key.contains(":dossier:"))
        ).all()
        assert {row.kind for row in rows} == {OutboxKind.UPLOAD}
        forms = sorted((row.template["form"], CHO in row.queue) for row in rows)
        assert forms == sorted([("html", True), ("pdf", False), ("pdf", True)] * 2)
        sprint = uow.sprint(sprint_id)
        files = [RENDERERS[Template.DOSSIER_FILE](uow, sprint, row.template) for row in rows]
    ends = sorted({file["filename"].partition("request-")[2] for file in files})
    assert ends == [
        *("1-privacy.html", "1-privacy.pdf", "2-data-access.html", "2-data-access.pdf"),
    ]
    assert len({file["title"] for file in files}) == 2
    file = files[0]
    assert base64.b64decode(file["content"])[:5] in {b"%PDF-", b"<!DOC"}


def test_it_is_in_the_requests_threads_and_made_anew_after_an_override(runtime, running_sprint):
    sprint_id = running_sprint
    with runtime.uow(TEAM) as uow:
        governance_run(uow, sprint_id, {})
        asked = request_approval(
            uow, BEN, ApprovalForm(sprint_id, Subject.SECURITY, CHO, "Scores for one week")
        )
        cards = {card_key(asked), direct_key(asked, CHO)}
    before = uploads(runtime)
    assert {row.thread_key for row in before} == cards
    with runtime.uow(TEAM) as uow:
        run = uow.session.scalars(select(ProbeRun)).one()
        override = override_finding(uow, ANA, run.id, 0, "It is a key of the test system")
        renew_dossiers(uow, uow.sprint(sprint_id), override)
    anew = [row for row in uploads(runtime) if row.id not in {one.id for one in before}]
    assert len(anew) == len(before)
    assert {row.thread_key for row in anew} == cards
    with runtime.reading(TEAM) as uow:
        sprint = uow.sprint(sprint_id)
        made = compose_dossier(uow, sprint, Audience.SECURITY)
        said = uow.session.scalars(
            select(OutboxItem).where(OutboxItem.key.contains(":line:")).order_by(OutboxItem.id)
        ).all()[-1]
        line = json.dumps(RENDERERS[Template.LINE](uow, sprint, said.template), ensure_ascii=False)
    security = {section.key: section for section in made.sections}["security"].lines[0]
    assert "“It is a key of the test system”" in security.small
    assert "overrode a finding" in line
    assert "The configuration holds a key." in line


def uploads(runtime):
    with runtime.reading(TEAM) as uow:
        wanted = select(OutboxItem).where(OutboxItem.kind == OutboxKind.UPLOAD)
        return list(uow.session.scalars(wanted.order_by(OutboxItem.id)))


@pytest.mark.parametrize(
    ("says", "proof", "fields"),
    [
        ("TBD", "policies/a.pdf", {"says"}),
        ("Passwords lie in Vault, keys in KMS", "policies/a.pdf", {"says"}),
        ("nobody", "see wiki", {"says", "proof"}),
        ("Deleted after 90 days", "", {"proof"}),
        ("Deleted after 90 days", "javascript:alert(1)", {"proof"}),
    ],
)
def test_what_is_no_evidence_comes_back_at_its_field(runtime, running_sprint, says, proof, fields):
    sprint_id = running_sprint
    with runtime.uow(TEAM) as uow, pytest.raises(FormError) as refused:
        accept(uow, ANA, sprint_id, AcceptanceForm("privacy", "retention", says, proof))
    assert set(refused.value.errors) == fields


def test_a_later_acceptance_of_a_duty_replaces_the_earlier_one(runtime, running_sprint):
    sprint_id = running_sprint
    with runtime.uow(TEAM) as uow:
        for who, says in ((ANA, "Deleted after 90 days"), (BEN, "Deleted after 30 days")):
            accept(uow, who, sprint_id, AcceptanceForm("privacy", "retention", says, "a.pdf"))
        given = answers_of_sprint(uow, sprint_id)["privacy"]["retention"]
    assert given["says"] == "Deleted after 30 days"
    assert given["proof"] == "a.pdf"
