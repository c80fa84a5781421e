"""What became of an account's requests."""
