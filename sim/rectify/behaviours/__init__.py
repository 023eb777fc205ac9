"""What operators and accounts do: joining, leaving, posting, earning, following, evading and learning, a file each."""
