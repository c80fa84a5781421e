"""Two contact sets: one disclosed to the party complained of, one for the platform only (003 三.2)."""
