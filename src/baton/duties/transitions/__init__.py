"""What a discharge opens: the episode, what we then owe, and how it is brought up to date and closed."""
