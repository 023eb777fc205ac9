"""Names of accounts: the words they are made of, how evaders vary them, and how alike two of them are."""
