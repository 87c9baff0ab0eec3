"""The score of a patient's care: one line per party, and on it what happened, what is planned and what is owed."""
