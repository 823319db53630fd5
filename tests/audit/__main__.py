"""Exit code 0: nothing found. 1: something is to be mended. 3: the service was not reached."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.audit.licences import doubts, locked
from tests.audit.secrets import secrets_in, tracked_files
from tests.audit.vulnerabilities import audit_lock

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
NOT_KNOWN = 3


def main(*more: str) -> int:
    from packaging.utils import canonicalize_name

    from probes.governance.packages import installed_packages

    packages = locked(LOCK)
    licences = {str(canonicalize_name(one.name)): one.licence for one in installed_packages()}
    here = [name for name in packages if canonicalize_name(name) in licences]
    doubtful = list(doubts(licences, [str(canonicalize_name(name)) for name in here]))
    print(f"Licences: {len(here)} packages looked at, {len(doubtful)} to look up.")
    for doubt in doubtful:
        print(f"  {doubt.package}: {doubt.licence}")
    files = tracked_files(ROOT)
    leaked = list(secrets_in(ROOT, files))
    print(f"Secrets: {len(files)} files looked at, {len(leaked)} found.")
    for secret in leaked:
        print(f"  {secret.file}:{secret.line}: {secret.kind}")
    known = audit_lock(LOCK, *more)
    if known.found is None:
        print(f"Vulnerabilities: not known. {known.why} Run `make audit` again with a network.")
    else:
        print(f"Vulnerabilities: {len(packages)} packages asked about, {len(known.found)} found.")
    for name, version, flaw, mended in known.found or ():
        print(f"  {name} {version}: {flaw}; mended in {mended}")
    out = ROOT / "build" / "audit.json"
    out.parent.mkdir(exist_ok=True)
    told = {"licences": doubtful, "secrets": leaked, "vulnerabilities": known._asdict()}
    out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if doubtful or leaked or known.found:
        return 1
    return NOT_KNOWN if known.found is None else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
