"""What a use case is worth, as people type it."""

import pytest

from bot.domain.past import Value
from bot.domain.vocabulary import Period
from bot.domain.worth import read_worth

SAID = [
    ("40,000 EUR per month", 40_000, "EUR", "month"),
    ("€40.000 im Monat", 40_000, "EUR", "month"),
    ("40 000 € pro Monat", 40_000, "EUR", "month"),
    ("$1.5 million a year", 1_500_000, "USD", "year"),
    ("about 2.5k USD/week", 2_500, "USD", "week"),
    ("1'200 CHF am Tag", 1_200, "CHF", "day"),
    ("12,50 € par jour", 12.5, "EUR", "day"),
    ("300.000 euros al año", 300_000, "EUR", "year"),
    ("250,000 pounds per quarter", 250_000, "GBP", "quarter"),
    ("15 000 euros par mois", 15_000, "EUR", "month"),
    ("40,000.00 EUR per month", 40_000, "EUR", "month"),
    ("5 Mio EUR im Jahr", 5_000_000, "EUR", "year"),
]


@pytest.mark.parametrize(("words", "amount", "currency", "per"), SAID, ids=[r[0] for r in SAID])
def test_an_amount_with_currency_and_period_is_read(words, amount, currency, per):
    assert read_worth(words) == Value(amount, currency, Period(per))


@pytest.mark.parametrize(
    "words",
    ["", "plenty", "40,000", "40,000 EUR", "40,000 per month", "EUR per month", "0 EUR/day"],
)
def test_what_lacks_one_of_the_three_is_not_read(words):
    assert read_worth(words) is None
