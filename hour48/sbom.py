"""The bot's software bill of materials: itself and every package that it needs, as installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from probes.governance.packages import installed_packages

ITSELF = "hour48"


def bill_of_materials() -> str:
    """Return the bill as CycloneDX 1.6 JSON.

    It follows what packages say that they need, on this platform, from hour48 on: what else is
    installed beside it, such as developers' tools, is not part of the bot.
    """
    licences = {str(canonicalize_name(one.name)): one.licence for one in installed_packages()}
    needed = _needed()
    components = {
        name: _component(name, distribution(name), licences.get(name, "")) for name in needed
    }
    bill = Bom(components=[one for name, one in components.items() if name != ITSELF])
    bill.metadata.component = components[ITSELF]
    for name, needs in needed.items():
        bill.register_dependency(components[name], [components[each] for each in sorted(needs)])
    return make_outputter(bill, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1)


def _needed() -> dict[str, set[str]]:
    """Return each installed package that hour48 needs, with those that it needs itself."""
    found: dict[str, set[str]] = {}
    asked: dict[str, set[str]] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(ITSELF, frozenset())]
    while waiting:
        name, extras = waiting.pop()
        needs = found.setdefault(name, set())
        wanted = {"", *extras}
        if wanted <= asked.setdefault(name, set()):
            continue
        asked[name] |= wanted
        for each in _requirements(distribution(name), wanted):
            other = canonicalize_name(each.name)
            try:
                distribution(other)
            except PackageNotFoundError:
                continue
            needs.add(other)
            waiting.append((other, frozenset(each.extras)))
    return found


def _requirements(installed: Distribution, extras: set[str]) -> Iterator[Requirement]:
    for line in installed.requires or []:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement


def _component(name: str, installed: Distribution, licence: str) -> Component:
    return Component(
        name=name,
        version=installed.version,
        type=ComponentType.APPLICATION if name == ITSELF else ComponentType.LIBRARY,
        bom_ref=f"{name}=={installed.version}",
        purl=PackageURL("pypi", None, name, installed.version),
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
    )
