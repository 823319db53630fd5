"""Defects over time: series, categories and labels that change."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.integration.probes.judge.hosts import Host, plant


def timed(host: Host) -> pd.Series:
    """Add a time to the public rows, in their order."""
    days = host.pick([400, 700], [300, 900])
    name = host.pick(["date", "created_at"], ["zeitpunkt", "event_time", "tag"])
    host.drop_times()
    at = host.days(host.pick(["2022-01-01"], ["2020-06-01"]), days, ordered=True) + pd.to_timedelta(
        host.rng.integers(0, 86_400, host.rows), unit="s"
    )
    host.add(name, at.sort_values().to_numpy())
    return host.frame[name]


def later(host: Host) -> np.ndarray:
    return np.arange(host.rows) >= host.rows * host.pick([0.6, 0.75], [0.5, 0.8])


def panel(host: Host, *, hours: int = 1) -> pd.DataFrame:
    """Replace the host by hourly readings of a few machines, written by its seed."""
    machines, steps = host.pick([4, 6], [5, 8]), host.pick([700, 900], [600, 1100])
    at = pd.date_range(host.pick(["2023-02-01"], ["2022-09-05"]), periods=steps, freq=f"{hours}h")
    parts = []
    for machine in range(machines):
        daily = 4 * np.sin(2 * np.pi * (at.hour.to_numpy() - 9) / 24)
        weekly = np.where(at.weekday.to_numpy() < 5, 3.0, -3.0)
        parts.append(
            pd.DataFrame(
                {
                    host.pick(["machine"], ["anlage"]): f"M{machine:02}",
                    host.pick(["ts"], ["zeit"]): at,
                    host.pick(["temperature"], ["druck"]): (
                        40 + machine + daily + weekly + host.rng.normal(0, 0.6, steps)
                    ).round(2),
                    host.pick(["vibration"], ["strom"]): (2 + host.rng.gamma(2, 0.4, steps)).round(
                        3
                    ),
                    host.pick(["meter"], ["zähler"]): (
                        1000 * machine + np.cumsum(host.rng.uniform(0.5, 2.5, steps))
                    ).round(1),
                }
            )
        )
    host.frame = pd.concat(parts, ignore_index=True)
    return host.frame


def of_machine(host: Host, machine: int) -> np.ndarray:
    return (host.frame.iloc[:, 0] == f"M{machine:02}").to_numpy()


@plant("time", "level_shift", "units_by_group", "drift")
def level_shift(host: Host) -> str:
    timed(host)
    v = host.rng.normal(100, 10, host.rows)
    return host.add(
        host.pick(["load"], ["verbrauch"]),
        np.where(later(host), v + host.pick([15, 25], [12, -20]), v).round(2),
    )


@plant("time", "drift", "level_shift")
def slow_drift(host: Host) -> str:
    timed(host)
    v = host.rng.normal(50, 5, host.rows) + np.linspace(0, host.pick([12], [-15, 9]), host.rows)
    return host.add(host.pick(["signal"], ["messwert"]), v.round(2))


@plant("time", "level_shift", "units_by_group", "mixed_scales")
def unit_changes_at_a_date(host: Host) -> str:
    timed(host)
    v = host.amounts(60, 0.4)
    return host.add(
        host.pick(["volume_l"], ["kosten"]),
        np.where(later(host), v * host.pick([100, 0.2642], [1000, 0.621371]), v).round(3),
    )


@plant("time", "recoded")
def recoded_categories(host: Host) -> str:
    timed(host)
    old, new = host.pick(
        [(["A", "B", "C"], ["1", "2", "3"])],
        [
            (["neu", "alt", "defekt"], ["NEW", "OLD", "BROKEN"]),
            (["low", "mid", "high"], ["L", "mid", "H"]),
        ],
    )
    at = host.rng.integers(0, 3, host.rows)
    return host.add(
        host.pick(["segment"], ["zustand"]),
        np.where(later(host), np.array(new, dtype=object)[at], np.array(old, dtype=object)[at]),
    )


@plant("time", "recoded", "drift", "category_drift")
def shares_of_categories_change(host: Host) -> str:
    timed(host)
    a = host.choose(["web", "shop", "phone"], [6, 3, 1])
    b = host.choose(["web", "shop", "phone"], host.pick([[1, 2, 7]], [[2, 7, 1]]))
    return host.add(host.pick(["channel"], ["kanal"]), np.where(later(host), b, a))


@plant("time", "recoded", "new_category")
def category_vanishes(host: Host) -> str:
    timed(host)
    a = host.choose(["visa", "cash", "debit", "giro"], [4, 3, 2, 2])
    return host.add(
        host.pick(["method"], ["zahlart"]),
        np.where(later(host) & (a == host.pick(["cash"], ["giro"])), "visa", a),
    )


@plant("time", "frozen_value", "flat_line")
def frozen_value(host: Host) -> str:
    frame = panel(host)
    name = frame.columns[2]
    mask = of_machine(host, 1)
    at = np.flatnonzero(mask)
    start = at[int(len(at) * host.pick([0.8], [0.7, 0.9]))]
    frame.loc[mask & (np.arange(len(frame)) >= start), name] = frame.loc[start, name]
    return str(name)


@plant("time", "flat_line", "frozen_value")
def flat_line(host: Host) -> str:
    frame = panel(host)
    name = frame.columns[host.pick([2, 3], [2, 3])]
    at = np.flatnonzero(of_machine(host, 2))
    start = at[int(len(at) * host.pick([0.4], [0.3]))]
    frame.loc[start : start + host.pick([60], [40, 90]), name] = host.pick(
        [frame.loc[start, name]], [0.0, frame.loc[start, name]]
    )
    return str(name)


@plant("time", "counter_reset")
def meter_reset(host: Host) -> str:
    frame = panel(host)
    name = frame.columns[4]
    at = np.flatnonzero(of_machine(host, host.pick([1, 2], [3])))
    start = at[int(len(at) * host.pick([0.5], [0.65]))]
    frame.loc[start : at[-1], name] = (
        frame.loc[start : at[-1], name] - frame.loc[start, name]
    ).round(1)
    return str(name)


@plant("time", "zone_shift")
def zone_shift(host: Host) -> str:
    frame = panel(host)
    moved = frame.iloc[:, 1] >= frame.iloc[:, 1].quantile(host.pick([0.6], [0.5, 0.7]))
    frame.loc[moved, frame.columns[1]] += pd.Timedelta(hours=host.pick([2, -5], [6, -3]))
    return str(frame.columns[1])


@plant("time", "zone_shift")
def zone_shift_of_events(host: Host) -> str:
    hours = host.rng.choice(
        24,
        host.rows,
        p=np.array([1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 12, 10, 11, 12, 10, 8, 6, 4, 3, 2, 1, 1, 1])
        / 140,
    )
    days = host.days("2023-01-01", host.pick([200], [300]), ordered=True)
    at = days + pd.to_timedelta(hours * 3600 + host.rng.integers(0, 3600, host.rows), unit="s")
    moved = np.arange(host.rows) >= host.rows * host.pick([0.6], [0.7])
    return host.add(
        host.pick(["booked_at"], ["eingang"]),
        at + pd.to_timedelta(np.where(moved, host.pick([3, 5], [-4, 7]), 0), unit="h"),
    )


@plant("time", "seasonality_break", "level_shift")
def season_breaks(host: Host) -> str:
    frame = panel(host)
    name = frame.columns[2]
    cut = frame.iloc[:, 1] >= frame.iloc[:, 1].quantile(host.pick([0.6], [0.7]))
    frame.loc[cut, name] = (frame[name].mean() + host.rng.normal(0, 0.6, int(cut.sum()))).round(2)
    return str(name)


@plant("time", "seasonality_break", "volume_shift", "volume_drop", "time_gaps")
def weekly_rhythm_of_rows_breaks(host: Host) -> str:
    days = pd.date_range("2022-03-01", periods=host.pick([280], [360]))
    cut = len(days) * host.pick([0.6], [0.65])
    counts = [
        host.dice.randint(3, 5)
        if at > cut
        else (1 if day.weekday() > 4 else host.dice.randint(4, 7))
        for at, day in enumerate(days)
    ]
    rows = np.repeat(days, counts)
    host.frame = pd.DataFrame({"day": rows, "amount": host.rng.gamma(2, 10, len(rows)).round(2)})
    return "day"


@plant("time", "volume_drop", "volume_shift", "time_gaps")
def half_the_rows_from_a_date_on(host: Host) -> str:
    days = pd.date_range("2022-03-01", periods=host.pick([200], [300]))
    cut = len(days) * host.pick([0.6], [0.7])
    rows = np.repeat(
        days,
        [
            host.dice.randint(4, 6) if at > cut else host.dice.randint(10, 14)
            for at in range(len(days))
        ],
    )
    host.frame = pd.DataFrame({"day": rows, "amount": host.rng.gamma(2, 10, len(rows)).round(2)})
    return "day"


@plant("time", "volume_spike", "duplicate_rows", "volume_shift")
def one_day_loaded_three_times(host: Host) -> str:
    days = pd.date_range("2022-03-01", periods=host.pick([120], [200]))
    rows = np.repeat(days, [host.dice.randint(9, 12) for _ in days])
    frame = pd.DataFrame({"day": rows, "amount": host.rng.gamma(2, 10, len(rows)).round(2)})
    extra = frame[frame.day == days[host.pick([50], [77])]]
    host.frame = pd.concat([frame, extra, extra]).sort_values("day").reset_index(drop=True)
    host.frame["amount"] += host.rng.integers(0, 3, len(host.frame)) / 100
    return "day"


@plant("time", "time_gaps", "interval_changed", "series_gaps")
def hours_missing_in_a_series(host: Host) -> str:
    frame = panel(host)
    start = frame.iloc[300, 1]
    host.frame = frame[
        ~(
            (frame.iloc[:, 1] >= start)
            & (frame.iloc[:, 1] < start + pd.Timedelta(hours=host.pick([15], [10, 20])))
        )
    ].reset_index(drop=True)
    return str(frame.columns[1])


@plant("time", "interval_changed")
def interval_changes(host: Host) -> str:
    frame = panel(host)
    cut = frame.iloc[:, 1].quantile(0.6)
    thin = (frame.iloc[:, 1] < cut) | (frame.iloc[:, 1].dt.hour % host.pick([3], [2, 4]) == 0)
    host.frame = frame[thin].reset_index(drop=True)
    return str(frame.columns[1])


@plant("time", "time_twins", "duplicate_keys", "near_duplicates")
def two_readings_at_one_time(host: Host) -> str:
    frame = panel(host)
    twins = frame.sample(round(len(frame) * host.pick([0.02], [0.01])), random_state=5).copy()
    twins.iloc[:, 2] += 1.7
    twins.iloc[:, 3] += 0.4
    host.frame = (
        pd.concat([frame, twins])
        .sort_values([frame.columns[0], frame.columns[1]])
        .reset_index(drop=True)
    )
    return str(frame.columns[1])


@plant("time", "noise_changed")
def noise_grows(host: Host) -> str:
    timed(host)
    v = host.rng.normal(0, 1, host.rows)
    return host.add(
        host.pick(["x_acc"], ["abweichung"]),
        (20 + np.where(later(host), v * host.pick([4], [3, 0.2]), v)).round(3),
    )


@plant("time", "stopped_filling", "started_filling")
def stops_being_filled(host: Host) -> str:
    timed(host)
    v = pd.Series(host.amounts(10, 0.4))
    return host.add(
        host.pick(["bonus"], ["rabatt"]), v.where(~later(host) | (host.rng.random(host.rows) < 0.2))
    )


@plant("time", "started_filling", "missing")
def filled_only_lately(host: Host) -> str:
    timed(host)
    v = pd.Series(host.amounts(10, 0.4))
    return host.add(host.pick(["score_v2"], ["neuer_wert"]), v.where(later(host)))


@plant("time", "label_immature")
def newest_labels_immature(host: Host) -> str:
    at = timed(host)
    age = (at.max() - at).dt.days
    known = host.rng.random(host.rows) < np.minimum(1, age / host.pick([60], [45, 90]))
    host.target = host.pick(["churned"], ["ausfall"])
    return host.add(
        host.target, ((host.rng.random(host.rows) < host.pick([0.3], [0.2])) & known).astype(int)
    )


@plant("time", "label_drift", "label_immature")
def base_rate_drifts(host: Host) -> str:
    timed(host)
    host.target = host.pick(["bought"], ["storniert"])
    rate = np.where(later(host), host.pick([0.45], [0.08]), host.pick([0.2], [0.25]))
    return host.add(host.target, (host.rng.random(host.rows) < rate).astype(int))


@plant("time", "entities_silent", "time_gaps", "volume_drop")
def machines_fall_silent(host: Host) -> str:
    frame = panel(host)
    gone = (frame.iloc[:, 0] == "M01") & (
        frame.iloc[:, 1] > frame.iloc[:, 1].quantile(host.pick([0.6], [0.8]))
    )
    host.frame = frame[~gone].reset_index(drop=True)
    host.options["entity"] = str(frame.columns[0])
    return str(frame.columns[0])
