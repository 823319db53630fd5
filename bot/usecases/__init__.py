"""What a person or the clock can make happen; each is one transaction."""
