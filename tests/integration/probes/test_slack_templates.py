"""`/probe baseline SOURCE template NAME`: the use case is read from what people type."""

import json

import pytest
from sqlalchemy import select

from bot.db.models import ProbeRun
from bot.domain.errors import InputError
from handlers.context import HandlerContext, probe_offers
from handlers.dispatch import perform
from handlers.probe_runs import on_command
from handlers.request import Request
from handlers.typed_probe import TEMPLATES
from probes.settings import read_settings
from tests.runtimes import ANA, CHANNEL, TEAM

SOURCES = {"shop": {"path": "shop.csv"}, "plant": {"path": "plant.csv", "use_case": "maintenance"}}


@pytest.fixture
def asked_options(asked_request):
    """Type after `/probe` and return the target and the prediction time."""

    def ask(text):
        request = asked_request(text)
        return request["target"], request["options"].get("time")

    return ask


@pytest.fixture
def asked(asked_request):
    """Type after `/probe` and return the table, the target and the use case."""

    def ask(text):
        request = asked_request(text)
        return request["table"], request["target"], request["options"].get("use_case")

    return ask


@pytest.fixture
def asked_request(runtime, running_sprint):
    """Type after `/probe` and return what the probe is asked for then."""
    del running_sprint
    ctx = HandlerContext(runtime, probe_offers(read_settings({"sources": SOURCES})))

    def ask(text):
        perform(ctx, on_command, Request(TEAM, ANA, "Ana", CHANNEL, text=text, receipt=None))
        with runtime.reading(TEAM) as unit:
            run = unit.session.scalars(select(ProbeRun).order_by(ProbeRun.id.desc())).first()
            return run.request

    return ask


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("baseline shop.orders template churn", ("orders", None, "churn")),
        ("baseline shop template=recommendation", (None, None, "recommendation")),
        ("baseline shop --template Inventory", (None, None, "inventory")),
        ("baseline shop Template: churn", (None, None, "churn")),
        ("baseline shop churned template churn", (None, "churned", "churn")),
        ("baseline shop template churn churned", (None, "churned", "churn")),
        ("baseline shop arr_delay > 15", (None, "arr_delay > 15", None)),
        ('baseline shop "left us" template churn', (None, "left us", "churn")),
        ("baseline plant", (None, None, None)),
        ("quality shop template maintenance", (None, None, "maintenance")),
    ],
)
def test_a_template_is_read_however_it_is_written(asked, text, wanted):
    assert asked(text) == wanted


@pytest.mark.parametrize(
    ("text", "target", "time"),
    [
        ("baseline shop churned time=signed_up", "churned", "signed_up"),
        ("baseline shop --time signed_up churned", "churned", "signed_up"),
        ("baseline shop 'time spent > 3'", "time spent > 3", None),
        ("baseline shop time", "time", None),
        ("baseline shop churned template churn Time=at", "churned", "at"),
    ],
)
def test_the_prediction_time_is_read_however_it_is_written(asked_options, text, target, time):
    assert asked_options(text) == (target, time)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("baseline shop churned time=", "Name the column after"),
        ("baseline shop template", "Name the template behind"),
        ("baseline shop template=", "Name the template behind"),
        ("baseline shop template <!channel>", "There is no template"),
        ("baseline shop template other", "There is no template `other`"),
        ("baseline shop", "template recommendation"),
    ],
)
def test_a_template_that_is_missing_or_unknown_is_refused_with_the_known_ones(asked, text, words):
    with pytest.raises(InputError) as refused:
        asked(text)
    said = str(refused.value)
    assert words in said
    assert "<!channel>" not in said
    if "There is" in words:
        assert all(name in said for name in TEMPLATES)


def test_the_list_says_how_a_template_is_named(runtime, running_sprint):
    del running_sprint
    ctx = HandlerContext(runtime, probe_offers(read_settings({"sources": SOURCES})))
    said = perform(ctx, on_command, Request(TEAM, ANA, "Ana", CHANNEL, text="list", receipt=None))
    text = json.dumps(said.content)
    assert "[template NAME]" in text
    assert "recommendation" in text
