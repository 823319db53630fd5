"""Sample sources made from public data sets, for the demo, the tests and the bench."""
