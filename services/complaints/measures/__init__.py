"""Listing measures: what holds one listing down, and the commands to its marketplace."""
