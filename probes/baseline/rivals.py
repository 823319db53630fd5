"""Whether a figure in order of time hangs on which date is taken for the time."""

from __future__ import annotations

import pandas as pd

from probes.baseline.calendar import without_calendar
from probes.baseline.models import ModelFamily
from probes.baseline.options import Options
from probes.baseline.partings import in_order, thin
from probes.baseline.scores import SplitScore, begin_check
from probes.baseline.splits import Split
from probes.baseline.study import Study
from probes.baseline.worker_pool import Workbench


def settle_rivals(study: Study, frame: pd.DataFrame, options: Options, bench: Workbench) -> None:
    """Check in the order of each other date that could be the time, where much hangs on it.

    The chosen family is checked first; the others only where it fails.
    """
    if study.lead.split is not Split.TIME or study.is_chance:
        return
    rows = frame.iloc[study.task.rows]
    families = [study.lead.family, *(one.family for one in study.outcomes)]
    for rival in study.event_time.rivals:
        parting, _ = in_order(study, frame, rival)
        if parting is None:
            continue
        plan = without_calendar(rows, study.plan, rival)
        scores: list[SplitScore] = []
        for family in dict.fromkeys(families):
            if family is ModelFamily.DUMMY:
                continue
            thinned = thin(study, parting, family, options.bounds)
            check = begin_check(bench, family, study.data, plan, study.task, thinned)
            scores.append(check())
            if not study.reaches_chance(scores[-1]):
                break
        else:
            study.rival = rival
            study.by_rival = max(scores, key=lambda one: one.interval.mean)
            return
