"""Mutants: small changes of the engine's processes, each of which the tests must notice. `make mutants`."""
