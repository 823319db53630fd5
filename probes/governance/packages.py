"""The model's environment: known vulnerabilities, licences, and the bill of materials."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

from probes.contract import Finding
from probes.governance.texts import CODES

SBOM_FILE: Final = "sbom.cdx.json"
AUDIT_SECONDS: Final = 90.0
_COPYLEFT: Final = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)
_LESSER: Final = re.compile(r"LGPL|Lesser", re.IGNORECASE)


@dataclass(frozen=True)
class Package:
    """An installed package with its licence, empty when it states none."""

    name: str
    version: str
    licence: str


def installed_packages() -> list[Package]:
    """Return what is installed in this environment, by name."""
    found = {one.metadata["Name"]: one for one in distributions() if one.metadata["Name"]}
    return [Package(name, one.version or "0", _licence(one)) for name, one in sorted(found.items())]


def _licence(one: Distribution) -> str:
    metadata: Any = one.metadata
    stated = metadata.get("License-Expression") or ""
    classified = [
        text.rsplit("::", 1)[-1].strip()
        for text in metadata.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    written = (metadata.get("License") or "").strip().splitlines()
    return stated or ", ".join(classified) or (written[0][:80] if written else "")


def licences(packages: list[Package]) -> Iterator[Finding]:
    """Name packages whose licence asks for the source of what is built on them."""
    strong = [one for one in packages if _COPYLEFT.search(one.licence)]
    strong = [one for one in strong if not _LESSER.search(one.licence)]
    silent = sum(not one.licence for one in packages)
    if strong:
        names = ", ".join(one.name for one in strong[:6])
        evidence = {"packages": {one.name: one.licence for one in strong}}
        facts: dict[str, Any] = {"strong": len(strong), "packages": len(packages), "names": names}
        yield CODES.finding("licence_to_read", evidence, **facts)
    else:
        counts: dict[str, Any] = {"packages": len(packages), "silent": silent}
        yield CODES.finding("licences_permissive", counts)


def write_bill(packages: list[Package], folder: Path) -> Path:
    """Write the bill of materials as CycloneDX JSON and return its path."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from packageurl import PackageURL

    bill = Bom(
        components=[
            Component(
                name=one.name,
                version=one.version,
                type=ComponentType.LIBRARY,
                purl=PackageURL("pypi", None, one.name.lower(), one.version),
                bom_ref=f"{one.name}=={one.version}",
            )
            for one in packages
        ]
    )
    path = folder / SBOM_FILE
    writer = make_outputter(bill, OutputFormat.JSON, SchemaVersion.V1_6)
    path.write_text(writer.output_as_string(indent=1), encoding="utf-8")
    return path


def vulnerabilities() -> Iterator[Finding]:
    """Ask the public database about every installed package; say so when it cannot be asked."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--timeout", "10", "--skip-editable"]
    try:
        done = subprocess.run(  # noqa: S603  (our own words, no shell)
            command, capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False
        )
        checked = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, OSError, ValueError, KeyError, TypeError):
        yield CODES.finding("vulnerabilities_unchecked")
        return
    hit = {one["name"]: len(one["vulns"]) for one in checked if one.get("vulns")}
    if not hit:
        evidence = {"packages": len(checked)}
        yield CODES.finding("no_known_vulnerability", evidence, checked=len(checked))
        return
    names = ", ".join(list(hit)[:6])
    yield CODES.finding(
        "known_vulnerabilities", {"packages": hit}, hit=len(hit), checked=len(checked), names=names
    )
