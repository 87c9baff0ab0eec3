"""Those who work here: roles, loads, covers, handovers, intake, mentoring, huddles and the house as numbers."""
