"""Mesa agents: the platforms, and the offices that regulate them."""
