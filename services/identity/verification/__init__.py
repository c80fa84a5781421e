"""Verification of an account: identity, a first document of a right, a reviewer's decision in three working days."""
