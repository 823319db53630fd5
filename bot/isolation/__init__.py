"""Keeps child processes from what they don't need: files, network, environment, leftover data."""
