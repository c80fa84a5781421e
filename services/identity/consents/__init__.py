"""Separate explicit consents: to what is personal and sensitive being shared, each by itself (000 I.6, III.1, VI)."""
