"""Mutable state: tables of accounts, operators and platforms, the population they start as, and the day's scratch."""
