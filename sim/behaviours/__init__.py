"""What operators and accounts do: one file each for joining, leaving, posting, earning, following, evading, learning."""
