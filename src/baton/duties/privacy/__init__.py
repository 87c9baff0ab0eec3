"""What may leave, who looked, and what patients ask about their record."""
