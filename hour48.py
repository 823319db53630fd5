"""The front door: the `hour48` command and the composition root. It alone knows all other rooms.

Rooms are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

import typer

app = typer.Typer(
    name="hour48",
    help="Run a 48-hour AI deployment sprint in Slack and learn what really stops you.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def front_door() -> None:
    """Run a 48-hour AI deployment sprint in Slack and learn what really stops you."""


def main() -> None:
    """Run the command line; a refusal is one sentence on standard error and exit code 2."""
    from bot.sprint.errors import InputError

    try:
        app()
    except InputError as refusal:
        typer.echo(refusal.message, err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
