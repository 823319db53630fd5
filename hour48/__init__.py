"""The `hour48` command and the composition root; it alone knows all other packages."""
