"""The phone number of the registration (000 V.2; DOMAIN, Accounts 1)."""
