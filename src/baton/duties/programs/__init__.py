"""Programs and plans of care for a population, and the minutes worked for them."""
