"""What `hour48 replay` shows: the verdict of a story as a page to read, or as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.domain.errors import InputError
from bot.domain.record import SprintRecord
from bot.domain.verdict import Verdict, answers_of, to_json, verdict
from bot.domain.verdict.progress import unplanned
from bot.playbook.figures import figures_of, phases_of, priors_of
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story
from bot.playbook.texts import say, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Expect = Mapping[str, bool | str | None]

MOST_FACTS: Final = 4
"""Facts that are named behind a sentence; the rest is counted."""
_PATH_STYLE: Final = {
    "deploy_more": "bold green",
    "fix_blockers": "bold yellow",
    "build_foundation": "bold red",
}


def replay_story(path: Path, *, as_json: bool, playbook: Path | None = None) -> bool:
    """Print the verdict on the story at `path`.

    Args:
        path: the story's file.
        as_json: print one JSON object instead of a page.
        playbook: a company's own playbook, whose phases and figures count; None is the standard.

    Returns:
        Whether the verdict agrees with what the story expects, where it expects something.

    Raises:
        InputError: the file is no story.
    """
    words = load_playbook(playbook)
    story = load_story(path, phases=phases_of(words))
    found = verdict(story.record, figures=figures_of(words), priors=priors_of(words))
    _require_planned(path.name, story.record, found)
    differences = differing(found, story.expect)
    show(story.record, found, as_json=as_json)
    if story.expect:
        _show_agreement(path.name, story.expect, differences, as_json=as_json)
    return not differences


def _require_planned(name: str, record: SprintRecord, found: Verdict) -> None:
    """Refuse a story whose `plan` tells of something that the plan has no item about.

    Raises:
        InputError: names what, and what the plan is about.
    """
    others = unplanned(record.plan, found.fixes, found.causes)
    if others:
        known = ", ".join(fix.blocker for fix in found.fixes) or "nothing"
        place = say("plan_field_fix", name=name)
        raise InputError(
            say("plan_item_unknown", place=place, others=others[0], known=known), field="fix"
        )


def differing(found: Verdict, expect: Expect) -> list[str]:
    """Return a line for each answer that is not what the story expects."""
    answers = answers_of(found)
    return [
        say("expected_got", key=key, wanted=_code(wanted), got=_code(answers[key]))
        for key, wanted in expect.items()
        if answers[key] != wanted
    ]


def show(record: SprintRecord, found: Verdict, *, as_json: bool) -> None:
    """Print a verdict to standard output."""
    if as_json:
        print(json.dumps(to_json(found), indent=2, ensure_ascii=False))  # noqa: T201 - the product
        return
    from rich.console import Console

    console = Console(highlight=False)
    _show_head(console, record, found)
    _show_questions(console, found)
    _show_books(console, found)


def _show_head(console: Console, record: SprintRecord, found: Verdict) -> None:
    from rich.panel import Panel
    from rich.text import Text

    path = Text(found.reasons["path"][0].text, style=_PATH_STYLE[found.path])
    console.print(Panel(path, title=Text(record.title, style="bold"), padding=(1, 2)))


def _show_questions(console: Console, found: Verdict) -> None:
    from rich.text import Text

    answers = answers_of(found)
    for key, title in table("answer_titles", str).items():
        if key == "progress" and found.progress is None:
            continue
        answer = _word(answers[key]) if key in answers else ""
        cause = found.critical_path if key == "critical_path" else None
        if cause and cause.family_said is None:
            answer = f"“{cause.cause.title}”"
        if key == "path" and found.nothing_known:
            answer = _word(None)
        if key == "deployed" and found.claimed:
            answer = say("claimed")
        console.print(Text.assemble((f"\n{title}", "bold cyan"), "  ", (answer, "bold")))
        for sentence in found.reasons.get(key, ())[1 if key == "path" else 0 :]:
            named = list(dict.fromkeys(map(str, sentence.facts)))
            facts = ", ".join(named[:MOST_FACTS])
            left = len(named) - MOST_FACTS
            more = say("and_more", number=left) if left > 0 else ""
            console.print(Text.assemble(f"   {sentence.text}", (f"  {facts}{more}", "dim")))


def _show_books(console: Console, found: Verdict) -> None:
    from rich.text import Text

    console.print()
    if any(found.hours_by_category.values()) or any(share.votes for share in found.shares):
        console.print(_shares_table(found))
    stuck = ", ".join(
        say("stuck_at", function=p.function, hours=p.hours) for p in found.sticking_points[:6]
    )
    lines = {say("champions"): ", ".join(found.champions), say("where_got_stuck"): stuck}
    for title, rows in lines.items():
        if rows:
            console.print(Text.assemble((f"{title}  ", "bold cyan"), rows))


def _shares_table(found: Verdict) -> Table:
    from rich.table import Table

    shown = Table(title=say("expected_happened"), title_style="bold cyan", title_justify="left")
    for column, title in table("share_columns", str).items():
        shown.add_column(title, justify="left" if column == "category" else "right")
    for share in found.shares:
        lost = f"{found.hours_by_category[share.category]:.1f}"
        shown.add_row(_word(str(share.category)), str(share.votes), str(share.blockers), lost)
    return shown


def _show_agreement(name: str, expect: Expect, differences: list[str], *, as_json: bool) -> None:
    """Say whether the story agrees; beside JSON it goes to standard error."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=as_json, highlight=False)
    if not differences:
        text = say("agrees_expects_answers", name=name, expect=len(expect))
        console.print(Text(text, style="green"))
        return
    console.print(Text(say("expects_otherwise", name=name), style="bold red"))
    for line in differences:
        console.print(Text(f"  {line}"))


def _word(value: bool | str | None) -> str:  # noqa: FBT001  (an answer)
    return table("answer_words", str).get(_code(value), _code(value))


def _code(value: bool | str | None) -> str:  # noqa: FBT001  (an answer)
    """Return an answer as a story's file writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or "none"
