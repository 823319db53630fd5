"""Other stacks than Python: R, Java and containers, each tried for real where it is installed."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import yaml

from bot.texts import joined
from probes.contract import Finding
from probes.environment.texts import CODES, say

_SECONDS: Final = 60.0
_LONGEST: Final = 160
STACKS: Final = ("r", "java", "container")
ASKED: Final = (*STACKS, "gpu")
"""What somebody may say is needed beside Python."""
OLDEST_JAVA: Final = 11
_R_MODEL: Final = (
    "m <- glm(c(0,1,0,1,1,0) ~ c(1,2,3,4,5,6), family=binomial); cat('fit', length(coef(m)))"
)
_R_PLACES: Final = (
    "r <- getOption('repos'); "
    "cat(.libPaths()[1], file.access(.libPaths()[1], 2) == 0, r[1], sep='\\n')"
)
_JAVA: Final = """
public class Probe {
    public static void main(String[] words) {
        double[] x = {1, 2, 3}, y = {2, 4, 6};
        double up = 0, down = 0;
        for (int i = 0; i < 3; i++) { up += x[i] * y[i]; down += x[i] * x[i]; }
        System.out.println("slope " + up / down);
    }
}
"""
_ENGINES: Final = ("buildah", "podman", "docker")
IMAGE: Final = "hour48-probe"
_PUSH_REASONS: Final = (
    ("push_refused", r"unauthorized|denied|forbidden|authentication required|401|403"),
    ("push_unreachable", r"no such host|connection refused|timeout|timed out|unreachable|lookup"),
    ("push_certificate", r"x509|certificate|server gave HTTP response"),
)


@dataclass(frozen=True)
class _Ran:
    """A command that ended: what it said, and whether it worked."""

    works: bool
    said: str


def _run(command: Sequence[str], folder: Path, seconds: float = _SECONDS) -> _Ran:
    try:
        done = subprocess.run(  # noqa: S603  (our own words, no shell)
            list(command),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return _Ran(False, say("took_longer", seconds=f"{seconds:.0f}"))
    except OSError as broken:
        return _Ran(False, broken.strerror or type(broken).__name__)
    return _Ran(done.returncode == 0, f"{done.stdout}\n{done.stderr}")


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return (lines[-1] if lines else say("said_nothing"))[:_LONGEST].rstrip(".")


def stack_findings(
    folder: Path, asked: Sequence[str], registry: str | None, facts: dict[str, Any]
) -> Iterator[Finding]:
    """Try each stack that is installed; one that was asked for and is not is a finding.

    Args:
        folder: of the probe's own; what is made in it is deleted.
        asked: names of `STACKS` that the use case needs.
        registry: where images are pushed to, HOST/PATH; nothing is pushed without one.
        facts: filled with what was seen.
    """
    for name, look in (("r", _r), ("java", _java)):
        yield from look(folder, facts, is_asked=name in asked)
    yield from _container(folder, registry, facts, is_asked="container" in asked)


def _r(folder: Path, facts: dict[str, Any], *, is_asked: bool) -> Iterator[Finding]:
    tool = shutil.which("Rscript")
    if tool is None:
        if is_asked:
            yield CODES.finding("r_missing")
        return
    version = _run([tool, "--version"], folder)
    facts["r"] = _number(version.said)
    model = _run([tool, "--vanilla", "-e", _R_MODEL], folder)
    if "fit 2" not in model.said:
        yield CODES.finding("r_fails", why=_last_line(model.said))
        return
    yield CODES.finding("r_ready", {"version": facts["r"]})
    places = _run([tool, "-e", _R_PLACES], folder).said.splitlines()
    if len(places) > 2 and places[1].strip() != "TRUE":
        yield CODES.finding("r_library_closed")
    if len(places) > 2 and places[2].strip() in {"", "NA", "@CRAN@"}:
        yield CODES.finding("r_no_repository")


def _java(folder: Path, facts: dict[str, Any], *, is_asked: bool) -> Iterator[Finding]:
    tool = shutil.which("java")
    if tool is None:
        if is_asked:
            yield CODES.finding("java_missing")
        return
    facts["java"] = _number(_run([tool, "-version"], folder).said)
    major = int((facts["java"] or "0").split(".")[0])
    if major < OLDEST_JAVA:
        yield CODES.finding("java_too_old", version=facts["java"], oldest=OLDEST_JAVA)
        return
    source = folder / "Probe.java"
    source.write_text(_JAVA, encoding="utf-8")
    ran = _run([tool, "-Xmx128m", str(source)], folder)
    source.unlink()
    if "slope 2.0" not in ran.said:
        code = "java_runs_only" if "compiler" in ran.said.lower() else "java_fails"
        yield CODES.finding(code, version=facts["java"], why=_last_line(ran.said))
        return
    builders = [name for name in ("mvn", "gradle") if shutil.which(name)]
    facts["java_builders"] = builders
    yield CODES.finding(
        "java_ready",
        {"version": facts["java"], "builders": builders},
        builders=", ".join(builders) or say("no_java_builder"),
    )


def _number(output: str) -> str | None:
    found = re.search(r"\d+(?:\.\d+)*", output)
    return found.group() if found else None


def _container(
    folder: Path, registry: str | None, facts: dict[str, Any], *, is_asked: bool
) -> Iterator[Finding]:
    tools = [(name, tool) for name in _ENGINES if (tool := shutil.which(name))]
    if not tools:
        if is_asked or registry:
            yield CODES.finding("container_missing")
        return
    place = folder / "image"
    place.mkdir()
    (place / "hello").write_text("hour48\n", encoding="utf-8")
    (place / "Dockerfile").write_text("FROM scratch\nCOPY hello /hello\n", encoding="utf-8")
    tag = f"{IMAGE}:{secrets.token_hex(6)}"
    failed = ""
    try:
        for name, tool in tools:
            engine = _Engine(name, tool, folder)
            built = engine.build(place, tag)
            if built.works:
                facts["container"] = name
                yield CODES.finding("image_built", {"engine": name})
                yield from _push(engine, tag, registry)
                engine.forget(tag)
                return
            failed = f"{name}: {_last_line(built.said)}"
        yield CODES.finding("image_not_built", why=failed)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(folder / "image-store", ignore_errors=True)


@dataclass(frozen=True)
class _Engine:
    """One tool that builds images; buildah and podman keep theirs in the probe's own folder."""

    name: str
    tool: str
    folder: Path

    def _words(self, *words: str) -> list[str]:
        if self.name == "docker":
            return [self.tool, *words]
        store = self.folder / "image-store"
        places = ["--root", str(store / "root"), "--runroot", str(store / "run")]
        return [self.tool, "--storage-driver", "vfs", *places, *words]

    def build(self, place: Path, tag: str) -> _Ran:
        """Build the image from its folder."""
        word = {"buildah": ["bud", "--isolation", "chroot"]}.get(self.name, ["build"])
        return _run(self._words(*word, "-t", tag, str(place)), self.folder)

    def push(self, tag: str, to: str, *, is_local: bool) -> _Ran:
        """Push the image; a registry on this machine may do without TLS."""
        if self.name == "docker":
            tagged = _run(self._words("tag", tag, to), self.folder)
            return _run(self._words("push", to), self.folder) if tagged.works else tagged
        plain = ["--tls-verify=false"] if is_local else []
        return _run(self._words("push", *plain, tag, f"docker://{to}"), self.folder)

    def forget(self, tag: str) -> None:
        """Delete the image where it is not deleted with the folder."""
        if self.name == "docker":
            _run(self._words("rmi", "-f", tag), self.folder)


def _push(engine: _Engine, tag: str, registry: str | None) -> Iterator[Finding]:
    if not registry:
        yield CODES.finding("push_untried")
        return
    host = registry.split("/")[0]
    is_local = host.rsplit(":", 1)[0] in {"localhost", "127.0.0.1"}
    pushed = engine.push(tag, f"{registry.rstrip('/')}/{tag}", is_local=is_local)
    if pushed.works:
        yield CODES.finding("image_pushed", host=host, tag=tag)
        return
    output = pushed.said.lower()
    code = next((code for code, form in _PUSH_REASONS if re.search(form, output)), "push_failed")
    yield CODES.finding(code, host=host, why=_last_line(pushed.said))


# --- notebook platforms and GPUs ------------------------------------------------------------


@cache
def _platforms() -> list[Mapping[str, Any]]:
    text = (Path(__file__).parent / "platforms.yaml").read_text("utf-8")
    return cast("list[Mapping[str, Any]]", yaml.safe_load(text))


def platform_findings(facts: dict[str, Any]) -> Iterator[Finding]:
    """Say which hosted notebook this is and what it limits, and the limits this process has."""
    found = next(
        (one for one in _platforms() if any(name in os.environ for name in one["variables"])), None
    )
    if found is not None:
        facts["platform"] = found["name"]
        limit = say(f"platform_limit.{found['name']}")
        yield CODES.finding("notebook_platform", name=found["name"], limit=limit)
    yield from _limits(facts)


def _limits(facts: dict[str, Any]) -> Iterator[Finding]:
    import resource

    named = {
        "processes": resource.RLIMIT_NPROC,
        "open files": resource.RLIMIT_NOFILE,
    }
    least = {"processes": 256, "open files": 1024}
    small = {}
    for name, kind in named.items():
        soft, _ = resource.getrlimit(kind)
        if soft != resource.RLIM_INFINITY and soft < least[name]:
            small[name] = soft
    share = cpu_share()
    facts["cpu_share"] = share
    if share is not None and share < 1:
        yield CODES.finding("cpu_share_small", {"share": share})
    if small:
        words = joined(", ", (say(f"limit.{name}", count=count) for name, count in small.items()))
        yield CODES.finding("limits_small", {"limits": small}, words=words)


def cpu_share() -> float | None:
    """Return how many cores the container's quota allows; None without a quota."""
    for folder in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/cpu")):
        try:
            quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        except (OSError, ValueError):
            continue
        return None if quota == "max" else round(int(quota) / int(period), 2)
    return None


_GPU_TOOLS: Final = (
    (
        "nvidia-smi",
        (
            "--query-gpu=name,memory.total,memory.used,driver_version",
            "--format=csv,noheader,nounits",
        ),
    ),
    ("rocm-smi", ("--showproductname", "--csv")),
    ("xpu-smi", ("discovery", "--dump", "1,2")),
)
_BUSY_SHARE: Final = 0.9


def gpu_findings(facts: dict[str, Any], folder: Path, *, is_asked: bool) -> Iterator[Finding]:
    """Say which GPUs the drivers know, whether their memory is free, and whether one is missing.

    Args:
        facts: filled with what was seen.
        folder: where the tools are run.
        is_asked: whether the use case needs one.
    """
    for name, words in _GPU_TOOLS:
        tool = shutil.which(name)
        if tool is None:
            continue
        ran = _run([tool, *words], folder, 10.0)
        if not ran.works:
            yield CODES.finding("gpu_driver_fails", tool=name, why=_last_line(ran.said))
            continue
        if name == "nvidia-smi":
            yield from _nvidia(ran.said, facts)
        else:
            facts["gpu_tool"] = name
            yield CODES.finding("gpu_seen", tool=name)
        return
    if is_asked:
        yield CODES.finding("gpu_missing")


def _nvidia(output: str, facts: dict[str, Any]) -> Iterator[Finding]:
    cards = []
    for line in output.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == 4 and parts[1].isdigit() and parts[2].isdigit():
            cards.append((parts[0], int(parts[1]), int(parts[2]), parts[3]))
    facts["gpu_cards"] = [{"name": card[0], "mb": card[1]} for card in cards]
    if not cards:
        yield CODES.finding("gpu_driver_fails", tool="nvidia-smi", why=say("lists_no_card"))
        return
    words = joined(", ", (say("card", name=name, gb=mb / 1024) for name, mb, _, _ in cards))
    yield CODES.finding("gpu_ready", {"cards": len(cards)}, words=words, driver=cards[0][3])
    busy = sum(used > _BUSY_SHARE * mb for _, mb, used, _ in cards)
    if busy == len(cards):
        yield CODES.finding("gpu_busy", {"busy": busy})
