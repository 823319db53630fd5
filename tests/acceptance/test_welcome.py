"""The first message after an installation: to the installer, once, with three things to try."""

from __future__ import annotations

import httpx
import pytest

from playground.methods.basics import new_oauth_code
from playground.on_screen import elements
from tests.databases import migrated_database
from tests.integration.workspaces.conftest import opened_tenancy
from tests.stage import TeamStage

pytestmark = pytest.mark.smoke


def _welcomes(person):
    return [m for m in person.dms() if "welcome.how" in str(m.blocks)]


def test_whoever_installs_is_welcomed_once_and_every_button_answers(tmp_path):
    with opened_tenancy(tmp_path, migrated_database("sqlite", tmp_path)) as tenancy:
        workspace = tenancy.workspaces[0]
        ana, ben = workspace.people()[0], workspace.add_person("Ben")
        for _ in range(2):
            with httpx.Client() as browser:
                state = tenancy.begin(browser)
                tenancy.end(browser, state=state, code=new_oauth_code(workspace, ana.id))
            workspace.request_url = f"{tenancy.url}/slack/events"
            workspace.wait_until(lambda: _welcomes(ana), 10)
        ana.open_home()
        ben.open_home()
        assert len(_welcomes(ana)) == 1
        assert not _welcomes(ben)
        message = _welcomes(ana)[0]
        titles = []
        for button in elements(message):
            assert ana.click(message, button["action_id"]).ok
            modal = ana.wait_for_modal()
            titles.append(modal.title)
            modal.close()
        assert titles == ["Plan a sprint", "How it works", "Run a probe"]


@pytest.mark.parametrize("admins", [0, 1, 2])
def test_a_first_start_welcomes_the_one_administrator_or_the_first_visitor(
    tmp_path, new_stage, admins
):
    stage: TeamStage = new_stage(tmp_path, admins)
    ana, ben = stage.people["Ana"], stage.people["Ben"]
    if admins == 1:
        stage.workspace.wait_until(lambda: _welcomes(ana), 10)
    ben.open_home()
    stage.settle()
    assert (len(_welcomes(ana)), len(_welcomes(ben))) == ((1, 0) if admins == 1 else (0, 1))
    stage.restart()
    ana.open_home()
    stage.settle()
    assert len(_welcomes(ana)) + len(_welcomes(ben)) == 1


@pytest.fixture
def new_stage():
    from contextlib import ExitStack

    from bot.clock import CompressedClock
    from hour48.shipped import MANIFEST
    from playground.server import LocalSlack
    from tests.stage import NOON

    with ExitStack() as stack:

        def make(folder, admins):
            clock = CompressedClock(NOON)
            slack = stack.enter_context(LocalSlack(clock, manifest=MANIFEST))
            stage = _Staffed(slack, clock, folder, "socket", "sqlite", {}, admins)
            stack.callback(lambda made=stage: made.bot.stop())
            return stage

        yield make


class _Staffed(TeamStage):
    """A stage whose first people are administrators before the bot starts."""

    def __init__(self, slack, clock, folder, transport, database, sources, admins):
        self._admins = admins
        super().__init__(slack, clock, folder, transport, database, sources)

    def new_bot(self):
        for name in ("Ana", "Ben")[: self._admins]:
            self.people[name].user.is_admin = True
        return super().new_bot()
