"""Bodies named in German, French and Spanish are asked by name, those only mentioned are not."""

import pytest

from bot.domain.story import parse_story
from bot.domain.verdict import verdict
from bot.domain.verdict.bodies import body_named


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Der Betriebsrat muss der Auswertung zustimmen", "Betriebsrat"),
        ("Zustimmung des Betriebsrats fehlt", "Betriebsrat"),
        ("Die Ethikkommission tagt erst im Mai", "Ethikkommission"),
        ("Der Datenschutzbeauftragte hat nicht geantwortet", "Datenschutzbeauftragte"),
        ("Le comité social et économique n'a pas été consulté", "comité social et économique"),
        ("Le conseil d'administration doit voter le budget", "conseil d'administration"),
        (
            "Sans l'accord du délégué à la protection des données, rien ne part",
            "délégué à la protection des données",
        ),
        ("El comité de empresa tiene que dar su visto bueno", "comité de empresa"),
        (
            "La delegada de protección de datos no ha contestado",
            "delegada de protección de datos",
        ),
        ("La junta directiva no ha aprobado el presupuesto", "junta directiva"),
        ("Niemand weiß, ob der Betriebsrat gefragt werden muss", None),
        ("Die Schnittstelle zum Kassensystem fehlt", None),
        ("Le service web ne répond pas", None),
        ("En service depuis 1998, sans interface", None),
        ("Der Einkaufspreis fehlt in jeder Zeile", None),
    ],
)
def test_a_body_is_named_where_the_title_waits_for_it(title, body):
    assert body_named(title) == body


def test_the_plan_asks_the_body_by_name():
    blocker = {"at": 5, "by": "Ana", "blocker": "br", "title": "Der Betriebsrat muss zustimmen"}
    event = {**blocker, "kind": "approval_process"}
    (fix, *_) = verdict(parse_story({"story": "x", "events": [event]}).record).fixes
    assert "asks the Betriebsrat by day 7" in fix.text
