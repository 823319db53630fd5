"""One module a system; each holds an `ADAPTER`. Other packages add theirs by entry point."""
