"""`python -m hour48` is the `hour48` command."""

from hour48.cli import main

main()
