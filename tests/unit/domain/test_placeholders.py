"""What puts an answer off is refused in four languages; what answers is not."""

# ruff: noqa: E501  (one case a line reads as a table)

import pytest

from bot.domain.acceptance import is_placeholder

PUT_OFF = (
    "n/a", "-", "TBD by Legal", "to follow", "will be provided", "pending review", "ask legal",
    "we'll see", "same as above", "let me check", "under discussion", "not relevant",
    "wird nachgereicht", "Wird noch ergänzt.", "folgt", "k.A.", "siehe oben", "in Arbeit", "s.o.",
    "noch zu klären", "steht noch aus", "wie besprochen", "mal sehen", "keine Zeit", "ja",
    "à définir", "à compléter", "en attente", "non défini", "on verra", "sans objet", "pas encore",
    "siehe Mail", "per Mail", "voir mail", "ver correo", "Siehe E-Mail von Dee", "same as last time",
    "frag Bob", "demander à Bob", "preguntar a Bob", "erledigt", "c'est fait", "hecho", "como hablamos",
    "pendiente", "por definir", "sin definir", "no aplica", "lo vemos luego", "en trámite", "sí",
)  # fmt: skip  # a table, one row a line
ANSWERS = (
    "Deleted 90 days after the contract ends",
    "Ja, nach 90 Tagen gelöscht",
    "Open data of the city",
    "Wird monatlich geprüft durch die Revision",
    "Wird nach zwei Jahren gelöscht",
    "Sera supprimé après deux ans",
    "Se enviará un aviso a cada cliente",
    "Pending claims are left out",
    "Keine personenbezogenen Daten; nur Maschinendaten",
    "Aucune donnée personnelle dans la table",
    "Not high risk: it ranks spare parts",
    "In Arbeitsanweisung 12 festgelegt",
    "Ask the case worker on duty; phone list in the wiki",
    "Later rows are kept apart",
    "No hay personas en los datos",
    "Ver la política de retención, punto 4",
    "In Slack posts only the ticket's number is shown",
    "Per mail to each customer, once a year",
    "Check with the fraud desk before each release",
)


@pytest.mark.parametrize("text", PUT_OFF)
def test_words_that_put_an_answer_off_are_no_answer(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_none_of_them(text: str) -> None:
    assert not is_placeholder(text)
