"""Metrics observe from outside: they read the day's tallies and the tables, and never write to the world."""
