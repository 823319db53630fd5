"""Pure rules on plain dataclasses: no I/O, no clock, no database."""
