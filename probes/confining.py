"""What one probe's process is given and held to: the sources it was asked about, and no more."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from bot.domain.errors import InputError
from bot.isolation.confinement import Confinement, Network
from bot.isolation.egress import Allowed
from bot.isolation.environment import NETWORK, scrubbed
from probes.addresses import is_internal, is_metadata
from probes.contract import ProbeRequest
from probes.kinds import SPARK_HERE, SourceKind, TargetKind, target_kind
from probes.registry import find_probe
from probes.settings import ProbeSettings, SourceSettings, TargetSettings
from probes.sources.places import SourceAddress, find_place
from probes.written_secrets import PLACEHOLDER

WEB_PORTS: Final = (80, 443)


@dataclass(frozen=True)
class KindNeeds:
    """What the driver of one kind of source needs.

    Args:
        variables: of the environment.
        read: folders and files of the user, under the home folder.
        port: where its server listens when the URL names none.
        calls_public: whether it calls machines of its cloud that no URL names.
        calls_metadata: whether the cloud's machine may be asked for this machine's credentials.
        is_cluster: whether it talks to many ports, here and on its host, and is called back.
        asks_names: whether its driver asks name servers itself, where no address can be given it.
    """

    variables: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    port: int | None = None
    calls_public: bool = False
    calls_metadata: bool = False
    is_cluster: bool = False
    asks_names: bool = True


NEEDS: Final[Mapping[SourceKind, KindNeeds]] = {
    SourceKind.POSTGRESQL: KindNeeds(("PG*",), (".pgpass", ".postgresql"), 5432, asks_names=False),
    SourceKind.MYSQL: KindNeeds((), (".my.cnf",), 3306, asks_names=False),
    SourceKind.TRINO: KindNeeds(NETWORK, (), 8080, asks_names=False),
    SourceKind.SNOWFLAKE: KindNeeds(
        ("SNOWFLAKE_*", "SF_*", *NETWORK), (".snowflake", ".config/snowflake"), None, True
    ),
    SourceKind.BIGQUERY: KindNeeds(
        ("GOOGLE_*", "CLOUDSDK_*", "GCE_*", *NETWORK), (".config/gcloud",), None, True, True
    ),
    SourceKind.DATABRICKS: KindNeeds(
        ("DATABRICKS_*", *NETWORK), (".databrickscfg", ".databricks"), 443, True
    ),
    SourceKind.SPARK: KindNeeds(
        ("JAVA_*", "SPARK_*", "HADOOP_*", "PYSPARK_*"), (), None, is_cluster=True
    ),
}
"""Kinds that are not named need none of it: they are files."""


@dataclass(frozen=True)
class Given:
    """What a probe's process gets from its parent.

    Args:
        settings: with no other sources and targets than it was asked about.
        environment: its variables.
        confinement: what it is held to.
        allowed: where it may connect to.
    """

    settings: ProbeSettings
    environment: dict[str, str]
    confinement: Confinement
    allowed: Allowed


def given_to(request: ProbeRequest, settings: ProbeSettings, folder: Path, work: Path) -> Given:
    """Return what the process of a probe gets.

    Args:
        request: what it is asked.
        settings: all that is configured.
        folder: its own, for results.
        work: its own, for working files.
    """
    entry = find_probe(request.probe)
    places = list(_places(request, settings))
    target = settings.targets.get(request.source or "") if entry.needs == "target" else None
    kept = _kept(settings, places, target, request)
    sections: list[Any] = [place.settings for place in places]
    sections += [] if target is None else [target]
    configured = [*_texts(sections), *_texts(kept.governance)]
    needs = [NEEDS[one.settings.kind] for one in places if one.settings.kind in NEEDS]
    allowed = _allowed(places, target, needs, calls_public=entry.calls_public)
    closed = entry.network is Network.HELD and not (needs or target or entry.calls_public)
    return Given(
        kept,
        # Not what a request's options ask for: a person in Slack may write them.
        _environment(entry.variables, needs, configured, work),
        Confinement(
            network=Network.NONE if closed else entry.network,
            ports=tuple(port for _, port in allowed.hosts if port) or None,
            listens=any(one.is_cluster for one in needs) or _is_called_back(target),
            holds_files=entry.holds_files,
            read=tuple(_readable(places, needs, [*configured, *_texts(request)])),
            write=(str(folder), str(work), *_own_files(target), *_font_caches()),
        ),
        allowed,
    )


def _places(request: ProbeRequest, settings: ProbeSettings) -> Iterator[SourceAddress]:
    """Yield the sources that a request names; what is none is refused by the child, in words."""
    if find_probe(request.probe).needs == "target":
        return
    for text in (request.source, request.options.get("other")):
        if isinstance(text, str) and text:
            try:
                yield find_place(text, settings)
            except (InputError, OSError):
                continue


def _kept(
    settings: ProbeSettings,
    places: Iterable[SourceAddress],
    target: TargetSettings | None,
    request: ProbeRequest,
) -> ProbeSettings:
    """Return the settings without other sources; all of them only where none was found.

    A refusal lists what is configured, and holds no secret: those are in the environment.
    """
    names = {place.name for place in places if place.name in settings.sources}
    sources = {name: settings.sources[name] for name in names} if places else settings.sources
    targets = {str(request.source): target} if target is not None else settings.targets
    return settings.model_copy(update={"sources": sources, "targets": targets})


def _environment(
    variables: Iterable[str], needs: Iterable[KindNeeds], texts: Iterable[str], work: Path
) -> dict[str, str]:
    asked = [name for text in texts for name in PLACEHOLDER.findall(text)]
    drivers = [name for need in needs for name in need.variables]
    scratch = str(work / "tmp")
    java = {"JAVA_TOOL_OPTIONS": f"-Djava.io.tmpdir={scratch}", "SPARK_LOCAL_DIRS": scratch}
    own = java if any(need.is_cluster for need in needs) else {}
    names = (*variables, *drivers, *asked)
    return scrubbed(names) | own | {"TMPDIR": scratch, "PYTHONUNBUFFERED": "1"}


def _allowed(
    places: Sequence[SourceAddress],
    target: TargetSettings | None,
    needs: Sequence[KindNeeds],
    *,
    calls_public: bool,
) -> Allowed:
    hosts: list[tuple[str, int | None]] = []
    sockets: list[str] = []
    for place in places:
        if _url(place):
            hosts += _hosts_of(place.settings)
            sockets += _unix_sockets(place.settings)
    hosts += _hosts_of_target(target)
    public = calls_public or any(need.calls_public for need in needs)
    if public:
        hosts += [
            (proxy.hostname, proxy.port)
            for proxy in map(urlsplit, getproxies().values())
            if proxy.hostname
        ]
    metadata = any(need.calls_metadata for need in needs)

    several = any("," in _host(urlsplit(_filled(_url(place)))) for place in places)
    asks = public or several or target is not None or any(need.asks_names for need in needs)
    leads_on, inside = _leads_on(target), target is not None and target.allow_internal

    def also(address: str, port: int) -> bool:
        if leads_on and not is_metadata(address) and (inside or not is_internal(address)):
            return True
        if port not in WEB_PORTS:
            return False
        return (public and not is_internal(address)) or (metadata and is_metadata(address))

    return Allowed(tuple(hosts), tuple(sockets), also, asks)


def _url(place: SourceAddress) -> str:
    return place.settings.url.get_secret_value() if place.settings.url else ""


def _hosts_of_target(target: TargetSettings | None) -> Iterator[tuple[str, int | None]]:
    if target is not None:
        for text in (target.url.get_secret_value(), target.openapi or "", target.widget or ""):
            host = urlsplit(_filled(text)).hostname
            if host:
                yield host, None


def _leads_on(target: TargetSettings | None) -> bool:
    """Whether a target names further addresses itself: a cluster's brokers, a WSDL's service."""
    if target is None:
        return False
    try:
        kind = target_kind(_filled(target.url.get_secret_value()), target.kind)
    except InputError:  # refused by name when the target is opened
        return False
    return kind in {TargetKind.KAFKA, TargetKind.SOAP}


def _own_files(target: TargetSettings | None) -> Iterator[str]:
    """Yield the folder of a target that is a file: SQLite keeps its journal beside it."""
    url = "" if target is None else _filled(target.url.get_secret_value())
    if url.startswith("sqlite:///"):
        yield str(Path(url.removeprefix("sqlite:///")).expanduser().absolute().parent)


def _hosts_of(settings: SourceSettings) -> Iterator[tuple[str, int | None]]:
    need = NEEDS[settings.kind]
    parts = urlsplit(_filled(settings.url.get_secret_value() if settings.url else ""))
    try:
        port = parts.port
    except ValueError:  # refused by name when the source is opened
        return
    if need.is_cluster:
        here = parts.hostname in (None, SPARK_HERE)
        yield from (("127.0.0.1", None), ("::1", None), *(() if here else ((_host(parts), None),)))
        return
    for host in (_host(parts) or "localhost").split(","):
        name, _, own = host.partition(":") if not host.count(":") > 1 else (host, "", "")
        yield name, int(own) if own.isdigit() else port or need.port


def _host(parts: Any) -> str:
    """Return a URL's host, or its hosts with their ports where it names several."""
    place = parts.netloc.rpartition("@")[2]
    return place if "," in place else parts.hostname or ""


def _unix_sockets(settings: SourceSettings) -> Iterator[str]:
    """Yield the Unix sockets that a URL of PostgreSQL or MySQL names."""
    parts = urlsplit(_filled(settings.url.get_secret_value() if settings.url else ""))
    named = dict(pair.partition("=")[::2] for pair in parts.query.split("&"))
    if named.get("unix_socket"):
        yield unquote(named["unix_socket"])
    for folder in (unquote(named.get("host", "")), "/var/run/postgresql", "/run/postgresql"):
        if folder.startswith("/") and settings.kind is SourceKind.POSTGRESQL:
            yield f"{folder}/.s.PGSQL.{named.get('port') or parts.port or 5432}"


def _is_called_back(target: TargetSettings | None) -> bool:
    return target is not None and target.callback_port is not None


def _readable(
    places: Iterable[SourceAddress], needs: Iterable[KindNeeds], texts: Iterable[str]
) -> Iterator[str]:
    """Yield the files that a probe may read: its sources, and whatever its settings name."""
    home = Path.home()
    for place in places:
        if place.settings.path is not None:
            yield from _with_siblings(place.settings.path.expanduser(), place.settings.kind)
        elif place.settings.kind is SourceKind.SPARK:
            yield urlsplit(_filled(place.settings.url.get_secret_value())).path or "."  # type: ignore[union-attr]  # it has no path, so it has a URL
    yield from (str(home / name) for need in needs for name in need.read)
    for text in texts:
        yield from _named_files(text)
    java = os.environ.get("JAVA_HOME")
    if java and any(need.is_cluster for need in needs):
        yield java


def _with_siblings(path: Path, kind: SourceKind) -> Iterator[str]:
    """Yield a file, and those that a database keeps beside it."""
    yield str(path)
    if kind in {SourceKind.SQLITE, SourceKind.DUCKDB}:
        yield from (f"{path}{end}" for end in ("-wal", "-shm", "-journal", ".wal"))


def _named_files(text: str) -> Iterator[str]:
    """Yield the files that a setting names: a key, a certificate, a model, a description."""
    filled = _filled(text)
    query = urlsplit(filled).query if "://" in filled else ""
    for word in (filled, *(unquote(pair.partition("=")[2]) for pair in query.split("&"))):
        with_home = Path(word).expanduser() if word and "\0" not in word else None
        try:
            if with_home is not None and with_home != Path() and with_home.exists():
                yield str(with_home)
        except OSError:  # a name that is too long for any file system
            continue


def _font_caches() -> Iterator[str]:
    """Yield where matplotlib keeps what it knows of fonts; a second to find out anew."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    yield str(cache / "matplotlib")
    yield str(cache / "fontconfig")


def _filled(text: str) -> str:
    """Return a setting with the variables it asks for; the child refuses those that are not set."""
    return PLACEHOLDER.sub(lambda found: os.environ.get(found.group(1), ""), text)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text within settings, secrets revealed; they are only looked through."""
    if isinstance(value, str | Path):
        yield str(value)
    elif hasattr(value, "get_secret_value"):
        yield value.get_secret_value()
    else:
        for inner in _parts(value):
            yield from _texts(inner)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, list | tuple):
        return value
    return vars(value).values() if hasattr(value, "__dict__") else ()
