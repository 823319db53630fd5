"""Values of a column that stop at a moment, those that begin then, and what takes their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, found, shown
from probes.quality.sentences import say
from probes.quality.slices import Slices, moment_of
from probes.quality.view import View, day_of, since

if TYPE_CHECKING:
    from probes.quality.view import Flags, Floats, Whole

GONE_SHARE = 0.08
OTHERS_LEAST = 2
KEPT = 2.5
TAKEN_SURE = 6.0
"""By so many standard errors one value must move whose rows another one takes."""


def replacement(
    view: View, slices: Slices, name: str, table: Floats, of_row: Whole
) -> Finding | None:
    """Return the finding of values that stop or begin at one moment, if enough rows have them.

    Args:
        view: a table's sample.
        slices: its rows in slices of time.
        name: of the column.
        table: how often each value (down) occurs in each slice (across).
        of_row: for each row its value's place in the table, -1 for none.
    """
    import numpy as np

    gone, new, cut = replaced(table)
    if cut is None:
        return None
    share_gone = float(table[gone][:, :cut].sum() / table[:, :cut].sum())
    share_new = float(table[new][:, cut:].sum() / table[:, cut:].sum())
    share = max(share_gone, share_new)
    marked = np.flatnonzero(np.append(new if new.any() else gone, False)[of_row])
    first = marked[0] if new.any() else min(marked[-1] + 1, len(of_row) - 1)
    begins = moment_of(view, slices, int(first))
    where, words = since(view, begins), {"day": day_of(begins)}
    if min(share_gone, share_new) >= GONE_SHARE:
        return coded_finding(
            FindingLevel.SLOWS,
            "recoded",
            column=name,
            rows=view.rows(table[new].sum()),
            where=where,
            words=words,
            gone=int(gone.sum()),
            new=int(new.sum()),
            share=round(share, 5),
        )
    if share < GONE_SHARE:
        return None
    if np.sum(gone | new) == 1 and _of_one_other(table, gone | new, cut):
        sentence = say("taken_from_another", name=shown(name), day=words["day"])
        evidence = {"share": round(share, 5), **({"where": where} if where else {})}
        return found(FindingLevel.SLOWS, "recoded", sentence, evidence, column=name)
    return coded_finding(
        FindingLevel.NOTE,
        "new_category",
        column=name,
        words=words,
        where=where,
        count=int(gone.sum() + new.sum()),
        share=round(share, 5),
    )


def replaced(table: Floats) -> tuple[Any, Any, int | None]:
    """Return which steady values only occur before a cut, which only after, and the cut."""
    import numpy as np

    slices = table.shape[1]
    seen = table > 0
    first, last = seen.argmax(axis=1), slices - 1 - seen[:, ::-1].argmax(axis=1)
    best, turn = 0.0, None
    sizes = table.sum(axis=0)
    for cut in range(3, slices - 1):
        gone = (last <= cut) & (seen[:, :cut].mean(axis=1) >= 0.6) & (last >= cut - 2)
        new = (first >= cut) & (seen[:, cut:].mean(axis=1) >= 0.6) & (first <= cut + 1)
        # Not found after the cut by chance: its share before makes so many rows expected.
        expected = table[gone][:, :cut].sum(axis=1) / sizes[:cut].sum() * sizes[cut:].sum()
        gone[np.flatnonzero(gone)[expected < 7]] = False
        expected = table[new][:, cut:].sum(axis=1) / sizes[cut:].sum() * sizes[:cut].sum()
        new[np.flatnonzero(new)[expected < 7]] = False
        weight = float(table[gone].sum() + table[new].sum())
        if weight > best:
            best, turn = weight, (gone, new, cut)
    return turn if turn else (np.zeros(len(table), bool), np.zeros(len(table), bool), None)


def _of_one_other(table: Floats, moved: Flags, cut: int) -> bool:
    """Whether a value that begins or stops has its rows from one other value, or leaves them to it.

    All others keep their shares, which several kinds of things hardly do by chance.
    """
    import numpy as np

    parts = table[:, : cut - 1], table[:, cut + 1 :]
    sizes = [float(part.sum()) for part in parts]
    shares = [part.sum(axis=1) / size for part, size in zip(parts, sizes, strict=True)]
    change = shares[1] - shares[0]
    noise = np.sqrt(sum(s * (1 - s) / n for s, n in zip(shares, sizes, strict=True))) + 1e-9
    others = np.flatnonzero(~moved)
    if len(others) < OTHERS_LEAST:
        return False
    partner = others[int(np.abs(change[others] / noise[others]).argmax())]
    kept = [at for at in others if at != partner]
    alone = float(change[moved][0])
    near = abs(alone + change[partner]) <= KEPT * np.sqrt(
        float(noise[moved][0]) ** 2 + float(noise[partner]) ** 2
    )
    steady = all(abs(change[at]) <= KEPT * noise[at] for at in kept)
    return bool(near and steady and abs(alone) >= TAKEN_SURE * noise[partner])
