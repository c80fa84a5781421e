"""Disclosure: copies of certificates with private things covered, for the sellers complained of (001, Step 3)."""
