"""Message-level audience."""
