"""Enforcement: reviewing cases, deciding by the rulebook, applying sanctions, and hearing appeals."""
