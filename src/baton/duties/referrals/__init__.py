"""Referrals that close: sent, answered, kept, reviewed, and told to the patient."""
