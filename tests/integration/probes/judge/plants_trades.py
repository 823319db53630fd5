"""Defects across columns, between files and of people, in the tables of two trades.

Every kind is planted in a carrier's shipments and in an energy supplier's contracts. The hash of a
kind's name puts both into one half: `recall HALF 1 trades_open`, `recall HALF 1 trades_sealed`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tests.integration.probes.judge.hosts import PLANTS, Host, Plant

ROWS = 1_200
CORE = ["id", "at", "start", "end", "state", "site", "who", "qty", "price", "net", "km", "remark"]
FILED = ["place", "code", "label", "tax", "gross", "kg", "parent"]
"""What monthly files hold besides."""


@dataclass(frozen=True)
class Trade:
    """One trade's words: column names by what they mean, and what it deals with."""

    names: dict[str, str]
    sites: tuple[str, ...]
    places: tuple[str, ...]
    products: tuple[str, ...]
    states: tuple[str, str, str]
    remarks: tuple[str, ...]


_KEYS = [
    "id",
    "at",
    "start",
    "end",
    "state",
    "site",
    "place",
    "land",
    "money",
    "zip",
    "town",
    "who",
    "born",
    "age",
    "code",
    "label",
    "qty",
    "price",
    "net",
    "tax",
    "gross",
    "ordered",
    "share",
    "off",
    "kg",
    "lb",
    "weekday",
    "parent",
    "order",
    "total",
    "path",
    "remark",
    "km",
]
_SITES = ("BER", "WAW", "PRG", "VIE", "ZRH", "LON")
_PLACES = ("Berlin", "Warszawa", "Praha", "Wien", "Zürich", "London")
_LANDS = ("DE", "PL", "CZ", "AT", "CH", "GB")
_MONEY = ("EUR", "PLN", "CZK", "EUR", "CHF", "GBP")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

CARRIER = Trade(
    dict(
        zip(
            _KEYS,
            [
                "shipment_no",
                "booked_at",
                "pickup_on",
                "delivered_on",
                "status",
                "depot",
                "depot_name",
                "country",
                "currency",
                "postcode",
                "town",
                "customer_no",
                "birth_date",
                "age",
                "service",
                "service_name",
                "pieces",
                "piece_rate",
                "net",
                "vat",
                "gross",
                "pieces_booked",
                "discount_pct",
                "discount",
                "weight_kg",
                "weight_lb",
                "weekday",
                "return_of",
                "order_no",
                "order_total",
                "request",
                "note",
                "distance_km",
            ],
            strict=True,
        )
    ),
    _SITES,
    _PLACES,
    ("Express", "Standard", "Bulk", "Cold chain", "Night line", "Pallet", "Parcel", "Courier"),
    ("open", "delivered", "cancelled"),
    ("gate code at reception", "call bell twice", "pallet on the left ramp", "leave at the dock"),
)
SUPPLIER = Trade(
    dict(
        zip(
            _KEYS,
            [
                "vertragsnr",
                "angelegt_am",
                "beginn",
                "gekuendigt_am",
                "zustand",
                "region",
                "region_name",
                "land",
                "waehrung",
                "plz",
                "ort",
                "kundennr",
                "geburtsdatum",
                "alter",
                "tarif",
                "tarifname",
                "menge",
                "arbeitspreis",
                "netto",
                "steuer",
                "brutto",
                "menge_bestellt",
                "rabatt_pct",
                "rabatt",
                "masse_kg",
                "masse_lb",
                "wochentag",
                "vorvertrag",
                "auftrag",
                "auftrag_summe",
                "aufruf",
                "bemerkung",
                "leitung_km",
            ],
            strict=True,
        )
    ),
    tuple(f"R{n}" for n in (11, 14, 17, 23, 29, 31)),
    ("Nordring", "Ostpark", "Altstadt", "Hafen", "Südhöhe", "Werft"),
    ("Basis", "Öko", "Nacht", "Wärme", "Gewerbe", "Fix12", "Fix24", "Flex"),
    ("aktiv", "beendet", "storniert"),
    ("Zähler im Keller", "Ablesung per Karte", "Schlüssel beim Hausmeister", "Rechnung online"),
)


def base(trade: Trade, seed: int) -> pd.DataFrame:
    """Return a sound table, under the names of what its columns mean."""
    rng = np.random.default_rng(seed)
    n = ROWS
    at = pd.Timestamp("2026-04-01") + pd.to_timedelta(
        np.sort(rng.integers(0, 181 * 86_400, n)), unit="s"
    )
    start = at.normalize() + pd.to_timedelta(rng.integers(1, 6, n), unit="D")
    state = rng.choice(trade.states, n, p=[0.3, 0.6, 0.1])
    end = pd.Series(start + pd.to_timedelta(rng.integers(1, 15, n), unit="D"))
    site = rng.integers(0, 6, n)
    person = rng.integers(0, 260, n)
    born = pd.Timestamp("1945-01-01") + pd.to_timedelta(rng.integers(0, 21_000, 260), unit="D")
    area = site * 5 + rng.integers(0, 5, n)
    product = rng.integers(0, 8, n)
    prices = np.array([18.4, 9.9, 6.35, 24.8, 14.75, 31.2, 7.6, 42.5])
    qty = rng.integers(1, 30, n)
    net = np.round(qty * prices[product], 2)
    tax = np.round(net * np.array([0.19, 0.23, 0.21, 0.2, 0.081, 0.2])[site], 2)
    off = rng.choice([0, 0, 5, 10, 15], n)
    kg = np.round(np.exp(rng.normal(3.2, 0.7, n)), 1)
    ids = 70_000 + np.arange(n)
    parent = pd.Series(np.where(rng.random(n) < 0.3, ids - rng.integers(1, 600, n), np.nan))
    order = 3_000 + np.arange(n) // 3
    frame = pd.DataFrame(
        {
            "id": ids,
            "at": at,
            "start": start,
            "end": end.where(state == trade.states[1]),
            "state": state,
            "site": np.array(trade.sites)[site],
            "place": np.array(trade.places)[site],
            "land": np.array(_LANDS)[site],
            "money": np.array(_MONEY)[site],
            "zip": 10_115 + 37 * area,
            "town": np.array([f"{trade.places[a // 5]} {'ABCDE'[a % 5]}" for a in area]),
            "who": 5_200 + person,
            "born": born[person],
            "age": 2026 - born[person].year,
            "code": product * 10 + 10,
            "label": np.array(trade.products)[product],
            "qty": qty,
            "price": prices[product],
            "net": net,
            "tax": tax,
            "gross": np.round(net + tax, 2),
            "ordered": qty + rng.choice([0, 0, 0, 1, 2, 5], n),
            "share": off,
            "off": np.round(net * off / 100, 2),
            "kg": kg,
            "lb": np.round(kg * 2.20462, 1),
            "weekday": np.array(_DAYS)[at.dayofweek],
            "parent": parent.where(parent >= ids[0]),
            "order": order,
            "path": [f"/v1/list?site={s}&page={p}" for s, p in zip(site, qty, strict=True)],
            "remark": pd.Series(rng.choice(trade.remarks, n)).where(rng.random(n) < 0.6),
            "km": np.round(np.exp(rng.normal(4.5, 0.5, n)), 1),
        }
    )
    frame["total"] = frame.groupby("order")["net"].transform("sum").round(2)
    return frame[_KEYS]


@dataclass
class Table:
    """A sound table to spoil, with the dice of its kind."""

    trade: Trade
    frame: pd.DataFrame
    rng: np.random.Generator

    def some(self, share: float, among: Any = None) -> np.ndarray:
        """Return a mask of a share of the rows, of those of a mask."""
        usable = np.ones(len(self.frame), bool) if among is None else np.asarray(among)
        return np.asarray(usable & (self.rng.random(len(self.frame)) < share / usable.mean()))

    def put(self, name: str, rows: np.ndarray, values: Any) -> None:
        """Write values into a column's rows."""
        given = (
            values[rows] if hasattr(values, "__len__") and not isinstance(values, str) else values
        )
        self.frame[name] = self.frame[name].astype(object)
        self.frame.loc[rows, name] = given
        self.frame[name] = self.frame[name].infer_objects()

    def text(self, share: float, write: Callable[[Any], str], name: str = "remark") -> None:
        """Write what a function of the dice says into a share of a text column."""
        said = np.array([write(self.rng) for _ in range(len(self.frame))], dtype=object)
        self.put(name, self.some(share), said)

    def other(self, name: str) -> np.ndarray:
        """Return a column's values of other rows."""
        return self.frame[name].to_numpy()[self.rng.permutation(len(self.frame))]


Make = Callable[[Table], Any]
KINDS: dict[str, tuple[str, frozenset[str], tuple[str, ...], Make]] = {}


def kind(group: str, codes: str, *columns: str) -> Callable[[Make], Make]:
    """Register a kind of defect: its group, the codes that name it, the columns that are spoilt."""

    def registered(make: Make) -> Make:
        KINDS[make.__name__] = (group, frozenset(codes.split()), columns, make)
        return make

    return registered


def half(name: str) -> str:
    """Return the half of a kind."""
    return "open" if hashlib.sha256(name.encode()).digest()[0] % 2 else "sealed"


def month(number: int, change: Callable[[Table, pd.DataFrame], Any]) -> Make:
    """Return a maker of monthly files of which one is changed."""

    def make(table: Table) -> dict[str, Any]:
        parts = dict(list(_months(table.frame)))
        name = sorted(parts)[number]
        parts[name] = change(table, parts[name].copy())
        return parts

    return make


def _months(frame: pd.DataFrame) -> Any:
    return frame.groupby(frame["at"].dt.strftime("%Y_%m"))


def register() -> None:
    """Enter each kind, once a trade, into the catalogue."""
    from tests.integration.probes.judge import trade_kinds  # noqa: F401  (it registers its kinds)

    for name, (group, codes, columns, make) in KINDS.items():
        for trade, words in (("carrier", CARRIER), ("supplier", SUPPLIER)):
            maker = _maker(words, f"{name}:{trade}", columns, make)
            PLANTS.append(Plant(f"{name}_{trade}", group, codes, maker, f"trades_{half(name)}"))


def _maker(
    trade: Trade, name: str, columns: tuple[str, ...], make: Make
) -> Callable[[Host], tuple[str, ...] | None]:
    def made(host: Host) -> tuple[str, ...] | None:
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[1:5], "big")
        table = Table(trade, base(trade, seed), np.random.default_rng(seed + 1))
        kept = {*CORE, *columns, *(() if columns else FILED)}
        table.frame = table.frame[[one for one in _KEYS if one in kept]]
        result = make(table)
        host.title = name
        if isinstance(result, dict):
            host.files = {part: _named(one, trade) for part, one in result.items()}
        else:
            host.frame = _named(table.frame, trade)
        return tuple(trade.names.get(one, one) for one in columns) or None

    return made


def _named(frame: Any, trade: Trade) -> Any:
    if isinstance(frame, pd.DataFrame):
        return frame.rename(columns=trade.names)
    text, encoding = frame  # of one file that is written otherwise
    for key, name in trade.names.items():
        text = text.replace(f"«{key}»", name)
    return text.encode(encoding)


register()
