"""What complaints holds of a person: submissions, cases with their records, and the texts that the person wrote."""
