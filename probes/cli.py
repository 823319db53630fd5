"""`hour48 probe …`: ask on the command line what `/probe` asks in Slack."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.domain.errors import InputError
from bot.domain.vocabulary import LEVEL_RANK, FindingLevel
from probes.contract import Finding, ProbeRequest, ProbeResult, result_to_plain
from probes.environment.report import check_reporting, post_report
from probes.quality.checks import read_checks, write_checks
from probes.registry import PROBES, find_probe
from probes.runner import ProbeHandle, run_probe
from probes.settings import ProbeLimits, ProbeSettings, load_settings, read_settings
from probes.texts import say, table

LEVEL_STYLES = {
    FindingLevel.OK: "green",
    FindingLevel.NOTE: "blue",
    FindingLevel.SLOWS: "yellow",
    FindingLevel.STOPS: "bold red",
}
SHOWN = 12


def list_probes(*, as_json: bool) -> None:
    """Print the probes there are."""
    if as_json:
        _print_json([entry.describe() for entry in PROBES.values()])
        return
    listed = Table(*table("listed_columns", str).values(), box=None, pad_edge=False)
    for entry in PROBES.values():
        hours = "{}–{}".format(*entry.hours)
        listed.add_row(entry.name, entry.phase.value, hours, entry.needs, entry.says())
    Console().print(listed)


def unreadable_sources(sections: Mapping[str, Any], seconds: float = 20) -> dict[str, str | None]:
    """Try to read every configured source, all at once, each in a process of its own.

    Args:
        sections: the raw sections about probes.
        seconds: how long each may take.

    Returns:
        The source's name → what is wrong with it in a sentence, None when it can be read.

    Raises:
        InputError: the sections cannot be taken.
    """
    settings = read_settings(sections)
    limits = ProbeLimits(timeout_seconds=seconds)
    handles = {
        name: run_probe(ProbeRequest("access", source=name), settings, limits=limits)
        for name in settings.sources
    }
    return {name: _worst_of(handle.wait()) for name, handle in handles.items()}


def _worst_of(result: ProbeResult) -> str | None:
    stops = [each.sentence for each in result.findings if each.level is FindingLevel.STOPS]
    return stops[0] if stops else None


def probe_command(
    name: str,
    places: list[str],
    *,
    target: str | None = None,
    options: list[str] | None = None,
    as_json: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
    config: Path | None = None,
    everything: bool = False,
    checks: Path | None = None,
    save_checks: Path | None = None,
    report_to: str | None = None,
    token: str | None = None,
) -> None:
    """Run one probe and print what it found.

    Args:
        name: of the probe.
        places: `SOURCE[.TABLE]`, two of them for joins, none where the probe needs none.
        target: the label column.
        options: `key=value` pairs for the probe; values are read as JSON where they are JSON.
        as_json: print one JSON object and no progress.
        timeout: in seconds, instead of the configured limit.
        memory: in MB, instead of the configured limit.
        config: the configuration's path, instead of `hour48.toml` in the working folder.
        everything: print every finding, not only the first ones.
        checks: a file of confirmed checks, which the quality probe runs again.
        save_checks: a file that takes the checks it proposes; keep those that you confirm.
        report_to: send the findings to this address of a sprint, too.
        token: the one-time token that goes with the address.

    Raises:
        InputError: the probe, a place or the configuration cannot be taken.
    """
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    settings = load_settings(config)
    request = _request(name, places, target, options or [])
    limits = _limits(settings, name, timeout, memory)
    reporting = (report_to or "", token or "") if report_to or token else None
    if reporting:
        check_reporting(name, *reporting)
    if checks:
        given = [check.plain() for check in read_checks(checks)]
        request = replace(request, options={**request.options, "checks": given})
    result = _run(request, settings, limits, show=not as_json)
    if save_checks:
        write_checks(save_checks, result.facts.get("checks", []))
    if reporting:
        post_report(result, *reporting)
    if as_json:
        _print_json(result_to_plain(result))
    else:
        _print_findings(result, everything=everything)


def _request(name: str, places: list[str], target: str | None, options: list[str]) -> ProbeRequest:
    needs = find_probe(name).needs
    wanted = {"source": 1, "target": 1, "two sources": 2}.get(needs, 0)
    if len(places) < wanted or len(places) > max(wanted, 1):
        asked = {0: say("most_source"), 1: "one source", 2: say("joins_usage")}[wanted]
        raise InputError(
            say("probe_takes_given", name=name, asked=asked, places=len(places)), field="source"
        )
    given = dict(_option(option) for option in options)
    if wanted == 2:
        given["other"] = places[1]
    return ProbeRequest(name, source=places[0] if places else None, target=target, options=given)


def _option(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise InputError(say("option_malformed", words=text), field="option")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _limits(
    settings: ProbeSettings, name: str, timeout: float | None, memory: int | None
) -> ProbeLimits:
    configured = settings.probes.limits_of(name)
    if timeout is not None and not 0 < timeout <= 86_400:
        raise InputError(say("timeout_invalid"), field="timeout")
    if memory is not None and memory < 128:
        raise InputError(say("memory_invalid"), field="memory")
    return ProbeLimits(
        timeout_seconds=timeout or configured.timeout_seconds,
        memory_mb=memory or configured.memory_mb,
        disk_mb=configured.disk_mb,
    )


def _run(
    request: ProbeRequest, settings: ProbeSettings, limits: ProbeLimits, *, show: bool
) -> ProbeResult:
    if not show:
        return _wait(run_probe(request, settings, limits=limits))
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(request.probe, total=None)

        def progress(fraction: float | None, sentence: str) -> None:
            total = None if fraction is None else 1.0
            shown.update(task, description=escape(sentence), completed=fraction or 0, total=total)

        return _wait(run_probe(request, settings, on_progress=progress, limits=limits))


def _wait(handle: ProbeHandle) -> ProbeResult:
    try:
        return handle.wait()
    except KeyboardInterrupt:
        handle.cancel()
        return handle.wait()


def _print_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
    sys.stdout.buffer.write(text.encode("utf-8", errors="replace") + b"\n")
    sys.stdout.flush()


def _print_findings(result: ProbeResult, *, everything: bool) -> None:
    console = Console()
    found = [one for one in result.findings if everything or one.level is not FindingLevel.OK]
    shown = found if everything else found[:SHOWN]
    where = " ".join(part for part in (result.probe, result.source, result.table) if part)
    console.print(f"[bold]{escape(where)}[/bold]  {result.seconds:.1f} s")
    for title, why, part in _by_effect(result, shown):
        if title:
            console.print(f"\n[bold]{escape(title)}[/bold]  [dim]{escape(why)}[/dim]")
        for finding in part:
            _print_finding(console, finding)
    if not found:
        console.print(say("nothing_stands_way"))
    if len(found) > len(shown):
        console.print(say("more_findings", found=len(found) - len(shown)))
    if result.scenario:
        console.print(
            say("likely_scenario", scenario=result.scenario, escape=escape(result.scenario_why))
        )
    _print_checks(console, result)
    for drawn in result.pictures:
        console.print(f"  Picture: {escape(str(drawn.path))}")


def _by_effect(
    result: ProbeResult, shown: Sequence[Finding]
) -> list[tuple[str, str, list[Finding]]]:
    """Return the findings to show by what they do to the use case, where the probe groups them."""
    groups = result.facts.get("groups") or []
    picked = {id(finding) for finding in shown}
    parts = []
    grouped: set[int] = set()
    for group in groups:
        part = [result.findings[at] for at in group["findings"]]
        part = [finding for finding in part if id(finding) in picked]
        grouped |= {id(finding) for finding in part}
        if part:
            parts.append((str(group["title"]), str(group["why"]), part))
    rest = [finding for finding in shown if id(finding) not in grouped]
    return [*parts, ("", "", rest)] if rest else parts


def _print_checks(console: Console, result: ProbeResult) -> None:
    offered = result.facts.get("checks") or []
    if not offered:
        return
    console.print(say("checks_heading"))
    for check in offered[:SHOWN]:
        kept = "" if check["holds"] == 1 else say("dim_rows_dim", holds=check["holds"])
        console.print(f"  {escape(check['sentence'])}{kept}")
    if len(offered) > SHOWN:
        console.print(say("more_checks", more=len(offered) - SHOWN))


def _print_finding(console: Console, finding: Finding) -> None:
    style = LEVEL_STYLES[finding.level]
    label = f"[{style}]{finding.level.value:<5}[/{style}]"
    console.print(f"  {label} {escape(finding.sentence)} [dim]{finding.code}[/dim]")
    grave = LEVEL_RANK[finding.level] >= LEVEL_RANK[FindingLevel.SLOWS]
    if finding.meaning and (grave or finding.asks):
        console.print(f"        {escape(finding.meaning)}")
    where = finding.evidence.get("where")
    if where and grave:
        console.print(say("where_hint", escape=escape(str(where))))
