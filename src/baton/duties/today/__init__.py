"""The worklist: what is owed to whom, most urgent first, and why each row is here."""
