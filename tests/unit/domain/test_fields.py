"""What titles tell of, by meaning: the weights fit the examples, the fields fit the texts."""

import pytest

from bot.domain.verdict import texts
from bot.domain.verdict.hindrances.fields import (
    ANY,
    _fields,
    _regression,
    hindrance_of,
    likeliest,
    refusal_says,
)
from bot.domain.vocabulary import Kind
from bot.reading.folding import fold
from bot.reading.place import anywhere
from tests.training.hindrances.train import examples


def test_every_field_has_its_question_and_a_request_unless_nobody_named_is_asked():
    questions, requests = texts.table("question_hindrance", str), texts.table("ask_request", str)
    fields = _fields()
    shared = {field.family for field in fields.values()} | {ANY}
    assert questions.keys() == fields.keys() | shared
    asked = {name for name, field in fields.items() if not field.alone}
    assert asked | shared == requests.keys()


def test_no_example_tells_of_two_things():
    for told in examples().values():
        sentences = [each for sentences in told.values() for each in sentences]
        assert len(sentences) == len(set(sentences))


def test_the_weights_are_those_of_the_examples():
    for model, told in examples().items():
        assert set(_regression(model)[0]) == told.keys()
    assert set(_regression("fields")[0]) == _fields().keys()
    told = [(text, name) for name, said in examples()["fields"].items() for text in said[-3:]]
    right = [likeliest(text, "fields") == name for text, name in told]
    assert sum(right) >= 0.9 * len(right)


@pytest.mark.parametrize(
    ("title", "kind", "field"),
    [
        ("Die Gewerkschaft möchte vorher darüber reden", Kind.RISK_TOLERANCE, "council"),
        ("wir stehen auf Platz 40 der Warteliste", Kind.APPROVAL_PROCESS, "queue"),
        ("the pumps have been ordered and are on a ship", Kind.INFRASTRUCTURE, "supply"),
        ("the overtime budget for the night crew is used up", Kind.MISSING_ROLE, "staff"),
        ("the endpoint throws 502 again after the restart", Kind.INTEGRATION, "fault"),
        ("la prévision se trompe deux jours sur trois", Kind.RISK_TOLERANCE, "accuracy"),
    ],
)
def test_words_that_no_example_has_are_understood(title, kind, field):
    assert hindrance_of(title, kind).name == field


def test_what_says_nothing_is_anything():
    assert hindrance_of("x", Kind.INTEGRATION).name == ANY


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("Come back once the auditors have initialled page three", "condition"),
        ("Das ist mir zu gefährlich", "flat"),
        ("Pas avant la rentrée", "time"),
        ("Eso lo tiene que autorizar la central", "elsewhere"),
        ("You can see from the scans who was slow", "flat"),
        ("No. The last robot broke two windows and I paid", "flat"),
        ("Not against it. Three conditions: no addresses, a log, a way to stop it", "condition"),
        ("Man sieht, wer langsam war, erst der Personalrat", "condition"),
        ("Nothing before the harvest is in. Bring a test report then", "time_condition"),
        ("not on the parcel page during black week, forget it", "time"),
        ("in der Heizperiode nicht", "time"),
        ("pendant la rentrée on ne déploie rien", "time"),
        ("no en temporada de lluvias", "time"),
        ("guests must be told that a robot reads it, nobody put that in", "condition"),
        ("es steht nirgends, wer abschalten darf", "condition"),
    ],
)
def test_a_refusal_is_understood(reason, says):
    assert refusal_says(reason) == says


def test_the_question_of_a_family_is_asked_where_none_of_its_fields_is_sure():
    told = hindrance_of(
        "the weather feed and the plant's own sensors never agree", Kind.DATA_ACCESS
    )
    assert (told.name, told.family) == ("data", "data")
    assert not told.is_sure
    assert told.kinds


@pytest.mark.parametrize(
    "title",
    [
        "SAP work orders can only be created by the vendor's consultant",
        "nur der Berater des Herstellers darf Aufträge anlegen",
        "seul le consultant de l'éditeur peut créer les ordres",
        "solo el consultor del proveedor puede crear órdenes",
    ],
)
def test_a_price_is_asked_about_only_where_money_is_told_of(title):
    for kind in Kind:
        assert hindrance_of(title, kind).name != "price"


def test_nearly_every_example_of_a_price_tells_of_money():
    money = anywhere(_fields()["price"].needs)
    told = examples()["fields"]["price"]
    without = [title for title in told if not money.search(fold(title))]
    assert len(without) <= 0.05 * len(told), without


@pytest.mark.parametrize(
    ("party", "is_somebody"),
    [
        ("the parish council", True),
        ("Lehrlinge", True),
        ("auditoría interna", True),
        ("Frau Öz", True),
        ("Prozessleitsystem", False),
        ("DORA act", False),
        ("la nube", False),
        ("Regalboden", False),
    ],
)
def test_a_party_is_told_from_a_thing(party, is_somebody):
    assert (likeliest(party, "parties") == "somebody") is is_somebody
