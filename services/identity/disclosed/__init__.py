"""Shown to the person: to whom their data went, from all services (000 V; DOMAIN: Accounts 9)."""
