"""Find: patients, people and the reason each one matched."""
