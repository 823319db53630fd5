"""Personal data in columns whose names say nothing, and in free text."""
# ruff: noqa: E501  (one choice a line reads as a table)

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.integration.probes.judge.hosts import Host, plant

FIRST = (
    [
        "Anna",
        "Michael",
        "Sofia",
        "David",
        "Laura",
        "Thomas",
        "Maria",
        "Peter",
        "Julia",
        "James",
        "Emma",
        "Robert",
    ],
    [
        "Agnieszka",
        "Giovanni",
        "Pilar",
        "Wojciech",
        "Siobhan",
        "Matteo",
        "Ingrid",
        "Kenji",
        "Fatima",
        "Rajesh",
        "Chloé",
        "Lukas",
    ],
)
LAST = (
    ["Smith", "Müller", "Johnson", "Schneider", "Garcia", "Brown", "Weber", "Martin"],
    [
        "Kowalski",
        "Rossi",
        "Fernández",
        "O'Brien",
        "Nakamura",
        "Van Dijk",
        "Lefèvre",
        "Patel",
        "Lindqvist",
    ],
)
NOTE = (
    ["called about the invoice", "asked for a refund", "was not at home", "wants to cancel"],
    ["Termin verschoben", "bittet um Rückruf", "Paket beschädigt", "Vertrag gekündigt"],
)


def luhn(body: str) -> str:
    digits = [int(d) * (2 if at % 2 == 0 else 1) for at, d in enumerate(reversed(body))]
    return body + str(-sum(d - 9 if d > 9 else d for d in digits) % 10)


def digits(host: Host, count: int) -> str:
    return "".join(str(host.dice.randrange(10)) for _ in range(count))


def card(host: Host) -> str:
    return luhn(host.pick(["4", "51"], ["55", "4539", "2221"]).ljust(6, "1") + digits(host, 9))


def person(host: Host) -> str:
    return f"{host.dice.choice(host.pick([FIRST[0]], [FIRST[1]]))} {host.dice.choice(host.pick([LAST[0]], [LAST[1]]))}"


def note(host: Host) -> str:
    return str(host.dice.choice(host.pick([NOTE[0]], [NOTE[1]])))


def in_notes(host: Host, name: str, told: Callable[[], object], share: float) -> str:
    return host.add(
        name, [f"{note(host)} {told()}" if odd else note(host) for odd in host.some(share)]
    )


@plant("people", "personal_data")
def card_numbers_as_integers(host: Host) -> str:
    host.typed = True
    return host.add(
        host.pick(["ref"], ["x3"]), np.array([int(card(host)) for _ in range(host.rows)])
    )


@plant("people", "personal_data")
def card_numbers_with_spaces(host: Host) -> str:
    sep = host.pick([" "], ["-"])
    return host.add(
        host.pick(["payment_ref"], ["field7"]),
        [
            sep.join(c[at : at + 4] for at in range(0, 16, 4))
            for c in (card(host) for _ in range(host.rows))
        ],
    )


@plant("people", "personal_data_in_text")
def card_numbers_in_notes(host: Host) -> str:
    return in_notes(
        host, host.pick(["comment"], ["verlauf"]), lambda: card(host), host.pick([0.02], [0.03])
    )


def dni(host: Host) -> str:
    body = digits(host, 8)
    return body + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def bsn(host: Host) -> str:
    while True:
        body = digits(host, 8)
        check = sum(int(d) * w for d, w in zip(body, range(9, 1, -1), strict=True)) % 11
        if check < 10 and body[0] != "0":
            return body + str(check)


def pesel(host: Host) -> str:
    body = f"{host.dice.randrange(50, 99):02}{host.dice.randrange(1, 13):02}{host.dice.randrange(1, 29):02}{digits(host, 4)}"
    return body + str(
        -sum(int(d) * w for d, w in zip(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True)) % 10
    )


def cpf(host: Host) -> str:
    body = [host.dice.randrange(10) for _ in range(9)]
    for size in (10, 11):
        rest = sum(d * w for d, w in zip(body, range(size, 1, -1), strict=True)) * 10 % 11 % 10
        body.append(rest)
    return "".join(map(str, body))


def ssn(host: Host) -> str:
    return f"{host.dice.randrange(100, 665)}-{host.dice.randrange(10, 99)}-{host.dice.randrange(1000, 9999)}"


def personnummer(host: Host) -> str:
    body = f"{host.dice.randrange(40, 99):02}{host.dice.randrange(1, 13):02}{host.dice.randrange(1, 29):02}{digits(host, 3)}"
    return f"{body[:6]}-{luhn(body)[6:]}"


def nhs(host: Host) -> str:
    while True:
        body = digits(host, 9)
        check = 11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1), strict=True)) % 11
        if check != 10 and body[0] != "0":
            return body + str(check % 11)


def nir(host: Host) -> str:
    body = f"{host.dice.choice('12')}{host.dice.randrange(40, 99):02}{host.dice.randrange(1, 13):02}{host.dice.randrange(10, 95):02}{host.dice.randrange(1, 990):03}{host.dice.randrange(1, 999):03}"
    return body + f"{97 - int(body) % 97:02}"


def steuer_id(host: Host) -> str:
    order = host.dice.sample("0123456789", 9)
    twice = host.dice.choice(order)
    body = [*order, twice]
    host.dice.shuffle(body)
    if body[0] == "0":
        body[0], body[-1] = body[-1], body[0]
    if body[0] == "0":
        return steuer_id(host)
    product = 10
    for d in body:
        total = (int(d) + product) % 10 or 10
        product = total * 2 % 11
    return "".join(body) + str((11 - product) % 10)


@plant("people", "personal_data")
def national_ids(host: Host) -> str:
    make = host.pick([dni, bsn, ssn], [pesel, cpf, personnummer, nhs, nir, steuer_id])
    return host.add(host.pick(["code2"], ["kennung"]), [make(host) for _ in range(host.rows)])


@plant("people", "personal_data")
def national_ids_as_integers(host: Host) -> str:
    host.typed = True
    make = host.pick([bsn], [cpf, pesel, steuer_id])
    return host.add(
        host.pick(["n1"], ["ident"]), np.array([int(make(host)) for _ in range(host.rows)])
    )


@plant("people", "personal_data_in_text")
def national_ids_in_notes(host: Host) -> str:
    return in_notes(
        host,
        host.pick(["remark"], ["anmerkung"]),
        lambda: host.pick([f"ID {dni(host)}"], [f"PESEL {pesel(host)}", f"NIR {nir(host)}"]),
        0.05,
    )


@plant("people", "personal_data")
def phones_without_plus(host: Host) -> str:
    forms = host.pick(
        [
            lambda: f"0171 {digits(host, 7)}",
            lambda: f"({host.dice.randrange(201, 989)}) 555-{digits(host, 4)}",
        ],
        [
            lambda: f"07{host.dice.randrange(400, 999)} {digits(host, 6)}",
            lambda: f"06 {digits(host, 2)} {digits(host, 2)} {digits(host, 2)} {digits(host, 2)}",
            lambda: f"0049{host.dice.randrange(151, 179)}{digits(host, 7)}",
            lambda: (
                f"{host.dice.randrange(201, 989)}-{host.dice.randrange(200, 999)}-{digits(host, 4)}"
            ),
        ],
    )
    return host.add(host.pick(["c1"], ["kontakt"]), [forms() for _ in range(host.rows)])


@plant("people", "personal_data_in_text")
def phones_in_notes(host: Host) -> str:
    return in_notes(
        host,
        host.pick(["note"], ["gesprächsnotiz"]),
        lambda: host.pick(
            [f"call back 0171 {digits(host, 7)}", f"tel 030/{digits(host, 7)}"],
            [
                f"mobile 07{host.dice.randrange(400, 999)} {digits(host, 6)}",
                f"ring ({host.dice.randrange(201, 989)}) 555-{digits(host, 4)}",
            ],
        ),
        0.05,
    )


@plant("people", "personal_data")
def people_by_name(host: Host) -> str:
    form = host.pick(
        [lambda: person(host), lambda: ", ".join(reversed(person(host).split(" ", 1)))],
        [lambda: person(host).upper(), lambda: person(host), lambda: "Dr. " + person(host)],
    )
    return host.add(
        host.pick(["owner", "col_4"], ["bearbeiter", "a"]), [form() for _ in range(host.rows)]
    )


@plant("people", "personal_data_in_text")
def people_in_notes(host: Host) -> str:
    return in_notes(
        host,
        host.pick(["comments"], ["details"]),
        lambda: host.pick(
            [f"spoke to Mr {person(host)}", f"please ask {person(host)}"],
            [f"Frau {person(host)}", f"contact: {person(host)}", f"besprochen mit {person(host)}"],
        ),
        host.pick([0.1], [0.06]),
    )


@plant("people", "personal_data")
def addresses(host: Host) -> str:
    form = host.pick(
        [
            lambda: (
                f"{host.dice.randrange(1, 200)} {host.dice.choice(['Oak', 'Main', 'High'])} {host.dice.choice(['Street', 'Road'])}"
            ),
            lambda: (
                f"{host.dice.choice(['Garten', 'Haupt', 'Berg'])}straße {host.dice.randrange(1, 99)}"
            ),
        ],
        [
            lambda: (
                f"{host.dice.choice(['Calle', 'Avenida'])} {host.dice.choice(['Mayor', 'del Sol'])} {host.dice.randrange(1, 99)}"
            ),
            lambda: (
                f"{host.dice.randrange(1, 99)} rue {host.dice.choice(['de la Paix', 'Victor Hugo'])}"
            ),
            lambda: (
                f"{host.dice.randrange(100, 9999)} {host.dice.choice(['Elm', 'Cedar'])} {host.dice.choice(['Blvd', 'Ln', 'Ave'])} Apt {host.dice.randrange(1, 40)}"
            ),
            lambda: f"Via {host.dice.choice(['Roma', 'Garibaldi'])} {host.dice.randrange(1, 99)}",
        ],
    )
    return host.add(host.pick(["loc"], ["ort2"]), [form() for _ in range(host.rows)])


@plant("people", "personal_data_in_text")
def addresses_in_notes(host: Host) -> str:
    return in_notes(
        host,
        host.pick(["text"], ["hinweis"]),
        lambda: host.pick(
            [
                f"lives at {host.dice.randrange(1, 99)} Oak Street",
                f"wohnt in der Gartenstraße {host.dice.randrange(1, 99)}",
            ],
            [
                f"moved to {host.dice.randrange(1, 99)} Elm Avenue",
                f"Lieferung an Bahnhofstr. {host.dice.randrange(1, 99)}, 80331 München",
            ],
        ),
        0.06,
    )


@plant("people", "personal_data_in_text", "personal_data")
def diagnoses_in_notes(host: Host) -> str:
    return in_notes(
        host,
        host.pick(["case_notes"], ["befund"]),
        lambda: host.pick(
            ["diagnosed with diabetes", "has chronic asthma", "pregnant", "ICD E11.9"],
            [
                "Verdacht auf Depression",
                "suffers from epilepsy",
                "Diagnose: Krebs",
                "HIV positive",
                "I10, J45.0",
            ],
        ),
        host.pick([0.1], [0.05]),
    )


@plant("people", "personal_data")
def emails(host: Host) -> str:
    return host.add(
        host.pick(["login"], ["benutzer"]),
        [
            f"{person(host).split()[0].lower()}{digits(host, 2)}@{host.pick(['example.com'], ['firma-nord.de', 'mail.example.org'])}"
            for _ in range(host.rows)
        ],
    )


@plant("people", "personal_data")
def ibans(host: Host) -> str:
    def iban() -> str:
        country, code, size = host.pick(
            [("DE", "1314", 18)], [("FR", "1527", 23), ("NL", "2321", 18), ("ES", "1428", 20)]
        )
        body = digits(host, size)
        if country == "NL":
            body = "INGB" + digits(host, 10)
        number = "".join(str(int(c, 36)) for c in body)
        check = 98 - int(number + code + "00") % 97
        text = f"{country}{check:02}{body}"
        return host.pick(
            [text], [" ".join(text[at : at + 4] for at in range(0, len(text), 4)), text]
        )

    return host.add(host.pick(["payout"], ["zahlweg"]), [iban() for _ in range(host.rows)])


@plant("people", "personal_data")
def birth_dates(host: Host) -> str:
    return host.add(
        host.pick(["date_of_birth", "bday"], ["geb_datum", "data_nascita"]),
        host.days("1945-01-01", 22_000),
    )


@plant("people", "personal_data_in_text")
def several_kinds_in_notes(host: Host) -> str:
    kinds = [
        lambda: f"mail {person(host).split()[0].lower()}@example.com",
        lambda: f"phone +49 171 {digits(host, 7)}",
        lambda: f"card {card(host)}",
    ]
    host.options["kinds"] = 3
    return in_notes(
        host, host.pick(["memo"], ["aktenvermerk"]), lambda: str(host.dice.choice(kinds)()), 0.15
    )


@plant("people", "personal_data_in_text", "credentials")
def secrets_in_notes(host: Host) -> str:
    return in_notes(
        host,
        host.pick(["ticket"], ["log_text"]),
        lambda: host.pick(
            [f"password: {digits(host, 3)}Xy!z"],
            [f"api_key=sk-{digits(host, 24)}", f"Passwort: geheim{digits(host, 3)}"],
        ),
        0.03,
    )
