"""Help from others: needs, services, referrals to them, and benefits."""
