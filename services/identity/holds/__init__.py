"""Legal holds: while an account has one, nothing of it is removed or erased anywhere (DOMAIN, Accounts 9)."""
