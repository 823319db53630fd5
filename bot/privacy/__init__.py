"""People's rights: what is kept about somebody, its export, its erasure, and when it goes."""
