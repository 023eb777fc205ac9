"""Who sees posts: the mean-field audience, and the message-level follow network."""
