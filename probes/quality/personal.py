"""Suspected personal data: which kinds and how much, from values and from names; never a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality import people_values as values
from probes.quality.codes import all_of, coded_finding, found, percent, read, shown
from probes.quality.facts import ColumnFacts
from probes.quality.sentences import say
from probes.quality.view import View
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import pandas as pd

WHOLE_SHARE = 0.01
INSIDE_SHARE = 0.0005
SLOWS_SHARE = 0.05
SLOWS_INSIDE = 0.01
VALUES_LOOKED_AT = 2_500
SHORTEST = 5
SHORT_TEXT = 60
NATIONAL_SURE = 0.8
DIGITS_SURE = 0.9
AMERICAN_SURE = 0.97
LONE_NAMES = 6
LABELS_MOST = 60
LABELS_SHARE = 0.5
"""A list of illnesses names one in most values; what few remarks mention is somebody's."""
LABELS_MANY = 0.3
"""So many values may name one as well, if they are no remarks."""
LEVELS = 20
"""A column of so few values is one of labels, of which a single one may be called Depression."""
EXACT_MOST = 2.0**53
"""Above it a floating-point number no longer holds every digit."""
ALONE = frozenset({"email", "health", "person_trait"})
"""Kinds of which one value is enough; of the others several different ones are asked for."""
HARD = frozenset(
    {"email", "iban", "payment_card", "social_security", "phone", "national_id", "birth_date"}
)
"""Kinds with a form that hardly anything else has, unlike names and words about health."""
CERTAIN = frozenset({"email", "iban", "payment_card"})
CERTAIN_SHARE = 0.003
"""Their form or their check digits leave no doubt, so that few of them are enough."""
SLOWS_SOFT = 0.04
HEALTH_SAID = 0.01
"""What somebody wrote about the health of so few is enough."""
NAMED_LEAST = 10
OWNERS_LEAST = 5
BIRTH_YEARS = 10
BIRTH_DAYS = 100
BIRTH_CODES = 20
BIRTH_CODES_SHARE = 0.02
"""Of eight digits drawn at random one in a thousand is a day of these years."""
BIRTH_SPREAD = 20
REMARKS = 0.7
MARKED_DIGITS = re.compile(r"(?=(?:\D*\d){5})[\d /.-]{5,20}")
CODES_MOST = 0.2
VARIED = {"person_name": 3, "address": 3}


def _mentions_health(text: str) -> object:
    return values.words_about("health").search(text) or values.ICD_INSIDE.search(text)


def _mentions_trait(text: str) -> object:
    return values.words_about("trait").search(text)


KIND_WORDS = {
    "email": "e_mail_addresses",
    "phone": "phone_numbers",
    "iban": "bank_account_numbers",
    "payment_card": "payment_card_numbers",
    "social_security": "social_security_numbers",
    "ip_address": "ip_addresses",
    "person_name": "names_people",
    "birth_date": "dates_birth",
    "address": "postal_addresses",
    "national_id": "identity_document_numbers",
    "health": "health_data",
    "person_trait": "traits_law_protects",
    "location": "places_people",
    "plate": "plates_vehicles",
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

NAMES: tuple[tuple[str, str], ...] = tuple(read("personal_names").items())
"""Forms of column names, in many languages, and the kind that each announces."""


@dataclass(frozen=True)
class PersonalDataKind:
    """One kind of personal data in values.

    Args:
        whole: whether a whole value is it.
        inside: whether a longer text mentions it.
        sure_from: from which share of a column on `whole` is believed.
    """

    whole: Callable[[str], object] | None
    inside: Callable[[str], object] | None
    sure_from: float = WHOLE_SHARE
    inside_from: float = INSIDE_SHARE


def _whole(form: re.Pattern[str]) -> Callable[[str], object]:
    return form.fullmatch


KINDS: dict[str, PersonalDataKind] = {
    "email": PersonalDataKind(_whole(values.EMAIL), values.EMAIL.search),
    "iban": PersonalDataKind(_whole(values.IBAN), values.IBAN_INSIDE.search),
    "payment_card": PersonalDataKind(values.is_card, values.has_card, 0.5, 0.002),
    "social_security": PersonalDataKind(_whole(values.SSN), values.SSN.search, 0.05, 0.002),
    "national_id": PersonalDataKind(
        _whole(values.ID_FORM), values.ID_FORM_INSIDE.search, 0.8, 0.005
    ),
    "phone": PersonalDataKind(_whole(values.PHONE_WHOLE), values.PHONE_INSIDE.search, 0.015, 0.002),
    "ip_address": PersonalDataKind(
        values.is_address_of_a_machine, values.IP_INSIDE.search, WHOLE_SHARE, 0.005
    ),
    "address": PersonalDataKind(None, values.ADDRESS.search, 0.1, 0.01),
    "person_name": PersonalDataKind(values.is_person, values.names_person, 0.3, 0.01),
    "health": PersonalDataKind(_whole(values.ICD), _mentions_health, 0.5, 0.005),
    "birth_date": PersonalDataKind(None, values.BORN.search, 1.0, 0.002),
    "person_trait": PersonalDataKind(None, _mentions_trait, 1.0, 0.005),
    "location": PersonalDataKind(None, values.PLACE.search, 1.0, 0.01),
    "plate": PersonalDataKind(None, values.PLATE_INSIDE.search, 1.0, 0.005),
}
"""In the order in which a value is given to a kind."""


def personal_findings(view: View) -> Iterator[Finding]:
    """Say which kinds of personal data each column holds: by its values, else by its name."""
    yield from _about_nobody(list(_of_columns(view)), view)


def _of_columns(view: View) -> Iterator[Finding]:
    for name in view.texts:
        texts = view.sample[name].dropna().astype("string")
        if texts.empty:
            continue
        yield from _credentials(view, name, texts)
        by_value = [*_of_texts(name, texts, len(texts) / len(view.sample))]
        yield from by_value or personal_by_name(name, len(texts))
    for column in view.facts.of_family(ColumnFamily.NUMBER, ColumnFamily.TIME):
        by_value = (
            [*_of_numbers(view, column)] if column.column.family is ColumnFamily.NUMBER else []
        )
        yield from by_value or personal_numbers(column)


def _about_nobody(found_here: Sequence[Finding], view: View) -> Iterator[Finding]:
    """Yield the findings; labels about health are a note in a table that points to nobody.

    A list of diseases or a trial's arms is no personal data by itself; free text may name people.
    """
    points = any(
        set(one.evidence["kinds"]) - {"health", "location", "person_trait"}
        for one in found_here
        if "kinds" in one.evidence
    )
    for one in found_here:
        name = one.column or ""
        only_health = set(one.evidence.get("kinds", ())) == {"health"}
        labels = only_health and (view.facts.columns[name].distinct or 0) <= LABELS_MOST
        labels = labels and (one.code == "personal_data" or _are_labels(view, one))
        if labels and not points and one.level is FindingLevel.SLOWS:
            yield replace(one, level=FindingLevel.NOTE, suggestion=None)
        else:
            yield one


def _are_labels(view: View, one: Finding) -> bool:
    """Whether most rows name an illness, or many do but hardly in what somebody wrote."""
    texts = view.sample[one.column].dropna().astype("string").unique()
    told = [values.is_remark(text) for text in texts if _mentions_health(text)]
    least = LABELS_MANY if sum(told) < REMARKS * len(told) else LABELS_SHARE
    return bool(one.evidence["share"] > least)


def _counted(texts: pd.Series) -> list[tuple[str, int]]:
    counts = texts.value_counts()
    if len(counts) > VALUES_LOOKED_AT:
        counts = counts.sample(VALUES_LOOKED_AT, random_state=48)
    return [(values.decoded(str(text)), int(number)) for text, number in counts.items()]


def _of_texts(name: str, texts: pd.Series, filled: float) -> Iterator[Finding]:
    counted = _counted(texts)
    total = sum(number for _, number in counted)
    whole = _shares(counted, total, inside=False)
    national = _national([text for text, _ in counted])
    if national:
        whole = {"national_id": national} | whole
        for taken in ("phone", "payment_card", "social_security"):
            whole.pop(taken, None)
    whole = whole or _in_columns(counted)
    if whole:
        yield _personal("personal_data", name, whole, "values", filled=filled)
        return
    inside = _shares(counted, total, inside=True)
    owned = _owned(counted, total)
    if owned:
        inside["person_name"] = max(owned, inside.get("person_name", 0.0))
    identified = _identified(counted, total)
    if identified:
        inside["national_id"] = identified
    born = _born(counted, total)
    if born:
        inside["birth_date"] = max(born, inside.get("birth_date", 0.0))
    if inside:
        shortish = sum(len(text) * n for text, n in counted) / total < SHORT_TEXT
        as_column = set(inside) == {"address"} and inside["address"] >= 0.5 and shortish
        code = "personal_data" if as_column else "personal_data_in_text"
        spoken = [number for text, number in counted if values.ADDRESSED.search(text)]
        addressed = len(spoken) >= 3 and sum(spoken) >= 0.005 * total
        addressed |= "person_name" in inside and _in_remarks(counted, values.names_person)
        titled = [number for text, number in counted if values.names_titled(text)]
        addressed |= len(titled) >= NAMED_LEAST and sum(titled) >= SLOWS_SOFT * total
        addressed |= "health" in inside and _in_remarks(counted, _mentions_health, HEALTH_SAID)
        addressed |= owned > 0
        yield _personal(code, name, inside, "values", addressed=addressed, filled=filled)


def _in_remarks(
    counted: Sequence[tuple[str, int]],
    mentions: Callable[[str], object],
    least: float = SLOWS_SOFT,
) -> bool:
    """Whether people are told of in what somebody wrote, and not in titles or names of things."""
    told = [(text, number) for text, number in counted if mentions(text)]
    enough = sum(n for _, n in told) >= least * sum(number for _, number in counted)
    said = sum(1 for text, _ in told if values.is_remark(text))
    return enough and len(told) >= NAMED_LEAST and said >= REMARKS * len(told)


def _owned(counted: Sequence[tuple[str, int]], total: int) -> float:
    """Return the share of names of things that say whose they are, of many people."""
    owners = [(name, number) for text, number in counted if (name := values.owner(text))]
    share = sum(number for _, number in owners) / total
    return (
        share if len({name for name, _ in owners}) >= OWNERS_LEAST and share >= SLOWS_SOFT else 0.0
    )


def _shares(counted: Sequence[tuple[str, int]], total: int, *, inside: bool) -> dict[str, float]:
    """Return the share of the values that each kind matches, where it is believed."""
    found: dict[str, float] = {}
    distinct = len(counted)
    for key, kind in KINDS.items():
        matches = kind.inside if inside else kind.whole
        if matches is None:
            continue
        matched = [one for one in counted if len(one[0]) >= SHORTEST and matches(one[0])]
        if not _is_more_than_chance(key, matched, counted):
            continue
        hits = [number for _, number in matched]
        share = sum(hits) / total
        least = kind.inside_from if inside else kind.sure_from
        few_levels = key in ("health", "person_trait") and distinct <= LEVELS
        alone = key in ALONE if not few_levels else len(hits) >= 2
        alone = alone or len(hits) >= min(3, distinct)
        alone = alone or any(values.is_checked(key, text) for text, _ in matched)
        if share >= least and hits and alone and (key not in VARIED or len(hits) >= VARIED[key]):
            found[key] = share
    return found


def _is_more_than_chance(
    key: str, matched: Sequence[tuple[str, int]], counted: Sequence[tuple[str, int]]
) -> bool:
    """Whether a kind is seen more often than among any long numbers, or codes of digits and marks.

    One number in ten passes a card's check; codes of which few look like phones are codes.
    """
    if key == "payment_card":
        long = sum(1 for text, _ in counted if values.CARD.search(text))
        return bool(len(matched) > long / 10 + 3 * (0.09 * long) ** 0.5)
    if key == "phone" and not any("+" in text for text, _ in matched):
        others = {text for text, _ in counted} - {text for text, _ in matched}
        codes = sum(1 for text in others if MARKED_DIGITS.fullmatch(text))
        return codes <= max(len(matched) / 2, CODES_MOST * len(others))
    return True


def _in_columns(counted: Sequence[tuple[str, int]]) -> dict[str, float]:
    """Return what only a whole column gives away: bare digits that are phones, lone names."""
    if len(counted) >= 20:
        phones = _share_of(counted, values.PHONE_DIGITS.fullmatch)
        american = _share_of(counted, values.PHONE_AMERICAN.fullmatch)
        if phones >= DIGITS_SURE or american >= AMERICAN_SURE:
            return {"phone": max(phones, american)}
    if len(counted) >= LONE_NAMES:
        given = sum(1 for text, _ in counted if values.is_given_name(text)) / len(counted)
        initials = _share_of(counted, values.INITIALS.fullmatch)
        eastern = _share_of(counted, values.is_eastern_name)
        if given >= 0.6 or initials >= DIGITS_SURE or eastern >= DIGITS_SURE:
            return {"person_name": max(given, initials, eastern)}
        plates = _share_of(counted, values.PLATE.fullmatch)
        if plates >= DIGITS_SURE and len(counted) > LABELS_MOST:
            return {"plate": plates}
    return {}


def _share_of(counted: Sequence[tuple[str, int]], matches: Callable[[str], object]) -> float:
    return sum(n for text, n in counted if matches(text.strip())) / sum(n for _, n in counted)


def _national(texts: list[str]) -> float:
    """Return the share of values that pass one country's check, where nearly all do."""
    if len(texts) < 20:
        return 0.0
    usable = [text for text in texts if sum(map(str.isdigit, text)) >= 4 and 7 <= len(text) <= 18]
    if len(usable) < 0.5 * len(texts):
        return 0.0
    best = max((count / len(texts) for _, count in values.id_kinds(usable)), default=0.0)
    return best if best >= NATIONAL_SURE else 0.0


def _identified(counted: Sequence[tuple[str, int]], total: int) -> float:
    """Return the share of texts with a national number inside, where enough pass a check."""
    found = [(token, n) for text, n in counted if len(text) > 12 for token in values.tokens(text)]
    tokens = [token for token, _ in found if not values.is_card(token)]
    usable = [token for token in tokens if sum(map(str.isdigit, token)) >= 6]
    if len(set(usable)) < 3:
        return 0.0
    best = max((count for _, count in values.id_kinds(usable)), default=0)
    share = sum(n for _, n in found) / total
    return min(1.0, share) if best >= max(3, 0.5 * len(set(usable))) and share >= 0.002 else 0.0


def _born(counted: Sequence[tuple[str, int]], total: int) -> float:
    """Return the share of codes with a day of birth inside: far more than chance, of many years.

    Days of orders and deliveries are of a few years.
    """
    born = [(year, n) for text, n in counted if (year := values.birth_year(text)) is not None]
    years = sorted(year for year, _ in born)
    share = sum(n for _, n in born) / total
    if len(years) < BIRTH_CODES or share < BIRTH_CODES_SHARE:
        return 0.0
    tenth = len(years) // 10
    return share if years[-1 - tenth] - years[tenth] >= BIRTH_SPREAD else 0.0


def _of_numbers(view: View, column: ColumnFacts) -> Iterator[Finding]:
    """Test whole numbers of many digits: cards by their check digit, national numbers by theirs."""
    import numpy as np

    if column.largest is None or column.largest < 1e7 or column.name not in view.sample:
        return
    numbers = view.number(column.name)
    unique = np.unique(numbers[np.isfinite(numbers) & (numbers > 0)])
    if len(unique) < 20 or (unique != np.round(unique)).any() or unique[-1] > EXACT_MOST:
        return
    picked = unique[np.linspace(0, len(unique) - 1, min(400, len(unique))).astype(int)]
    texts = [f"{number:.0f}" for number in picked]
    cards = sum(map(values.is_card, texts)) / len(texts)
    if cards >= 0.8:
        yield _personal("personal_data", column.name, {"payment_card": cards}, "values")
        return
    phones = sum(1 for text in texts if values.PHONE_DIGITS.fullmatch(text)) / len(texts)
    american = sum(1 for text in texts if values.PHONE_AMERICAN.fullmatch(text)) / len(texts)
    varied = len({text[:3] for text in texts}) >= 5
    if varied and (phones >= DIGITS_SURE or american >= AMERICAN_SURE):
        yield _personal("personal_data", column.name, {"phone": phones}, "values")
        return
    width = max(map(len, texts))
    steps = np.diff(picked)
    sequential = len(unique) > 50 and float(np.median(steps)) <= 3
    share = 0.0 if sequential else _national([text.zfill(width) for text in texts])
    if share:
        yield _personal("personal_data", column.name, {"national_id": share}, "values")


def _credentials(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    counted = _counted(texts)
    hits = [number for text, number in counted if values.CREDENTIAL.search(text)]
    share = sum(hits) / sum(number for _, number in counted)
    if len(hits) >= 2:
        rows = view.rows(share * len(texts))
        yield coded_finding(
            FindingLevel.SLOWS, "credentials", column=name, rows=rows, share=round(share, 5)
        )


def personal_by_name(name: str, present: int) -> Iterator[Finding]:
    """Say which kind of personal data a text column's name announces."""
    kind = _announced(name)
    if kind and present:
        yield _personal("personal_data", name, {kind: 1.0}, "name")


def personal_numbers(column: ColumnFacts) -> Iterator[Finding]:
    """Say which kind the name of a column of numbers or times announces, where they can be it."""
    kind = _announced(column.name)
    if kind and column.present and _can_be(kind, column):
        sure = kind == "birth_date" and _are_births(column)
        yield _personal("personal_data", column.name, {kind: 1.0}, "values" if sure else "name")


def _are_births(column: ColumnFacts) -> bool:
    """Whether dates are so many different days over so many years that they single people out."""
    years = [str(end)[:4] for end in (column.smallest, column.largest)]
    if column.column.family is not ColumnFamily.TIME or not all(map(str.isdigit, years)):
        return False
    return int(years[1]) - int(years[0]) >= BIRTH_YEARS and (column.distinct or 0) >= BIRTH_DAYS


def _announced(name: str) -> str | None:
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return next((kind for form, kind in NAMES if re.search(form, plain)), None)


def _can_be(kind: str, column: ColumnFacts) -> bool:
    if column.column.family is not ColumnFamily.NUMBER:
        return kind in TIMES_OF
    least = NUMBERS_OF.get(kind)
    return least is not None and column.largest is not None and column.largest >= least


def _personal(
    code: str,
    name: str,
    kinds: Mapping[str, float],
    by: str,
    *,
    addressed: bool = False,
    filled: float = 1.0,
) -> Finding:
    """Return the finding of a column's kinds, by their shares of the values that are filled."""
    ordered = sorted(kinds, key=lambda kind: -kinds[kind])
    words = all_of([say(KIND_WORDS[kind]) for kind in ordered])
    share = max(kinds.values())
    how = say("name") if by == "name" else say("about_rows", share=percent(share * filled))
    where = say("seems_hold") if code == "personal_data" else say("seems_mention")
    least = SLOWS_SHARE if code == "personal_data" else SLOWS_INSIDE
    soft = code == "personal_data_in_text" and not HARD & set(kinds) and not addressed
    sure = share >= (SLOWS_SOFT if soft else least) and not (
        soft and set(kinds) <= {"person_name", "person_trait"}
    )
    soft |= set(kinds) == {"plate"}
    sure &= not soft or set(kinds) != {"plate"}
    certain = max((kinds[kind] for kind in CERTAIN & set(kinds)), default=0.0) >= CERTAIN_SHARE
    strong = by == "values" and (sure or certain or len(HARD & set(kinds)) > 1)
    evidence = {
        "kind": ordered[0],
        "kinds": {kind: round(kinds[kind] * filled, 5) for kind in ordered},
        "share": round(share * filled, 5) if by == "values" else None,
        "by": by,
    }
    return found(
        FindingLevel.SLOWS if strong else FindingLevel.NOTE,
        code,
        say("seems_personal", name=shown(name), where=where, words=words, how=how),
        evidence,
        column=name,
        title=say("need_privacy_decision", words=words, name=shown(name)),
    )
