"""Logging in: passwords, tokens, sessions, staff and services."""
