"""A platform under fire: its processes, its links, what is done to them, and how long it takes to get over it."""
