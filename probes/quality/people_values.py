"""How each kind of personal data is recognised in a value: by form, by check digit, by words."""
# ruff: noqa: E501  (patterns read better on one line)

from __future__ import annotations

import re
import unicodedata
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from functools import cache
from html import unescape
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import unquote

HERE = Path(__file__).parent
EASTERN_LETTERS = 5

EMAIL = re.compile(r"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}")
IBAN = re.compile(r"\b[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}\b")
IBAN_INSIDE = re.compile(r"\b[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){3,7}[A-Z0-9]{1,4}\b")
CARD = re.compile(
    r"(?<![\d.])(?:[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{1,7}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5})(?![\d.])"
)
PHONE_WHOLE = re.compile(
    r"(?!\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?:\D|$))(?:tel\.?:? ?)?(?:(?:\+|00)[1-9]\d{0,2}[ ()./-]*(?:\d[ ()./-]*){6,12}"
    r"|1?[ .-]?\([2-9]\d{2}\) ?[2-9]\d{2}[-. ]\d{4}|(?:1[-. ])?[2-9]\d{2}([-.])[2-9]\d{2}\1\d{4}"
    r"|\([1-9]\d\) ?9?\d{4}-\d{4}|\(0\d{1,5}\) ?\d[\d /-]{4,10}\d|0\d{1,5}[ /-]\d[\d /-]{3,10}\d|0\d(?: \d{2}){4})(?: ?(?:x|ext\.?) ?\d+)?",
    re.IGNORECASE,
)
PHONE_DIGITS = re.compile(
    r"(?:49(?:1[567]\d|[2-9]\d)\d{7,9}|447\d{9}|33[1-9]\d{8}|34[679]\d{8}|393\d{8,9}|316\d{8}|48[5-8]\d{8}|417[5-9]\d{7}|436\d{8,10}"
    r"|467\d{8}|324\d{8}|351[29]\d{8}|91[6-9]\d{9}|861[3-9]\d{9}|55\d{2}9\d{8}|614\d{8}|81[789]0\d{8}|1[2-9]\d{2}[2-9]\d{6}"
    r"|0(?:1[567]\d|[67])\d{7,9})"
)
"""Digits alone: a country's code and its mobile numbers, or a mobile number with its zero."""
PHONE_AMERICAN = re.compile(r"[2-9]\d{2}[2-9]\d{6}")
INITIALS = re.compile(
    r"[A-ZÀ-Ž][\w'’-]+,? [A-Z]\.(?: ?[A-Z]\.)?|[A-Z]\. ?(?:[A-Z]\. ?)?[A-ZÀ-Ž][\w'’-]{2,}"
)
PHONE_INSIDE = re.compile(
    r"(?<![\d.])(?:\+\d{1,3}[ ()./-]*(?:\d[ ()./-]*){7,12}|\([2-9]\d{2}\) ?\d{3}[-. ]\d{4})(?!\d)"
    r"|(?<![\w.])(?:[2-9]\d{2}-[2-9]\d{2}-\d{4}"
    r"|0[1-9]\d{1,4}[ /]\d{2,4}[ ]?\d{2,6}\d|0\d(?: \d{2}){4}|0\d{1,3}-\d{2,4}-\d{3,4})(?!\d)"
    r"|(?:\b(?:tel|phone|mobile|mobil|cell|handy|fax|telefon|call|ring|rückruf|ruf)\w*\b\D{0,14})\(?\d[\d ()/.-]{6,16}\d",
    re.IGNORECASE,
)
STREET = (
    r"(?:stra(?:ß|ss)e|str\.|gasse|all[eé]e?|platz|weg|damm|chaussee|ufer|steig|straat|laan|plein|kade|gracht|singel|steenweg|"
    r"gatan|gata|v[äa]gen|gr[äa]nd|veien|vegen|vej|gade|str[æa]de|katu|kuja|utca)"
)
STREET_AFTER = (
    r"(?:cad(?:desi|\.)|sok(?:ak|a[ğg][ıi]|\.)|bulvar[ıi]|utca|[úu]tja|k[öo]r[úu]t|t[ée]r)"
)
EASTERN = r"\d+丁目|[市区町村縣县].{1,14}\d|[路街道巷] ?\d+ ?号|(?:로|길) ?\d+"
STREET_WORDS = (
    r"(?:street|st\.?|road|rd\.?|avenue|ave\.?|lane|ln\.?|drive|dr\.?|boulevard|blvd\.?|court|ct\.?|close|crescent|way|place|pl\.?|"
    r"square|terrace|parkway|pkwy|highway|hwy)"
)
ROMANCE = (
    r"(?:rue|avenue|av\.|boulevard|place|chemin|calle|avenida|avda\.?|plaza|paseo|carrer|rambla|carretera|ctra\.|via|viale|piazza|corso|vicolo|"
    r"rua|travessa|pra[çc]a|largo|ulica|ul\.|aleja|al\.|plac|os\.|ulice|n[áa]m[ěe]st[íi]|n[áa]m\.|trg|bulevar(?:dul)?|bd\.|strada|str\.|calea|"
    r"улица|ул\.|проспект|пр-т|пр\.|οδός|λεωφόρος|λεωφ\.)"
)
ADDRESS = re.compile(
    rf"\b\w+{STREET} ?\d{{1,4}} ?[a-z]?\b|\b\w+[ -]{STREET} ?\d{{1,4}}\b"
    rf"|\b\d{{1,5}}[a-z]? (?:[nsew]\.? )?(?:\w+ ){{1,3}}{STREET_WORDS}(?![a-z])"
    rf"|\b\d{{1,4}},? (?:bis |ter )?{ROMANCE} \w+|\b{ROMANCE} (?:[\w'.]+ ?){{1,4}},? ?(?:n[ºo°]?\.? ?)?\d{{1,4}}\b"
    rf"|\b(?:\w+\.? ){{1,3}}{STREET_AFTER},? ?(?:no\.?:? ?)?\d{{1,4}}\b|{EASTERN}",
    re.IGNORECASE,
)
MAC = re.compile(r"(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}", re.IGNORECASE)
PLATE = re.compile(
    r"[A-Z]{2}\d{2} [A-Z]{3}|[A-Z]{2}-\d{3}-[A-Z]{2}|[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} \d{1,4}[EH]?|\d{4} [B-DF-HJ-NP-TV-Z]{3}"
    r"|[A-Z]{2,3} \d{4,5}[A-Z]?|[A-Z]{2} \d{3} [A-Z]{2}|\d{2} [A-Z]{1,3} \d{2,4}"
)
PLATE_INSIDE = re.compile(
    rf"\b(?i:plates?|kennzeichen|kfz|registration|reg\.?|number ?plate|matr[íi]cula|immatriculation|targa|kenteken|tablica)\W{{0,3}}(?i:no|nr|number)?\W{{0,3}}(?:{PLATE.pattern})"
)
PLACE = re.compile(
    r"(?<![\d.])-?[1-8]?\d\.\d{4,}°?\s?[NS]?\s?[,;/ ]\s?-?1?\d{1,2}\.\d{4,}(?![\d.])"
)
"""A latitude and a longitude, told to ten metres."""
IP = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
IP_INSIDE = re.compile(rf"(?<![\w.])(?!\d\.|10\.|127\.|192\.168\.){IP.pattern}(?!\w|\.\d)")
"""An address of somebody's line; those of one's own network and versions begin otherwise."""
SSN = re.compile(r"(?<!\d)(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?!\d)")
ID_FORM = re.compile(
    r"[XYZ]\d{7}-?[A-Z]|\d{8}-?[TRWAGMYFPDXBNJZSQVHLCKE]|[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]|"
    r"[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]|\d{3}\.\d{3}\.\d{3}-\d{2}|\d{6}[-+]\d{4}|"
    r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3}(?: ?\d{2})?|[A-Z]{5}\d{4}[A-Z]"
    r"|[PIACV][A-Z<](?:[A-Z]{3}|[A-Z]<<)[A-Z0-9<]{25,39}"
)
ID_FORM_INSIDE = re.compile(
    r"\b(?:[XYZ]\d{7}-?[A-Z]|\d{8}-?[TRWAGMYFPDXBNJZSQVHLCKE]|[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]|\d{3}\.\d{3}\.\d{3}-\d{2}|"
    r"[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D])\b"
    r"|(?i:\b(?:passport|passeport|pasaporte|passaporto|reisepass|(?:personal)?ausweis|f[üu]hrerschein|permis|driving licen[cs]e|driver'?s licen[cs]e|id card|identity card|"
    r"social security|steuer-?id|vers\.?-?nr\.?|versicherten|insurance|medical record|mrn)\w*\W{0,3}(?:(?:no|nr|number|nummer|n°)\b\W{0,3})?(?=[A-Z-]*\d)(?=(?:\D*\d){5})[A-Z\d-]{6,14}\b)"
)
BORN = re.compile(
    r"(?:(?<!\d)\*|\b(?:born|dob|geb(?:\.|oren)?|née?|nacid[oa]|date of birth|geburtsdatum|nat[oa] il)\b\D{0,8})\d{1,4}[./-]\d{1,2}[./-]\d{1,4}",
    re.IGNORECASE,
)
ICD = re.compile(r"[A-TV-Z]\d{2}\.\d{1,2}")
ICD_INSIDE = re.compile(
    r"\b[A-TV-Z]\d{2}\.\d{1,2}\b|\b(?:icd|dx)[-: ]*(?:10)?[-: ]*[A-TV-Z]\d{2}\b", re.IGNORECASE
)
CREDENTIAL = re.compile(
    r"\b(?:pass(?:word|wort|phrase|wd)|pwd|kennwort|wachtwoord|mot de passe|contrase[ñn]a|senha|parola|has[łl]o|heslo|l[öo]senord|пароль|api[_ -]?key|secret|client_secret|access[_ -]?token|bearer)\b\s*[:=]?\s*(?=\S*[\d!@#$%^&*])\S{5,}"
    r"|\bpw\s?[:=]\s*\S{5,}|\bsk-[A-Za-z0-9_-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abpr]-[\w-]{10,}|\bAIza[\w-]{30,}|\beyJ[\w-]{8,}\.[\w-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b[a-z][a-z0-9+.-]{2,}://[^\s/:@]+:[^\s/@]{3,}@[\w.-]+",
    re.IGNORECASE,
)
TITLE = r"(?:mr|mrs|ms|miss|dr|prof|herr|frau|hr|fr|señora?|sra?|mme|mlle|monsieur|madame|signora?|pan|pani)"
TITLED = re.compile(rf"\b(?:{TITLE})\.? (?:dr\.? )?[A-ZÀ-Ž][\w'’-]+", re.IGNORECASE)
ADDRESSED = re.compile(
    rf"\b(?:{TITLE})\.? [A-ZÀ-Ž][\w'’-]+|\b(?:spoke (?:to|with)|talked to|ask(?:ed)?|call(?:ed)? by|contact:?|customer:|patient:|client:|besprochen mit|gesprochen mit|r[üu]ckruf an|"
    rf"attn:?|dear|hallo|liebe[r]?|sehr geehrte[r]?|regards,?|signed) [A-ZÀ-Ž][a-zà-ž'’-]+ [A-ZÀ-Ž][\w'’-]+"
)
WORDS = re.compile(r"[^\W\d_]{2,}")
WORD = r"[A-ZÀ-ŽŁŚŻ][\w'’-]+"
PAIR = re.compile(
    rf"\b({WORD})[ ](?:[A-Z]\. ?)?(?:van |von |de |der |den |di |da |del |la |le |O['’])*({WORD})"
)
ACCOUNT = re.compile(
    r"(?<![\w.-])(?<!\w@)([a-zà-ž]{3,})\.[a-zà-ž]{3,}(?![\w.(-])|[\\/](?:users|home|in)[\\/]([a-zà-ž]{3,})\b|@([a-zà-ž]{3,})[._-]",
    re.IGNORECASE,
)
"""Accounts that are called as their people: anna.lindqvist, /home/anna, @anna_lindqvist."""
OWNED = re.compile(
    r"\b([A-ZÀ-Ž][a-zà-ž]{2,})(?: [A-ZÀ-Ž][\w-]+){0,2}['’]s\b|\b(?:von|de|of|di|van|da|do|por) ([A-ZÀ-Ž][a-zà-ž]{2,})\b"
)
FILE_OF = re.compile(
    r"([A-Za-zÀ-ž]{2,}[_ .-][A-Za-zÀ-ž]{2,})(?:[_ .-]\w+)*"
    r"\.(?:pdf|docx?|odt|txt|jpe?g|png|tiff?|dcm|heic|mp[34]|wav|xlsx?|zip)",
    re.IGNORECASE,
)
NO_SURNAMES = frozenset(
    [
        "street",
        "road",
        "avenue",
        "county",
        "city",
        "park",
        "university",
        "college",
        "school",
        "hospital",
        "island",
        "islands",
        "river",
        "lake",
        "airport",
        "hotel",
        "house",
        "bay",
        "valley",
        "beach",
        "creek",
        "mountain",
        "hills",
        "church",
        "bridge",
        "center",
        "centre",
        "club",
        "company",
        "inc",
        "ltd",
        "llc",
        "state",
        "region",
        "district",
        "bank",
        "museum",
        "station",
        "straße",
        "strasse",
        "platz",
        "day",
        "hall",
        "square",
        "tower",
        "field",
        "fields",
        "ranch",
        "island",
        "airlines",
        "motors",
        "foods",
    ]
)

ID_MODULES = [
    "es.dni",
    "es.nie",
    "it.codicefiscale",
    "fr.nir",
    "de.idnr",
    "nl.bsn",
    "be.nn",
    "pl.pesel",
    "br.cpf",
    "se.personnummer",
    "fi.hetu",
    "no.fodselsnummer",
    "cz.rc",
    "ro.cnp",
    "bg.egn",
    "hr.oib",
    "ee.ik",
    "lt.asmens",
    "gr.amka",
    "tr.tckimlik",
    "gb.nhs",
    "ca.sin",
    "au.tfn",
    "in_.aadhaar",
    "in_.pan",
    "cn.ric",
    "kr.rrn",
    "za.idnr",
    "mx.curp",
    "cl.rut",
    "ch.ssn",
    "ie.pps",
    "il.idnr",
    "th.pin",
    "at.vnr",
    "dk.cpr",
    "is_.kennitala",
    "pt.cc",
    "si.emso",
    "ar.cuit",
    "co.nit",
]
EIGHT_DIGITS = re.compile(r"(?<!\d)\d{8}(?!\d)")
BORN_FROM, BORN_UNTIL = 1925, 2015
TOKEN = re.compile(r"(?<![^\W_])(?<!\.)[A-Z]{0,6}\d[\dA-Z.\-/+ ]{5,17}[\dA-Z](?![^\W_])")


AT_SIGN = re.compile(r"\s?[(\[{]\s?(?:at|ät|arroba|chiocciola|a)\s?[)\]}]\s?", re.IGNORECASE)
BASE64 = re.compile(r"(?<![\w+/=-])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])[\w+/-]{16,}={0,2}")
READABLE = re.compile(r"[ -~\n]+")


def decoded(text: str) -> str:
    """Return a text as a person reads it: without the codes of addresses, pages and transport."""
    if "%" in text:
        text = unquote(text)
    if "&" in text:
        text = unescape(text)
    if AT_SIGN.search(text):
        text = AT_SIGN.sub("@", text)
    return BASE64.sub(_readable, text)


def _readable(code: re.Match[str]) -> str:
    try:
        said = urlsafe_b64decode(code[0].rstrip("=") + "=" * (-len(code[0].rstrip("=")) % 4))
        plain_text = said.decode("utf-8")
    except ValueError:
        return code[0]
    return plain_text if READABLE.fullmatch(plain_text) else code[0]


@cache
def given_names() -> frozenset[str]:
    """Return given names, in lower case without accents."""
    lines = (HERE / "given_names.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(
        plain(name) for line in lines if not line.startswith("#") for name in line.split()
    )


@cache
def eastern_surnames() -> frozenset[str]:
    """Return frequent surnames in Chinese, Japanese and Korean letters."""
    lines = (HERE / "eastern_surnames.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


@cache
def words_about(what: str) -> re.Pattern[str]:
    """Return what matches a word of one of the lists: `health` or `trait`."""
    lines = (HERE / f"{what}_words.txt").read_text(encoding="utf-8").splitlines()
    return re.compile(
        r"\b(?:" + "|".join(line for line in lines if line and not line.startswith("#")) + r")",
        re.IGNORECASE,
    )


@cache
def id_validators() -> dict[str, Callable[[str], Any]]:
    """Return each national number's check, by country and name."""
    return {name: import_module(f"stdnum.{name}").is_valid for name in ID_MODULES}


def plain(word: str) -> str:
    """Return a word in lower case without accents."""
    folded = unicodedata.normalize("NFKD", word.replace("ł", "l").replace("Ł", "L"))
    return "".join(letter for letter in folded if not unicodedata.combining(letter)).lower()


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit that payment cards carry."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0 and len(set(digits)) > 1


def is_address_of_a_machine(text: str) -> bool:
    """Whether a whole text is an Internet address, of version 4 or 6."""
    if IP.fullmatch(text) or MAC.fullmatch(text):
        return True
    try:
        return text.count(":") > 1 and bool(ip_address(text.strip()).packed)
    except ValueError:
        return False


def is_card(text: str) -> bool:
    """Whether a whole text is a payment card's number."""
    digits = re.sub(r"[ -]", "", text.strip())
    return (
        13 <= len(digits) <= 19
        and digits.isdigit()
        and digits[0] in "23456"
        and passes_luhn(digits)
    )


def has_card(text: str) -> bool:
    """Whether a text has a payment card's number in it."""
    return any(is_card(match.group()) for match in CARD.finditer(text))


def is_checked(kind: str, text: str) -> bool:
    """Whether a number inside a text passes a check that chance seldom does: one is then enough."""
    from stdnum import iban

    if kind == "iban":
        return any(iban.is_valid(match.group()) for match in IBAN_INSIDE.finditer(text))
    if kind == "payment_card":
        return any(match[1] and is_card(match.group()) for match in CARD.finditer(text))
    return False


def is_eastern_name(text: str) -> bool:
    """Whether a whole text may be a Chinese, Japanese or Korean name: a family's name in front."""
    word = text.strip().replace(" ", "").replace("　", "")
    return 2 <= len(word) <= EASTERN_LETTERS and word.startswith(tuple(eastern_surnames()))


def is_given_name(text: str) -> bool:
    """Whether a whole text is one given name, written as one."""
    word = text.strip()
    return word[:1].isupper() and word.isalpha() and plain(word) in given_names()


def is_person(text: str) -> bool:
    """Whether a whole text is a person's name: a known given name among two to four words."""
    bare = re.sub(rf"^(?:{TITLE})\.? +", "", text.strip(), flags=re.IGNORECASE)
    comma = re.fullmatch(r"([^,]+), ?([^,]+)", bare)
    if comma:
        bare = f"{comma[2]} {comma[1]}"
    words = bare.split()
    if len(words) > 1 and words[0].isupper() and len(words[0]) > 2 and not bare.isupper():
        words = [*words[1:], words[0]]  # the family's name first, in capitals
    if not 2 <= len(words) <= 4 or any(letter.isdigit() for letter in bare):
        return False
    lower = bare.islower() and words[0].isalpha()
    shaped = lower or all(
        word[0].isupper()
        or word.lower() in {"van", "von", "de", "der", "den", "di", "da", "del", "la", "le", "dos"}
        for word in words
    )
    clean = all(re.fullmatch(r"[\w'’.-]+", word) for word in words)
    return (
        shaped
        and clean
        and plain(words[0]) in given_names()
        and plain(words[-1]) not in NO_SURNAMES
    )


def is_remark(text: str) -> bool:
    """Whether a text is a sentence or a part of one: most of its words begin with small letters."""
    words = WORDS.findall(text)
    return bool(sum(word[0].islower() for word in words) >= max(2, 0.4 * len(words)))


def names_titled(text: str) -> bool:
    """Whether a text mentions somebody by a title and a name."""
    return any(match.group().split()[-1][0].isupper() for match in TITLED.finditer(text))


def names_person(text: str) -> bool:
    """Whether a text mentions a person: a title and a name, or a given name and a surname."""
    if names_titled(text):
        return True
    if any(plain(match[match.lastindex or 0]) in given_names() for match in ACCOUNT.finditer(text)):
        return True
    return any(
        (
            plain(match[1]) in given_names()
            and plain(match[2]) not in NO_SURNAMES
            and plain(match[2]) not in given_names()
        )
        or (plain(match[1]) in given_names() and plain(match[2]) in given_names())
        for match in PAIR.finditer(text)
    )


def owner(text: str) -> str | None:
    """Return the given name of whose thing a text is: Anna's phone, PC von Anna, @anna_weiss."""
    named = [match[1] or match[2] for match in OWNED.finditer(text)]
    file = FILE_OF.fullmatch(text.strip())
    named += re.split(r"[_ .-]", file[1]) if file else []
    named += [match[match.lastindex or 0] for match in ACCOUNT.finditer(text)]
    return next((plain(name) for name in named if plain(name) in given_names()), None)


def id_kinds(values: list[str]) -> Iterator[tuple[str, int]]:
    """Yield which national numbers pass their check, and how many of the values do."""
    candidates = [
        value
        for value in values
        if 7 <= len(re.sub(r"\W", "", value)) <= 18 and any(c.isdigit() for c in value)
    ]
    if not candidates:
        return
    head = candidates[:40]
    altered = [_with_other_digit(value) for value in head]
    for name, is_valid in id_validators().items():
        fits = sum(map(bool, map(is_valid, head)))
        # Where a number is as good with another last digit, nothing was checked but its length.
        if fits >= 0.5 * len(head) and sum(map(bool, map(is_valid, altered))) < 0.5 * fits:
            yield name, sum(1 for value in candidates if is_valid(value))
    ssn = sum(1 for value in candidates if SSN.fullmatch(value.strip()))
    if ssn:
        yield "us.ssn", ssn


def _with_other_digit(value: str) -> str:
    """Return a number with its last digit changed."""
    at = max(place for place, letter in enumerate(value) if letter.isdigit())
    return f"{value[:at]}{(int(value[at]) + 1) % 10}{value[at + 1 :]}"


def birth_year(text: str) -> int | None:
    """Return the year of the first day of a birth that stands in a code, as in KELLER-19710423."""
    for digits in EIGHT_DIGITS.findall(text):
        for year, month, day in (
            (digits[:4], digits[4:6], digits[6:]),
            (digits[4:], digits[2:4], digits[:2]),
        ):
            if BORN_FROM <= int(year) <= BORN_UNTIL and 0 < int(month) <= 12 and 0 < int(day) <= 31:
                return int(year)
    return None


def tokens(text: str) -> Iterator[str]:
    """Yield what may be a number of identity inside a text."""
    for match in TOKEN.finditer(text):
        token = match.group().strip()
        yield token
        if " " in token:
            yield from token.split()
