"""Proved, claimed, regressed: what shows that a fix is done, looked at again every night."""
