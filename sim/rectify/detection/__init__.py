"""Detection: channels write separate evidence about the accounts due; what any of them flags becomes a case."""
