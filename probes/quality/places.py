"""Places that can't be where they say: swapped, mirrored, or at 0, 0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, counted, found, graded, shown
from probes.quality.sentences import say
from probes.quality.view import View, named

if TYPE_CHECKING:
    from probes.quality.view import Flags, Floats

LATITUDE = re.compile(r"(^|_)(geo_?)?lat(itude)?($|_)|breite(ngrad)?$", re.IGNORECASE)
LONGITUDE = re.compile(
    r"(^|_)(geo_?)?(lon|lng|long)(gitude|itude)?($|_)|l[äa]nge(ngrad)?$", re.IGNORECASE
)
MIRRORED_LEAST, MIRRORED_MOST = 3, 0.2
ALIKE, MOST_WITHIN = (0.01, 0.99), 0.9
DIFFERENT_LEAST, DEFAULT_TIMES, DEFAULT_SHARE = 40, 8, 0.01
GRID, LOCAL = 12, 0.6
"""Of a category that names areas so many rows agree with those around them."""
EMPTY_ZONE, EMPTY_MOST = 0.25, 0.01
"""Hardly a place lies within this part of the way from zero to the middle."""


def place_findings(view: View) -> Iterator[Finding]:
    """Find places that only lie among the others once latitude and longitude are swapped."""
    import numpy as np

    lats = [name for name in view.numbers if LATITUDE.search(name)]
    for lat_name in lats:
        stem = LATITUDE.sub("", lat_name)
        lon_name = next(
            (n for n in view.numbers if LONGITUDE.search(n) and LONGITUDE.sub("", n) == stem), None
        )
        lon_name = lon_name or next((n for n in view.numbers if LONGITUDE.search(n)), None)
        if lon_name is None:
            continue
        lat, lon = view.number(lat_name), view.number(lon_name)
        both = np.isfinite(lat) & np.isfinite(lon)
        if both.sum() < 30:
            continue
        zero = both & (lat == 0) & (lon == 0)
        if 0 < zero.sum() < 0.5 * both.sum():
            where = f"{named(lat_name)} = 0 AND {named(lon_name)} = 0"
            share = round(float(zero.sum() / both.sum()), 5)
            yield coded_finding(
                graded(share, slows=0.005),
                "coordinates_zero",
                column=lat_name,
                others=(lon_name,),
                rows=view.rows(zero.sum()),
                where=where,
                share=share,
            )
        both &= ~zero
        yield from _default(view, lat_name, lon_name, both)
        box = [np.quantile(values[both], (0.15, 0.85)) for values in (lat, lon)]
        reach = [max(2.0, 2.5 * float(ends[1] - ends[0])) for ends in box]

        def inside(a: Floats, b: Floats, box: list[Any] = box, reach: list[float] = reach) -> Flags:
            fits_a = (a >= box[0][0] - reach[0]) & (a <= box[0][1] + reach[0])
            return fits_a & (b >= box[1][0] - reach[1]) & (b <= box[1][1] + reach[1])  # type: ignore[no-any-return]  # a Series

        yield from _mirrored(view, lat_name, lat[both])
        yield from _mirrored(view, lon_name, lon[both])
        near = [float(ends[1] - ends[0]) for ends in box]  # islands far away are no swapped towns
        swapped = both & ~inside(lat, lon) & inside(lon, lat, box, near)
        if 0 < swapped.sum() <= 0.4 * both.sum():
            share = round(float(swapped.sum() / both.sum()), 5)
            low, high = box[0][0] - reach[0], box[0][1] + reach[0]
            yield coded_finding(
                FindingLevel.SLOWS,
                "coordinates_swapped",
                column=lat_name,
                others=(lon_name,),
                rows=view.rows(swapped.sum()),
                where=f"{named(lat_name)} NOT BETWEEN {low:.4g} AND {high:.4g}",
                share=share,
            )


def _default(view: View, lat_name: str, lon_name: str, both: Flags) -> Iterator[Finding]:
    """Find one place given far more often than any other, to rows of areas that lie elsewhere."""
    import numpy as np
    import pandas as pd

    places = pd.DataFrame({"lat": view.number(lat_name), "lon": view.number(lon_name)})[both]
    counts = places.value_counts()
    times = counts.iloc[0] / max(1, int(counts.iloc[1])) if len(counts) > 1 else 0.0
    piled = (places == list(counts.index[0])).all(axis=1).to_numpy()
    if len(counts) < DIFFERENT_LEAST or times < DEFAULT_TIMES or piled.mean() < DEFAULT_SHARE:
        return
    cells = places.rank(pct=True).mul(GRID).astype(int)
    cell = (cells["lat"] * (GRID + 1) + cells["lon"]).to_numpy()
    for name in view.categories:
        area = view.codes(name).of_row[both]
        usual = np.bincount(area[area >= 0]).max() / len(area)
        frame = pd.DataFrame({"cell": cell, "area": area})[~piled]
        shared = frame.groupby("cell")["area"].transform("size") > 1
        mode = frame.groupby("cell")["area"].transform(lambda part: part.mode().iloc[0])
        local = float((mode == frame["area"])[shared].mean())
        here = float(np.bincount(area[piled] + 1).max()) / piled.sum()
        if local >= LOCAL > LOCAL / 2 >= max(here, usual):
            yield coded_finding(
                FindingLevel.SLOWS,
                "default_place",
                column=lat_name,
                others=(lon_name, name),
                rows=view.rows(piled.sum()),
                words={"area": shown(name)},
                share=round(float(piled.mean()), 5),
            )
            return


def _mirrored(view: View, name: str, values: Floats) -> Iterator[Finding]:
    """Find degrees that lost their sign: on the other side they lie where all others lie."""
    import numpy as np

    usual = values > 0 if np.median(values) > 0 else values < 0
    odd = ~usual & (values != 0)
    if not MIRRORED_LEAST <= odd.sum() <= MIRRORED_MOST * len(values):
        return
    low, high = np.quantile(np.abs(values[usual]), ALIKE)
    beyond = np.abs(values[odd])
    within = (beyond >= low) & (beyond <= high)
    near = np.abs(values) < EMPTY_ZONE * np.median(np.abs(values))
    if within.mean() >= MOST_WITHIN and near.mean() <= EMPTY_MOST:
        rows = view.rows(odd.sum())
        sentence = say("other_sign", name=shown(name), rows=counted(rows, "row"))
        yield found(FindingLevel.SLOWS, "sign_flips", sentence, {"rows": rows}, column=name)
