"""Pictures of every surface, taken from the local workspace while the demo is acted out."""
