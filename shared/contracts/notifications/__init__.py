"""Events of notices: sent, served, failed."""
