"""Secrets in files that git tracks, by the shapes that detect-secrets knows."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

SHAPES: Final = (
    *("ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector"),
    *("CloudantDetector", "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector"),
    *("IbmCloudIamDetector", "JwtTokenDetector", "MailchimpDetector", "NpmDetector"),
    *("OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector"),
    *("SlackDetector", "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector"),
    "TwilioKeyDetector",
)
"""Formats that only secrets have. Guesses by entropy would name every hash of the locks."""
MADE_UP: Final[Mapping[str, str]] = {
    "tests/unit/probes/test_contract.py": "addresses whose password the contract has to hide",
    "tests/unit/probes/governance/test_probe.py": "secrets that the governance probe has to find",
    "tests/acceptance/sprint/test_fix_forms.py": "an address with a password, which is refused",
    "tests/integration/handlers/test_notices.py": "an address with a password, which is refused",
    "tests/integration/serving/test_batch_mariadb.py": "a database server that the test starts",
}
"""Files with secrets that open nothing, and what they are for."""


class Secret(NamedTuple):
    """Something that looks like a secret; its value is never shown."""

    file: str
    line: int
    kind: str


def tracked_files(root: Path) -> list[str]:
    """Return the files that git tracks."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name]


def secrets_in(root: Path, files: Iterable[str]) -> Iterator[Secret]:
    """Yield what looks like a secret in these files."""
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import transient_settings

    with transient_settings({"plugins_used": [{"name": name} for name in SHAPES]}):
        for name in files:
            if name in MADE_UP or not (root / name).is_file():
                continue
            for found in scan_file(str(root / name)):
                yield Secret(name, found.line_number, found.type)
