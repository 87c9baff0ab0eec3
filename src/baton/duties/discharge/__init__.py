"""Going home: prepared from the day of admission, said yes to by all, handed over with proof, and asked about afterwards."""
