"""An organisation installs the app once; each workspace it is added to is served apart."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from bot.db.columns import Base
from bot.db.models import Installation, Person, Sprint
from bot.outbox.clients import NotInstalledError
from bot.outbox.operations import keep_person
from bot.settings import SlackSettings
from hour48.container import Bot
from hour48.shipped import MANIFEST
from playground.methods.basics import new_oauth_code
from playground.organisation import Organisation
from playground.server import LocalSlack
from playground.workspace import Workspace
from tests.databases import migrated_database
from tests.integration.workspaces.conftest import SECRET, Tenancy, running_bot, settings_for
from tests.integration.workspaces.test_installing import wait_for
from tests.stage import CRITERIA, ROLES, TEAM, words_of

pytestmark = pytest.mark.slow


@dataclass
class Grid:
    slack: LocalSlack
    organisation: Organisation
    one: Workspace
    two: Workspace
    bot: Bot

    def install(self) -> httpx.Response:
        tenancy = Tenancy(self.bot, self.slack, [self.one, self.two])
        with httpx.Client() as browser:
            state = tenancy.begin(browser)
            code = new_oauth_code(self.organisation, "U0ADMIN")
            return tenancy.end(browser, state=state, code=code)

    def rows(self, model):
        with self.bot.core.runtime.sessions() as session:
            return session.scalars(select(model)).all()

    def row(self, team_id):
        return next((row for row in self.rows(Installation) if row.team_id == team_id), None)

    def teams_with_rows(self):
        """Return the workspaces of which any table but the installations holds a row."""
        found = set()
        with self.bot.core.runtime.sessions() as session:
            for table in Base.metadata.sorted_tables:
                if "team_id" in table.c and table.name not in ("installations", "receipts"):
                    found |= set(session.scalars(select(table.c.team_id)))
        return found - {""}  # the mark of how far a prune came is nobody's


@pytest.fixture
def grid(tmp_path):
    with ExitStack() as opened:
        slack = opened.enter_context(LocalSlack(manifest=MANIFEST))
        organisation = slack.add_organisation("Starship")
        organisation.client_id, organisation.client_secret = "1.2", "client secret"
        organisation.signing_secret = SECRET
        one, two = (
            slack.add_workspace(name, transport="http", organisation=organisation)
            for name in ("Engine Room", "Bridge")
        )
        bot = opened.enter_context(running_bot(slack, migrated_database("sqlite", tmp_path)))
        for workspace in (one, two):
            workspace.request_url = f"{bot.answering.page_url}/slack/events"
        yield Grid(slack, organisation, one, two, bot)


def started(grid, workspace, team, title):
    """Plan a sprint in its form and start it at once; return its row."""
    lead = team[0]
    values = {"title": title, "use_case": "churn", "start": int(time.time()) + 86_400}
    for key in CRITERIA:
        values |= {f"criterion_{key}": "yes", f"reason_{key}": "As agreed."}
    values |= {f"role_{role}": one.id for role, one in zip(ROLES, team, strict=True)}
    assert lead.command("/sprint", "plan").ok
    answer = lead.wait_for_modal().show_all(15).fill(values).submit()
    assert answer.ok, answer
    while lead.modal is not None:
        lead.modal.close()
    number = sprint_of(grid, title).id
    assert lead.command("/sprint", f"start {number}").ok
    wait_for(lambda: sprint_of(grid, title).channel_id)
    return sprint_of(grid, title)


def sprint_of(grid, title):
    return next((sprint for sprint in grid.rows(Sprint) if sprint.title == title), None)


def test_an_organisation_installs_once_and_is_sent_to_add_workspaces(grid):
    answer = grid.install()
    assert answer.status_code == 200
    assert "Starship" in answer.text
    address = f"https://app.slack.com/manage/{grid.organisation.id}/integrations/profile/"
    assert f'href="{address}{grid.organisation.app_id}/workspaces/add"' in answer.text
    row = grid.row(grid.organisation.id)
    assert (row.is_org, row.enterprise_id) == (True, grid.organisation.id)
    assert grid.organisation.bot_token not in (row.bot_token or "")
    assert grid.teams_with_rows() == set()


def test_a_granted_workspace_is_served_with_the_organisations_token_and_no_other_is(grid):
    grid.install()
    ana, bo = grid.one.add_person("Ana"), grid.two.add_person("Bo")
    grid.organisation.add_app_to(grid.one)
    wait_for(lambda: grid.row(grid.one.team_id) is not None)
    assert ana.command("/sprint", "list").ok
    way = grid.bot.core.clients.workspace(grid.one.team_id)
    assert (way.client.token, way.bot_user_id) == (
        grid.organisation.bot_token,
        grid.organisation.bot_user_id,
    )
    with pytest.raises(NotInstalledError):
        grid.bot.core.clients.workspace(grid.two.team_id)
    assert {person.user_id for person in grid.rows(Person)} == {ana.id}
    assert bo.home is None


def test_a_whole_sprint_is_opened_in_the_workspace_where_it_was_planned(grid):
    grid.install()
    grid.organisation.add_app_to(grid.one, grid.two)
    wait_for(lambda: grid.row(grid.two.team_id) is not None)
    team = [grid.two.add_person(name) for name in TEAM]
    outsider = grid.one.add_person("Oda")
    sprint = started(grid, grid.two, team, "Churn on the bridge")
    assert (sprint.team_id, sprint.channel_id in grid.two.channels) == (grid.two.team_id, True)
    created = grid.two.calls("conversations.create")
    assert {call.arguments["team_id"] for call in created} == {grid.two.team_id}
    channel = grid.two.channels[sprint.channel_id]
    wait_for(lambda: len(channel.messages) > len(team))
    assert not [call for call in [*grid.one.journal, *grid.two.journal] if not call.accepted]
    assert outsider.command("/sprint", "list").ok
    assert "Churn" not in words_of([message.blocks for message in outsider.ephemerals()])
    assert team[1].open_home() is not None
    assert team[1].command("/blocker", "The key is missing", channel=channel).ok
    assert grid.teams_with_rows() == {grid.one.team_id, grid.two.team_id}
    assert not [
        person
        for person in grid.rows(Person)
        if person.team_id == grid.one.team_id and person.user_id in {one.id for one in team}
    ]


def test_one_person_in_two_workspaces_sees_in_each_only_what_is_of_it(grid):
    grid.install()
    grid.organisation.add_app_to(grid.one, grid.two)
    wait_for(lambda: grid.row(grid.two.team_id) is not None)
    team = [grid.one.add_person(name) for name in TEAM]
    grid.organisation.share(team[0].user, grid.two)
    started(grid, grid.one, team, "Secret of the engine")
    there = grid.two.person(team[0].id)
    assert there.command("/sprint", "list").ok
    assert there.command("/sprint", "status").ok
    assert "Secret" not in words_of([message.blocks for message in there.ephemerals()])
    assert "Secret" not in str([message.text for message in there.ephemerals()])


@pytest.mark.parametrize(
    ("is_org_admin", "is_home_admin", "in_one", "in_two"),
    [
        (False, False, False, False),
        (True, False, True, True),
        (False, True, True, False),
    ],
)
def test_who_administers_one_workspace_does_not_administer_the_others(
    grid, is_org_admin, is_home_admin, in_one, in_two
):
    grid.install()
    grid.organisation.add_app_to(grid.one, grid.two)
    wait_for(lambda: grid.row(grid.two.team_id) is not None)
    boss = grid.one.add_person("Boss", is_admin=is_home_admin)
    if is_org_admin:
        grid.organisation.admins.add(boss.id)
    grid.organisation.share(boss.user, grid.two)
    assert boss.command("/sprint", "list").ok
    assert grid.two.person(boss.id).command("/sprint", "list").ok
    wait_for(lambda: len(grid.rows(Person)) == 2)
    known = {person.team_id: person.is_admin for person in grid.rows(Person)}
    assert known == {grid.one.team_id: in_one, grid.two.team_id: in_two}


def test_a_workspace_that_is_taken_away_is_served_no_more_and_the_others_are(grid):
    grid.install()
    grid.organisation.add_app_to(grid.one, grid.two)
    wait_for(lambda: grid.row(grid.two.team_id) is not None)
    team = [grid.two.add_person(name) for name in TEAM]
    started(grid, grid.two, team, "Churn")
    grid.organisation.remove_app_from(grid.two)
    wait_for(lambda: grid.row(grid.two.team_id).uninstalled_at is not None)
    assert sprint_of(grid, "Churn").status == "cancelled"
    assert grid.bot.core.clients.tokens(grid.one.team_id).bot_token
    before = len(grid.two.journal)
    team[0].command("/sprint", "plan")
    assert team[0].modal is None
    assert len(grid.two.journal) == before
    grid.organisation.add_app_to(grid.two)
    wait_for(lambda: grid.row(grid.two.team_id).uninstalled_at is None)
    assert team[0].command("/sprint", "list").ok


def test_uninstalling_an_organisation_forgets_its_token_and_every_workspace_at_once(grid):
    grid.install()
    grid.organisation.add_app_to(grid.one, grid.two)
    wait_for(lambda: grid.row(grid.two.team_id) is not None)
    headers = {"Authorization": f"Bearer {grid.organisation.bot_token}"}
    httpx.post(f"{grid.slack.api_url}auth.revoke", headers=headers)
    wait_for(lambda: grid.row(grid.organisation.id).uninstalled_at is not None)
    for team_id in (grid.organisation.id, grid.one.team_id, grid.two.team_id):
        row = grid.row(team_id)
        assert (row.bot_token, row.by_org, row.uninstalled_at is None) == (None, False, False)
        assert grid.bot.core.installations.find(team_id) is None
    later = datetime.now(UTC) + timedelta(days=grid.bot.core.settings.retention_days, hours=1)
    grid.bot.worker.maintenance.run(later)
    assert grid.teams_with_rows() == set()
    assert grid.rows(Installation) == []


@pytest.mark.parametrize("lost", ["granted", "revoked"])
def test_an_event_that_was_lost_is_made_up_for_by_slacks_own_list(grid, lost):
    grid.install()
    if lost == "granted":
        grid.organisation.granted = [grid.one.team_id]
    else:
        grid.organisation.add_app_to(grid.one)
        wait_for(lambda: grid.row(grid.one.team_id) is not None)
        grid.organisation.granted = []
    grid.bot.worker.maintenance.run()
    tokens = grid.bot.core.installations.find(grid.one.team_id)
    assert bool(tokens) == (lost == "granted")


def test_a_command_before_the_event_that_grants_its_workspace_is_answered(grid):
    grid.install()
    ana = grid.one.add_person("Ana")
    grid.organisation.granted = [grid.one.team_id]  # the event is on its way
    assert ana.command("/sprint", "list").ok
    wait_for(ana.ephemerals)
    assert grid.bot.core.installations.find(grid.one.team_id).is_org


def test_a_workspaces_own_installation_outlives_that_of_its_organisation(grid):
    grid.install()
    grid.organisation.add_app_to(grid.one)
    wait_for(lambda: grid.row(grid.one.team_id) is not None)
    tenancy = Tenancy(grid.bot, grid.slack, [grid.one])
    assert tenancy.install(grid.one).status_code == 200
    assert grid.bot.core.installations.find(grid.one.team_id).bot_token == grid.one.bot_token
    grid.organisation.uninstall()
    wait_for(lambda: grid.row(grid.organisation.id).uninstalled_at is not None)
    assert grid.bot.core.installations.find(grid.one.team_id).bot_token == grid.one.bot_token


def test_an_organisations_token_that_expires_is_renewed_for_all_of_it(grid):
    grid.organisation.token_seconds = 43_200
    grid.install()
    grid.organisation.add_app_to(grid.one)
    wait_for(lambda: grid.row(grid.one.team_id) is not None)
    first = grid.bot.core.installations.find(grid.one.team_id)
    grid.bot.worker.maintenance.run(datetime.now(UTC) + timedelta(hours=11))
    second = grid.bot.core.installations.find(grid.one.team_id)
    assert second.bot_token == grid.organisation.bot_token != first.bot_token
    assert grid.row(grid.organisation.id).is_org


def test_old_news_about_a_workspace_changes_nothing(grid):
    organisations = grid.bot.core.organisations
    grid.install()
    now = datetime.now(UTC)
    assert organisations.grant(grid.organisation.id, ["T1"], now, now) == ["T1"]
    early = now - timedelta(minutes=5)
    assert organisations.revoke(grid.organisation.id, ["T1"], now, early) == []
    assert organisations.revoke("E0OTHER", ["T1"], now, now) == []
    assert organisations.revoke(grid.organisation.id, ["T1"], now, now) == ["T1"]
    assert organisations.grant(grid.organisation.id, ["T1"], now, early) == []
    assert organisations.leave(grid.organisation.id, now, early) == []


@pytest.mark.parametrize("mode", ["http", "socket"])
def test_an_organisations_token_in_the_configuration_serves_each_of_its_workspaces(
    grid, tmp_path, mode
):
    grid.organisation.installed = True
    for workspace in (grid.one, grid.two):
        workspace.transport = mode
    grid.organisation.add_app_to(grid.one, grid.two)
    slack = {
        "mode": mode,
        "bot_token": grid.organisation.bot_token,
        "app_token": grid.organisation.app_token,
        "signing_secret": SECRET,
        "api_url": grid.slack.api_url,
        "pace": False,
    }
    (tmp_path / "own").mkdir()
    database = migrated_database("sqlite", tmp_path / "own")
    bot = Bot(
        settings_for(grid.slack, database).model_copy(update={"slack": SlackSettings(**slack)})
    )
    bot.start()
    try:
        for workspace in (grid.one, grid.two):
            workspace.request_url = f"{bot.answering.page_url}/slack/events"
        team = [grid.two.add_person(name) for name in TEAM]
        sprint = started(replace(grid, bot=bot), grid.two, team, "Churn")
        assert sprint.channel_id in grid.two.channels
        oda = grid.one.add_person("Oda")
        assert oda.command("/sprint", "list").ok
        assert "Churn" not in words_of([message.blocks for message in oda.ephemerals()])
        wait_for(lambda: len(grid.two.channels[sprint.channel_id].messages) > len(team))
        assert not [call for call in [*grid.one.journal, *grid.two.journal] if not call.accepted]
    finally:
        bot.stop()


@pytest.mark.parametrize("flag", ["is_restricted", "is_ultra_restricted", "is_stranger"])
def test_somebody_of_another_company_is_a_guest(grid, flag):
    described = {"id": "U0FAR", "team_id": "T0FAR", "name": "far", flag: True}
    with grid.bot.core.runtime.uow(grid.one.team_id) as uow:
        assert keep_person(uow.session, grid.one.team_id, described).is_guest
