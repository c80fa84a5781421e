"""A person's export: one archive of all that the platform holds of an account (000 V.1 access, VII.2 portability)."""
