"""What scoring holds of a person: how the account stands in the Good Faith Program, with the figures."""
