"""Suspected personal data: which kind and how much, from patterns and from names; never a value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes.contract import Finding, Level
from probes.quality.codes import found, percent, shown
from probes.quality.facts import ColumnFacts
from probes.quality.patterns import PERSONAL_INSIDE, PERSONAL_WHOLE, TextShape
from probes.sources import Family

WHOLE_SHARE = 0.01
INSIDE_SHARE = 0.0005
SLOWS_SHARE = 0.05
SURE_FROM = {"payment_card": 0.5, "national_id": 0.8, "address": 0.1}
"""From which share of a column on a pattern that other things share is believed."""

KIND_WORDS = {
    "email": "e-mail addresses",
    "phone": "phone numbers",
    "iban": "bank account numbers",
    "payment_card": "payment card numbers",
    "social_security": "social security numbers",
    "ip_address": "IP addresses",
    "person_name": "names of people",
    "birth_date": "dates of birth",
    "address": "postal addresses",
    "national_id": "identity document numbers",
    "health": "health data",
    "person_trait": "traits the law protects",
    "location": "places of people",
}

NUMBERS_OF = {
    "phone": 1e6,
    "iban": 1e4,
    "payment_card": 100,
    "social_security": 1e7,
    "ip_address": 1e7,
    "birth_date": 1880,
    "address": 9_000,
    "national_id": 1e4,
    "health": float("-inf"),
    "person_trait": float("-inf"),
}
"""Kinds that stand in numbers too, and how large the largest then is at least: a postal code has
four digits or more, a year of birth is no rate of births. Names and e-mail addresses never do."""

TIMES_OF = frozenset({"birth_date", "health"})

NAMES: tuple[tuple[str, str], ...] = (
    (r"e_?mail|correo|courriel", "email"),
    (
        r"phone|mobile|telephone|fax(_|$)|(^|_)tel(_|$)|telefon|handy|mobil_?nr|t[ée]l[ée]fono",
        "phone",
    ),
    (r"iban|bank_?account|account_?number|sort_?code|konto_?(nr|nummer)|cuenta_bancaria", "iban"),
    (r"credit_?card|card_?number|(^|_)pan(_|$)|cvv", "payment_card"),
    (r"(^|_)ssn(_|$)|social_?security|national_?insurance", "social_security"),
    (r"(^|_)ip(_?addr(ess)?)?$", "ip_address"),
    (
        r"(first|last|full|sur|given|family|middle|maiden)_?name|(customer|user|person|patient|employee)_?name"
        r"|^(vor|nach|familien|kunden)_?name$|^(pre)?nom(_de_famille)?$|^apellidos?$|^nombres?$|^cognome$"
        r"|^(voor|achter)naam$|^(imi[eę]|nazwisko)$|^sobrenome$|^фамилия$|^имя$",
        "person_name",
    ),
    (r"birth|(^|_)dob(_|$)|geburt|naissance|nacimiento|nascita|nascimento|geboorte", "birth_date"),
    (
        r"street|home_?address|postal_?address|(^|_)(zip|zip_?code|post_?code|plz|code_postal|postleitzahl)$|^cap$|stra(ß|ss)e|direcci[oó]n|^adresse?$|indirizzo|^adres$|endere[cç]o|^address(_line)?_?\d*$",
        "address",
    ),
    (
        r"passport|national_?id|(^|_)(nie|dni|nif|cpf|pesel|bsn|nino|nir|aadhaar)(_|$)|codice_?fiscale|personnummer|reisepass|ausweis|steuer_?id|tax_?id|driver.?s?_?licen[cs]e|license_plate",
        "national_id",
    ),
    (r"diagnos|disease|medication|blood_?type|disab", "health"),
    (
        r"(^|_)(gender|sex|geschlecht|sexe|sexo|genre|religion|ethnicity|race|nationality|marital_?status|sexual_?orientation)$",
        "person_trait",
    ),
)


def personal_by_pattern(name: str, shape: TextShape) -> Iterator[Finding]:
    """Say which patterns of personal data a text column's values match."""
    for kind in PERSONAL_WHOLE:
        share = shape.share(kind)
        if share >= WHOLE_SHARE and not _is_other(kind, shape):
            yield _personal("personal_data", name, kind, share, "values")
            return
    inside = {one.removesuffix("_inside"): shape.share(one) for one in PERSONAL_INSIDE}
    kind, share = max(inside.items(), key=lambda item: item[1])
    if share >= INSIDE_SHARE:
        yield _personal("personal_data_in_text", name, kind, share, "values")


def _is_other(kind: str, shape: TextShape) -> bool:
    """Whether something else explains the match: long digits look like cards, codes like ids."""
    return kind in SURE_FROM and shape.share(kind) < SURE_FROM[kind]


def personal_by_name(name: str, present: int) -> Iterator[Finding]:
    """Say which kind of personal data a text column's name announces."""
    kind = _announced(name)
    if kind and present:
        yield _personal("personal_data", name, kind, 1.0, "name")


def personal_numbers(column: ColumnFacts) -> Iterator[Finding]:
    """Say which kind the name of a column of numbers or times announces, where they can be it."""
    kind = _announced(column.name)
    if kind and column.present and _can_be(kind, column):
        yield _personal("personal_data", column.name, kind, 1.0, "name")


def _announced(name: str) -> str | None:
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return next((kind for form, kind in NAMES if re.search(form, plain)), None)


def _can_be(kind: str, column: ColumnFacts) -> bool:
    if column.column.family is not Family.NUMBER:
        return kind in TIMES_OF
    least = NUMBERS_OF.get(kind)
    return least is not None and column.largest is not None and column.largest >= least


def _personal(code: str, name: str, kind: str, share: float, by: str) -> Finding:
    words = KIND_WORDS[kind]
    how = "by its name" if by == "name" else f"in about {percent(share)} of the rows"
    where = "seems to hold" if code == "personal_data" else "seems to mention"
    strong = by == "values" and share >= SLOWS_SHARE
    return found(
        Level.SLOWS if strong else Level.NOTE,
        code,
        f"{shown(name)} {where} {words}, {how}.",
        {"kind": kind, "share": round(share, 5) if by == "values" else None, "by": by},
        column=name,
        title=f"{words.capitalize()} in {shown(name)} need a privacy decision",
    )
