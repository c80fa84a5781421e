"""Erasing a person (000 V.3): asked for, deferred while something stands in the way, ordered, confirmed, completed."""
