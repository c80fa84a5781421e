"""Accounts: registration, the verified login e-mail, standing."""
