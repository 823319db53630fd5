"""Options that many commands take, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option(help="instead of ./hour48.toml")]
Team = Annotated[str | None, typer.Option(help="the workspace, where there are several")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="the file")]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]
