"""Events of accounts and their verification."""
