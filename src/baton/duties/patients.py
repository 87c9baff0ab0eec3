"""One patient as a coordinator needs them: who they are, how to talk to them, what is open, and what is known."""
