"""`hour48 demo` and `hour48 play`: a local workspace with a bot in it, to watch and to try."""

from __future__ import annotations

import json
import re
import shutil
import signal
import tempfile
import threading
import time
import webbrowser
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.domain.story import Story
from bot.playbook.story_file import STORIES, load_story
from playground.client_routes import BrowserClient
from playground.demo import Demo, DemoProgress, ProbeCue
from playground.local_bot import LocalBot
from playground.mentions import USER
from playground.model import Message
from playground.on_screen import key_of
from playground.people import ActingMember
from playground.proving import SOURCE as SHELVES
from playground.proving import Proving
from playground.server import LocalSlack
from playground.texts import say, table
from playground.tour import Tour
from playground.traffic import Switch, Traffic, read_households

OpenLocalBot = Callable[
    [Path, datetime, Mapping[str, Any], Mapping[str, Any], int],
    AbstractContextManager[tuple[LocalBot, LocalSlack]],
]
DEMO_STORY: Final = STORIES / "grocer.yaml"
DEMO_START: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PRINTED: Final = "-"
"""Instead of a file's name: print the JSON."""
REPORT_FOLDER: Final = Path("build") / "demo"
PROBES: Final = (
    ProbeCue(2, "quality households churned"),
    ProbeCue(12, "baseline households churned"),
)
DATE: Final = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
GRANT: Final = "SELECT"
"""In what is said about a grant, in every language."""
QUICK: Final = {"effort": "quick"}
MORNING: Final = 7
ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
"""What ends a command that a person started, besides Ctrl-C."""
"""When a sprint to play begins, in UTC: working hours everywhere in its team's country."""


def show_demo(
    story_file: Path | None, json_to: str | None, *, keep: bool, local: OpenLocalBot
) -> None:
    """Act a story out and print what came of it.

    Args:
        story_file: the story; the grocer's when left out.
        json_to: a file for the figures as JSON; `-` prints only them; None writes none.
        keep: leave the workspace open in the browser until Ctrl-C.
        local: opens a local workspace with a bot in it.

    Raises:
        InputError: the story cannot be read.
    """
    started = time.monotonic()
    console = Console(stderr=True)
    story = load_story(story_file or DEMO_STORY)
    with _own_folder("hour48-demo-") as folder:
        sources = _sources(folder / "data", console)
        with local(folder, DEMO_START, sources, QUICK, 0) as (opened, slack):
            demo = _act(opened, story, console, _traffic(opened, sources), sources)
            figures, saved = _figures(opened, story), _save_files(opened)
            if story_file is None:
                proofs = _granted(opened) | _prove(opened, demo.people, console, sources)
                figures["proved"] = {key: _spoken(opened, text) for key, text in proofs.items()}
            figures["seconds"] = round(time.monotonic() - started, 1)
            _tell_figures(figures, saved, json_to)
            if keep:
                _keep_open(opened, slack, console)


@contextmanager
def _own_folder(prefix: str) -> Iterator[Path]:
    """Yield a folder that is gone afterwards, also where the command is ended by a signal."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    before = {}
    if threading.current_thread() is threading.main_thread():  # no other may set handlers
        before = {one: signal.signal(one, signal.default_int_handler) for one in ENDING}
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for one, handler in before.items():
            signal.signal(one, handler)


def _sources(folder: Path, console: Console) -> dict[str, Any]:
    from probes.samples.generated_grocer import write_tables
    from probes.samples.grocer import build_grocer, public_tables

    public = public_tables()
    words = say("public_data") if public else say("generated_data")
    with console.status(words):
        files = build_grocer(folder, public or write_tables(folder / "tables"))
    console.print(f"[dim]{escape(words)}[/dim]")
    named = {name: {"path": str(path)} for name, path in files.items()}
    suffix = Path(files["households"]).suffix
    return {
        **named,
        "loyalty": {"path": str(folder / f"loyalty-cards{suffix}")},
        SHELVES: {"path": str(folder / f"{SHELVES}.csv")},
    }


def _tell_figures(figures: Mapping[str, Any], saved: list[Path], json_to: str | None) -> None:
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    if json_to == PRINTED:
        print(text)  # noqa: T201 - the command's result, for another program to read
        return
    _print(figures, saved)
    if json_to is not None:
        Path(json_to).write_text(f"{text}\n", encoding="utf-8")


def _traffic(local: LocalBot, sources: Mapping[str, Any]) -> Traffic:
    """Return the grocer's households, who call the deployed model."""
    file = Path(str(sources["households"]["path"]))
    households = read_households(file, "household_id", "churned")
    return Traffic(households, local.serving_url, lambda: local.clock.speed)


def _act(
    local: LocalBot,
    story: Story,
    console: Console,
    traffic: Traffic | None,
    sources: Mapping[str, Any],
) -> Demo:
    with _progress(console) as tell:
        demo = Demo(local, story, PROBES, tell, traffic, sources)
        demo.run()
    return demo


def _granted(local: LocalBot) -> dict[str, str]:
    """Return what the channel read when a source could be read at last."""
    lines = [each.text for each in posts(local) if ":line:" in key_of(each)]
    granted = [text for text in lines if GRANT in text]
    return {"measured": granted[-1]} if granted else {}


def _spoken(local: LocalBot, text: str) -> str:
    """Return a message in one line, with names in place of ids, and times as Slack's fallback."""
    users = local.workspace.users
    named = USER.sub(lambda found: users[found[1]].real_name, DATE.sub(r"\1", text))
    return " ".join(named.replace("*", "").split())


def _prove(
    local: LocalBot, people: dict[str, ActingMember], console: Console, sources: Mapping[str, Any]
) -> dict[str, str]:
    """Look after the plan of a second sprint; returns what was said of its fix."""
    with _progress(console) as tell:
        file = Path(str(sources[SHELVES]["path"]))
        return asdict(Proving(local, people, file, tell).act())


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[DemoProgress], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("planning", total=None)

        def show(now: DemoProgress) -> None:
            progress.update(task, description=now.words, completed=now.done, total=now.of)

        yield show


def posts(local: LocalBot) -> list[Message]:
    """Return the messages that the bot posted, in every channel."""
    bot = local.workspace.bot_user_id
    return [message for message in local.workspace.all_messages() if message.user_id == bot]


def _figures(local: LocalBot, story: Story) -> dict[str, Any]:
    """Count by the marks that delivery puts on every message."""
    messages = posts(local)
    keys = [key_of(message) for message in messages]
    parts = Counter(part for key in keys for part in [_sort_of(key)] if part)
    return {
        "story": story.record.title,
        "prompts": parts["prompt"],
        "gates": parts["gate"],
        "digests": parts["digest"] + parts["sponsor"],
        "blockers": parts["blocker"],
        "approvals": parts["approval"],
        "probes": parts["probe"],
        "messages": len(messages),
        "verdict": local.verdict(),
    }


def _sort_of(key: str) -> str:
    """Return what a message is: `sprint:1:prompt:5` is a prompt, its replies are not."""
    parts = key.split(":")
    if len(parts) < 4 or parts[0] != "sprint":
        return ""
    is_card = len(parts) == 4 or parts[2] == "sponsor"
    return parts[2] if is_card else ""


def _save_files(local: LocalBot) -> list[Path]:
    """Write the report that the bot sent to the channel where a person finds it."""
    REPORT_FOLDER.mkdir(parents=True, exist_ok=True)
    saved = []
    for file in local.workspace.files.values():
        if "-report." in file.name:
            target = REPORT_FOLDER / f"report.{file.name.rpartition('.')[2]}"
            target.write_bytes(file.content or b"")
            if target not in saved:
                saved.append(target)
    return saved


def _print(figures: Mapping[str, Any], saved: list[Path]) -> None:
    console = Console()
    verdict = figures["verdict"]
    grid = Table(box=None, show_header=False, pad_edge=False)
    for key, words in table("answer", str).items():
        grid.add_row(f"[bold]{words}[/bold]", escape(_words(verdict.get(key))))
    forecast = verdict["forecast_days"]
    grid.add_row("[bold]Forecast[/bold]", say("forecast", **forecast))
    console.print(Panel(grid, title=escape(str(figures["story"])), expand=False))
    for question, sentences in verdict["reasons"].items():
        console.print(f"[bold]{question.replace('_', ' ')}[/bold]")
        for sentence in sentences[:3]:
            console.print(f"  • {escape(sentence)}")
    if verdict["fixes"]:
        console.print(say("thirty_days"))
    for fix in verdict["fixes"]:
        console.print(f"  {fix['due_day']:>3} d  {escape(fix['owner'])}: {escape(fix['text'])}")
    counted = ", ".join(
        f"{figures[key]} {key}"
        for key in ("prompts", "gates", "digests", "blockers", "approvals", "probes", "messages")
    )
    console.print(f"\n{counted}, in {figures['seconds']} s")
    for state, words in figures.get("proved", {}).items():
        console.print(f"[bold]{state}[/bold]  {escape(words)}")
    for path in saved:
        console.print(f"report: {path}")


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ") if value is not None else "none"


def _keep_open(local: LocalBot, slack: LocalSlack, console: Console) -> None:
    client = _client(local, slack)
    console.print(say("stays_open", address=client.address(slack.base_url)))
    webbrowser.open(client.address(slack.base_url))
    _wait_for_interrupt()
    client.close()


def _client(
    local: LocalBot, slack: LocalSlack, traffic: Switch | None = None, tour: Tour | None = None
) -> BrowserClient:
    control = LocalClock(local)
    client = BrowserClient(local.workspace, clock_control=control, traffic=traffic, guide=tour)
    slack.add_routes(client.routes())
    return client


class LocalClock:
    """What the client's clock buttons do: the bot is rung as soon as its time has come.

    Args:
        local: the workspace and the bot in it.
    """

    def __init__(self, local: LocalBot) -> None:
        self._local = local

    @property
    def speed(self) -> float:
        """The workspace's seconds for each real second."""
        return self._local.clock.speed

    @property
    def can_jump(self) -> bool:
        """Whether anything is due later."""
        return self._local.next_due_at() is not None

    def set_speed(self, speed: float) -> None:
        """Let the clock run `speed` times as fast; 0 stops it."""
        self._local.clock.set_speed(speed)
        self._local.ring()

    def jump_to_next_event(self) -> bool:
        """Jump to when the next thing is due; False when nothing is."""
        due = self._local.next_due_at()
        if due is None:
            return False
        self._local.clock.jump_to(due)
        self._local.ring()
        return True


def play_here(port: int, *, local: OpenLocalBot, browser: bool) -> None:
    """Open the workspace with a guided first sprint and wait until Ctrl-C.

    Args:
        port: where to serve it; 0 takes a free port.
        local: opens a local workspace with a bot in it.
        browser: open the browser.
    """
    console = Console(stderr=True)
    with _own_folder("hour48-play-") as folder:
        sources = _sources(folder / "data", console)
        with local(folder, next_morning(datetime.now(UTC)), sources, QUICK, port) as (
            opened,
            slack,
        ):
            opened.clock.set_speed(1)
            tour = Tour(opened)
            tour.begin()
            traffic = _traffic(opened, sources).switch
            client = _client(opened, slack, traffic, tour)
            address = client.address(slack.base_url)
            console.print(say("open_and_follow", address=address))
            if browser:
                webbrowser.open(address)
            _wait_for_interrupt()
            tour.close()
            traffic.stop()
            client.close()


def next_morning(now: datetime) -> datetime:
    """Return the next morning of a working day, so that no first hour falls into the night."""
    morning = now.replace(hour=MORNING, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return morning + timedelta(days=max(0, 7 - morning.weekday()) if morning.weekday() > 4 else 0)


def _wait_for_interrupt() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
