"""`python -m hour48.serving_child ARGUMENTS`: the command, ended when whoever started it is gone.

Standard input is the leash: nobody writes to it, so reading returns when its other end is closed,
however the parent ended.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

GRACE_SECONDS: Final = 5.0
"""How long the workers may take to finish their answers."""


def _end_with_the_parent() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def main() -> None:
    """Run the command on a leash."""
    threading.Thread(target=_end_with_the_parent, name="leash", daemon=True).start()
    from hour48.cli import main as command

    command()


if __name__ == "__main__":
    main()
