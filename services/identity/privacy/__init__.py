"""What a person decided about their own data, and all rights to it in one place (000 V, VII)."""
