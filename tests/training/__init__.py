"""Training of the models that ship, in a checkout."""
