"""Secrets that have slipped into a model file or a configuration."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from bot.texts import joined
from probes.contract import Finding
from probes.governance.texts import CODES, say, table

MOST_BYTES: Final = 64 * 1024 * 1024
_MOST_IN_FOLDER: Final = 1024 * 1024
"""Bytes of one file of a folder; larger ones are data."""
_MOST_FILES: Final = 1000
_BEGINNING: Final = 8192
_NOT_ENTERED: Final = frozenset({".git", ".venv", "node_modules", "__pycache__"})
_SHOWN: Final = 4
_SHORTEST: Final = 12
_SECRET_NAME: Final = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE", re.IGNORECASE)
_NAMES: Final = (
    rb"password|passwd|passphrase|(?<![a-z])pass|pwd|passwort|kennwort|mot_?de_?passe|"
    rb"contrase(?:\xc3\xb1|n)a|secret|secret[_-]?key|"
    rb"api[_-]?key|access[_-]?key|client[_-]?secret|private[_-]?key|auth[_-]?token|token"
)
_SHAPES: Final = {
    "openai": rb"\bsk-(?:(?:proj|ant|or|svcacct|live)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20,})",
    "private_key": rb"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "slack": rb"\bxox[abdeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}",
    "aws": rb"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "github": rb"\bgh[pousr]_[A-Za-z0-9]{30,}",
    "jwt": rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "service": rb"\bAIza[A-Za-z0-9_-]{35}|\bhf_[A-Za-z0-9]{30,}|\bnpm_[A-Za-z0-9]{36}"
    rb"|\bdapi[0-9a-f]{32}\b",
    "header": rb"(?i)\bauthorization[\"']?[ \t]*[:=][ \t]*[\"']?(?:bearer|basic|token)[ \t]+"
    rb"(?P<value>[A-Za-z0-9._~+/=-]{12,})",
    "address": rb"[a-z][a-z0-9+]{2,12}://(?P<user>[^\s:/@\"']{0,60}):"
    rb"(?!(?P=user)@(?:localhost|127\.0\.0\.1)\b)(?P<value>[^\s@/$\"'{]{3,})@",
    "written": rb"(?i)(?<![A-Za-z0-9])[\"']?[\w.-]*(?:" + _NAMES + rb")[\"']?"
    rb"[ \t]*(?:=>|:=|[=:])[ \t]*[\"']?(?P<value>[^\s\"'#,;}{$<>&]{6,})",
    "setting": rb"(?i)\b(?:name|key)[\"']?\s*[:=]\s*[\"']?[\w.-]*(?:" + _NAMES + rb")[\"']?,?\s+"
    rb"[\"']?value[\"']?\s*[:=]\s*[\"']?(?P<value>[^\s\"'#,;}{$<>&]{6,})",
    "registry": rb"\"auth\"\s*:\s*\"(?P<value>[A-Za-z0-9+/]{8,}={0,2})\"",
    "pgpass": rb"(?m)^[^\s:#]+:(?:\d{1,5}|\*):[^\s:]+:[^\s:]+:(?P<value>[^\s:]{6,})\s*$",
    "curl": rb"(?m)\bcurl\b[^\n]*[ \t](?:-u|--user)[ =]?[\"']?[^\s:\"'$]+:(?P<value>[^\s\"']{6,})",
    "redis": rb"(?mi)^[ \t]*(?:requirepass|masterauth)[ \t]+[\"']?(?P<value>[^\s\"']{6,})",
}

_NO_SECRET: Final = re.compile(
    r"^(?:\$|%|\*+$|x{4,}$|<|\{|env[.:(]|os\.|process\.|secret[s_:/-]|vault[:/]|file:|/|\.{1,2}/|https?:|"
    r"!(?:vault|secret|env|ref|sub)|password$|passwd$|pass$|null$|none$|true$|false$|string$|str$|bytes$|optional|required|change.?me|example|your[_-]|"
    r"[A-Za-z_][\w.]*(?:\(.*|\[)$|placeholder|redacted|not[_-]?set|function|self\.|settings\.|config\.|get_|getenv|SecretStr)",
    re.IGNORECASE,
)
_SAMPLE: Final = re.compile(
    r"example|your[_-]|placeholder|change_?me|([xy*0])\1{7,}", re.IGNORECASE
)
"""What documentation writes in place of a key."""
_LEAST_LETTERS: Final = 4
_LONGEST_LINE: Final = 4000
_DETECTORS: Final = (
    "ArtifactoryDetector",
    "AzureStorageKeyDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitLabTokenDetector",
    "IbmCloudIamDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
)


def secrets_in(path: Path, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return what kinds of secrets a file holds; never the secrets themselves.

    Looks for known shapes, and for the values of this process's own secret variables. Archives are
    read file by file.
    """
    ours = {
        say("value", name=name): re.escape(value.encode())
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST
    }
    words = table("secret_kind", str)
    shapes = {words[kind]: shape for kind, shape in _SHAPES.items()} | _vendors() | ours
    found = [
        kind
        for content in _contents(path)
        for kind, shape in shapes.items()
        if _holds(shape, content)
    ]
    return list(dict.fromkeys([*found, *_by_detectors(path)]))


@cache
def _vendors() -> dict[str, bytes]:
    """Return the shapes of vendors' keys, by what to call each."""
    raw = yaml.safe_load(Path(__file__).with_name("vendor_keys.yaml").read_text("utf-8"))
    return {
        say("key_of", vendor=vendor): rb"(?<![A-Za-z0-9_-])(?:" + shape.encode() + rb")"
        for vendor, shape in raw.items()
    }


def _holds(shape: bytes, content: bytes) -> bool:
    """Whether content has a shape; where the shape names a value, one that can be a secret."""
    return any(
        _may_be_secret(one.groupdict().get("value")) and not _is_sample(one)
        for one in re.finditer(shape, content)
    )


def _is_sample(found: re.Match[bytes]) -> bool:
    text = found.groupdict().get("value") or found.group()
    return _SAMPLE.search(text.decode("utf-8", errors="replace")) is not None


def _may_be_secret(value: bytes | None) -> bool:
    """Whether a value behind a telling name is one: no reference, path, type or placeholder."""
    if value is None:
        return True
    text = value.decode("utf-8", errors="replace")
    return not (_NO_SECRET.search(text) or len(set(text)) < _LEAST_LETTERS)


def _by_detectors(path: Path) -> list[str]:
    """Return what detect-secrets knows by shape: cloud keys, tokens of services, private keys."""
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    kinds: list[str] = []
    with transient_settings({"plugins_used": [{"name": name} for name in _DETECTORS]}):
        for content in _contents(path):
            for line in _lines(content):
                kinds += [
                    _article(one.type)
                    for one in scan_line(line)
                    if not _SAMPLE.search(one.secret_value or "")
                ]
    return list(dict.fromkeys(kinds))


def _lines(content: bytes) -> Iterator[str]:
    """Give the lines that may hold a secret; binary ones are passed over."""
    for raw in content.splitlines():
        if len(raw) <= _LONGEST_LINE and b"\0" not in raw:
            yield raw.decode("utf-8", errors="replace")


def _article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'AEIOU' else 'a'} {kind}"


def _contents(path: Path) -> Iterator[bytes]:
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield file.read(MOST_BYTES)
        return
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as file:
                yield file.read(MOST_BYTES)


def secret_findings(paths: Mapping[str, Path]) -> Iterator[Finding]:
    """Look through files and folders, named for people; say which hold secrets."""
    for name, path in paths.items():
        if not path.exists():
            yield CODES.finding("file_not_found", case="absent", name=name, path=path)
            continue
        files, passed_over = ([path], 0) if path.is_file() else _files_below(path)
        by_file = {file: kinds for file in files if (kinds := secrets_in(file))}
        facts = {"files": len(files), "passed_over": passed_over}
        if not by_file:
            yield _none_found(name, path, facts)
            continue
        kinds = list(dict.fromkeys(kind for found in by_file.values() for kind in found))
        where = [str(file.relative_to(path)) for file in by_file][:_SHOWN]
        yield CODES.finding(
            "secret_found",
            {"kinds": kinds} | (facts if path.is_dir() else {}),
            case="folder" if path.is_dir() else "file",
            name=name,
            kinds=joined(", ", kinds[:_SHOWN]),
            where=joined(", ", where),
            count=len(by_file),
            passed_over=passed_over,
            files=len(files),
        )


def _none_found(name: str, path: Path, facts: Mapping[str, int]) -> Finding:
    """Say that nothing was found, and in a folder in how many files; none read is no evidence."""
    if path.is_file():
        return CODES.finding("no_secret_found", case="file", name=name)
    code = "no_secret_found" if facts["files"] else "file_not_found"
    return CODES.finding(code, facts, case="folder", name=name, path=path)


def _files_below(folder: Path) -> tuple[list[Path], int]:
    """Return a folder's text files that are small enough, and how many files were left out."""
    files: list[Path] = []
    passed_over = 0
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - _NOT_ENTERED)
        for file in (Path(at, name) for name in sorted(names)):
            if len(files) < _MOST_FILES and _is_small_text(file):
                files.append(file)
            else:
                passed_over += 1
    return files, passed_over


def _is_small_text(path: Path) -> bool:
    """Whether a file is a plain one of text; links could lead out of the folder."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_IN_FOLDER:
        return False
    with path.open("rb") as file:
        return b"\0" not in file.read(_BEGINNING)
