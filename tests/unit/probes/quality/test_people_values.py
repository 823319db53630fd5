"""What is a person's and what only looks like it: cards, numbers, phones, names, addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.quality import people_values as values
from probes.quality.letters import is_mojibake

CARDS = ("4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009", "6011000000000004")
NO_CARDS = (
    "4111 1111 1111 1112",
    "1234567812345670",
    "4111",
    "9999999999999995",
    "0000000000000000",
)
PHONES = (
    "+49 171 1234567",
    "0049 171 1234567",
    "0171/1234567",
    "(030) 123 4567",
    "06 12 34 56 78",
    "07911 123456",
    "(212) 555-0123",
    "212-555-0123",
    "+1 212 555 0123 ext 4",
    "tel: 030 1234567",
)
NO_PHONES = (
    "2024-01-31",
    "12.5",
    "1234567",
    "10-20",
    "0.25",
    "A-100-200",
    "31/12/2024",
    "100 000",
    "07/12/2021",
    "03.04.1999",
)
ADDRESSES = (
    "12 Oak Street",
    "Gartenstraße 5",
    "Hauptstr. 12a",
    "12 rue de la Paix",
    "Calle Mayor 7",
    "Via Roma 12",
    "1200 Elm Blvd Apt 4",
    "lives at 4 High Road now",
)
NO_ADDRESSES = ("Road Town", "Main office", "12 apples", "via e-mail", "place 1", "street food")
PEOPLE = ("Anna Müller", "SMITH, John", "Dr. Fatima Khan", "Jean van Dijk", "Wojciech Kowalski")
NO_PEOPLE = (
    "San Francisco",
    "Rose Street",
    "Grand Hotel",
    "Anna",
    "north east",
    "Anna 2",
    "Item 17",
)
NUMBERS = {
    "12345678Z": "es.dni",
    "44051401359": "pl.pesel",
    "529.982.247-25": "br.cpf",
    "111222333": "nl.bsn",
    "9434765919": "gb.nhs",
    "123-45-6789": "us.ssn",
}


@pytest.mark.parametrize("text", CARDS)
def test_a_card_is_known_by_its_check_digit(text: str) -> None:
    assert values.is_card(text)
    assert values.has_card(f"paid with {text} today")


@pytest.mark.parametrize("text", NO_CARDS)
def test_other_digits_are_no_card(text: str) -> None:
    assert not values.is_card(text)


@pytest.mark.parametrize(
    ("kind", "text", "checked"),
    [
        ("iban", "virer sur FR76 3000 6000 0112 3456 7890 189 avant lundi", True),
        ("iban", "virer sur FR77 3000 6000 0112 3456 7890 189 avant lundi", False),
        ("payment_card", "read 4111 1111 1111 1111 to us", True),
        ("payment_card", "parcel 4111111111111111 is lost", False),
        ("phone", "+49 171 1234567", False),
    ],
)
def test_one_number_alone_counts_where_its_check_passes(
    kind: str, text: str, checked: bool
) -> None:
    assert values.is_checked(kind, text) is checked


@given(st.text("0123456789", min_size=15, max_size=15), st.integers(0, 14))
def test_one_wrong_digit_never_passes(body: str, at: int) -> None:
    number = next(f"{body}{last}" for last in range(10) if _luhn(f"{body}{last}"))
    wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
    assert not values.passes_luhn(wrong)


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (2 if at % 2 else 1) for at, d in enumerate(reversed(digits)))
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


@pytest.mark.parametrize("text", PHONES)
def test_a_phone_number_is_known_in_many_notations(text: str) -> None:
    assert values.PHONE_WHOLE.fullmatch(text)


@pytest.mark.parametrize("text", NO_PHONES)
def test_dates_ranges_and_amounts_are_no_phone_numbers(text: str) -> None:
    assert not values.PHONE_WHOLE.fullmatch(text)


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_known_in_several_languages(text: str) -> None:
    assert values.ADDRESS.search(text)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_words_of_streets_alone_are_no_address(text: str) -> None:
    assert not values.ADDRESS.search(text)


@pytest.mark.parametrize("text", PEOPLE)
def test_a_person_is_known_by_a_given_name(text: str) -> None:
    assert values.is_person(text)


@pytest.mark.parametrize("text", NO_PEOPLE)
def test_places_and_things_are_no_people(text: str) -> None:
    assert not values.is_person(text)


@pytest.mark.parametrize(("text", "kind"), NUMBERS.items())
def test_a_national_number_is_known_by_its_country(text: str, kind: str) -> None:
    assert kind in dict(values.id_kinds([text]))


def test_serial_numbers_are_no_national_numbers() -> None:
    serial = [str(100_000_000 + at) for at in range(500)]
    assert all(count < 0.3 * len(serial) for _, count in values.id_kinds(serial))


@given(st.text(st.sampled_from("äöüßéèñçåøłőšž"), min_size=1, max_size=6))
def test_utf8_read_as_windows_text_is_told_and_the_original_is_not(word: str) -> None:
    spoilt = word.encode("utf-8").decode("latin-1")
    assert is_mojibake(spoilt)
    assert not is_mojibake(word)


@given(st.text("abcdefghijklmnop 0123456789.,-", max_size=20))
def test_plain_text_is_never_spoilt(text: str) -> None:
    assert not is_mojibake(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("blood pressure checked twice, handed over to Marek Novak", True),
        ("Herr Schmidt hat die Presse nicht gereinigt", True),
        ("The Talented Mr Ripley", False),
        ("Ernest A Love Field", False),
        ("John Smith", False),
    ],
)
def test_a_remark_is_told_from_a_title(text: str, is_one: bool) -> None:
    assert values.is_remark(text) is is_one


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Anna's iPhone", "anna"),
        ("iPhone von Thomas Busch", "thomas"),
        ("Weiss_Martin_04.pdf", "martin"),
        ("maria.okafor.jpg", "maria"),
        ("PC-0417", None),
        ("Levi's 501", None),
        ("report_2024.pdf", None),
    ],
)
def test_whose_a_thing_is_stands_in_its_name(text: str, name: str | None) -> None:
    assert values.owner(text) == name
