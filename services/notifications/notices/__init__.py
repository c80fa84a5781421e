"""Notices: what is planned for whom, and what became of it."""
