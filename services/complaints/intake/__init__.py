"""Intake: what a person files in one go, and the cases it makes."""
