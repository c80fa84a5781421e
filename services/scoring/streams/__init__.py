"""The processors of scoring: outcomes, Good Faith, penalties."""
