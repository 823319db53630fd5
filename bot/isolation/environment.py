"""The environment of a child process: what it needs by name, and nothing else.

The parent's environment holds tokens and keys of the bot, of clouds and of whoever started it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

NEEDED: Final = (
    "HOME",
    "HOUR48_LANGUAGE__FOLDER",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "MALLOC_*",
    "MPLCONFIGDIR",
    "OMP_*",
    "OPENBLAS_NUM_THREADS",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHASHSEED",
    "PYTHONPATH",
    "PYTHONWARNINGS",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "TZDIR",
    "USER",
    "VIRTUAL_ENV",
    "XDG_CACHE_HOME",
)
"""What any Python process may need; none of it is a secret."""

NETWORK: Final = (
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""How a company reaches other machines: for a process that calls one."""


def scrubbed(names: Iterable[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what a child process gets.

    Args:
        names: of the variables it needs beside the usual ones; `*` stands for any letters.
        environment: what this process has.
    """
    forms = (*NEEDED, *names)
    return {
        name: value
        for name, value in environment.items()
        if any(fnmatchcase(name, form) for form in forms)
    }
