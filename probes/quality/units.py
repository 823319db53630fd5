"""Units that are mistaken for each other, and which columns have one by their name."""

from __future__ import annotations

import re

UNIT_FACTORS: tuple[tuple[float, str, str], ...] = (
    (1.609344, "miles_kilometres", ""),
    (2.20462, "pounds_kilograms", ""),
    (2.54, "inches_centimetres", ""),
    (3.28084, "feet_metres", ""),
    (3.785412, "gallons_litres", ""),
    (14.5038, "pressure_units", ""),
    (28.3495, "ounces_grams", ""),
    (10.0, "tenths_wholes", ""),
    (60.0, "minutes_hours", ""),
    (100.0, "hundredths_units", ""),
    (1000.0, "thousandths_units", ""),
    (3.6, "metres_a_second", r"speed|wind|velo|geschw|vitesse|power|energy|energ|leistung"),
    (1.852, "knots_kilometres", r"speed|wind|knot|dist|velo"),
    (4.184, "calories_joules", r"energ|calor|kcal|kj|joule|brennwert"),
    (10.7639, "square_feet_metres", r"area|surface|fl(ä|ae)che|sq|m2|superfic|living"),
    (2.47105, "acres_hectares", r"area|acre|hect|fl(ä|ae)che|field|superfic"),
    (18.0182, "milligrams_millimoles", r"gluc|gly[ck]|zucker|sugar|bg_"),
    (38.67, "milligrams_millimoles", r"chol|ldl|hdl"),
    (24.0, "days_hours", r"duration|dauer|hour|stund|lead|_time$|delay|age_|alter"),
    (7.0, "weeks_days", r"duration|dauer|week|woche|lead|_time$|tenure"),
    (
        12.0,
        "months_years",
        r"salar|gehalt|lohn|sueldo|salaire|wage|stipend|pay$|rent|miete|income|tenure|alter|age_",
    ),
)
"""How many times one unit is another, what both are, and names of columns that alone have it."""
KINDS = (
    (r"dist|strecke|dystans|afstand", {"miles_kilometres", "feet_metres"}),
    (r"mile|km|speed|velo|geschw|vitesse|wind", {"miles_kilometres"}),
    (
        r"altit|elevat|h[öo]he|height|hauteur|alt(ur|ezz)a|gr[öo](ss|ß)e|depth|length|l[äa]nge|longueur|width|snow|rain|precip",
        {"feet_metres", "inches_centimetres"},
    ),
    (r"weight|gewicht|mass|masa|kg|poids|peso|waga", {"pounds_kilograms", "ounces_grams"}),
    (r"volum|fuel|verbrauch", {"gallons_litres"}),
    (r"pressure|druck|pressi", {"pressure_units"}),
)
"""What a name says is counted, and the units of it: a distance is in no pounds."""
_OF_KINDS = frozenset[str]().union(*(units for _, units in KINDS))
_MEASURED = re.compile(
    r"(?<![a-zäöü])(temp(_|$|erat)|grade?(_|$)|celsius|dist(_|$|ance)|km|miles?(_|$)|mileage|mass(_|$)|kg|speed|depth)"
    r"|°|elevation|altitude|h[öo]he|volume|volumen|pressure|druck|rain|precip|niederschlag|snow|fuel|verbrauch|length|l[äa]nge|weight|gewicht|height|gr[öo](ss|ß)e|speed|width|temperatur|distan"
    r"|kcal|area|fl(ä|ae)che|surface|superfic|gluc|chol|wind_|dos(e|is|age)(_|$)"
    r"|dauer|duration|afstand|dystans|masa|waga|poids|peso|hauteur|altura|altezza|longueur|velocid|vitesse|geschwind|pressi|presi(ó|o)n",
    re.IGNORECASE,
)
_WORD_EDGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^\w°]+")

SITES = re.compile(
    r"unit|source|system|site|country|region|plant|branch|vendor|device|standort|land|werk|"
    r"store|shop|lab|centre|center|clinic|depot|office|agency",
    re.IGNORECASE,
)
"""Of two groups alone one may well be larger by nature; not so of two places or systems."""


def units_of(name: str) -> frozenset[str]:
    """Return the units of what a column's name says it counts; none where it says nothing."""
    own = [units for kind, units in KINDS if re.search(kind, name, re.IGNORECASE)]
    return frozenset[str]().union(*own)


def factors_of(name: str) -> list[tuple[float, str]]:
    """Return the factors between units of what a column counts, and which units those are."""
    own = units_of(name)
    others = _OF_KINDS - own if own else frozenset[str]()
    return [
        (factor, unit)
        for factor, unit, names in UNIT_FACTORS
        if unit not in others and (not names or re.search(names, name, re.IGNORECASE))
    ]


def is_measured(name: str) -> bool:
    """Whether a column's name is that of something with a unit: a distance, not a district."""
    return bool(_MEASURED.search(_WORD_EDGE.sub("_", name)))
