"""Cases: one takedown request each, from its filing to its end."""
