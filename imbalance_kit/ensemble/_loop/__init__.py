"""The fit loop of all ensembles, and what its rounds draw."""
